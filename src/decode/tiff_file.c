#include "decode/tiff_file.h"

#include "core/text.h"
#include "decode/limits.h"
#include "decode/tiff_directory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    MOST_SAMPLES = 16,                        /* of a pixel */
    MOST_TILE_SIDE = 2 * LVK_IMAGE_MOST_SIDE, /* a tile may reach over the edges of the picture */
    SHARED_VALUES = 1 << 16,                  /* bytes of values that lie in one place */
    MOST_PADDING = 16                         /* bytes that libjpeg may pass over in front of a marker */
};

/* ---- the file as libtiff sees it ---- */

static tmsize_t read_bytes(thandle_t handle, void *to, tmsize_t size) {
    lvk_tiff_file *file = handle;
    const size_t left = file->at < file->size ? file->size - file->at : 0;
    const size_t count = (size_t)size < left ? (size_t)size : left;
    memcpy(to, file->data + (left ? file->at : 0), count);
    file->at += count;
    return (tmsize_t)count;
}

static tmsize_t write_nothing(thandle_t handle, void *from, tmsize_t size) {
    (void)handle;
    (void)from;
    (void)size;
    return 0;
}

static toff_t seek(thandle_t handle, toff_t offset, int from) {
    lvk_tiff_file *file = handle;
    const toff_t start = from == SEEK_SET ? 0 : from == SEEK_CUR ? file->at : file->size;
    file->at = (size_t)(start + offset);
    return file->at;
}

static int close_nothing(thandle_t handle) {
    (void)handle;
    return 0;
}

static toff_t tell_size(thandle_t handle) {
    const lvk_tiff_file *file = handle;
    return file->size;
}

static int map(thandle_t handle, void **data, toff_t *size) {
    const lvk_tiff_file *file = handle;
    *data = (void *)file->data; /* libtiff reads it only */
    *size = file->size;
    return 1;
}

static void unmap(thandle_t handle, void *data, toff_t size) {
    (void)handle;
    (void)data;
    (void)size;
}

/* ---- its messages ---- */

__attribute__((format(printf, 4, 0))) static int take_error(TIFF *tiff, void *user, const char *module,
                                                            const char *format, va_list values) {
    lvk_tiff_file *file = user;
    (void)tiff;
    (void)module;
    if (!*file->reason) {
        vsnprintf(file->reason, sizeof file->reason, format, values);
        lvk_text_make_printable(file->reason);
    }
    return 1; /* the process-wide handler, which prints, is not called */
}

/* libjpeg goes on behind damage, with a warning; as in jpeg.c, a few bytes too many are none. */
static bool tells_of_damage(const char *warning) {
    unsigned bytes;
    if (sscanf(warning, "Corrupt JPEG data: %u extraneous bytes", &bytes) == 1)
        return bytes > MOST_PADDING;
    return strncmp(warning, "Corrupt JPEG data", 17) == 0 || strncmp(warning, "Premature end", 13) == 0 ||
           strncmp(warning, "Inconsistent progression", 24) == 0 || strncmp(warning, "Invalid SOS", 11) == 0;
}

__attribute__((format(printf, 4, 0))) static int take_warning(TIFF *tiff, void *user, const char *module,
                                                              const char *format, va_list values) {
    char line[200];
    lvk_tiff_file *file = user;
    (void)tiff;
    vsnprintf(line, sizeof line, format, values);
    if (!file->damaged && module && strcmp(module, "JPEGLib") == 0 && tells_of_damage(line)) {
        file->damaged = true;
        snprintf(file->reason, sizeof file->reason, "%s", line);
        lvk_text_make_printable(file->reason);
    }
    return 1;
}

lvk_status lvk_tiff_fail(const lvk_tiff_file *file) {
    return lvk_fail(LVK_ERROR_FORMAT, "%s: broken TIFF: %s", file->name,
                    *file->reason ? file->reason : "its data is damaged");
}

lvk_status lvk_tiff_open(const char *name, const uint8_t *data, size_t size, size_t most,
                         lvk_tiff_file *file) {
    *file = (lvk_tiff_file){.name = name, .data = data, .size = size};
    const uint64_t values = lvk_tiff_directory_bytes(data, size);
    if (values > size + SHARED_VALUES)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: broken TIFF: its directory has more values than the file",
                        name);
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options)
        return lvk_fail(LVK_ERROR_MEMORY, "%s: out of memory", name);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)most);
    TIFFOpenOptionsSetErrorHandlerExtR(options, take_error, file);
    TIFFOpenOptionsSetWarningHandlerExtR(options, take_warning, file);
    /* c: strips stay as they are */
    file->tiff = TIFFClientOpenExt(name, "rc", file, read_bytes, write_nothing, seek, close_nothing,
                                   tell_size, map, unmap, options);
    TIFFOpenOptionsFree(options);
    return file->tiff ? LVK_OK : lvk_tiff_fail(file);
}

void lvk_tiff_close(lvk_tiff_file *file) {
    if (file->tiff)
        TIFFClose(file->tiff);
    file->tiff = NULL;
}

/* ---- its first page ---- */

static uint16_t field(const lvk_tiff_file *file, uint32_t tag, uint16_t otherwise) {
    uint16_t value;
    return TIFFGetFieldDefaulted(file->tiff, tag, &value) == 1 ? value : otherwise;
}

/* The codings that are read. Others are rare, or let a small file ask for any amount of memory. */
static lvk_status check_compression(const lvk_tiff_file *file, uint16_t compression) {
    static const uint16_t known[] = {COMPRESSION_NONE,    COMPRESSION_LZW,           COMPRESSION_OJPEG,
                                     COMPRESSION_JPEG,    COMPRESSION_ADOBE_DEFLATE, COMPRESSION_DEFLATE,
                                     COMPRESSION_PACKBITS};
    for (size_t i = 0; i < sizeof known / sizeof *known; ++i)
        if (compression == known[i])
            return LVK_OK;
    return lvk_fail(
        LVK_ERROR_FORMAT,
        "%s: a TIFF compressed by method %u is not read; none, LZW, deflate, JPEG and PackBits are",
        file->name, compression);
}

static lvk_status check_samples(const lvk_tiff_file *file, const lvk_tiff_page *page) {
    const uint16_t kind = field(file, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
    if (kind != SAMPLEFORMAT_UINT && kind != SAMPLEFORMAT_VOID)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: a TIFF of %s samples is not read", file->name,
                        kind == SAMPLEFORMAT_IEEEFP ? "floating-point"
                        : kind == SAMPLEFORMAT_INT  ? "signed"
                                                    : "complex");
    if (page->bits < 1 || page->bits > 16)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: a TIFF of %u bits a sample; 1 to 16 are read", file->name,
                        page->bits);
    if (page->samples < 1 || page->samples > MOST_SAMPLES)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: a TIFF of %u samples a pixel; 1 to %d are read", file->name,
                        page->samples, MOST_SAMPLES);
    return LVK_OK;
}

static lvk_status fail_model(const lvk_tiff_file *file, uint16_t photometric) {
    return lvk_fail(LVK_ERROR_FORMAT,
                    "%s: a TIFF with colours of kind %u (PhotometricInterpretation) in %u bits is not read",
                    file->name, photometric, field(file, TIFFTAG_BITSPERSAMPLE, 1));
}

static lvk_status set_palette(const lvk_tiff_file *file, lvk_tiff_page *page) {
    uint16_t *red, *green, *blue;
    if (page->bits > 8)
        return fail_model(file, PHOTOMETRIC_PALETTE);
    if (TIFFGetField(file->tiff, TIFFTAG_COLORMAP, &red, &green, &blue) != 1)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: broken TIFF: no palette", file->name);
    page->palette[0] = red;
    page->palette[1] = green;
    page->palette[2] = blue;
    page->model = LVK_TIFF_PALETTE;
    return LVK_OK;
}

/* The library converts YCbCr from JPEG row by row; any other with the picture as a whole. */
static lvk_status set_ycbcr(const lvk_tiff_file *file, lvk_tiff_page *page, uint16_t compression) {
    page->colours = 3;
    page->model = LVK_TIFF_BY_LIBRARY;
    if (compression == COMPRESSION_JPEG && !page->planes) {
        page->model = LVK_TIFF_RGB;
        if (TIFFSetField(file->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB) != 1)
            return lvk_tiff_fail(file);
    }
    return page->bits == 8 ? LVK_OK : fail_model(file, PHOTOMETRIC_YCBCR);
}

static lvk_status set_model(const lvk_tiff_file *file, lvk_tiff_page *page, uint16_t compression) {
    const uint16_t guess = page->samples < 3 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB;
    uint16_t photometric;
    if (TIFFGetField(file->tiff, TIFFTAG_PHOTOMETRIC, &photometric) != 1)
        photometric = guess;
    page->colours = 1;
    switch (photometric) {
    case PHOTOMETRIC_MINISWHITE:
        page->model = LVK_TIFF_WHITE_IS_ZERO;
        return LVK_OK;
    case PHOTOMETRIC_MINISBLACK:
        page->model = LVK_TIFF_BLACK_IS_ZERO;
        return LVK_OK;
    case PHOTOMETRIC_PALETTE:
        return set_palette(file, page);
    case PHOTOMETRIC_RGB:
        page->colours = 3;
        page->model = LVK_TIFF_RGB;
        return LVK_OK;
    case PHOTOMETRIC_SEPARATED:
        page->colours = 4;
        page->model = LVK_TIFF_CMYK;
        return field(file, TIFFTAG_INKSET, INKSET_CMYK) == INKSET_CMYK ? LVK_OK
                                                                       : fail_model(file, photometric);
    case PHOTOMETRIC_YCBCR:
        return set_ycbcr(file, page, compression);
    case PHOTOMETRIC_CIELAB:
        page->colours = 3;
        page->model = LVK_TIFF_BY_LIBRARY;
        return page->bits == 8 ? LVK_OK : fail_model(file, photometric);
    default:
        return fail_model(file, photometric);
    }
}

static void find_alpha(const lvk_tiff_file *file, lvk_tiff_page *page) {
    uint16_t count = 0, *kinds = NULL;
    if (page->samples > page->colours &&
        TIFFGetFieldDefaulted(file->tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) == 1 && count > 0)
        page->alpha =
            kinds[0] == EXTRASAMPLE_UNASSALPHA; /* another one is multiplied into the colours already */
}

/* MaxSampleValue; one that is no power of two less one is a picture's own maximum, and cameras have even
 * numbers of bits. */
static unsigned find_told_bits(const lvk_tiff_file *file, const lvk_tiff_page *page) {
    uint16_t most;
    unsigned bits = 0;
    if (page->bits != 16 || TIFFGetField(file->tiff, TIFFTAG_MAXSAMPLEVALUE, &most) != 1 || most == 0)
        return 0;
    while (most >> bits)
        ++bits;
    return (most & (most + 1)) == 0 ? bits : bits + bits % 2;
}

static lvk_status measure_rows(const lvk_tiff_file *file, lvk_tiff_page *page) {
    const size_t samples = page->planes ? 1 : page->samples;
    uint32_t width = page->width;
    if (TIFFIsTiled(file->tiff)) {
        if (TIFFGetField(file->tiff, TIFFTAG_TILEWIDTH, &page->tile_width) != 1 ||
            TIFFGetField(file->tiff, TIFFTAG_TILELENGTH, &page->tile_height) != 1 || page->tile_width == 0 ||
            page->tile_height == 0 || page->tile_width > MOST_TILE_SIDE || page->tile_height > MOST_TILE_SIDE)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: broken or too large TIFF: tiles of %u x %u pixels",
                            file->name, page->tile_width, page->tile_height);
        width = page->tile_width;
    }
    page->row_bytes = ((size_t)width * samples * page->bits + 7) / 8;
    page->tile_bytes = page->row_bytes * page->tile_height;
    if (page->model == LVK_TIFF_BY_LIBRARY)
        return LVK_OK;
    const tmsize_t rows = page->tile_width ? TIFFTileRowSize(file->tiff) : TIFFScanlineSize(file->tiff);
    const tmsize_t tiles = page->tile_width ? TIFFTileSize(file->tiff) : 0;
    if (rows != (tmsize_t)page->row_bytes || tiles != (tmsize_t)page->tile_bytes)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: broken TIFF: rows of another size than the header says",
                        file->name);
    return LVK_OK;
}

lvk_status lvk_tiff_describe(lvk_tiff_file *file, lvk_tiff_page *page) {
    *page = (lvk_tiff_page){0};
    if (TIFFGetField(file->tiff, TIFFTAG_IMAGEWIDTH, &page->width) != 1 ||
        TIFFGetField(file->tiff, TIFFTAG_IMAGELENGTH, &page->height) != 1)
        return lvk_tiff_fail(file);
    if (page->width == 0 || page->height == 0 || page->width > LVK_IMAGE_MOST_SIDE ||
        page->height > LVK_IMAGE_MOST_SIDE)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: broken or too large TIFF: %u x %u pixels", file->name,
                        page->width, page->height);
    const uint16_t compression = field(file, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    page->bits = field(file, TIFFTAG_BITSPERSAMPLE, 1);
    page->samples = field(file, TIFFTAG_SAMPLESPERPIXEL, 1);
    page->planes =
        page->samples > 1 && field(file, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE;
    page->lossy = compression == COMPRESSION_JPEG || compression == COMPRESSION_OJPEG;
    page->orientation = (uint8_t)field(file, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    LVK_TRY(check_compression(file, compression));
    LVK_TRY(check_samples(file, page));
    LVK_TRY(set_model(file, page, compression));
    if (compression == COMPRESSION_OJPEG)
        page->model = LVK_TIFF_BY_LIBRARY;
    if (page->samples < page->colours)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: broken TIFF: %u samples a pixel", file->name, page->samples);
    find_alpha(file, page);
    page->told_bits = find_told_bits(file, page);
    return measure_rows(file, page);
}
