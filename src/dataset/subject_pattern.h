/* Subjects that a regular expression finds in the paths of images. */
#ifndef LVK_DATASET_SUBJECT_PATTERN_H
#define LVK_DATASET_SUBJECT_PATTERN_H

#include "dataset/scan.h"

/* LVK_ERROR_ARGUMENT: it is no extended regular expression of POSIX, or has no group. NULL and "" are fine. */
LVK_MUST_USE lvk_status lvk_subject_pattern_check(const char *pattern);

/* Each image whose path the pattern matches gets what the first group matches as its subject, in place of any
 * other. A pattern that matches no path is LVK_ERROR_FORMAT, or with `lenient` a warning; so is one that
 * matches some only (always a warning). `source` is the data set's, for messages. */
LVK_MUST_USE lvk_status lvk_subject_pattern_apply(const char *pattern, const char *source, bool lenient,
                                                  lvk_scan *scan);

#endif
