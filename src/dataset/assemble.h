/* The struct of a data set, and how it is assembled from the scan of the folder and the decoded images.
 * Included by the files that fill it and by dataset.c only. */
#ifndef LVK_DATASET_ASSEMBLE_H
#define LVK_DATASET_ASSEMBLE_H

#include "dataset/scan.h"

/* What is known of a file until the data set is assembled, in the order of the scan. */
typedef struct lvk_reading {
    size_t count;
    const char **subjects; /* NULL: no name is known */
    char **reasons;        /* why the file is left out; NULL: it is not. Owned */
    uint64_t (*turned)[2]; /* lvk_image_turned_hash */
} lvk_reading;

struct lvk_dataset {
    char *source, *folder;  /* as given; that paths are relative to */
    lvk_scan scan;          /* the files, until `images` takes them; its arena holds all texts */
    lvk_image_info *images; /* [image_count] the images that can be used */
    size_t image_count;
    /* [image_count] indices of images in byte order of their paths; NULL: the images are in this order */
    uint32_t *by_path;
    lvk_subject_info *subjects;
    size_t subject_count, group_count;
    uint32_t *duplicate_images; /* indices of images that are one picture, set after set */
    uint32_t *duplicate_starts; /* [duplicate_count + 1] where each set begins in duplicate_images */
    size_t duplicate_count;
    lvk_skipped_info *skipped; /* [skipped_count] the files that were left out */
    size_t skipped_count;
    char fingerprint[33];
    double microns_per_pixel; /* lvk_dataset_microns_per_pixel */
};

/* Assembles the data set from `images`, one for each file of the reading, which have all members that the scan
 * and the decoded picture tell. Images of files that are left out are removed. */
LVK_MUST_USE lvk_status lvk_dataset_assemble(lvk_dataset *dataset, lvk_reading *reading);

#endif
