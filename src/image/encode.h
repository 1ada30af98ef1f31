/* Encoders of image files. */
#ifndef LVK_IMAGE_ENCODE_H
#define LVK_IMAGE_ENCODE_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

/* `pixels` is [height][width][channels], rows from the top. The caller frees *data, of *size bytes, with
 * lvk_free. LVK_ERROR_MEMORY at most. */

/* Encodes three channels, RGB, with 24 bits for each pixel, rows from the bottom, each padded to 4 bytes.
 * C-NMC's training images have that layout (608,454 bytes for 450 x 450 pixels). */
LVK_MUST_USE lvk_status lvk_bmp_encode(const uint8_t *pixels, uint32_t width, uint32_t height, void **data,
                                       size_t *size);

/* Encodes 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA) channels. */
LVK_MUST_USE lvk_status lvk_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels,
                                       void **data, size_t *size);

/* Encodes RGB with loss: for pictures to look at. `quality` is from 0 to 100; sides are at most 16,383 pixels. */
LVK_MUST_USE lvk_status lvk_webp_encode(const uint8_t *pixels, uint32_t width, uint32_t height, float quality,
                                        void **data, size_t *size);

#endif
