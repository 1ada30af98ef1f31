/* Batch sources: they give a network its input batch by batch, either images or the features that a frozen
 * backbone has computed of images. */
#ifndef LVK_PREDICT_BATCH_SOURCE_H
#define LVK_PREDICT_BATCH_SOURCE_H

#include "loader/loader.h"
#include "predict/features.h"

/* Where the input of a network comes from. `cache` and `features` are borrowed. */
typedef struct lvk_source {
    lvk_cache *cache;
    const lvk_features *features; /* NULL: the input is the crops of `cache` */
    uint32_t views;               /* views of the features from which training draws, 1 to LVK_VIEW_COUNT */
    bool *unreadable; /* as in lvk_loader_options; NULL: an image that cannot be read is an error */
    unsigned threads; /* threads that make images; 0: as many as processors */
} lvk_source;

typedef struct lvk_batch_source lvk_batch_source;

/* Creates a source of `count` images in the order of `indices` (copied). With features, an image has the view
 * options->view, or, if options->augment, a view drawn by Philox (seed, epoch, sample, LVK_PURPOSE_AUGMENT).
 * source->threads counts, not options->threads. The caller destroys the source. */
LVK_MUST_USE lvk_status lvk_batch_source_create(const lvk_source *source, const uint32_t *indices,
                                                size_t count, const lvk_loader_options *options,
                                                lvk_batch_source **batches);
void lvk_batch_source_destroy(lvk_batch_source **batches);

/* Gives the next batch, like lvk_loader_next. With features, `input` is [batch][length] floats, zero from row
 * `count` on, and `rows` is NULL. */
LVK_MUST_USE lvk_status lvk_batch_source_next(lvk_batch_source *batches, lvk_batch *batch);

/* Seconds that lvk_batch_source_next has waited so far. */
double lvk_batch_source_wait_seconds(const lvk_batch_source *batches);

#endif
