/* The crops of a data set's images, kept decoded in memory within a bound and shared by loaders: after the
 * first epoch no file is read again (as far as the bound goes). */
#ifndef LVK_LOADER_CACHE_H
#define LVK_LOADER_CACHE_H

#include "image/crop.h"
#include "image/resample.h"
#include "leukvk/dataset.h"

typedef struct lvk_cache lvk_cache;

#define LVK_CACHE_DEFAULT_BYTES ((size_t)1 << 30)
#define LVK_CACHE_NOTHING       ((size_t)1) /* no crop is as small: where each image is used once */

/* `dataset` must outlive the cache. `output` is the side that the crops will be resampled to. `bytes`: most
 * that is kept; 0: LVK_CACHE_DEFAULT_BYTES. */
LVK_MUST_USE lvk_status lvk_cache_create(const lvk_dataset *dataset, const lvk_crop *crop, uint32_t output,
                                         size_t bytes, lvk_cache **cache);
void lvk_cache_destroy(lvk_cache **cache); /* after the loaders that use it */

const lvk_dataset *lvk_cache_dataset(const lvk_cache *cache);
uint32_t lvk_cache_output(const lvk_cache *cache);

/* The largest side that the crop of any image may have, pixels. */
uint32_t lvk_cache_side(const lvk_cache *cache);

/* The crop of image `index`. *crop points into the cache, or to *own when the cache is full: *own is always
 * to be finished by the caller. Fails, naming the file, when it cannot be read or is not the picture that the
 * data set read. Thread-safe. */
LVK_MUST_USE lvk_status lvk_cache_get(lvk_cache *cache, uint32_t index, const lvk_image **crop,
                                      lvk_image *own);

/* Mean and standard deviation over all pixels of the crops of `count` images, black ones included; the
 * deviation is at least 1/255. Sums are of integers: the result does not depend on the number of threads. */
LVK_MUST_USE lvk_status lvk_cache_measure(lvk_cache *cache, const uint32_t *images, size_t count,
                                          unsigned threads, lvk_standard *standard);

/* What loaders ask for from now on; lvk_standard_none from the beginning. */
void lvk_cache_standardize(lvk_cache *cache, const lvk_standard *standard);
const lvk_standard *lvk_cache_standard(const lvk_cache *cache);

/* Files decoded so far. Thread-safe. */
uint64_t lvk_cache_decoded(const lvk_cache *cache);

#endif
