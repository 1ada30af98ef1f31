/* Which images train, which choose the model, which judge it.
 *
 * The labelled images of the training part are assigned to parts group by group (lvk_image_info.group), so that
 * no person, and no picture under two persons' names, is on two sides; each class is kept near the wanted share
 * in each part. Groups go from the largest to the smallest, those within a factor of two of each other in an
 * order drawn from the seed; each to the part where it leaves the smallest sum over parts and classes of
 * ((images - wanted) / images of the class)^2. Groups are then moved, the smallest first, until every part
 * has every class.
 *
 * A labelled preliminary part of a C-NMC tree is never mixed in: it is a further test part, less the groups
 * that also occur among the training part. */
#ifndef LEUKVK_SPLIT_H
#define LEUKVK_SPLIT_H

#include "leukvk/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Constant once made. Refers to its data set, which must outlive it. */
typedef struct lvk_split lvk_split;

typedef enum lvk_split_part {
    LVK_SPLIT_TRAIN,
    LVK_SPLIT_VALIDATION,
    LVK_SPLIT_TEST,
    LVK_SPLIT_PRELIMINARY,
    LVK_SPLIT_PART_COUNT
} lvk_split_part;

typedef struct lvk_split_options {
    uint64_t seed;
    double validation; /* share of the images, 0: 0.15, negative: no such part */
    double test;       /* the same. Together below 1 */
    /* Assign image by image instead of group by group. Then cells of one person are on several sides, and what is
     * measured says nothing about people whom the model has not seen. For comparison with work that split so. */
    bool by_image;
} lvk_split_options;

/* `options` may be NULL. A part whose share of a class ends far from the wanted one is named in the log.
 * LVK_ERROR_ARGUMENT: shares that cannot be; LVK_ERROR_FORMAT: fewer than two classes, or a class with fewer
 * groups than there are parts; LVK_ERROR_MEMORY. */
LVK_MUST_USE lvk_status lvk_split_create(const lvk_dataset *dataset, const lvk_split_options *options,
                                         lvk_split **split);

/* Writes and reads a JSON file: version, seed, fractions, fingerprint of the data set, group of every
 * subject, paths of every part. The same split gives the same bytes. Reading refuses, by name: an image that
 * the data set does not have, a labelled image that no part has, an image twice, a subject or a group on two
 * sides unless the file says "by_image", a changed data set. */
LVK_MUST_USE lvk_status lvk_split_write(const lvk_split *split, const char *path);
LVK_MUST_USE lvk_status lvk_split_read(const char *path, const lvk_dataset *dataset, lvk_split **split);

void lvk_split_destroy(lvk_split **split);

/* What a data set, perhaps another one, has in common with the split in a file. */
typedef struct lvk_split_overlap {
    bool same; /* it is the data set that was split, wherever it lies now */
    size_t
        images[LVK_SPLIT_PART_COUNT]; /* of each part: how many have the path of a labelled image, or one of
                                            the two paths is the end of the other */
} lvk_split_overlap;

LVK_MUST_USE lvk_status lvk_split_compare(const char *path, const lvk_dataset *dataset,
                                          lvk_split_overlap *overlap);

/* Data-set indices of a part's images, ascending. Belongs to the split. */
const uint32_t *lvk_split_images(const lvk_split *split, lvk_split_part part, size_t *count);

/* ---- cross-validation ---- */

enum { LVK_MAX_FOLDS = 10 };

typedef struct lvk_fold_options {
    uint32_t folds; /* 2 to LVK_MAX_FOLDS, made as the parts of a split are; 0: the data set's own */
    uint64_t seed;
    double validation; /* share of the images outside of the fold, above 0 and below 1 */
    bool by_image;     /* as above. The data set's own folds stay what they are */
    bool join; /* of the data set's own folds: a group that lies in several moves to the one with most of its
                  images. Otherwise such a group is refused */
} lvk_fold_options;

/* C-NMC's own folds, 3 in the complete data set; 0: there are none. */
uint32_t lvk_dataset_official_folds(const lvk_dataset *dataset);

/* splits[k], for k below *count, is the split whose test part is fold k; each is destroyed by the caller.
 * Errors as lvk_split_create, after which there are none. */
LVK_MUST_USE lvk_status lvk_split_create_folds(const lvk_dataset *dataset, const lvk_fold_options *options,
                                               lvk_split *splits[LVK_MAX_FOLDS], uint32_t *count);

bool lvk_split_by_image(const lvk_split *split); /* persons are on both sides */
uint64_t lvk_split_seed(const lvk_split *split);
double lvk_split_fraction(const lvk_split *split,
                          lvk_split_part part); /* as wanted; 0 for the preliminary part */

/* "train", "validation", "test", "preliminary". */
const char *lvk_split_part_name(lvk_split_part part);

#ifdef __cplusplus
}
#endif
#endif
