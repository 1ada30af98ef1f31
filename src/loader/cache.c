#include "loader/cache.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "core/resource.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

struct lvk_cache {
    const lvk_dataset *dataset;
    lvk_crop crop;
    uint32_t output, side;
    lvk_standard standard;
    double microns_per_pixel; /* of the crops; 0: each has its image's own scale */
    size_t limit;
    atomic_size_t used;
    atomic_uint_fast64_t decoded;
    bool lent;                   /* the pixels of the crops are the caller's */
    _Atomic(lvk_image *) *crops; /* by image; NULL: not kept. Set once, then constant */
};

static lvk_crop crop_of(const lvk_cache *cache, const lvk_image_info *image) {
    return lvk_crop_scaled(&cache->crop, lvk_scale_ratio(cache->microns_per_pixel, image->microns_per_pixel));
}

static uint32_t largest_side(const lvk_cache *cache) {
    uint32_t largest = 1;
    for (size_t i = 0; i < lvk_dataset_image_count(cache->dataset); ++i) {
        const lvk_image_info *image = lvk_dataset_image(cache->dataset, i);
        const lvk_crop crop = crop_of(cache, image);
        const uint32_t side = lvk_crop_side_bound(&crop, image->width, image->height, cache->output);
        largest = largest < side ? side : largest;
    }
    return largest;
}

size_t lvk_cache_default_bytes(void) {
    const uint64_t quarter = lvk_machine_memory() / 4;
    return quarter > LVK_CACHE_LEAST ? (size_t)quarter : LVK_CACHE_LEAST;
}

lvk_status lvk_cache_create(const lvk_dataset *dataset, const lvk_crop *crop, uint32_t output, size_t bytes,
                            lvk_cache **cache) {
    *cache = lvk_alloc(1, sizeof **cache);
    if (!*cache)
        return LVK_ERROR_MEMORY;
    (*cache)->dataset = dataset;
    (*cache)->crop = *crop;
    (*cache)->output = output;
    (*cache)->side = largest_side(*cache);
    (*cache)->standard = lvk_standard_none;
    (*cache)->limit = bytes ? bytes : lvk_cache_default_bytes();
    (*cache)->crops = lvk_alloc(lvk_dataset_image_count(dataset), sizeof *(*cache)->crops);
    if ((*cache)->crops)
        return LVK_OK;
    lvk_cache_destroy(cache);
    return LVK_ERROR_MEMORY;
}

void lvk_cache_set_scale(lvk_cache *cache, double microns_per_pixel) {
    cache->microns_per_pixel = microns_per_pixel;
    cache->side = largest_side(cache);
}

void lvk_cache_destroy(lvk_cache **cache) {
    if (!*cache)
        return;
    for (size_t i = 0; (*cache)->crops && i < lvk_dataset_image_count((*cache)->dataset); ++i) {
        lvk_image *crop = atomic_load(&(*cache)->crops[i]);
        if (crop && !(*cache)->lent)
            lvk_image_finish(crop);
        lvk_free(crop);
    }
    lvk_free((*cache)->crops);
    lvk_free(*cache);
    *cache = NULL;
}

const lvk_crop *lvk_cache_crop(const lvk_cache *cache) {
    return &cache->crop;
}

const lvk_dataset *lvk_cache_dataset(const lvk_cache *cache) {
    return cache->dataset;
}

uint32_t lvk_cache_output(const lvk_cache *cache) {
    return cache->output;
}

uint32_t lvk_cache_side(const lvk_cache *cache) {
    return cache->side;
}

uint64_t lvk_cache_decoded(const lvk_cache *cache) {
    return atomic_load(&cache->decoded);
}

static lvk_status decode(lvk_cache *cache, uint32_t index, lvk_image *crop) {
    const lvk_image_info *info = lvk_dataset_image(cache->dataset, index);
    const lvk_crop window = crop_of(cache, info);
    char *path = lvk_path_join(lvk_dataset_folder(cache->dataset), info->path);
    if (!path)
        return LVK_ERROR_MEMORY;
    lvk_image image;
    lvk_status status = lvk_image_read(path, &image);
    if (status == LVK_OK) {
        uint64_t hash[2];
        lvk_image_hash(&image, hash);
        atomic_fetch_add(&cache->decoded, 1);
        if (memcmp(hash, info->hash, sizeof hash) != 0)
            status = lvk_fail(LVK_ERROR_IO, "%s: has changed since the data set was read", path);
        else
            status = lvk_crop_extract(&window, &image, cache->output, crop);
        lvk_image_finish(&image);
    }
    lvk_free(path);
    return status;
}

/* Moves *own into the cache when there is room. */
static const lvk_image *keep(lvk_cache *cache, uint32_t index, lvk_image *own) {
    const size_t size = (size_t)own->width * own->height * 3;
    if (atomic_fetch_add(&cache->used, size) + size > cache->limit) {
        atomic_fetch_sub(&cache->used, size);
        return own;
    }
    lvk_image *kept = lvk_alloc(1, sizeof *kept), *nothing = NULL;
    if (!kept) { /* memory is short: do without */
        atomic_fetch_sub(&cache->used, size);
        return own;
    }
    *kept = *own;
    if (!atomic_compare_exchange_strong(&cache->crops[index], &nothing,
                                        kept)) { /* another thread was first */
        atomic_fetch_sub(&cache->used, size);
        lvk_free(kept);
        return own;
    }
    *own = (lvk_image){0};
    return kept;
}

lvk_status lvk_cache_get(lvk_cache *cache, uint32_t index, const lvk_image **crop, lvk_image *own) {
    *own = (lvk_image){0};
    *crop = atomic_load(&cache->crops[index]);
    if (*crop)
        return LVK_OK;
    LVK_TRY(decode(cache, index, own));
    *crop = keep(cache, index, own);
    return LVK_OK;
}

lvk_status lvk_cache_lend(lvk_cache *cache, uint32_t index, const lvk_image *crop) {
    lvk_image *copy = lvk_alloc(1, sizeof *copy);
    if (!copy)
        return LVK_ERROR_MEMORY;
    *copy = *crop;
    cache->lent = true;
    atomic_store(&cache->crops[index], copy);
    return LVK_OK;
}

/* ---- standardizing ---- */

typedef struct pixel_sums {
    lvk_cache *cache;
    const uint32_t *images;
    const lvk_crop_measure *measure;
    double *numbers;
    atomic_uint_fast64_t pixels, values[3], squares[3];
} pixel_sums;

static lvk_status add_image(void *user, size_t index) {
    pixel_sums *sums = user;
    const lvk_image *crop;
    lvk_image own;
    LVK_TRY(lvk_cache_get(sums->cache, sums->images[index], &crop, &own));
    const size_t count = (size_t)crop->width * crop->height;
    uint64_t values[3] = {0}, squares[3] = {0};
    for (size_t i = 0; i < 3 * count; ++i) {
        const uint32_t value = crop->pixels[i];
        values[i % 3] += value;
        squares[i % 3] += (uint64_t)value * value;
    }
    atomic_fetch_add(&sums->pixels, count);
    for (int c = 0; c < 3; ++c) {
        atomic_fetch_add(&sums->values[c], values[c]);
        atomic_fetch_add(&sums->squares[c], squares[c]);
    }
    if (sums->numbers)
        sums->measure->take(crop, sums->numbers + index * sums->measure->width);
    lvk_image_finish(&own);
    return LVK_OK;
}

lvk_status lvk_cache_measure(lvk_cache *cache, const uint32_t *images, size_t count, unsigned threads,
                             const lvk_crop_measure *measure, lvk_standard *standard, double *numbers) {
    pixel_sums sums = {.cache = cache, .images = images, .measure = measure, .numbers = numbers};
    *standard = lvk_standard_none;
    LVK_TRY(lvk_parallel_for(threads, count, add_image, &sums, NULL, NULL));
    const double pixels = (double)sums.pixels;
    for (int c = 0; c < 3 && pixels > 0; ++c) {
        const double mean = (double)sums.values[c] / pixels;
        const double variance = (double)sums.squares[c] / pixels - mean * mean;
        standard->mean[c] = mean / 255;
        standard->deviation[c] = sqrt(fmax(variance, 1)) / 255;
    }
    return LVK_OK;
}

void lvk_cache_standardize(lvk_cache *cache, const lvk_standard *standard) {
    cache->standard = *standard;
}

const lvk_standard *lvk_cache_standard(const lvk_cache *cache) {
    return &cache->standard;
}
