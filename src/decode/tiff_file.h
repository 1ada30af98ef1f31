/* A TIFF file in memory, opened by libtiff, and what its first page is. */
#ifndef LVK_DECODE_TIFF_FILE_H
#define LVK_DECODE_TIFF_FILE_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tiffio.h>

/* How samples become colours. */
typedef enum lvk_tiff_model {
    LVK_TIFF_BLACK_IS_ZERO,
    LVK_TIFF_WHITE_IS_ZERO,
    LVK_TIFF_PALETTE,
    LVK_TIFF_RGB,
    LVK_TIFF_CMYK,
    LVK_TIFF_BY_LIBRARY /* YCbCr and L*a*b* of 8 bits: libtiff converts the picture as a whole */
} lvk_tiff_model;

typedef struct lvk_tiff_page {
    uint32_t width, height;
    lvk_tiff_model model;
    uint16_t bits;                    /* of a sample, 1 to 16 */
    uint16_t samples, colours;        /* of a pixel; those behind the colours are extra */
    bool alpha;                       /* the first extra sample is one, not yet multiplied into the colours */
    bool planes;                      /* the samples lie plane by plane */
    bool lossy;                       /* JPEG */
    uint32_t tile_width, tile_height; /* 0: strips */
    size_t row_bytes, tile_bytes;     /* of a row of the picture, or of a tile; of one plane */
    unsigned told_bits;               /* by MaxSampleValue, where samples have 16 bits; 0: nothing */
    uint8_t orientation;
    const uint16_t *palette[3]; /* [1 << bits], libtiff's; model PALETTE */
} lvk_tiff_page;

/* Neither moved nor copied while it is open. */
typedef struct lvk_tiff_file {
    const char *name;
    const uint8_t *data;
    size_t size, at;
    TIFF *tiff;
    char reason[200]; /* the first complaint of libtiff; "": none */
    bool damaged;     /* a warning of libjpeg tells of damage to the picture, although libtiff goes on */
} lvk_tiff_file;

/* Opens the `size` bytes at `data`, which must stay. `most` bounds each allocation of libtiff; together they
 * take no more than the file's size and what codecs need. No message of libtiff leaves the file's struct. On
 * failure there is nothing to close. */
LVK_MUST_USE lvk_status lvk_tiff_open(const char *name, const uint8_t *data, size_t size, size_t most,
                                      lvk_tiff_file *file);
void lvk_tiff_close(lvk_tiff_file *file);

/* Describes the first page. LVK_ERROR_FORMAT: it is damaged, or has a feature that is not read. */
LVK_MUST_USE lvk_status lvk_tiff_describe(lvk_tiff_file *file, lvk_tiff_page *page);

/* Fails with libtiff's complaint. */
lvk_status lvk_tiff_fail(const lvk_tiff_file *file);

#endif
