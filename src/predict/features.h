/* Features: the outputs of a frozen backbone for images. They are computed once for each image and view, and
 * kept in memory and in a file in the user's cache folder, from where later runs read them.
 *
 * A row belongs to a picture, by the hash of its pixels, and to a view of it (lvk_augment_view). The file is
 * named by a digest of everything else on which the numbers depend: weights, preprocessing, crop, device and
 * kernels. A file that is damaged or has another key is ignored. One thread at a time may use the
 * features. */
#ifndef LVK_PREDICT_FEATURES_H
#define LVK_PREDICT_FEATURES_H

#include "loader/cache.h"
#include "runtime/network.h"

typedef struct lvk_features lvk_features;

/* A request for rows: those of `count` images of a data set, each in views 0 to views - 1. */
typedef struct lvk_features_request {
    const uint32_t *images;
    size_t count;
    uint32_t views; /* 1 to LVK_VIEW_COUNT */
} lvk_features_request;

/* Opens features with rows of `length` floats for the images of `dataset`, which must outlive them, and reads
 * the rows that the cache file for `key`, any text, holds. The caller closes the features. */
LVK_MUST_USE lvk_status lvk_features_open(const lvk_dataset *dataset, const char *key, uint32_t length,
                                          lvk_features **features);
void lvk_features_destroy(lvk_features **features);

uint32_t lvk_features_length(const lvk_features *features);

/* The number of requested rows that are not known yet. */
size_t lvk_features_missing(const lvk_features *features, const lvk_features_request *request);

/* Called with the number of computed rows and that of all rows to compute. False stops with
 * LVK_ERROR_CANCELLED. */
typedef bool (*lvk_features_progress)(void *user, size_t done, size_t total);

/* Computes the requested rows that are not known yet, by inference with `backbone`, which has `length`
 * outputs, on the crops of `cache`. After a failure, the rows computed before are kept. `progress` may be
 * NULL. */
LVK_MUST_USE lvk_status lvk_features_compute(lvk_features *features, const lvk_features_request *request,
                                             lvk_network *backbone, lvk_cache *cache, unsigned threads,
                                             lvk_features_progress progress, void *user);

/* Writes the cache file, if the user has a cache folder and rows were computed. */
LVK_MUST_USE lvk_status lvk_features_save(lvk_features *features);

/* The row of an image and view, which must be known: read from the file or computed. */
const float *lvk_features_row(const lvk_features *features, uint32_t image, uint32_t view);

/* The path of the cache file; NULL if the user has no cache folder. */
const char *lvk_features_path(const lvk_features *features);

#endif
