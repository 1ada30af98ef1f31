/* A cache of the decoded crops of a data set's images, shared by loaders. As far as the crops fit into the
 * cache's bound of memory, no file is read again after the first epoch. */
#ifndef LVK_LOADER_CACHE_H
#define LVK_LOADER_CACHE_H

#include "image/crop.h"
#include "image/resample.h"
#include "leukvk/dataset.h"

typedef struct lvk_cache lvk_cache;

#define LVK_CACHE_NOTHING ((size_t)1) /* no crop fits into this bound: for images that are used once */
#define LVK_CACHE_LEAST   ((size_t)1 << 30)

/* The bound of a cache for which none is named: a quarter of the memory that this process may have, but at least
 * LVK_CACHE_LEAST. A crop of 300 pixels a side takes 270 kB. */
size_t lvk_cache_default_bytes(void);

/* Makes an empty cache. `dataset` must outlive it. `output` is the side that crops will be resampled to.
 * `bytes` is the most that the cache keeps; 0: lvk_cache_default_bytes. */
LVK_MUST_USE lvk_status lvk_cache_create(const lvk_dataset *dataset, const lvk_crop *crop, uint32_t output,
                                         size_t bytes, lvk_cache **cache);
void lvk_cache_destroy(lvk_cache **cache); /* after all loaders that use the cache */

/* Says the scale of the crops: the crop of an image of another scale takes as many more or fewer of its pixels
 * (lvk_crop_scaled). A new cache takes each image as it is. To be called before the first crop is made. */
void lvk_cache_set_scale(lvk_cache *cache, double microns_per_pixel);

const lvk_crop *lvk_cache_crop(const lvk_cache *cache);
const lvk_dataset *lvk_cache_dataset(const lvk_cache *cache);
uint32_t lvk_cache_output(const lvk_cache *cache);

/* The largest side in pixels that the crop of any image may have. */
uint32_t lvk_cache_side(const lvk_cache *cache);

/* Gives the crop of image `index`. *crop points into the cache, or to *own where the cache is full; the
 * caller finishes *own in both cases. An error names a file that cannot be read or is no longer the picture
 * that the data set read. Thread-safe. */
LVK_MUST_USE lvk_status lvk_cache_get(lvk_cache *cache, uint32_t index, const lvk_image **crop,
                                      lvk_image *own);

/* Gives the cache the crop of image `index`, which it would otherwise make of the image's file. *crop stays the
 * caller's and must outlive the cache. All crops of a cache are lent, or none. LVK_ERROR_MEMORY. */
LVK_MUST_USE lvk_status lvk_cache_lend(lvk_cache *cache, uint32_t index, const lvk_image *crop);

/* Takes `width` numbers of a crop. Called by several threads at the same time. */
typedef struct lvk_crop_measure {
    uint32_t width;
    void (*take)(const lvk_image *crop, double *numbers);
} lvk_crop_measure;

/* Computes mean and standard deviation of each channel over all pixels, black ones included, of the crops of
 * `count` images. The deviation is at least 1/255. numbers[i][width] (NULL: not wanted) become those that `measure`
 * takes of image i's crop. Since the sums are of integers, the results do not depend on the number of threads. */
LVK_MUST_USE lvk_status lvk_cache_measure(lvk_cache *cache, const uint32_t *images, size_t count,
                                          unsigned threads, const lvk_crop_measure *measure,
                                          lvk_standard *standard, double *numbers);

/* Sets the standardization of the batches that loaders make from now on. A new cache has
 * lvk_standard_none. */
void lvk_cache_standardize(lvk_cache *cache, const lvk_standard *standard);
const lvk_standard *lvk_cache_standard(const lvk_cache *cache);

/* The count of files decoded so far. Thread-safe. */
uint64_t lvk_cache_decoded(const lvk_cache *cache);

#endif
