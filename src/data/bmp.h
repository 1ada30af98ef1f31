/* Windows bitmaps, as far as cell images use them: uncompressed, 8 (palette), 24 or 32 bits a pixel,
 * bottom-up or top-down, headers of 12 to 124 bytes. Source: [MS-WMF] 2.2.2.3 and 2.2.2.9, BITMAPV5HEADER. */
#ifndef LVK_DATA_BMP_H
#define LVK_DATA_BMP_H

#include "data/image.h"

/* Decodes `size` bytes that start with "BM". Sizes and offsets in the headers are checked against each other
 * and against the size of the file before a pixel is read. Failure as lvk_image_decode. */
LVK_MUST_USE lvk_status lvk_bmp_decode(const char *name, const uint8_t *data, size_t size, lvk_image *image);

#endif
