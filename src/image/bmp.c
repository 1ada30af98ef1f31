/* Windows bitmaps, as far as cell images use them: uncompressed, 8 (palette), 24 or 32 bits a pixel,
 * bottom-up or top-down, headers of 12 to 124 bytes. Sizes and offsets in the headers are checked against
 * each other and against the size of the file before a pixel is read. Source: [MS-WMF] 2.2.2.3 and 2.2.2.9,
 * BITMAPV5HEADER. */
#include "image/decoder.h"

#include "image/image.h"

typedef struct bitmap {
    const uint8_t *palette; /* colours of 4 bytes (3 behind a 12-byte header) */
    uint32_t colours, colour_bytes;
    const uint8_t *rows;
    size_t row_bytes;
    uint32_t width, height, bits;
    bool top_down, alpha;
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

/* 32 bits a pixel may come with masks; only the byte order blue, green, red, alpha is read. */
static lvk_status parse_masks(const char *name, const uint8_t *data, size_t size, uint32_t header,
                              bitmap *bmp) {
    static const char *const order = "a BMP with unusual colour masks";
    if (bmp->bits != 32 || size < 66)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: %s is not read", name, order);
    if (read32(data + 54) != 0x00FF0000 || read32(data + 58) != 0x0000FF00 || read32(data + 62) != 0x000000FF)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: %s is not read", name, order);
    bmp->alpha = header >= 56 && read32(data + 66) == 0xFF000000;
    return LVK_OK;
}

static lvk_status parse_coding(const char *name, const uint8_t *data, size_t size, uint32_t header,
                               bitmap *bmp) {
    const uint8_t *at = data + (header == 12 ? 22 : 26); /* planes, bits */
    const uint32_t compression = header == 12 ? 0 : read32(data + 30);
    bmp->bits = read16(at + 2);
    if (read16(at) != 1)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: broken BMP: %u planes", name, read16(at));
    if (bmp->bits != 8 && bmp->bits != 24 && bmp->bits != 32)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: a BMP of %u bits a pixel; 8, 24 and 32 are read", name,
                        bmp->bits);
    if (compression == 3)
        return parse_masks(name, data, size, header, bmp);
    if (compression != 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: a compressed BMP (method %u) is not read", name, compression);
    return LVK_OK;
}

static lvk_status parse(const char *name, const uint8_t *data, size_t size, bitmap *bmp) {
    if (size < 18)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: truncated BMP: %zu bytes", name, size);
    const uint32_t offset = read32(data + 10), header = read32(data + 14);
    if (header != 12 && header != 40 && header != 52 && header != 56 && header != 108 && header != 124)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: broken BMP: a header of %u bytes", name, header);
    if (size < 14 + (size_t)header)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: truncated BMP: %zu bytes", name, size);
    LVK_TRY(parse_size(name, data, header, bmp));
    LVK_TRY(parse_coding(name, data, size, header, bmp));

    bmp->row_bytes = ((size_t)bmp->width * bmp->bits + 31) / 32 * 4;
    if (offset < 14 + header || offset > size)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: %s BMP: pixels at byte %u of %zu", name,
                        offset > size ? "truncated" : "broken", offset, size);
    if (size - offset < bmp->row_bytes * bmp->height)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: truncated BMP: %zu bytes where %u x %u pixels need %zu", name,
                        size, bmp->width, bmp->height, offset + bmp->row_bytes * bmp->height);
    bmp->rows = data + offset;
    if (bmp->bits == 8) {
        bmp->palette = data + 14 + header;
        bmp->colour_bytes = header == 12 ? 3 : 4;
        bmp->colours = (offset - 14 - header) / bmp->colour_bytes;
    }
    return LVK_OK;
}

static void decode_row_24(const uint8_t *in, uint8_t *out, uint32_t width) {
    for (uint32_t x = 0; x < width; ++x, in += 3, out += 3) {
        out[0] = in[2];
        out[1] = in[1];
        out[2] = in[0];
    }
}

/* An alpha channel that is zero throughout was never filled in: such an image is opaque. */
static void decode_row_32(const uint8_t *in, uint8_t *out, uint32_t width, bool alpha) {
    for (uint32_t x = 0; x < width; ++x, in += 4, out += 3)
        for (int c = 0; c < 3; ++c)
            out[c] = alpha ? lvk_over_black(in[2 - c], in[3]) : in[2 - c];
}

static bool decode_row_8(const bitmap *bmp, const uint8_t *in, uint8_t *out) {
    for (uint32_t x = 0; x < bmp->width; ++x, out += 3) {
        if (in[x] >= bmp->colours)
            return false;
        const uint8_t *colour = bmp->palette + (size_t)in[x] * bmp->colour_bytes;
        for (int c = 0; c < 3; ++c)
            out[c] = colour[2 - c];
    }
    return true;
}

static bool has_alpha(const bitmap *bmp) {
    if (!bmp->alpha)
        return false;
    for (size_t i = 3; i < bmp->row_bytes * bmp->height; i += 4)
        if (bmp->rows[i])
            return true;
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

static lvk_status decode(const char *name, const uint8_t *data, size_t size, const lvk_image_need *need,
                         uint8_t *pixels) {
    bitmap bmp = {0};
    LVK_TRY(parse(name, data, size, &bmp));
    const bool alpha = has_alpha(&bmp);
    for (uint32_t y = 0; y < need->height; ++y) {
        const uint8_t *in = bmp.rows + bmp.row_bytes * (bmp.top_down ? y : bmp.height - 1 - y);
        uint8_t *out = pixels + (size_t)y * bmp.width * 3;
        if (bmp.bits == 24)
            decode_row_24(in, out, bmp.width);
        else if (bmp.bits == 32)
            decode_row_32(in, out, bmp.width, alpha);
        else if (!decode_row_8(&bmp, in, out))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: broken BMP: a pixel's colour is not in the palette", name);
    }
    return LVK_OK;
}

const lvk_decoder lvk_bmp = {.format = "BMP", .matches = matches, .measure = measure, .decode = decode};
