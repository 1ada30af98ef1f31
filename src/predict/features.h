/* What a frozen backbone says of images: computed once an image and view, kept in memory, and in a file in
 * the user's cache folder so that the next run need not compute it again.
 *
 * A row belongs to a picture (by the hash of its pixels) and a view of it (lvk_augment_view). The file is
 * named after a digest of everything else that the numbers depend on: weights, preprocessing, crop, device
 * and kernels. A file that is damaged or belongs to something else is as good as none. One thread at a time.
 */
#ifndef LVK_PREDICT_FEATURES_H
#define LVK_PREDICT_FEATURES_H

#include "loader/cache.h"
#include "runtime/network.h"

typedef struct lvk_features lvk_features;

/* Which rows are wanted: `count` images of a data set, each in views 0 to views - 1. */
typedef struct lvk_features_request {
    const uint32_t *images;
    size_t count;
    uint32_t views; /* 1 to LVK_VIEW_COUNT */
} lvk_features_request;

/* Rows of `length` floats for the images of `dataset`, which must outlive them; those that the cache file for
 * `key` (a text, any) has are there at once. */
LVK_MUST_USE lvk_status lvk_features_open(const lvk_dataset *dataset, const char *key, uint32_t length,
                                          lvk_features **features);
void lvk_features_destroy(lvk_features **features);

uint32_t lvk_features_length(const lvk_features *features);

/* How many of the wanted rows are not there. */
size_t lvk_features_missing(const lvk_features *features, const lvk_features_request *request);

/* Called with the rows done of those that were missing. False: stop with LVK_ERROR_CANCELLED. */
typedef bool (*lvk_features_progress)(void *user, size_t done, size_t total);

/* Computes the wanted rows that are missing by inference with `backbone`, whose outputs have `length`
 * numbers, on the crops of `cache`. What is done is kept, also when it ends in a failure. `progress` may be
 * NULL. */
LVK_MUST_USE lvk_status lvk_features_compute(lvk_features *features, const lvk_features_request *request,
                                             lvk_network *backbone, lvk_cache *cache, unsigned threads,
                                             lvk_features_progress progress, void *user);

/* Writes the cache file, if there is a cache folder and rows were computed. */
LVK_MUST_USE lvk_status lvk_features_save(lvk_features *features);

/* The row of an image and view that has been opened or computed. */
const float *lvk_features_row(const lvk_features *features, uint32_t image, uint32_t view);

/* The cache file; NULL when there is no cache folder. */
const char *lvk_features_path(const lvk_features *features);

#endif
