/* A split: which images a model is trained on, which choose the best epoch, and which the model is evaluated
 * on.
 *
 * The labelled images of a data set's training part are assigned to the parts of the split group by group
 * (lvk_image_info.group), so that no person, and no picture that two persons share, is on two sides. Each
 * part is kept near its wanted share of each class, by a greedy rule:
 *  1. Groups are ordered from the largest to the smallest; groups whose sizes are within one power of two are
 *     in an order drawn from the seed.
 *  2. Each group goes to the part where it makes the sum over parts and classes of
 *     ((images - wanted images) / images of the class)^2 grow least.
 *  3. While a part lacks a class, the smallest group that has images of that class, and whose own part can
 *     spare it, moves there.
 *
 * Where the data set has parts of its own (lvk_image_info.given), the split has these instead, even where a
 * person is on several sides, which the log says. Without one for validation, a share of the images to train on
 * is drawn as above. Folds are made of the images that are not of its test part.
 *
 * The labelled preliminary part of a C-NMC tree is never mixed with these: it is a further test part, without
 * the groups that also have images in the training part. */
#ifndef LEUKVK_SPLIT_H
#define LEUKVK_SPLIT_H

#include "leukvk/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A split is constant once it has been made, so any number of threads may use one. The data set that it was
 * made of must outlive it. */
typedef struct lvk_split lvk_split;

typedef enum lvk_split_part {
    LVK_SPLIT_TRAIN,
    LVK_SPLIT_VALIDATION,
    LVK_SPLIT_TEST,
    LVK_SPLIT_PRELIMINARY,
    LVK_SPLIT_PART_COUNT
} lvk_split_part;

/* Whether images of the data set are in parts of its own (lvk_image_info.given), and not all in that to train
 * on. */
LVK_API bool lvk_dataset_has_parts(const lvk_dataset *dataset);

typedef struct lvk_split_options {
    size_t struct_size; /* sizeof this struct; 0: its size in version 0.1 */
    uint64_t seed;
    /* Shares of the images, together below 1. 0: 0.15; negative: the split has no such part. */
    double validation, test;
    /* Assign image by image instead of group by group. Then cells of one person are on several sides, and a
     * score says nothing about people whom the model has not seen. For comparison with work that split so. */
    bool by_image;
} lvk_split_options;

/* Makes a split, which the caller destroys. `options` may be NULL. The log names a part whose share of a
 * class is far from the wanted one. LVK_ERROR_ARGUMENT: the shares leave nothing to train on;
 * LVK_ERROR_FORMAT: images of fewer than two classes, or a class with fewer groups than there are parts;
 * LVK_ERROR_MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_split_create(const lvk_dataset *dataset, const lvk_split_options *options,
                                                 lvk_split **split);

/* Writes and reads a JSON file: version, seed, fractions, fingerprint of the data set, group of every
 * subject, paths of every part. The same split gives the same bytes. Reading refuses a file
 * (LVK_ERROR_FORMAT, with the path or subject) that was made of another data set, names an image that the
 * data set does not have or an image twice, misses a labelled image (but for one of the data set's own test
 * part), or has a subject or a group on two sides without "by_image" or "given" (the data set's own parts). */
LVK_API LVK_MUST_USE lvk_status lvk_split_write(const lvk_split *split, const char *path);
LVK_API LVK_MUST_USE lvk_status lvk_split_read(const char *path, const lvk_dataset *dataset,
                                               lvk_split **split);

LVK_API void lvk_split_destroy(lvk_split **split);

/* What a data set, perhaps another one, has in common with the split in a file. */
typedef struct lvk_split_overlap {
    bool same; /* the data set is the one that was split, wherever its folder is now */
    /* Of each part, how many images have the path of a labelled image of the data set, or a path that is the
     * end of such a path, or whose end is such a path. */
    size_t images[LVK_SPLIT_PART_COUNT];
} lvk_split_overlap;

LVK_API LVK_MUST_USE lvk_status lvk_split_compare(const char *path, const lvk_dataset *dataset,
                                                  lvk_split_overlap *overlap);

/* Data-set indices of a part's images, ascending. Belongs to the split. */
LVK_API const uint32_t *lvk_split_images(const lvk_split *split, lvk_split_part part, size_t *count);

/* ---- cross-validation ---- */

enum { LVK_MAX_FOLDS = 10 };

typedef struct lvk_fold_options {
    size_t struct_size; /* sizeof this struct; 0: its size in version 0.1 */
    uint32_t folds; /* 2 to LVK_MAX_FOLDS, made as the parts of a split are; 0: the data set's own folds */
    uint64_t seed;
    double validation; /* share of the images outside of the fold, above 0 and below 1 */
    bool by_image;     /* as in lvk_split_options. The data set's own folds stay what they are */
    /* Move a group that lies in several of the data set's own folds to the fold that has most of the group's
     * images. Otherwise such a group is an error. */
    bool join;
} lvk_fold_options;

/* Count of the data set's own folds: 3 in the complete C-NMC tree; 0: there are none. */
LVK_API uint32_t lvk_dataset_official_folds(const lvk_dataset *dataset);

/* Makes *count splits, which the caller destroys: the test part of splits[k] is fold k. Errors as
 * lvk_split_create, after which there is no split. */
LVK_API LVK_MUST_USE lvk_status lvk_split_create_folds(const lvk_dataset *dataset,
                                                       const lvk_fold_options *options,
                                                       lvk_split *splits[LVK_MAX_FOLDS], uint32_t *count);

/* Whether images were assigned one by one, so that cells of one person may be on several sides. */
LVK_API bool lvk_split_by_image(const lvk_split *split);
LVK_API uint64_t lvk_split_seed(const lvk_split *split);
/* The share of the images that the part was to have; 0 for the preliminary part. */
LVK_API double lvk_split_fraction(const lvk_split *split, lvk_split_part part);

/* "train", "validation", "test", "preliminary". */
LVK_API const char *lvk_split_part_name(lvk_split_part part);

#ifdef __cplusplus
}
#endif
#endif
