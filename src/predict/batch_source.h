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

typedef struct lvk_feed lvk_feed;

/* `count` images in the order of `indices` (copied). Of features, an augmented image has a view drawn from
 * Philox (seed, epoch, sample, LVK_PURPOSE_AUGMENT); otherwise options->view. options->threads is the
 * source's. */
LVK_MUST_USE lvk_status lvk_feed_create(const lvk_source *source, const uint32_t *indices, size_t count,
                                        const lvk_loader_options *options, lvk_feed **feed);
void lvk_feed_destroy(lvk_feed **feed);

/* As lvk_loader_next. If features are what the source has, `input` are rows of them, floats (zero from
 * `count` on), and `rows` NULL. */
LVK_MUST_USE lvk_status lvk_feed_next(lvk_feed *feed, lvk_batch *batch);

/* Seconds that lvk_feed_next has waited so far. */
double lvk_feed_wait_seconds(const lvk_feed *feed);

#endif
