/* Image files from pixels. */
#ifndef LVK_IMAGE_ENCODE_H
#define LVK_IMAGE_ENCODE_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

/* `pixels`: RGB, rows top to bottom. *data is freed with lvk_free. LVK_ERROR_MEMORY at most. */

/* 24 bits a pixel, bottom-up, rows padded to 4 bytes: the layout of C-NMC's training images (450 x 450 pixels
 * are 608,454 bytes). */
LVK_MUST_USE lvk_status lvk_bmp_encode(const uint8_t *pixels, uint32_t width, uint32_t height, void **data,
                                       size_t *size);

/* `channels`: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
LVK_MUST_USE lvk_status lvk_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels,
                                       void **data, size_t *size);

#endif
