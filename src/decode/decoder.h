/* The decoder of one format of image files. Each format has a source file of its own. What all formats have in
 * common (the bounds of a picture, its memory, turning it upright) is in image/read.c. */
#ifndef LVK_DECODE_DECODER_H
#define LVK_DECODE_DECODER_H

#include "core/error.h"
#include "decode/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lvk_image_need {
    uint32_t width, height; /* as stored; orientation 5 to 8 exchanges them afterwards */
    size_t working;         /* the most bytes that decoding allocates beside the file and the pixels */
    uint8_t black;          /* of lvk_image (image/image.h) */
    uint8_t orientation;    /* EXIF's; 0: the file has none */
    uint32_t pages;         /* of lvk_image; 0: one */
    unsigned told_bits;     /* of a colour sample of 16 bits, as the file's headers tell; 0: they do not */
} lvk_image_need;

/* What decoding gives. */
typedef struct lvk_decoded {
    uint8_t *pixels; /* [height][width][3], the caller's: red, green, blue; rows as stored */
    uint8_t bits;    /* of lvk_image */
    bool bits_told;
} lvk_decoded;

/* Every function gets the `size` bytes at `data` of a whole file, which is untrusted. `name` is for error
 * lines. Thread-safe. */
typedef struct lvk_decoder {
    const char *format; /* "PNG" */

    /* Whether the first bytes of the file are those of this format. */
    bool (*matches)(const uint8_t *data, size_t size);

    /* Reads the headers and allocates nothing in proportion to the picture. *need is zero before.
     * LVK_ERROR_FORMAT: the headers are damaged, or the file has a feature that is not supported. */
    lvk_status (*measure)(const char *name, const uint8_t *data, size_t size, lvk_image_need *need);

    /* Writes the pixels, whose size `need` gives, into decoded->pixels, and sets the bits where samples have
     * 16 bits. A picture that is damaged anywhere is an error as a whole: LVK_ERROR_FORMAT. */
    lvk_status (*decode)(const char *name, const uint8_t *data, size_t size, const lvk_image_need *need,
                         lvk_decoded *decoded);
} lvk_decoder;

extern const lvk_decoder lvk_bmp, lvk_png, lvk_jpeg, lvk_tiff, lvk_webp;

/* The decoder's functions, which fail with LVK_ERROR_MEMORY where a library calls a picture broken for which
 * memory is out. */
LVK_MUST_USE lvk_status lvk_decoder_measure(const lvk_decoder *decoder, const char *name, const void *data,
                                            size_t size, lvk_image_need *need);
LVK_MUST_USE lvk_status lvk_decoder_decode(const lvk_decoder *decoder, const char *name, const void *data,
                                           size_t size, const lvk_image_need *need, lvk_decoded *decoded);

/* The bytes of the pixels. */
static inline size_t lvk_pixel_bytes(const lvk_image_need *need) {
    return (size_t)need->width * need->height * 3;
}

/* LVK_ERROR_FORMAT: the picture is too small or too large to be read. */
LVK_MUST_USE lvk_status lvk_decoder_check_side(const char *name, const lvk_image_need *need);

/* A colour with an alpha channel, laid over black: colour * alpha / 255, rounded. */
static inline uint8_t lvk_over_black(uint8_t colour, uint8_t alpha) {
    return (uint8_t)((colour * alpha + 127) / 255);
}

#endif
