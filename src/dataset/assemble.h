/* The struct of a data set, and how it is assembled from the scan of the folder and the decoded images.
 * Included by dataset.c and assemble.c only. */
#ifndef LVK_DATASET_ASSEMBLE_H
#define LVK_DATASET_ASSEMBLE_H

#include "dataset/scan.h"

/* What decoding an image tells; as in lvk_image_info. */
typedef struct lvk_image_fact {
    uint32_t width, height, area;
    uint64_t colour_sum[3], colour_square_sum[3];
    uint64_t hash[2], turned_hash[2];
    uint32_t pages;
    uint8_t bits;
    bool bits_told; /* by the file, not by the range of its samples */
    char *reason;   /* NULL, or why the file is left out; owned */
} lvk_image_fact;

struct lvk_dataset {
    char *source, *folder; /* as given; that paths are relative to */
    lvk_scan scan;         /* the files; its arena holds the text of everything below */
    lvk_image_fact *facts; /* [scan.count] */

    lvk_image_info *images; /* [image_count] the images that can be used */
    uint32_t *entries;      /* [image_count] index of each image in scan.entries */
    size_t image_count;
    uint32_t *by_path; /* [image_count] indices of images in byte order of their paths */
    lvk_subject_info *subjects;
    size_t subject_count, group_count;
    uint32_t *duplicate_images; /* indices of images that are one picture, set after set */
    uint32_t *duplicate_starts; /* [duplicate_count + 1] where each set begins in duplicate_images */
    size_t duplicate_count;
    uint32_t *skipped; /* [skipped_count] indices in scan.entries of the files that were left out */
    size_t skipped_count;
    char fingerprint[33];
};

/* Fills all members of the struct after `facts`. */
LVK_MUST_USE lvk_status lvk_dataset_assemble(lvk_dataset *dataset);

#endif
