/* Subjects that the folders of a tree name: class/patient/image.png, or patient/class/image.png where the
 * folders allow no other reading. Folders count as subjects only where all images lie in such folders, of two
 * or more names that look like names of people: names with a number (P1, 017) or such as patient_A. Names
 * such as fold_1, batch2 and L1 do not. */
#ifndef LVK_DATASET_LAYOUT_H
#define LVK_DATASET_LAYOUT_H

#include "dataset/scan.h"

/* The depth of the class folders, where `depth` is the depth of the topmost folders that differ: one more
 * than `depth` where these are subjects, each with folders of the same two classes; otherwise `depth`. */
size_t lvk_layout_class_depth(const lvk_scan *scan, size_t depth);

/* If the folders below the class folders (class_at), or above them, are subjects, gives each entry without a
 * subject the subject of its folder. */
LVK_MUST_USE lvk_status lvk_layout_name_subjects(lvk_scan *scan);

/* The same where there are no class folders: if the folders that the images lie in are subjects. */
LVK_MUST_USE lvk_status lvk_layout_name_subjects_without_classes(lvk_scan *scan);

#endif
