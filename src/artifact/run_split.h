/* The split of a run as it is in its folder, without the data set. */
#ifndef LVK_ARTIFACT_RUN_SPLIT_H
#define LVK_ARTIFACT_RUN_SPLIT_H

#include "core/error.h"

#include <jansson.h>

/* Reads `folder`/split.json, whose "parts" has a list of paths for each part; *split is released with json_decref. NULL:
 * there is none, beside a model that was copied alone. LVK_ERROR_IO: a run lacks it. LVK_ERROR_FORMAT: it is no split. */
LVK_MUST_USE lvk_status lvk_run_split_read(const char *folder, json_t **split);

#endif
