/* Batches of images for the network, made ahead of time on worker threads. */
#ifndef LVK_LOADER_LOADER_H
#define LVK_LOADER_LOADER_H

#include "core/memory.h"
#include "loader/cache.h"

typedef struct lvk_loader lvk_loader;

typedef struct lvk_loader_options {
    uint32_t batch;          /* images a batch, 0: 32 */
    bool augment;            /* lvk_augment_draw(strength, seed, epoch, sample); otherwise `view` */
    const uint32_t *samples; /* [count] of the images to load (copied); NULL: their indices */
    lvk_augment_strength strength;
    uint32_t view;     /* lvk_augment_view; 0: the plain crop */
    uint64_t seed;     /* of the augmentation */
    uint32_t epoch;    /* the same */
    uint32_t side;     /* L: pixels a side that there is room for, at least lvk_cache_side; 0: that */
    unsigned threads;  /* 0: as many as processors. The batches do not depend on it */
    unsigned prefetch; /* batches made ahead, 0: 3 */
    bool *
        unreadable; /* by data-set index: set for an image that cannot be read any more, which is warned of and in
                         the batch as a black crop; NULL: it is an error. Complete when all batches are through */
    const lvk_allocator *memory; /* of the crops (borrowed), NULL: lvk_heap. Used by the thread that creates
                                    and destroys the loader */
} lvk_loader_options;

typedef struct lvk_batch {
    const void *input;          /* [batch][L][L][4] bytes: each image's crop, by
                                   lvk_crop_pixels, densely at the beginning of its row; rows from `count` on are of
                                   other images */
    const lvk_resampling *rows; /* [batch] how to resample them to lvk_cache_output pixels and standardize by
                                   the cache's lvk_standard; zero from `count` on */
    const uint32_t *indices;    /* [count] data-set indices */
    const uint32_t *samples;    /* [count] for what else is drawn at random of them */
    uint32_t count; /* images; the last batch may have fewer than `batch`, 0: all batches are through */
} lvk_batch;

/* A loader of `count` images of the cache's data set, in the order of `indices` (copied). The cache must
 * outlive it. */
LVK_MUST_USE lvk_status lvk_loader_create(lvk_cache *cache, const uint32_t *indices, size_t count,
                                          const lvk_loader_options *options, lvk_loader **loader);

/* The next batch, in order; waits until it is made. It stays valid until the next call. Without
 * `unreadable`, a file that cannot be read any more is an error that names it, here, when its batch is due; calling again gives the same error.
 * One thread. */
LVK_MUST_USE lvk_status lvk_loader_next(lvk_loader *loader, lvk_batch *batch);

/* Seconds that lvk_loader_next has waited so far. */
double lvk_loader_wait_seconds(const lvk_loader *loader);

size_t lvk_loader_batch_count(const lvk_loader *loader);

/* At any time: stops the threads after the image that each is at and joins them. */
void lvk_loader_destroy(lvk_loader **loader);

#endif
