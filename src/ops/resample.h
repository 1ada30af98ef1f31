/* Resampling of crops to images: crop, augmentation and standardization in one operator. The formula is in
 * core/resample.h. */
#ifndef LVK_OPS_RESAMPLE_H
#define LVK_OPS_RESAMPLE_H

#include "core/resample.h"

typedef struct lvk_resample_attributes {
    uint32_t output; /* S: height and width of the images */
    /* Pixels that an output pixel reads along each axis, 2 to LVK_RESAMPLE_MOST_TAPS, enough for every row's
     * radius. */
    uint32_t taps;
} lvk_resample_attributes;

enum { LVK_RESAMPLE_MOST_TAPS = 32 };

#endif
