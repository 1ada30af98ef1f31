/* TIFF files written by libtiff, page by page. Header only: each suite is one file. */
#ifndef LVK_TESTS_TIFF_H
#define LVK_TESTS_TIFF_H

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

/* What a page is made of; 0 where a field does not matter. */
typedef struct tiff_page {
    uint32_t width, height;
    uint16_t bits, samples, photometric, compression;
    bool planes;
    uint32_t tile, rows;                           /* side of tiles; 0: strips of `rows` rows, 0: one strip */
    uint16_t orientation, sample_format, greatest; /* MaxSampleValue */
    uint16_t extra;          /* kind of the last sample, behind the colours; 0: there is none */
    const uint16_t *palette; /* red, green, blue, each [1 << bits] */
    uint32_t (*sample)(const struct tiff_page *page, uint32_t x, uint32_t y, uint32_t s);
} tiff_page;

static void tiff_put(uint8_t *row, size_t index, uint16_t bits, uint32_t value) {
    if (bits == 16) { /* libtiff puts the bytes in the file's order */
        const uint16_t two = (uint16_t)value;
        memcpy(row + index * 2, &two, 2);
        return;
    }
    for (uint16_t b = 0; b < bits; ++b) {
        const size_t at = index * bits + b;
        row[at / 8] |= (uint8_t)((value >> (bits - 1 - b) & 1) << (7 - at % 8));
    }
}

/* A rectangle of samples, zero outside the picture. */
static void tiff_fill(const tiff_page *p, uint8_t *rows, uint32_t left, uint32_t top, uint32_t width,
                      uint32_t height, uint32_t plane) {
    const uint32_t step = p->planes ? 1 : p->samples;
    const size_t row_bytes = ((size_t)width * step * p->bits + 7) / 8;
    memset(rows, 0, row_bytes * height);
    for (uint32_t y = 0; y < height && top + y < p->height; ++y)
        for (uint32_t x = 0; x < width && left + x < p->width; ++x)
            for (uint32_t s = 0; s < step; ++s)
                tiff_put(rows + y * row_bytes, (size_t)x * step + s, p->bits,
                         p->sample(p, left + x, top + y, plane + s));
}

static void tiff_set(TIFF *tiff, const tiff_page *p) {
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, p->width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, p->height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, p->bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, p->samples);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, p->photometric);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, p->compression ? p->compression : COMPRESSION_NONE);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, p->planes ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    if (p->orientation)
        TIFFSetField(tiff, TIFFTAG_ORIENTATION, p->orientation);
    if (p->sample_format)
        TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, p->sample_format);
    if (p->greatest)
        TIFFSetField(tiff, TIFFTAG_MAXSAMPLEVALUE, p->greatest);
    if (p->extra)
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &p->extra);
    if (p->palette)
        TIFFSetField(tiff, TIFFTAG_COLORMAP, p->palette, p->palette + (1 << p->bits),
                     p->palette + (2 << p->bits));
    if (p->compression == COMPRESSION_JPEG)
        TIFFSetField(tiff, TIFFTAG_JPEGQUALITY, 95);
    if (p->compression == COMPRESSION_JPEG && p->photometric == PHOTOMETRIC_YCBCR)
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    if (p->compression != COMPRESSION_JPEG && p->photometric == PHOTOMETRIC_YCBCR)
        TIFFSetField(tiff, TIFFTAG_YCBCRSUBSAMPLING, 1, 1);
    if (p->tile) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, p->tile);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, p->tile);
    } else {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, p->rows ? p->rows : p->height);
    }
}

static int tiff_keep_silent(TIFF *tiff, void *user, const char *module, const char *format, va_list values) {
    (void)tiff;
    (void)user;
    (void)module;
    (void)format;
    (void)values;
    return 1;
}

/* Writes a file with `count` pages. `mode`: "w", or "wb" for the other order of bytes, "w8" for a BigTIFF. */
static void tiff_write(const char *path, const char *mode, const tiff_page *pages, size_t count) {
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    TIFFOpenOptionsSetWarningHandlerExtR(options, tiff_keep_silent, NULL);
    TIFF *tiff = TIFFOpenExt(path, mode, options);
    TIFFOpenOptionsFree(options);
    cr_assert(tiff, "%s", path);
    for (const tiff_page *p = pages; p < pages + count; ++p) {
        const uint32_t width = p->tile ? p->tile : p->width, height = p->tile ? p->tile : 1;
        uint8_t *rows = malloc(((size_t)width * p->samples * p->bits + 7) / 8 * height);
        tiff_set(tiff, p);
        for (uint32_t plane = 0; plane < (p->planes ? p->samples : 1U); ++plane)
            for (uint32_t top = 0; top < p->height; top += height)
                for (uint32_t left = 0; left < p->width; left += width) {
                    tiff_fill(p, rows, left, top, width, height, plane);
                    if (p->tile)
                        cr_assert_gt(TIFFWriteTile(tiff, rows, left, top, 0, (uint16_t)plane), 0);
                    else
                        cr_assert_eq(TIFFWriteScanline(tiff, rows, top, (uint16_t)plane), 1);
                }
        cr_assert_eq(TIFFWriteDirectory(tiff), 1);
        free(rows);
    }
    TIFFClose(tiff);
}

#endif
