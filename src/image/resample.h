/* The resampling of a crop to the network's input. Augmentation and standardization are part of the same
 * resampling, which a row of numbers describes (core/resample.h has the formula). Networks resample on the
 * device (ops/resample.h); pictures for people are resampled here, by the same arithmetic. */
#ifndef LVK_IMAGE_RESAMPLE_H
#define LVK_IMAGE_RESAMPLE_H

#include "core/resample.h"
#include "image/augment.h"
#include "image/image.h"

/* The standardization of pixels: a value p from 0 to 1 becomes (p - mean) / deviation, channel by channel. */
typedef struct lvk_standard {
    double mean[3];      /* of red, green, blue */
    double deviation[3]; /* > 0 */
    bool bgr;            /* the network gets the channels in the order blue, green, red */
} lvk_standard;

static const lvk_standard lvk_standard_none = {{0, 0, 0}, {1, 1, 1}, false};

/* Makes the row that resamples a crop of `side` pixels to output x output pixels. With s = side / output /
 * magnification, M is a rotation by the angle after the flips, scaled by s, and the radius of the tent filter
 * is max(1, s): shrinking is bilinear interpolation whose footprint is widened by the scale. Without
 * augmentation the same arithmetic gives the plain picture. */
lvk_resampling lvk_resampling_make(const lvk_augment *augment, uint32_t side, uint32_t output,
                                   const lvk_standard *standard);

/* Writes a crop as core/resample.h reads it: pixels[y][x] = red, green, blue, and 0 for a pixel of the
 * background or 255 for another. `pixels` has room for 4 * width * width bytes. */
void lvk_crop_pixels(const lvk_image *crop, uint8_t *pixels);

/* Resamples `crop`, whose width and height are equal, to pixels[(j * output + i) * 3 + c] from 0 to 1, output
 * >= 1. LVK_ERROR_MEMORY at most. */
LVK_MUST_USE lvk_status lvk_resample(const lvk_image *crop, const lvk_augment *augment, uint32_t output,
                                     float *pixels);

/* Converts pixels for an image file: bytes[i] = round(255 pixels[i]), clipped to 0 to 255. */
void lvk_pixels_to_bytes(const float *pixels, size_t count, uint8_t *bytes);

#endif
