/* A data set: labelled cell images, whose subjects they are of, and which of them are the same picture.
 *
 * Read from
 *  - a C-NMC 2019 tree as TCIA or Kaggle give it, whatever it is nested in: folders `fold_0..2` with `all`
 *    and `hem` (the training part), `*test_prelim_phase_data` with its label table `*prelim*label*.csv`
 *    (preliminary) and `*test_final_phase_data` (final, unlabelled). Images anywhere else in such a tree are
 *    ignored and counted.
 *  - any tree with a folder per class. Folders named `all` and `hem` are the classes wherever they lie (the
 *    rest is ignored and counted); otherwise the classes are the topmost folders that differ.
 * Images are files named .bmp, .png, .jpg or .jpeg in any case; their content decides how they are decoded.
 * Hidden files and `__MACOSX` are passed over.
 *
 * A subject is the person a cell is from: UID_<subject>_... in the file's name or in the label table, in
 * canonical upper case (`h3` is H3, another person than 3); else, in a tree that is not C-NMC's, a folder per
 * person below the class folders, or above them where the names of both leave no doubt (class/P1/image.png,
 * P1/class/image.png). An image of which nothing says whose it is counts as a subject of its own, which is
 * not `named`: images of one person may then be on both sides of a split. Subjects who share a picture, be it turned by quarters or mirrored, form a group: they must stay
 * on one side of a split. */
#ifndef LEUKVK_DATASET_H
#define LEUKVK_DATASET_H

#include "leukvk/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Read once, then constant: any number of threads may use it. */
typedef struct lvk_dataset lvk_dataset;

typedef enum lvk_data_part {
    LVK_PART_TRAINING,    /* also every image of a tree that is not C-NMC's */
    LVK_PART_PRELIMINARY, /* the preliminary test phase of C-NMC */
    LVK_PART_FINAL,       /* its final phase: without labels */
    LVK_PART_COUNT
} lvk_data_part;

typedef struct lvk_image_info {
    const char *path; /* relative to the folder, '/' between components */
    int32_t label;    /* class index, -1: unlabelled */
    uint32_t subject; /* subject index */
    uint32_t group;   /* group index: equal for subjects that share a picture */
    lvk_data_part part;
    int32_t fold;                                 /* C-NMC's own fold, -1: none */
    uint32_t width, height;                       /* pixels */
    uint32_t area;                                /* pixels that are not black background */
    uint64_t colour_sum[3], colour_square_sum[3]; /* red, green and blue, 0 to 255, over those pixels */
    uint64_t hash[2];        /* of the decoded pixels and the size: equal for identical pictures */
    uint64_t turned_hash[2]; /* the same for all eight ways that a picture can lie: quarter turns, mirrored */
} lvk_image_info;

typedef struct lvk_subject_info {
    const char *name; /* "H3"; for an image whose name says nothing, the image's path */
    uint32_t group;
    uint32_t images;
    bool named; /* false: a subject for lack of a better one */
} lvk_subject_info;

typedef struct lvk_skipped_info {
    const char *path;   /* relative to the folder */
    const char *reason; /* one line, without the path */
} lvk_skipped_info;

/* Called with the count of finished and of all files, one call at a time, on the thread that waits. False:
 * stop. */
typedef bool (*lvk_data_progress)(void *user, size_t done, size_t total);

typedef struct lvk_dataset_options {
    unsigned threads; /* 0: as many as processors. The result does not depend on it */
    bool strict; /* the first image (by path) that cannot be used is an error; otherwise it is left out and
                    listed. A file that cannot be read at this time is an error in any case */
    bool allow_classless; /* a folder whose images lie in no class folder is a set without classes and labels;
                             otherwise an error */
    bool utf8_names;  /* a path that is not UTF-8 is an error, before an image is read; split files need it */
    bool two_classes; /* another number of classes is an error, before any image is read */
    const char
        *positive; /* name of the positive class; NULL or "": by the names, see lvk_dataset_positive_class */
    lvk_data_progress progress; /* may be NULL */
    void *progress_user;
} lvk_dataset_options;

/* Reads and decodes every image below `folder` once. `options` may be NULL. Images are in byte order of their
 * paths. The label table is refused, and with it the data set, when an image has no row, a row no image, or a
 * row is wrong or there twice. LVK_ERROR_IO, _FORMAT (nothing usable; what is wrong where), _CANCELLED,
 * _MEMORY. */
LVK_MUST_USE lvk_status lvk_dataset_create(const char *folder, const lvk_dataset_options *options,
                                           lvk_dataset **dataset);

/* The same for prediction, from `count` files and folders (with all images below them) as the user names
 * them: no classes, no labels, images in the order given, paths as given. A file is taken whatever its name,
 * and one that cannot be read is left out and listed. */
LVK_MUST_USE lvk_status lvk_dataset_create_from_files(const char *const *paths, size_t count,
                                                      const lvk_dataset_options *options,
                                                      lvk_dataset **dataset);

void lvk_dataset_destroy(lvk_dataset **dataset);

/* What the accessors below return belongs to the data set. Indices must be in range. */

const char *
lvk_dataset_folder(const lvk_dataset *dataset);       /* as given; "" for lvk_dataset_create_from_files */
bool lvk_dataset_is_cnmc(const lvk_dataset *dataset); /* a tree with C-NMC's folders */

/* Path of the label table that the preliminary part's labels are from; NULL: none. */
const char *lvk_dataset_label_table(const lvk_dataset *dataset);

size_t lvk_dataset_image_count(const lvk_dataset *dataset);
const lvk_image_info *lvk_dataset_image(const lvk_dataset *dataset, size_t index);
/* Index of the image with this relative path, -1 when there is none. */
ptrdiff_t lvk_dataset_find(const lvk_dataset *dataset, const char *path);

/* Class names are folder names, in byte order, so all = 0 and hem = 1. */
size_t lvk_dataset_class_count(const lvk_dataset *dataset);
const char *lvk_dataset_class_name(const lvk_dataset *dataset, size_t index);
/* The class whose probability a model gives; -1 without classes. A label table's 1 and a model's target 1 mean
 * this class; its class index may be 0. It is the one that was asked for, else of two classes the one whose
 * name says so (all, leukemia, blast, malignant, cancer, positive, …), or whose opposite is named (normal,
 * healthy, hem, benign, non-…), else the last. */
int32_t lvk_dataset_positive_class(const lvk_dataset *dataset);
/* False: it is the last one for lack of a reason. */
bool lvk_dataset_positive_is_told(const lvk_dataset *dataset);

size_t lvk_dataset_subject_count(const lvk_dataset *dataset);
const lvk_subject_info *lvk_dataset_subject(const lvk_dataset *dataset, size_t index);
size_t lvk_dataset_group_count(const lvk_dataset *dataset);
/* Labelled images of which nothing says whose they are. */
size_t lvk_dataset_unnamed_count(const lvk_dataset *dataset);

/* Sets of two or more images that are one picture, as it is or turned by quarters or mirrored: the indices of
 * set `index`, ascending. */
size_t lvk_dataset_duplicate_count(const lvk_dataset *dataset);
const uint32_t *lvk_dataset_duplicate(const lvk_dataset *dataset, size_t index, size_t *count);

/* Whether images of set `index` are in different classes: one of the labels is wrong. */
bool lvk_dataset_contradicts(const lvk_dataset *dataset, size_t index);

/* Files that are left out because they cannot be used, and second copies of a C-NMC image in a tree nested
 * twice. */
size_t lvk_dataset_skipped_count(const lvk_dataset *dataset);
lvk_skipped_info lvk_dataset_skipped(const lvk_dataset *dataset, size_t index);

/* Image files that lie outside every class folder. */
size_t lvk_dataset_ignored_count(const lvk_dataset *dataset);
/* The path of one of them, NULL when there is none. */
const char *lvk_dataset_ignored_example(const lvk_dataset *dataset);

/* 32 hexadecimal digits over the paths, labels, subjects, parts and pixels of all images. */
const char *lvk_dataset_fingerprint(const lvk_dataset *dataset);

#ifdef __cplusplus
}
#endif
#endif
