/* The decoder of one format of image files. Each format has a source file of its own; image.c lists the
 * decoders and does what all formats have in common: the bounds of a picture, its memory, and the name in
 * error lines. */
#ifndef LVK_IMAGE_DECODER_H
#define LVK_IMAGE_DECODER_H

#include "core/error.h"
#include "image/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lvk_image_need {
    uint32_t width, height; /* as stored; orientation 5 to 8 exchanges them afterwards */
    size_t working;         /* the most bytes that decoding allocates beside the file and the pixels */
    uint8_t black;          /* of lvk_image */
    uint8_t orientation;    /* EXIF's; 0: the file has none */
    uint32_t pages;         /* of lvk_image; 0: one */
    unsigned told_bits;     /* of a colour sample of 16 bits, as the file's headers tell; 0: they do not */
} lvk_image_need;

/* Every function gets the `size` bytes at `data` of a whole file, which is untrusted. `name` is for error
 * lines. Thread-safe. */
typedef struct lvk_decoder {
    const char *format; /* "PNG" */

    /* Whether the first bytes of the file are those of this format. */
    bool (*matches)(const uint8_t *data, size_t size);

    /* Reads the headers and allocates nothing in proportion to the picture. *need is zero before.
     * LVK_ERROR_FORMAT: the headers are damaged, or the file has a feature that is not supported. */
    lvk_status (*measure)(const char *name, const uint8_t *data, size_t size, lvk_image_need *need);

    /* Writes pixels[height][width][3] (red, green, blue; rows as stored), whose size `need` gives, into
     * image->pixels, and sets image->bits and image->bits_told where samples have 16 bits. A picture that is
     * damaged anywhere is an error as a whole: LVK_ERROR_FORMAT. */
    lvk_status (*decode)(const char *name, const uint8_t *data, size_t size, const lvk_image_need *need,
                         lvk_image *image);
} lvk_decoder;

extern const lvk_decoder lvk_bmp, lvk_png, lvk_jpeg, lvk_tiff, lvk_webp;

/* A colour with an alpha channel, laid over black: colour * alpha / 255, rounded. */
static inline uint8_t lvk_over_black(uint8_t colour, uint8_t alpha) {
    return (uint8_t)((colour * alpha + 127) / 255);
}

#endif
