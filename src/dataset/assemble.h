/* Inside of a data set, and its making from what was scanned and read. For dataset.c and assemble.c only. */
#ifndef LVK_DATASET_ASSEMBLE_H
#define LVK_DATASET_ASSEMBLE_H

#include "dataset/scan.h"

typedef struct lvk_image_fact {
    uint32_t width, height, area;
    uint64_t colour_sum[3], colour_square_sum[3];
    uint64_t hash[2], turned_hash[2];
    char *reason; /* NULL, or why the file is left out; owned */
} lvk_image_fact;

struct lvk_dataset {
    char *folder;
    lvk_scan scan;         /* files as found; text of everything below */
    lvk_image_fact *facts; /* [scan.count] */

    lvk_image_info *images; /* those that can be used */
    uint32_t *entries;      /* their scan entries */
    size_t image_count;
    uint32_t *by_path; /* their indices in byte order of path */
    lvk_subject_info *subjects;
    size_t subject_count, group_count;
    uint32_t *duplicate_images; /* sets of the same picture, one set behind the other */
    uint32_t *duplicate_starts; /* [duplicate_count + 1] */
    size_t duplicate_count;
    uint32_t *skipped; /* indices of scan entries */
    size_t skipped_count;
    char fingerprint[33];
};

/* Fills everything behind `facts`. */
LVK_MUST_USE lvk_status lvk_dataset_assemble(lvk_dataset *dataset);

#endif
