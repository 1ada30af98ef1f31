/* Bounds of the pictures that are read. */
#ifndef LVK_DECODE_LIMITS_H
#define LVK_DECODE_LIMITS_H

#include <stddef.h>

enum {
    LVK_IMAGE_LEAST_SIDE = 32,  /* pixels. A smaller image is refused, since it cannot be a cell */
    LVK_IMAGE_MOST_SIDE = 8192, /* pixels. A larger image is refused too */
    LVK_IMAGE_LOSSY_BLACK = 16  /* JPEG and WebP blur black: channels up to this value are background */
};
#define LVK_IMAGE_MOST_BYTES ((size_t)256 << 20) /* the size of an image file */

#endif
