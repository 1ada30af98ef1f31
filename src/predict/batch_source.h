/* What a network is fed with, batch by batch: images, or the features that a frozen backbone has of them. */
#ifndef LVK_PREDICT_BATCH_SOURCE_H
#define LVK_PREDICT_BATCH_SOURCE_H

#include "loader/loader.h"
#include "predict/features.h"

/* Where the input of a network comes from. Both are borrowed. */
typedef struct lvk_source {
    lvk_cache *cache;
    const lvk_features *features; /* NULL: the crops of `cache` themselves */
    uint32_t views;               /* of the features that training draws from, 1 to LVK_VIEW_COUNT */
    bool *unreadable;             /* of lvk_loader_options; NULL: an image that cannot be read is an error */
    unsigned threads;             /* that make images, 0: as many as processors */
} lvk_source;

typedef struct lvk_batch_source lvk_batch_source;

/* `count` images in the order of `indices` (copied). Of features, an augmented image has a view drawn from
 * Philox (seed, epoch, sample, LVK_PURPOSE_AUGMENT); otherwise options->view. options->threads is the
 * source's. */
LVK_MUST_USE lvk_status lvk_batch_source_create(const lvk_source *source, const uint32_t *indices,
                                                size_t count, const lvk_loader_options *options,
                                                lvk_batch_source **batches);
void lvk_batch_source_destroy(lvk_batch_source **batches);

/* As lvk_loader_next. If features are what the source has, `input` are rows of them, floats (zero from
 * `count` on), and `rows` NULL. */
LVK_MUST_USE lvk_status lvk_batch_source_next(lvk_batch_source *batches, lvk_batch *batch);

/* Seconds that lvk_batch_source_next has waited so far. */
double lvk_batch_source_wait_seconds(const lvk_batch_source *batches);

#endif
