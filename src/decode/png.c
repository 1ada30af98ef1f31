/* PNG by libpng. It passes over ancillary chunks unread: those that matter here (eXIf: the orientation, sBIT:
 * the bits of a camera, acTL: the frames of an animation) are found among the chunks first. */
#include "decode/decoder.h"

#include "core/memory.h"
#include "core/text.h"
#include "decode/depth.h"
#include "decode/orientation.h"

#include <png.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { SIGNATURE = 8, HEADER = 33 /* signature and IHDR */, MOST_ROW_PIXELS = 8192, COLOURS = 256 };

static uint32_t read32(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool matches(const uint8_t *data, size_t size) {
    return size >= SIGNATURE && png_sig_cmp(data, 0, SIGNATURE) == 0;
}

static bool has_type(const uint8_t *chunk, const char *type) {
    return memcmp(chunk + 4, type, 4) == 0;
}

/* What chunks tell beside the pixels: orientation, frames and bits. */
static void take_extra(const uint8_t *chunk, uint32_t length, lvk_image_need *need) {
    const uint8_t *content = chunk + 8;
    if (has_type(chunk, "eXIf")) {
        need->orientation = lvk_orientation_read(content, length);
    } else if (has_type(chunk, "acTL") && length == 8) {
        need->pages = read32(content);
    } else if (has_type(chunk, "sBIT")) {
        const uint32_t colours = length <= 2 ? 1 : 3; /* grey; behind the colours comes alpha */
        for (uint32_t c = 0; c < colours && c < length; ++c)
            need->told_bits = need->told_bits < content[c] && content[c] <= 16 ? content[c] : need->told_bits;
    }
}

/* Chunk sizes, their CRC-32 and the closing IEND (PNG specification, section 5). Bytes behind IEND are
 * allowed. */
static lvk_status check_chunks(const char *name, const uint8_t *data, size_t size, lvk_image_need *need) {
    for (size_t at = SIGNATURE; size >= 12 && at <= size - 12;) {
        const uint32_t length = read32(data + at);
        if (length > size - 12 - at)
            break;
        if (crc32_z(0, data + at + 4, (size_t)length + 4) != read32(data + at + 8 + length))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: broken PNG: wrong checksum at byte %zu", name, at);
        if (has_type(data + at, "IEND"))
            return LVK_OK;
        take_extra(data + at, length, need);
        at += 12 + (size_t)length;
    }
    return lvk_fail(LVK_ERROR_FORMAT, "%s: truncated PNG: %zu bytes without an end", name, size);
}

static bool is_deep(const uint8_t *data) {
    return data[24] == 16;
}

static lvk_status measure(const char *name, const uint8_t *data, size_t size, lvk_image_need *need) {
    LVK_TRY(check_chunks(name, data, size, need));
    if (size < HEADER || read32(data + 8) != 13 || memcmp(data + 12, "IHDR", 4) != 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: broken PNG: it does not begin with IHDR", name);
    const bool interlaced = data[28] != 0;
    need->width = read32(data + 16);
    need->height = read32(data + 20);
    if (need->width > PNG_UINT_31_MAX || need->height > PNG_UINT_31_MAX)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: broken PNG: %u x %u pixels", name, need->width, need->height);
    /* libpng's rows of 16-bit RGBA and its buffers; an interlaced picture is kept whole with its alpha */
    const size_t pixel = is_deep(data) ? 8 : 4;
    need->working =
        ((size_t)1 << 20) + (size_t)need->width * (interlaced ? pixel * (size_t)need->height : 32);
    return LVK_OK;
}

/* One decoding. In a struct of its own, so that nothing in it is lost by longjmp. */
typedef struct reading {
    const uint8_t *at;
    size_t left;
    png_structp png;
    png_infop info;
    uint8_t *rows; /* as libpng gives them: one, or all of an interlaced picture */
    int channels;  /* of `rows`; 1 with a palette: its index */
    uint8_t palette[COLOURS][3];
    int colours;  /* 0: no palette */
    bool deep;    /* samples of 16 bits, the upper byte first */
    bool looking; /* for the greatest samples; no pixel is written */
    lvk_depth_range greatest;
    lvk_depth depth;
    bool memory_is_out;
    char reason[200];
} reading;

static void *allocate(png_structp png, png_alloc_size_t size) {
    reading *r = png_get_mem_ptr(png);
    void *memory = lvk_alloc(size, 1);
    r->memory_is_out |= !memory;
    return memory;
}

static void release(png_structp png, void *memory) {
    (void)png;
    lvk_free(memory);
}

static void fail_png(png_structp png, const char *reason) {
    reading *r = png_get_error_ptr(png);
    snprintf(r->reason, sizeof r->reason, "%s", reason);
    lvk_text_make_printable(r->reason);
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, const char *reason) {
    (void)png;
    (void)reason;
}

static void give_bytes(png_structp png, png_bytep to, size_t size) {
    reading *r = png_get_io_ptr(png);
    if (size > r->left)
        png_error(png, "the file ends early");
    memcpy(to, r->at, size);
    r->at += size;
    r->left -= size;
}

/* The palette's colours with their alpha over black. */
static void take_palette(reading *r) {
    png_colorp colours = NULL;
    png_bytep alpha = NULL;
    int alphas = 0;
    if (png_get_PLTE(r->png, r->info, &colours, &r->colours) != PNG_INFO_PLTE || r->colours < 1)
        png_error(r->png, "no palette");
    if (png_get_tRNS(r->png, r->info, &alpha, &alphas, NULL) != PNG_INFO_tRNS)
        alphas = 0;
    for (int i = 0; i < r->colours; ++i) {
        const uint8_t opacity = i < alphas ? alpha[i] : 255;
        r->palette[i][0] = lvk_over_black(colours[i].red, opacity);
        r->palette[i][1] = lvk_over_black(colours[i].green, opacity);
        r->palette[i][2] = lvk_over_black(colours[i].blue, opacity);
    }
}

static void begin(reading *r) {
    static const png_byte unread[] =
        "bKGD\0cHRM\0eXIf\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0"
        "sRGB\0tEXt\0tIME\0zTXt";
    png_set_read_fn(r->png, r, give_bytes);
    png_set_user_limits(r->png, MOST_ROW_PIXELS, MOST_ROW_PIXELS);
    png_set_keep_unknown_chunks(r->png, PNG_HANDLE_CHUNK_NEVER, unread, (int)(sizeof unread / 5));
    png_set_benign_errors(r->png, 0); /* what is wrong in IHDR, PLTE and tRNS changes the picture */
    png_read_info(r->png, r->info);
    png_set_benign_errors(r->png, 1); /* bytes too many behind the last row do not */
    r->deep = png_get_bit_depth(r->png, r->info) == 16;
    png_set_packing(r->png);
    const int type = png_get_color_type(r->png, r->info);
    if (type == PNG_COLOR_TYPE_PALETTE) {
        take_palette(r);
    } else {
        png_set_expand(r->png); /* grey of 1, 2 and 4 bits; the transparent colour */
        if (type == PNG_COLOR_TYPE_GRAY || type == PNG_COLOR_TYPE_GRAY_ALPHA)
            png_set_gray_to_rgb(r->png);
    }
    (void)png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
    r->channels = png_get_channels(r->png, r->info);
}

static uint32_t deep_sample(const uint8_t *in, int sample) {
    return (uint32_t)in[2 * sample] << 8 | in[2 * sample + 1];
}

static void look_at_row(reading *r, const uint8_t *in, uint32_t width) {
    for (uint32_t x = 0; x < width; ++x, in += 2 * r->channels)
        for (int c = 0; c < r->channels; ++c)
            lvk_depth_see(c < 3 ? &r->greatest.colour : &r->greatest.alpha, deep_sample(in, c));
}

static void convert_deep_row(const reading *r, const uint8_t *in, uint32_t width, uint8_t *out) {
    for (uint32_t x = 0; x < width; ++x, in += 2 * r->channels, out += 3) {
        const uint8_t alpha =
            r->channels == 4 ? lvk_depth_take(deep_sample(in, 3), r->depth.alpha) : UINT8_MAX;
        for (int c = 0; c < 3; ++c)
            out[c] = lvk_over_black(lvk_depth_take(deep_sample(in, c), r->depth.colour), alpha);
    }
}

static void convert_row(reading *r, const uint8_t *in, uint32_t width, uint8_t *out) {
    for (uint32_t x = 0; x < width; ++x, in += r->channels, out += 3) {
        if (r->colours) {
            if (*in >= r->colours)
                png_error(r->png, "a pixel's colour is not in the palette");
            memcpy(out, r->palette[*in], 3);
        } else {
            for (int c = 0; c < 3; ++c)
                out[c] = lvk_over_black(in[c], r->channels == 4 ? in[3] : 255);
        }
    }
}

static void take_row(reading *r, const uint8_t *in, uint32_t width, uint8_t *out) {
    if (r->looking)
        look_at_row(r, in, width);
    else if (r->deep)
        convert_deep_row(r, in, width, out);
    else
        convert_row(r, in, width, out);
}

/* Runs under setjmp: libpng's failures jump out of it. */
static void read_rows(reading *r, uint32_t width, uint32_t height, uint8_t *pixels) {
    const size_t row_bytes = (size_t)width * (size_t)r->channels * (r->deep ? 2 : 1);
    const bool whole = png_get_interlace_type(r->png, r->info) != PNG_INTERLACE_NONE;
    if (png_get_rowbytes(r->png, r->info) != row_bytes)
        png_error(r->png, "rows of another size than the header says");
    r->rows = png_malloc(r->png, row_bytes * (whole ? height : 1));
    for (int pass = 0; whole && pass < PNG_INTERLACE_ADAM7_PASSES; ++pass)
        for (uint32_t y = 0; y < height; ++y)
            png_read_row(r->png, r->rows + y * row_bytes, NULL);
    for (uint32_t y = 0; y < height; ++y) {
        if (!whole)
            png_read_row(r->png, r->rows, NULL);
        take_row(r, r->rows + (whole ? y * row_bytes : 0), width, pixels + (size_t)y * width * 3);
    }
}

static bool read_picture(reading *r, const lvk_image_need *need, uint8_t *pixels) {
    if (setjmp(png_jmpbuf(r->png)))
        return false;
    r->info = png_create_info_struct(r->png);
    if (!r->info)
        return false;
    begin(r);
    read_rows(r, need->width, need->height, pixels);
    return true;
}

/* One pass over the file, with what `r` says to do. */
static lvk_status read_file(const char *name, reading *r, const lvk_image_need *need, uint8_t *pixels) {
    r->png =
        png_create_read_struct_2(PNG_LIBPNG_VER_STRING, r, fail_png, ignore_warning, r, allocate, release);
    const bool done = r->png && read_picture(r, need, pixels);
    lvk_free(r->rows);
    r->rows = NULL;
    if (r->png)
        png_destroy_read_struct(&r->png, &r->info, NULL);
    if (done)
        return LVK_OK;
    return r->memory_is_out ? LVK_ERROR_MEMORY
                            : lvk_fail(LVK_ERROR_FORMAT, "%s: broken PNG: %s", name, r->reason);
}

/* A picture of 16 bits is read twice: what its samples hold is known at its end only. */
static lvk_status decode(const char *name, const uint8_t *data, size_t size, const lvk_image_need *need,
                         lvk_decoded *decoded) {
    reading r = {.at = data, .left = size};
    if (is_deep(data)) {
        reading look = {.at = data, .left = size, .looking = true};
        LVK_TRY(read_file(name, &look, need, decoded->pixels));
        r.depth = lvk_depth_decide(need->told_bits, &look.greatest);
        decoded->bits = r.depth.colour;
        decoded->bits_told = r.depth.told;
    }
    return read_file(name, &r, need, decoded->pixels);
}

const lvk_decoder lvk_png = {.format = "PNG", .matches = matches, .measure = measure, .decode = decode};
