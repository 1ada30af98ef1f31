/* A data set: labelled cell images, the subjects that the cells are from, and which images are the same
 * picture.
 *
 * A folder is read as one of these:
 *  - A C-NMC 2019 tree as TCIA or Kaggle give it, however deep it is nested: folders `fold_0..2` with `all`
 *    and `hem` (the training part), `*test_prelim_phase_data` with its label table `*prelim*label*.csv`
 *    (the preliminary part) and `*test_final_phase_data` (the final part, which has no labels). Images
 *    anywhere else in such a tree are ignored and counted.
 *  - Any tree with a folder for each class. Folders named `all` and `hem` are the classes wherever they are
 *    (other images are ignored and counted). Without such folders, the classes are the topmost folders that
 *    differ. Where these are named train, training, val, valid, validation, test or testing, in any case, they
 *    are parts of a split (lvk_image_info.given), and the classes are in them. Folders that hold the same cells
 *    in two forms (Original and Segmented, images and masks) are refused.
 *  - Images without class folders whose names hold their labels, as in ALL-IDB: Im001_1 is a blast, Im131_0
 *    healthy.
 * Links to folders are followed, each folder once. The log names folders beside the class folders that hold no
 * image, links that are not followed, and a folder that this user may not read, which is left out. An image is
 * a file named .bmp, .jpg, .jpeg, .png, .tif, .tiff or .webp, in any case. The content of the file decides how
 * the file is decoded. Hidden files, and what systems and network disks put beside the files of users (`__MACOSX`, `@eaDir`,
 * `lost+found`, ...), are passed over.
 *
 * A table (.csv, .tsv, .txt) has a row for each image: the path relative to the table's folder, the label, and
 * optionally the subject, the part (train, val, test) and the microns per pixel. The columns are found by their
 * usual names (filename, image, class, diagnosis, patient_id, split, ...), or named by the caller. Images
 * without a label are in no part.
 *
 * A subject is the person whose cell an image shows. The subject is found in this order:
 *  1. What the caller's pattern finds in the path.
 *  2. The table's column. UID_<subject>_... in the file's name or in C-NMC's label table. All are put in
 *     canonical upper case (`h3` is H3, another person than 3).
 *  3. In a tree that is not C-NMC's: a folder for each person, below the class folders (class/P1/image.png),
 *     or above them where the names of both leave no doubt (P1/class/image.png).
 *  4. Where nothing names the person, the image is a subject of its own, which is not `named`. Images of one
 *     person may then be on both sides of a split.
 * Subjects who share a picture, turned by quarters or mirrored or as it is, form a group. A group must stay
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

/* A data set is constant once it has been read: any number of threads may use one. */
typedef struct lvk_dataset lvk_dataset;

typedef enum lvk_data_part {
    LVK_PART_TRAINING,    /* also every image of another tree and of a table */
    LVK_PART_PRELIMINARY, /* the preliminary test phase of C-NMC */
    LVK_PART_FINAL,       /* its final phase: without labels */
    LVK_PART_COUNT
} lvk_data_part;

/* The part of a split that the data set itself says an image is in: by a folder (train, val, test above the
 * class folders) or by the column of a table. lvk_split_create uses such parts as they are. */
typedef enum lvk_given_part {
    LVK_GIVEN_NONE,
    LVK_GIVEN_TRAIN,
    LVK_GIVEN_VALIDATION,
    LVK_GIVEN_TEST,
    LVK_GIVEN_COUNT
} lvk_given_part;

/* A data set has one of these for each image, so it is packed: 112 bytes. */
typedef struct lvk_image_info {
    const char *path;         /* relative to the folder, '/' between components */
    double microns_per_pixel; /* as a table or the options say; 0: not known */
    /* Of red, green and blue, 0 to 255, over the pixels of `area` */
    uint64_t colour_sum[3], colour_square_sum[3];
    uint64_t hash[2];                 /* of the decoded pixels and the size: equal for identical pictures */
    uint32_t area;                    /* pixels that are not black background */
    uint32_t subject;                 /* subject index */
    uint32_t group;                   /* group index: equal for subjects that share a picture */
    uint32_t width : 16, height : 16; /* pixels */
    int32_t label : 16;               /* class index, -1: unlabelled */
    int32_t fold : 8;                 /* C-NMC's own fold, -1: none */
    lvk_data_part part : 4;
    lvk_given_part given : 4; /* all images of a data set have one, or none has */
    uint32_t pages : 24;      /* pages or frames of the file, of which the first is the image */
    /* Bits that hold the picture where the file's samples have 16: 12 for a camera of 12 bits, whose values
     * are scaled by them. 0: the samples have fewer than 16 bits */
    uint32_t bits : 7;
    uint32_t bits_told : 1; /* the file tells `bits`; 0: the range of its samples does */
    uint32_t
        outline : 16; /* the share of the smallest box around the pixels of `area` that they fill, in 65535ths */
    uint32_t texture : 16; /* how sharp they are: the mean of |4 g - the sum of g of the four neighbours|, g =
                               red + green + blue, over those of them whose neighbours are of them, in 16ths */
} lvk_image_info;

typedef struct lvk_subject_info {
    const char *name; /* "H3"; for an image whose name says nothing, the image's path */
    uint32_t group;
    uint32_t images : 31;
    uint32_t named : 1; /* 0: nothing names the person, so the image is a subject of its own */
} lvk_subject_info;

typedef struct lvk_skipped_info {
    const char *path;   /* relative to the folder */
    const char *reason; /* one line, without the path */
} lvk_skipped_info;

/* Called with the count of finished files and of all files, by the thread that waits for the work, never by
 * two threads at once. Returning false stops the work, which then fails with LVK_ERROR_CANCELLED. */
typedef bool (*lvk_data_progress)(void *user, size_t done, size_t total);

/* The most classes that a model tells apart. */
enum { LVK_MOST_CLASSES = 64 };

/* The microns per pixel that an option may tell. */
#define LVK_LEAST_MICRONS 0.0001
#define LVK_MOST_MICRONS  1000.0

typedef struct lvk_dataset_options {
    size_t struct_size; /* sizeof this struct; 0: its size in version 0.1 */
    unsigned threads;   /* 0: as many as processors. The result does not depend on it */
    /* The first image, in order of paths, that cannot be used is an error, and so is a folder that this user
     * may not read. Otherwise such an image is left out and listed. A file that cannot be read at this time
     * is an error in any case. */
    bool strict;
    /* A folder whose images lie in no class folder is a data set without classes and labels. Otherwise such a
     * folder is an error. */
    bool allow_classless;
    /* A path that is not UTF-8 is an error before any image is read: split files are UTF-8. */
    bool utf8_names;
    bool
        for_training; /* fewer than 2 classes, or over LVK_MOST_CLASSES, are an error before any image is read */
    const char *positive; /* name of the positive class, of two; NULL or "": see lvk_dataset_positive_class */
    /* Of a table: which columns hold what, as in "path=File,label=Diagnosis,subject=Patient,part=Set,
     * microns_per_pixel=Scale"; an empty name: the table has no such column. NULL or "": the usual names are
     * looked for. */
    const char *columns;
    /* An extended regular expression of POSIX: in a path that it matches, the first group is the subject,
     * whatever else names one. NULL or "": none. */
    const char *subject_pattern;
    /* The scale of the images of which no table tells one; 0: not known. From LVK_LEAST_MICRONS to
     * LVK_MOST_MICRONS. */
    double microns_per_pixel;
    /* `columns` and `subject_pattern` were given for another data set (a run's): where they do not fit,
     * columns of a folder are passed over, and a pattern without a match is a warning. Otherwise both are
     * errors. */
    bool inherited;
    lvk_data_progress progress; /* may be NULL */
    void *progress_user;
} lvk_dataset_options;

/* LVK_ERROR_ARGUMENT: `columns` or `subject_pattern` is not of the right form, or `microns_per_pixel` is out of
 * range. No file is read. */
LVK_API LVK_MUST_USE lvk_status lvk_dataset_options_check(const lvk_dataset_options *options);

/* Reads and decodes every image below the folder, or of the table, `source` once. `options` may be NULL.
 * Images are in byte order of their paths. The caller destroys the data set; on failure *dataset is NULL.
 *
 * A label table, and with it the data set, is refused when an image has no row, a row has no image, or a row
 * is wrong or there twice. LVK_ERROR_IO: a file or folder cannot be read; LVK_ERROR_FORMAT: no image can be
 * used, or the line names the file that is wrong; LVK_ERROR_CANCELLED; LVK_ERROR_MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_dataset_create(const char *source, const lvk_dataset_options *options,
                                                   lvk_dataset **dataset);

/* Makes a data set for prediction of `count` files and folders (with all images below them). It has no
 * classes and no labels; images are in the order given, and their paths begin as given. A file may have any
 * name. A file that cannot be read is left out and listed. Errors as lvk_dataset_create. */
LVK_API LVK_MUST_USE lvk_status lvk_dataset_create_from_files(const char *const *paths, size_t count,
                                                              const lvk_dataset_options *options,
                                                              lvk_dataset **dataset);

LVK_API void lvk_dataset_destroy(lvk_dataset **dataset);

/* What the accessors below return belongs to the data set. Indices must be in range. */

/* The folder or table as given; "" for a data set of lvk_dataset_create_from_files. */
LVK_API const char *lvk_dataset_source(const lvk_dataset *dataset);
/* The folder that paths are relative to, unless they begin with '/': the source, or the folder of a table. */
LVK_API const char *lvk_dataset_folder(const lvk_dataset *dataset);
/* Whether the source is a table. */
LVK_API bool lvk_dataset_is_table(const lvk_dataset *dataset);
/* Whether the folder is a tree with C-NMC's folders. */
LVK_API bool lvk_dataset_is_cnmc(const lvk_dataset *dataset);

/* Path of the label table that the labels of the preliminary part are from; NULL: there is none. */
LVK_API const char *lvk_dataset_label_table(const lvk_dataset *dataset);

LVK_API size_t lvk_dataset_image_count(const lvk_dataset *dataset);
LVK_API const lvk_image_info *lvk_dataset_image(const lvk_dataset *dataset, size_t index);
/* The scale of most images: the median of the microns per pixel that are known, the lower one of two. 0: none is
 * known. Images of other scales are brought to this one in a training. */
LVK_API double lvk_dataset_microns_per_pixel(const lvk_dataset *dataset);
/* The area of image `index` in pixels of another scale, so that areas of several cameras can be compared. Where
 * one of the scales is not known, the image's own pixels are counted. */
LVK_API double lvk_dataset_area(const lvk_dataset *dataset, size_t index, double microns_per_pixel);
/* Index of the image with this relative path; -1: there is none. */
LVK_API ptrdiff_t lvk_dataset_find(const lvk_dataset *dataset, const char *path);

/* Class names are names of folders or labels of a table, in byte order, so all = 0 and hem = 1. */
LVK_API size_t lvk_dataset_class_count(const lvk_dataset *dataset);
LVK_API const char *lvk_dataset_class_name(const lvk_dataset *dataset, size_t index);
/* Index of the class whose probability a model of two classes gives; -1 without classes. A label table's 1 and
 * such a model's target 1 mean this class, although its index may be 0. It is the class that the options name.
 * Where they name none, it is of two classes the one whose name says so (all, leukemia, blast, malignant, cancer,
 * positive, …) or whose opposite is named (normal, healthy, hem, benign, non-…); otherwise the last. */
LVK_API int32_t lvk_dataset_positive_class(const lvk_dataset *dataset);
/* False: neither the options nor the names tell the positive class, so the last one is taken. */
LVK_API bool lvk_dataset_positive_is_told(const lvk_dataset *dataset);

LVK_API size_t lvk_dataset_subject_count(const lvk_dataset *dataset);
LVK_API const lvk_subject_info *lvk_dataset_subject(const lvk_dataset *dataset, size_t index);
LVK_API size_t lvk_dataset_group_count(const lvk_dataset *dataset);
/* Count of labelled images whose subject is not named. */
LVK_API size_t lvk_dataset_unnamed_count(const lvk_dataset *dataset);
/* Writes what it means that no subject is known for `unnamed` of `images` images, in one line. Returns
 * `text`. */
LVK_API char *lvk_dataset_unnamed_note(size_t unnamed, size_t images, char *text, size_t size);

/* Sets of two or more images that are one picture, as it is, turned by quarters or mirrored.
 * lvk_dataset_duplicate returns the indices of the *count images of set `index`, ascending. */
LVK_API size_t lvk_dataset_duplicate_count(const lvk_dataset *dataset);
LVK_API const uint32_t *lvk_dataset_duplicate(const lvk_dataset *dataset, size_t index, size_t *count);

/* Whether images of set `index` are in different classes, so that one of the labels must be wrong. */
LVK_API bool lvk_dataset_contradicts(const lvk_dataset *dataset, size_t index);

/* Files that were left out: those that cannot be used, and second copies of a C-NMC image in a tree that is
 * there twice, one nested in the other. */
LVK_API size_t lvk_dataset_skipped_count(const lvk_dataset *dataset);
LVK_API lvk_skipped_info lvk_dataset_skipped(const lvk_dataset *dataset, size_t index);

/* Image files that lie outside every class folder. */
LVK_API size_t lvk_dataset_ignored_count(const lvk_dataset *dataset);
/* The path of one such file; NULL: there is none. */
LVK_API const char *lvk_dataset_ignored_example(const lvk_dataset *dataset);

/* Folders that this user may not read: what is in them is left out. */
LVK_API size_t lvk_dataset_unreadable_count(const lvk_dataset *dataset);

/* A digest of the paths, labels, subjects, parts and pixels of all images, and of the bytes of a table: 32
 * hexadecimal digits. Data sets with equal digests are the same. */
LVK_API const char *lvk_dataset_fingerprint(const lvk_dataset *dataset);

#ifdef __cplusplus
}
#endif
#endif
