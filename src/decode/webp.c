/* WebP by libwebp, lossy and lossless. Of an animation the first frame is read, on a black canvas. The chunks
 * are walked here: they tell the orientation and the frames. Source: "WebP Container Specification". */
#include "decode/decoder.h"

#include "core/memory.h"
#include "decode/orientation.h"

#include <string.h>
#include <webp/decode.h>

enum { RIFF_HEADER = 12, CHUNK_HEADER = 8, FRAME_HEADER = 16 };

/* The picture that is read, and its place on the canvas. */
typedef struct picture {
    uint32_t width, height; /* of the canvas */
    const uint8_t *data;    /* of the first frame, or the whole file */
    size_t size;
    uint32_t x, y, frame_width, frame_height;
    uint8_t orientation;
    uint32_t frames; /* 0: no animation */
    bool alpha, lossless;
} picture;

static uint32_t read24(const uint8_t *at) {
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;
}

static uint32_t read32(const uint8_t *at) {
    return read24(at) | (uint32_t)at[3] << 24;
}

static bool matches(const uint8_t *data, size_t size) {
    return size >= RIFF_HEADER && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0;
}

static lvk_status fail_code(const char *name, VP8StatusCode code) {
    if (code == VP8_STATUS_OUT_OF_MEMORY)
        return lvk_fail(LVK_ERROR_MEMORY, "%s: out of memory", name);
    if (code == VP8_STATUS_NOT_ENOUGH_DATA || code == VP8_STATUS_SUSPENDED)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: truncated WebP: the data ends before the picture does", name);
    if (code == VP8_STATUS_UNSUPPORTED_FEATURE)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: a WebP with a feature that is not read", name);
    return lvk_fail(LVK_ERROR_FORMAT, "%s: broken WebP: its data is damaged", name);
}

/* The first of the frames; the others are counted. */
static void take_frame(const uint8_t *content, size_t length, picture *p) {
    if (length >= FRAME_HEADER && p->frames++ == 0) {
        p->x = 2 * read24(content);
        p->y = 2 * read24(content + 3);
        p->data = content + FRAME_HEADER;
        p->size = length - FRAME_HEADER;
    }
}

static lvk_status walk_chunks(const char *name, const uint8_t *data, size_t size, picture *p) {
    const size_t whole = (size_t)read32(data + 4) + 8;
    if (whole > size)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: truncated WebP: %zu bytes of %zu", name, size, whole);
    for (size_t at = RIFF_HEADER; at + CHUNK_HEADER <= whole;) {
        const size_t length = read32(data + at + 4), room = whole - at - CHUNK_HEADER;
        if (length > room)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: truncated WebP: a chunk of %zu bytes where %zu are left",
                            name, length, room);
        const uint8_t *content = data + at + CHUNK_HEADER;
        if (memcmp(data + at, "ANMF", 4) == 0)
            take_frame(content, length, p);
        else if (memcmp(data + at, "EXIF", 4) == 0 && !p->orientation)
            p->orientation = lvk_orientation_read(content, length);
        at += CHUNK_HEADER + length + length % 2;
    }
    return LVK_OK;
}

static lvk_status parse(const char *name, const uint8_t *data, size_t size, picture *p) {
    WebPBitstreamFeatures whole, frame;
    *p = (picture){.data = data, .size = size};
    LVK_TRY(walk_chunks(name, data, size, p));
    VP8StatusCode code = WebPGetFeatures(data, size, &whole);
    if (code != VP8_STATUS_OK)
        return fail_code(name, code);
    if (whole.has_animation && p->frames == 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: broken WebP: an animation without a frame", name);
    code = whole.has_animation ? WebPGetFeatures(p->data, p->size, &frame) : VP8_STATUS_OK;
    if (code != VP8_STATUS_OK)
        return fail_code(name, code);
    if (!whole.has_animation) {
        *p = (picture){.data = data, .size = size, .orientation = p->orientation};
        frame = whole;
    }
    p->width = (uint32_t)whole.width;
    p->height = (uint32_t)whole.height;
    p->frame_width = (uint32_t)frame.width;
    p->frame_height = (uint32_t)frame.height;
    p->alpha = frame.has_alpha;
    p->lossless = frame.format == 2;
    if (p->x > p->width || p->frame_width > p->width - p->x || p->y > p->height ||
        p->frame_height > p->height - p->y)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: broken WebP: a frame leaves the picture", name);
    return LVK_OK;
}

static bool is_direct(const picture *p) {
    return !p->alpha && p->frame_width == p->width && p->frame_height == p->height;
}

static lvk_status measure(const char *name, const uint8_t *data, size_t size, lvk_image_need *need) {
    picture p;
    LVK_TRY(parse(name, data, size, &p));
    const size_t area = (size_t)p.frame_width * p.frame_height;
    need->width = p.width;
    need->height = p.height;
    need->orientation = p.orientation;
    need->pages = p.frames;
    need->black = p.lossless ? 0 : LVK_IMAGE_LOSSY_BLACK;
    /* rows in work; libwebp's pixels of a lossless picture and of a plane of alpha; the RGBA of decode_over()
     * */
    need->working = ((size_t)2 << 20) + (size_t)p.frame_width * 128 + (p.lossless ? area * 4 : 0) +
                    (p.alpha ? area * 5 : 0) + (is_direct(&p) ? 0 : area * 4);
    return LVK_OK;
}

static VP8StatusCode decode_into(const picture *p, WEBP_CSP_MODE mode, uint8_t *out, size_t channels) {
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config))
        return VP8_STATUS_INVALID_PARAM;
    config.output.colorspace = mode;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = out;
    config.output.u.RGBA.stride = (int)(p->frame_width * channels);
    config.output.u.RGBA.size = (size_t)p->frame_width * p->frame_height * channels;
    const VP8StatusCode code = WebPDecode(p->data, p->size, &config);
    WebPFreeDecBuffer(&config.output);
    return code;
}

/* A frame with an alpha channel, or smaller than the canvas, which is black. */
static VP8StatusCode decode_over(const picture *p, uint8_t *pixels) {
    uint8_t *frame = lvk_alloc((size_t)p->frame_width * p->frame_height, 4);
    if (!frame)
        return VP8_STATUS_OUT_OF_MEMORY;
    const VP8StatusCode code = decode_into(p, MODE_RGBA, frame, 4);
    memset(pixels, 0, (size_t)p->width * p->height * 3);
    const uint8_t *in = frame;
    for (uint32_t y = 0; code == VP8_STATUS_OK && y < p->frame_height; ++y) {
        uint8_t *out = pixels + ((size_t)(p->y + y) * p->width + p->x) * 3;
        for (uint32_t x = 0; x < p->frame_width; ++x, in += 4, out += 3)
            for (int c = 0; c < 3; ++c)
                out[c] = lvk_over_black(in[c], in[3]);
    }
    lvk_free(frame);
    return code;
}

static lvk_status decode(const char *name, const uint8_t *data, size_t size, const lvk_image_need *need,
                         lvk_decoded *decoded) {
    picture p;
    (void)need;
    LVK_TRY(parse(name, data, size, &p));
    const VP8StatusCode code =
        is_direct(&p) ? decode_into(&p, MODE_RGB, decoded->pixels, 3) : decode_over(&p, decoded->pixels);
    return code == VP8_STATUS_OK ? LVK_OK : fail_code(name, code);
}

const lvk_decoder lvk_webp = {.format = "WebP", .matches = matches, .measure = measure, .decode = decode};
