/* How a crop becomes the network's input: one resampling, with augmentation and standardization
 * folded in, told by a row of numbers (core/resample.h, which has the formula). Networks resample on the
 * device (ops/resample.h); pictures for people are made here by the same arithmetic. */
#ifndef LVK_IMAGE_RESAMPLE_H
#define LVK_IMAGE_RESAMPLE_H

#include "core/resample.h"
#include "image/augment.h"
#include "image/image.h"

/* How the network's input is made of pixel values p in 0..1: (p - mean) / deviation, by channel. */
typedef struct lvk_standard {
    double mean[3];      /* of red, green, blue */
    double deviation[3]; /* > 0 */
    bool bgr;            /* the channels are then handed over as blue, green, red */
} lvk_standard;

static const lvk_standard lvk_standard_none = {{0, 0, 0}, {1, 1, 1}, false};

/* The row for a crop of `side` pixels, to output x output. With s = side / output / magnification: M is a
 * rotation by the angle after flips and scaling by s, the tent's radius max(1, s), so that shrinking is
 * bilinear with its footprint widened by the scale. Without augmentation the same arithmetic gives the plain
 * picture. */
lvk_resampling lvk_resampling_make(const lvk_augment *augment, uint32_t side, uint32_t output,
                                   const lvk_standard *standard);

/* The crop as core/resample.h reads it: pixels[y][x] = red, green, blue, and 0 for background, else 255.
 * 4 * width * width bytes. */
void lvk_crop_pixels(const lvk_image *crop, uint8_t *pixels);

/* `crop` has width = height. pixels[(j * output + i) * 3 + c] in 0..1, output >= 1. LVK_ERROR_MEMORY at
 * most. */
LVK_MUST_USE lvk_status lvk_resample(const lvk_image *crop, const lvk_augment *augment, uint32_t output,
                                     float *pixels);

/* bytes[i] = round(255 pixels[i]), from 0 to 255, for an image file. */
void lvk_pixels_to_bytes(const float *pixels, size_t count, uint8_t *bytes);

#endif
