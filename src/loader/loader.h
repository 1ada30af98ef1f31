/* A loader makes batches of images for the network, ahead of time, on worker threads. */
#ifndef LVK_LOADER_LOADER_H
#define LVK_LOADER_LOADER_H

#include "core/memory.h"
#include "loader/cache.h"

typedef struct lvk_loader lvk_loader;

typedef struct lvk_loader_options {
    uint32_t batch; /* images in a batch, 0: 32 */
    bool augment;   /* augment by lvk_augment_draw(strength, seed, epoch, sample); otherwise show `view` */
    /* [count] the sample number of each image to load (copied), for all that is random about it. NULL: the
     * indices. */
    const uint32_t *samples;
    lvk_augment_strength strength;
    uint32_t view;  /* the dihedral view (lvk_augment_view), the same for all images; 0: the plain crop */
    uint64_t seed;  /* of the augmentation */
    uint32_t epoch; /* of the augmentation */
    uint32_t side;  /* L: width and height of the batch's crops, at least lvk_cache_side; 0: lvk_cache_side */
    unsigned threads;  /* 0: as many as processors. The batches do not depend on the number */
    unsigned prefetch; /* batches made ahead, 0: 3 */
    /* By data-set index: the loader sets the entry of an image that can no longer be read, warns, and puts a
     * black square into the batch. The array is complete when the last batch was taken. NULL: such an image
     * is an error. */
    bool *unreadable;
    /* Of the crops; borrowed. NULL: lvk_heap. The thread that creates and destroys the loader calls it. */
    const lvk_allocator *memory;
} lvk_loader_options;

typedef struct lvk_batch {
    /* [batch][L][L][4] bytes. The crop of an image, of side l <= L (rows[i] knows l), is l * l * 4 bytes as
     * lvk_crop_pixels writes them, densely at the beginning of the image's L * L * 4 bytes. Images from
     * `count` on are leftovers of other batches. */
    const void *input;
    /* [batch] how to resample each crop to lvk_cache_output pixels and standardize it by lvk_cache_standard;
     * zero from `count` on. */
    const lvk_resampling *rows;
    const uint32_t *indices; /* [count] data-set indices */
    const uint32_t *samples; /* [count] sample numbers, for other random numbers of an image */
    uint32_t count; /* images; the last batch may have fewer than `batch`. 0: there are no more batches */
} lvk_batch;

/* Makes a loader of the `count` images of the cache's data set at `indices` (copied), in that order. The
 * cache must outlive the loader. */
LVK_MUST_USE lvk_status lvk_loader_create(lvk_cache *cache, const uint32_t *indices, size_t count,
                                          const lvk_loader_options *options, lvk_loader **loader);

/* Gives the next batch, in order; waits until the batch is made. The batch is valid until the next call.
 * Without `unreadable`, an image that can no longer be read is an error of the call that would give its
 * batch; the line names the file, and every further call gives the same error. A loader is for one thread at
 * a time. */
LVK_MUST_USE lvk_status lvk_loader_next(lvk_loader *loader, lvk_batch *batch);

/* Seconds that lvk_loader_next has waited so far. */
double lvk_loader_wait_seconds(const lvk_loader *loader);

size_t lvk_loader_batch_count(const lvk_loader *loader);

/* Stops the threads, each after its current image, joins them, and frees the loader. May be called at any
 * time. */
void lvk_loader_destroy(lvk_loader **loader);

#endif
