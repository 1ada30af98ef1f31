/* A format of image files: how a file of it is told from others, measured and decoded. One file a format;
 * image.c lists them and does what is common to all: bounds of the picture, memory, the error line's name. */
#ifndef LVK_IMAGE_DECODER_H
#define LVK_IMAGE_DECODER_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lvk_image_need {
    uint32_t width, height;
    size_t working; /* the most bytes that decoding takes beside the file and the pixels */
} lvk_image_need;

/* All functions get the bytes of a whole file, which is untrusted; `name` is for error lines. */
typedef struct lvk_decoder {
    const char *format; /* "PNG" */
    uint8_t black;      /* of lvk_image */

    /* Whether the file says that it is of this format, by its first bytes. */
    bool (*matches)(const uint8_t *data, size_t size);

    /* Reads the headers, without memory in proportion to the picture. LVK_ERROR_FORMAT: they are damaged, or
     * ask for what is not read. */
    lvk_status (*measure)(const char *name, const uint8_t *data, size_t size, lvk_image_need *need);

    /* Fills pixels[height][width][3], which has room for what was measured. Of a damaged picture nothing is
     * shown: LVK_ERROR_FORMAT. */
    lvk_status (*decode)(const char *name, const uint8_t *data, size_t size, const lvk_image_need *need,
                         uint8_t *pixels);
} lvk_decoder;

extern const lvk_decoder lvk_bmp, lvk_png, lvk_jpeg;

/* Colours with an alpha channel to 8-bit RGB over black: (colour * alpha) / 255, rounded. */
static inline uint8_t lvk_over_black(uint8_t colour, uint8_t alpha) {
    return (uint8_t)((colour * alpha + 127) / 255);
}

#endif
