/* JPEG by libjpeg-turbo, whose pixels are those of most programs. It shows something of every file; here a
 * file is refused when the library tells of damage to the picture itself. */
#include "decode/decoder.h"

#include "core/text.h"
#include "decode/orientation.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

enum {
    MOST_SCANS = 200, /* each costs a pass over the whole picture; 10 to 20 are usual */
    MOST_PADDING = 16 /* bytes that a scan may have left behind its last block */
};

/* One decoding. In a struct of its own, so that nothing in it is lost by longjmp. */
typedef struct reading {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
    const char *reason; /* instead of the library's */
} reading;

static void fail_jpeg(j_common_ptr common) {
    reading *r = common->client_data;
    longjmp(r->failed, 1);
}

/* Data that a scan has left when all of its blocks are decoded: bytes in its midst are missing, and what was
 * decoded behind them is wrong. A restart interval too many, as some writers leave, is none of the picture.
 */
static bool is_left_over(const reading *r) {
    const int bytes = r->errors.msg_parm.i[0], marker = r->errors.msg_parm.i[1];
    return r->jpeg.input_scan_number > 0 && bytes > MOST_PADDING && !(marker >= 0xD0 && marker <= 0xD7);
}

/* Whether what the library goes on after has cost a part of the picture. A few bytes too many in front of a
 * marker have not. */
static bool is_damage(const reading *r) {
    const int code = r->errors.msg_code;
    if (code == JWRN_EXTRANEOUS_DATA)
        return is_left_over(r);
    return code == JWRN_HIT_MARKER || code == JWRN_JPEG_EOF || code == JWRN_HUFF_BAD_CODE ||
           code == JWRN_ARITH_BAD_CODE || code == JWRN_MUST_RESYNC || code == JWRN_BOGUS_PROGRESSION ||
           code == JWRN_NOT_SEQUENTIAL;
}

static void take_message(j_common_ptr common, int level) {
    reading *r = common->client_data;
    const int code = common->err->msg_code;
    if (level >= 0 || !is_damage(r))
        return;
    if (code == JWRN_HIT_MARKER)
        r->reason = "truncated or damaged: the data ends before the picture does";
    else if (code == JWRN_JPEG_EOF)
        r->reason = "truncated: the file ends before the picture does";
    else if (code == JWRN_EXTRANEOUS_DATA)
        r->reason = "damaged: a part of its data is missing or belongs to no block";
    fail_jpeg(common);
}

static void count_scans(j_common_ptr common) {
    reading *r = common->client_data;
    if (r->jpeg.input_scan_number > MOST_SCANS) {
        r->reason = "more scans than a picture has";
        fail_jpeg(common);
    }
}

static void print_nothing(j_common_ptr common) {
    (void)common;
}

static void begin(reading *r, const uint8_t *data, size_t size) {
    r->jpeg.err = jpeg_std_error(&r->errors);
    r->errors.error_exit = fail_jpeg;
    r->errors.emit_message = take_message;
    r->errors.output_message = print_nothing;
    r->jpeg.client_data = r;
    jpeg_create_decompress(&r->jpeg);
    r->progress.progress_monitor = count_scans;
    r->jpeg.progress = &r->progress;
    jpeg_mem_src(&r->jpeg, data, (unsigned long)size);
    (void)jpeg_read_header(&r->jpeg, TRUE);
}

/* The line of a failure, after longjmp. */
static lvk_status fail(reading *r, const char *name) {
    char reason[JMSG_LENGTH_MAX];
    if (r->errors.msg_code == JERR_OUT_OF_MEMORY && !r->reason)
        return lvk_fail(LVK_ERROR_MEMORY, "%s: out of memory", name);
    if (r->reason)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: broken JPEG: %s", name, r->reason);
    r->errors.format_message((j_common_ptr)&r->jpeg, reason);
    lvk_text_make_printable(reason);
    return lvk_fail(LVK_ERROR_FORMAT, "%s: broken JPEG: %s", name, reason);
}

static bool matches(const uint8_t *data, size_t size) {
    return size >= 3 && data[0] == 0xFF && data[1] == 0xD8 && data[2] == 0xFF;
}

/* Bytes for a component's coefficients, which are all kept where a picture has several scans. */
static size_t coefficient_bytes(const struct jpeg_decompress_struct *jpeg) {
    size_t bytes = 0;
    for (int c = 0; c < jpeg->num_components; ++c) {
        const jpeg_component_info *component = &jpeg->comp_info[c];
        const size_t across = (jpeg->image_width + 7) / 8 + (size_t)jpeg->max_h_samp_factor;
        const size_t down = (jpeg->image_height + 7) / 8 + (size_t)jpeg->max_v_samp_factor;
        bytes += across * down * sizeof(JBLOCK) * (size_t)component->h_samp_factor *
                 (size_t)component->v_samp_factor /
                 ((size_t)jpeg->max_h_samp_factor * (size_t)jpeg->max_v_samp_factor);
    }
    return bytes;
}

/* The orientation in the first segment APP1 of EXIF data. The segments are walked here, since libjpeg would
 * keep a copy of every one. */
static uint8_t find_orientation(const uint8_t *data, size_t size) {
    for (size_t at = 2; at + 4 <= size;) {
        const uint8_t code = data[at + 1];
        if (data[at] != 0xFF || code == 0 || code == 0xFF || code == 0x01 || (code >= 0xD0 && code <= 0xD7)) {
            ++at; /* filling and bytes too many; markers without a length */
            continue;
        }
        if (code == 0xDA || code == 0xD9)
            break;
        const size_t length = (size_t)data[at + 2] << 8 | data[at + 3], room = size - at - 2;
        if (length < 2 || length > room)
            break;
        if (code == 0xE1 && length >= 8 && memcmp(data + at + 4, "Exif\0", 5) == 0)
            return lvk_orientation_read(data + at + 4, length - 2);
        at += 2 + length;
    }
    return LVK_ORIENTATION_UPRIGHT;
}

static bool read_sizes(reading *r, const uint8_t *data, size_t size, lvk_image_need *need) {
    if (setjmp(r->failed))
        return false;
    begin(r, data, size);
    need->width = r->jpeg.image_width;
    need->height = r->jpeg.image_height;
    need->working = ((size_t)1 << 20) + (size_t)r->jpeg.image_width * 256; /* rows of blocks in work */
    need->black = LVK_IMAGE_LOSSY_BLACK;
    need->orientation = find_orientation(data, size);
    if (jpeg_has_multiple_scans(&r->jpeg))
        need->working += coefficient_bytes(&r->jpeg);
    return true;
}

static lvk_status measure(const char *name, const uint8_t *data, size_t size, lvk_image_need *need) {
    reading r = {.reason = NULL};
    const lvk_status status = read_sizes(&r, data, size, need) ? LVK_OK : fail(&r, name);
    jpeg_destroy_decompress(&r.jpeg);
    return status;
}

/* Adobe's convention, which all writers of CMYK follow, with its marker or without: 255 is no ink. */
static void convert_inks(const uint8_t *in, uint32_t width, uint8_t *out) {
    for (uint32_t x = 0; x < width; ++x, in += 4, out += 3)
        for (int c = 0; c < 3; ++c)
            out[c] = (uint8_t)((in[c] * in[3] + 127) / 255);
}

/* Coefficients or components that no scan brought: the file was cut between two scans. */
static bool is_complete(const struct jpeg_decompress_struct *jpeg) {
    for (int c = 0; c < jpeg->num_components; ++c) {
        if (!jpeg->comp_info[c].quant_table) /* kept when a component's first scan begins */
            return false;
        for (int k = 0; jpeg->progressive_mode && jpeg->coef_bits && k < DCTSIZE2; ++k)
            if (jpeg->coef_bits[c][k] != 0) /* bits that are missing, -1: all */
                return false;
    }
    return true;
}

static bool read_picture(reading *r, const uint8_t *data, size_t size, const lvk_image_need *need,
                         uint8_t *pixels, uint8_t *inks) {
    if (setjmp(r->failed))
        return false;
    begin(r, data, size);
    r->jpeg.out_color_space = r->jpeg.num_components == 4 ? JCS_CMYK : JCS_RGB;
    r->jpeg.dct_method = JDCT_ISLOW;
    r->jpeg.do_fancy_upsampling = TRUE;
    r->jpeg.do_block_smoothing = FALSE;
    (void)jpeg_start_decompress(&r->jpeg);
    while (r->jpeg.output_scanline < need->height) {
        uint8_t *out = pixels + (size_t)r->jpeg.output_scanline * need->width * 3;
        JSAMPROW row = r->jpeg.num_components == 4 ? inks : out;
        (void)jpeg_read_scanlines(&r->jpeg, &row, 1);
        if (r->jpeg.num_components == 4)
            convert_inks(inks, need->width, out);
    }
    if (!is_complete(&r->jpeg)) {
        r->reason = "truncated: scans are missing";
        return false;
    }
    (void)jpeg_finish_decompress(&r->jpeg);
    return true;
}

static lvk_status decode(const char *name, const uint8_t *data, size_t size, const lvk_image_need *need,
                         lvk_decoded *decoded) {
    uint8_t inks[LVK_IMAGE_MOST_SIDE * 4];
    reading r = {.reason = NULL};
    const lvk_status status =
        read_picture(&r, data, size, need, decoded->pixels, inks) ? LVK_OK : fail(&r, name);
    jpeg_destroy_decompress(&r.jpeg);
    return status;
}

const lvk_decoder lvk_jpeg = {.format = "JPEG", .matches = matches, .measure = measure, .decode = decode};
