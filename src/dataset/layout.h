/* What a tree of folders says about subjects: class/patient/image.png, and patient/class/image.png where it cannot
 * be read otherwise. Folders count as subjects only where all images lie in such folders, of two or more
 * names that look like those of people: with a number, as P1 and 017, or as patient_A; not fold_1, batch2,
 * L1. */
#ifndef LVK_DATASET_LAYOUT_H
#define LVK_DATASET_LAYOUT_H

#include "dataset/scan.h"

/* Depth of the class folders where the topmost folders that differ are at `depth`: one more where those are
 * subjects who each have folders of the same two classes. */
size_t lvk_layout_class_depth(const lvk_scan *scan, size_t depth);

/* Gives entries that have no subject the one of their folder, below the class folder (class_at) or above it,
 * if the folders are subjects'. */
LVK_MUST_USE lvk_status lvk_layout_name_subjects(lvk_scan *scan);

#endif
