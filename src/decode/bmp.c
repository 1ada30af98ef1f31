/* Windows and OS/2 bitmaps: 1, 2, 4, 8, 16, 24 or 32 bits a pixel, uncompressed or by run lengths
 * (bmp_runs.h), with any colour masks, bottom-up or top-down, headers of 12 to 124 bytes. Sizes and offsets
 * in the headers are checked against each other and against the size of the file before a pixel is read.
 * Sources: [MS-WMF] 2.2.2.3 and 2.2.2.9, BITMAPV5HEADER; OS/2 2.0 BITMAPINFOHEADER2. */
#include "decode/bmp_runs.h"
#include "decode/decoder.h"

enum { NO_CODING = 0, RUNS_OF_8 = 1, RUNS_OF_4 = 2, MASKS = 3, ALPHA_MASKS = 6 }; /* methods of compression */

typedef struct bitmap {
    const uint8_t *palette; /* colours of 4 bytes (3 behind a 12-byte header): blue, green, red */
    uint32_t colours, colour_bytes;
    const uint8_t *rows; /* or runs */
    size_t row_bytes, rows_size;
    uint32_t width, height, bits, coding;
    uint32_t masks[4]; /* red, green, blue, alpha, of 16 and 32 bits; 0: no such channel */
    bool top_down;
} bitmap;

static uint32_t read16(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static uint32_t read32(const uint8_t *at) {
    return read16(at) | read16(at + 2) << 16;
}

static lvk_status parse_size(const char *name, const uint8_t *data, uint32_t header, bitmap *bmp) {
    if (header == 12) {
        bmp->width = read16(data + 18);
        bmp->height = read16(data + 20);
    } else {
        const uint32_t height = read32(data + 22);
        bmp->width = read32(data + 18);
        bmp->top_down = height >> 31;
        bmp->height = bmp->top_down ? 0U - height : height;
    }
    if (bmp->width == 0 || bmp->height == 0 || bmp->width > LVK_IMAGE_MOST_SIDE ||
        bmp->height > LVK_IMAGE_MOST_SIDE)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: broken or too large BMP: %u x %u pixels", name, bmp->width,
                        bmp->height);
    return LVK_OK;
}

/* One run of bits in a mask, or none. */
static bool is_mask(uint32_t mask) {
    const uint32_t low = mask & (0U - mask);
    return mask == 0 || ((mask + low) & mask) == 0;
}

/* The masks lie behind the first 40 bytes of the header, whether they belong to it or not. */
static lvk_status parse_masks(const char *name, const uint8_t *data, size_t size, uint32_t header,
                              bitmap *bmp) {
    const bool has_alpha = header >= 56 || bmp->coding == ALPHA_MASKS;
    const uint32_t count = has_alpha ? 4 : 3;
    if ((bmp->bits != 16 && bmp->bits != 32) || size < 54 + count * 4)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: broken BMP: colour masks of %u bits a pixel", name, bmp->bits);
    uint32_t taken = bmp->bits == 16 ? 0xFFFF0000 : 0;
    for (uint32_t c = 0; c < count; ++c) {
        const uint32_t mask = read32(data + 54 + (size_t)c * 4);
        if (!is_mask(mask) || (mask & taken) || (mask == 0 && c < 3))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: broken BMP: colour masks that make no sense", name);
        taken |= mask;
        bmp->masks[c] = mask;
    }
    return LVK_OK;
}

static bool coding_fits(const bitmap *bmp) {
    const uint32_t bits = bmp->bits;
    if (bmp->coding == RUNS_OF_8 || bmp->coding == RUNS_OF_4)
        return bits == (bmp->coding == RUNS_OF_8 ? 8 : 4);
    return bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
}

static lvk_status parse_coding(const char *name, const uint8_t *data, size_t size, uint32_t header,
                               bitmap *bmp) {
    static const uint32_t of_16[4] = {0x7C00, 0x03E0, 0x001F, 0},
                          of_32[4] = {0xFF0000, 0x00FF00, 0x0000FF, 0};
    const uint8_t *at = data + (header == 12 ? 22 : 26); /* planes, bits */
    const bool is_os2 = header > 12 && header <= 64 && header != 40 && header != 52 && header != 56;
    bmp->coding = header < 20 ? NO_CODING : read32(data + 30);
    bmp->bits = read16(at + 2);
    if (read16(at) != 1)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: broken BMP: %u planes", name, read16(at));
    if ((is_os2 && bmp->coding > RUNS_OF_4) || (bmp->coding > MASKS && bmp->coding != ALPHA_MASKS))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: a compressed BMP (method %u%s) is not read", name, bmp->coding,
                        is_os2 ? " of OS/2" : "");
    if (!coding_fits(bmp))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: broken BMP: %u bits a pixel (method %u)", name, bmp->bits,
                        bmp->coding);
    for (int c = 0; c < 4; ++c)
        bmp->masks[c] = bmp->bits == 16 ? of_16[c] : of_32[c];
    return bmp->coding >= MASKS ? parse_masks(name, data, size, header, bmp) : LVK_OK;
}

/* The palette lies between header and pixels. Its size is told, or 0 for as many as there are indices. */
static void find_palette(const uint8_t *data, uint32_t offset, uint32_t header, bitmap *bmp) {
    const uint32_t told = header >= 36 ? read32(data + 46) : 0, most = 1U << bmp->bits;
    bmp->palette = data + 14 + header;
    bmp->colour_bytes = header == 12 ? 3 : 4;
    bmp->colours = (offset - 14 - header) / bmp->colour_bytes;
    if (bmp->colours > most)
        bmp->colours = most;
    if (told && bmp->colours > told)
        bmp->colours = told;
}

static bool header_is_known(uint32_t header) {
    return (header >= 12 && header != 14 && header <= 64 && header % 2 == 0) || header == 108 ||
           header == 124;
}

static lvk_status parse(const char *name, const uint8_t *data, size_t size, bitmap *bmp) {
    if (size < 18)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: truncated BMP: %zu bytes", name, size);
    const uint32_t offset = read32(data + 10), header = read32(data + 14);
    if (!header_is_known(header))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: broken BMP: a header of %u bytes", name, header);
    if (size < 14 + (size_t)header)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: truncated BMP: %zu bytes", name, size);
    LVK_TRY(parse_size(name, data, header, bmp));
    LVK_TRY(parse_coding(name, data, size, header, bmp));

    bmp->row_bytes = ((size_t)bmp->width * bmp->bits + 31) / 32 * 4;
    if (offset < 14 + header || offset > size)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: %s BMP: pixels at byte %u of %zu", name,
                        offset > size ? "truncated" : "broken", offset, size);
    const bool runs = bmp->coding == RUNS_OF_8 || bmp->coding == RUNS_OF_4;
    if (!runs && size - offset < bmp->row_bytes * bmp->height)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: truncated BMP: %zu bytes where %u x %u pixels need %zu", name,
                        size, bmp->width, bmp->height, offset + bmp->row_bytes * bmp->height);
    bmp->rows = data + offset;
    bmp->rows_size = size - offset;
    if (bmp->bits <= 8)
        find_palette(data, offset, header, bmp);
    return LVK_OK;
}

static void decode_row_24(const uint8_t *in, uint8_t *out, uint32_t width) {
    for (uint32_t x = 0; x < width; ++x, in += 3, out += 3) {
        out[0] = in[2];
        out[1] = in[1];
        out[2] = in[0];
    }
}

/* A channel of a pixel, its range made that of a byte. */
static uint8_t take_channel(uint32_t pixel, uint32_t mask) {
    const int shift = __builtin_ctz(mask);
    const uint64_t most = mask >> shift, value = (pixel & mask) >> shift;
    return most == 255 ? (uint8_t)value : (uint8_t)((value * 255 + most / 2) / most);
}

static void decode_row_masked(const bitmap *bmp, const uint8_t *in, uint8_t *out, bool alpha) {
    const size_t step = bmp->bits / 8;
    for (uint32_t x = 0; x < bmp->width; ++x, in += step, out += 3) {
        const uint32_t pixel = step == 2 ? read16(in) : read32(in);
        const uint8_t opacity = alpha ? take_channel(pixel, bmp->masks[3]) : UINT8_MAX;
        for (int c = 0; c < 3; ++c)
            out[c] = lvk_over_black(take_channel(pixel, bmp->masks[c]), opacity);
    }
}

static bool put_colour(const bitmap *bmp, uint32_t index, uint8_t *out) {
    if (index >= bmp->colours)
        return false;
    const uint8_t *colour = bmp->palette + (size_t)index * bmp->colour_bytes;
    for (int c = 0; c < 3; ++c)
        out[c] = colour[2 - c];
    return true;
}

/* Indices of 1, 2, 4 or 8 bits, the upper bits of a byte first. */
static bool decode_row_indices(const bitmap *bmp, const uint8_t *in, uint8_t *out) {
    const uint32_t bits = bmp->bits, mask = (1U << bits) - 1;
    for (uint32_t x = 0; x < bmp->width; ++x, out += 3) {
        const uint32_t at = x * bits;
        if (!put_colour(bmp, in[at / 8] >> (8 - bits - at % 8) & mask, out))
            return false;
    }
    return true;
}

/* An alpha channel that is zero throughout was never filled in: such an image is opaque. */
static bool has_alpha(const bitmap *bmp) {
    const size_t step = bmp->bits / 8;
    for (uint32_t y = 0; bmp->masks[3] && y < bmp->height; ++y) {
        const uint8_t *in = bmp->rows + bmp->row_bytes * y;
        for (uint32_t x = 0; x < bmp->width; ++x, in += step)
            if ((step == 2 ? read16(in) : read32(in)) & bmp->masks[3])
                return true;
    }
    return false;
}

static bool matches(const uint8_t *data, size_t size) {
    return size >= 2 && data[0] == 'B' && data[1] == 'M';
}

static lvk_status measure(const char *name, const uint8_t *data, size_t size, lvk_image_need *need) {
    bitmap bmp = {0};
    LVK_TRY(parse(name, data, size, &bmp));
    *need = (lvk_image_need){.width = bmp.width, .height = bmp.height};
    return LVK_OK;
}

static lvk_status fail_palette(const char *name) {
    return lvk_fail(LVK_ERROR_FORMAT, "%s: broken BMP: a pixel's colour is not in the palette", name);
}

/* Where `in` says nothing of a pixel, it has the palette's first colour. */
static lvk_status decode_runs(const char *name, const bitmap *bmp, uint8_t *pixels) {
    lvk_bmp_runs runs = {.at = bmp->rows,
                         .end = bmp->rows + bmp->rows_size,
                         .width = bmp->width,
                         .height = bmp->height,
                         .bits = bmp->bits};
    const size_t count = (size_t)bmp->width * bmp->height;
    for (size_t i = 0; i < count; ++i)
        if (!put_colour(bmp, 0, pixels + i * 3))
            return fail_palette(name);
    while (lvk_bmp_runs_next(&runs)) {
        const uint32_t y = bmp->top_down ? runs.y : bmp->height - 1 - runs.y;
        uint8_t *out = pixels + ((size_t)y * bmp->width + runs.x) * 3;
        for (uint32_t i = 0; i < runs.count; ++i, out += 3)
            if (!put_colour(bmp, lvk_bmp_runs_index(&runs, i), out))
                return fail_palette(name);
    }
    return runs.reason ? lvk_fail(LVK_ERROR_FORMAT, "%s: %s", name, runs.reason) : LVK_OK;
}

static lvk_status decode(const char *name, const uint8_t *data, size_t size, const lvk_image_need *need,
                         lvk_decoded *decoded) {
    bitmap bmp = {0};
    LVK_TRY(parse(name, data, size, &bmp));
    if (bmp.coding == RUNS_OF_8 || bmp.coding == RUNS_OF_4)
        return decode_runs(name, &bmp, decoded->pixels);
    const bool alpha = bmp.bits >= 16 && bmp.bits != 24 && has_alpha(&bmp);
    for (uint32_t y = 0; y < need->height; ++y) {
        const uint8_t *in = bmp.rows + bmp.row_bytes * (bmp.top_down ? y : bmp.height - 1 - y);
        uint8_t *out = decoded->pixels + (size_t)y * bmp.width * 3;
        if (bmp.bits == 24)
            decode_row_24(in, out, bmp.width);
        else if (bmp.bits > 8)
            decode_row_masked(&bmp, in, out, alpha);
        else if (!decode_row_indices(&bmp, in, out))
            return fail_palette(name);
    }
    return LVK_OK;
}

const lvk_decoder lvk_bmp = {.format = "BMP", .matches = matches, .measure = measure, .decode = decode};
