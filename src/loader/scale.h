/* The scale at which a model sees images. */
#ifndef LVK_LOADER_SCALE_H
#define LVK_LOADER_SCALE_H

#include "loader/cache.h"

/* The most times by which scales of images and model may differ. More is a mistake in the unit. */
enum { LVK_SCALE_MOST_RATIO = 16 };

/* LVK_ERROR_FORMAT names the image whose scale is LVK_SCALE_MOST_RATIO times the model's or more, or as much less.
 * Scales are in microns per pixel, 0: not known. */
LVK_MUST_USE lvk_status lvk_scale_check_ratio(const char *name, double model, double own);

/* Lets the cache make its crops at the scale of a model's training images, 0: not known, and logs what becomes
 * of the `count` images `images`: whether they are brought to that scale, and a warning where it is not known of
 * all of them. LVK_ERROR_FORMAT names an image whose scale is LVK_SCALE_MOST_RATIO times another. */
LVK_MUST_USE lvk_status lvk_scale_apply(lvk_cache *cache, double microns_per_pixel, const uint32_t *images,
                                        size_t count);

#endif
