/* TIFF by libtiff: strips and tiles, samples of 1 to 16 bits, pixel by pixel or plane by plane. The first
 * page is read. Its rows are decoded one at a time, so that a picture in one strip takes no more memory than
 * one in many. */
#include "decode/decoder.h"

#include "core/memory.h"
#include "decode/depth.h"
#include "decode/orientation.h"
#include "decode/tiff_directory.h"
#include "decode/tiff_file.h"

#include <string.h>

/* The most bytes of each allocation of libtiff (tables of strips, codecs' states), and its bound on libjpeg.
 * */
#define LIBRARY_BYTES     ((size_t)8 << 20)
#define MOST_COEFFICIENTS ((size_t)100 << 20)

static bool matches(const uint8_t *data, size_t size) {
    return size >= 8 && (memcmp(data, "II*\0", 4) == 0 || memcmp(data, "MM\0*", 4) == 0 ||
                         memcmp(data, "II+\0", 4) == 0 || memcmp(data, "MM\0+", 4) == 0);
}

/* The samples of a strip or tile; by libtiff's own conversion they are unpacked. */
static size_t piece_bytes(const lvk_tiff_file *file, const lvk_tiff_page *page) {
    uint32_t rows = page->height;
    if (!page->tile_width && TIFFGetFieldDefaulted(file->tiff, TIFFTAG_ROWSPERSTRIP, &rows) == 1 &&
        rows > page->height)
        rows = page->height;
    return page->tile_width ? (size_t)page->tile_width * page->tile_height * page->samples
                            : (size_t)page->width * rows * page->samples;
}

static size_t working_bytes(const lvk_tiff_file *file, const lvk_tiff_page *page) {
    const size_t piece = piece_bytes(file, page), coefficients = piece * 2;
    const size_t values = (size_t)lvk_tiff_directory_bytes(file->data, file->size);
    size_t bytes = 2 * LIBRARY_BYTES + values + page->row_bytes + page->tile_bytes;
    if (page->lossy)
        bytes += coefficients < MOST_COEFFICIENTS ? coefficients : MOST_COEFFICIENTS;
    if (page->model == LVK_TIFF_BY_LIBRARY)
        bytes += (size_t)page->width * page->height * 4 + 2 * piece;
    return bytes;
}

static lvk_status measure(const char *name, const uint8_t *data, size_t size, lvk_image_need *need) {
    lvk_tiff_file file;
    lvk_tiff_page page;
    LVK_TRY(lvk_tiff_open(name, data, size, LIBRARY_BYTES, &file));
    const lvk_status status = lvk_tiff_describe(&file, &page);
    if (status == LVK_OK)
        *need = (lvk_image_need){.width = page.width,
                                 .height = page.height,
                                 .working = working_bytes(&file, &page),
                                 .black = page.lossy ? LVK_IMAGE_LOSSY_BLACK : 0,
                                 .orientation = page.orientation,
                                 .pages = TIFFNumberOfDirectories(file.tiff)};
    lvk_tiff_close(&file);
    return status;
}

/* One pass over the samples. */
typedef struct pass {
    lvk_tiff_file *file;
    const lvk_tiff_page *page;
    bool looking; /* for the greatest samples of 16 bits; no pixel is written */
    lvk_depth_range greatest;
    lvk_depth depth;
    uint8_t palette[256][3];
    uint8_t *pixels;
} pass;

/* Entries are of 16 bits; some writers fill in 8. */
static void convert_palette(pass *p) {
    const uint32_t count = 1U << p->page->bits;
    unsigned shift = 0;
    for (uint32_t i = 0; i < count; ++i)
        for (int c = 0; c < 3; ++c)
            shift = p->page->palette[c][i] > UINT8_MAX ? 8 : shift;
    for (uint32_t i = 0; i < count; ++i)
        for (int c = 0; c < 3; ++c)
            p->palette[i][c] = (uint8_t)(p->page->palette[c][i] >> shift);
}

static uint32_t read_sample(const uint8_t *row, size_t index, unsigned bits) {
    if (bits == 8)
        return row[index];
    if (bits == 16) {
        uint16_t value;
        memcpy(&value, row + index * 2, sizeof value); /* libtiff has put its bytes in order */
        return value;
    }
    uint32_t value = 0;
    for (size_t at = index * bits; at < (index + 1) * bits; ++at)
        value = value << 1 | (row[at / 8] >> (7 - at % 8) & 1U);
    return value;
}

static uint8_t to_byte(const pass *p, uint32_t value, bool alpha) {
    const unsigned bits = p->page->bits;
    if (bits == 16)
        return lvk_depth_take(value, alpha ? p->depth.alpha : p->depth.colour);
    if (bits >= 8)
        return lvk_depth_take(value, bits);
    const uint32_t most = (1U << bits) - 1;
    return (uint8_t)((value * 255 + most / 2) / most);
}

static void multiply(uint8_t *pixel, uint8_t by) {
    for (int c = 0; c < 3; ++c)
        pixel[c] = lvk_over_black(pixel[c], by);
}

/* Sample `s` of a pixel, behind those before it: inks are taken away from white, black and alpha from what is
 * there. */
static void put_sample(const pass *p, unsigned s, uint32_t value, uint8_t *pixel) {
    const lvk_tiff_page *page = p->page;
    const uint8_t byte = to_byte(p, value, s >= page->colours);
    if (s >= page->colours)
        multiply(pixel, byte);
    else if (page->model == LVK_TIFF_RGB)
        pixel[s] = byte;
    else if (page->model == LVK_TIFF_PALETTE)
        memcpy(pixel, p->palette[value], 3);
    else if (page->model != LVK_TIFF_CMYK)
        memset(pixel, page->model == LVK_TIFF_WHITE_IS_ZERO ? UINT8_MAX - byte : byte, 3);
    else if (s < 3)
        pixel[s] = UINT8_MAX - byte;
    else
        multiply(pixel, UINT8_MAX - byte);
}

/* Samples that count: the colours and alpha. */
static unsigned used_samples(const lvk_tiff_page *page) {
    return page->colours + (page->alpha ? 1U : 0U);
}

/* `count` pixels of `row`, which has all samples, or those of one plane. */
static void take_row(pass *p, const uint8_t *row, unsigned plane, uint32_t count, uint8_t *out) {
    const lvk_tiff_page *page = p->page;
    const unsigned step = page->planes ? 1 : page->samples, used = page->planes ? 1 : used_samples(page);
    for (uint32_t x = 0; x < count; ++x, out += 3)
        for (unsigned s = 0; s < used; ++s) {
            const uint32_t value = read_sample(row, (size_t)x * step + s, page->bits);
            const bool alpha = plane + s >= page->colours;
            if (p->looking)
                lvk_depth_see(alpha ? &p->greatest.alpha : &p->greatest.colour, value);
            else
                put_sample(p, plane + s, value, out);
        }
}

static uint8_t *pixel_at(const pass *p, uint32_t x, uint32_t y) {
    return p->pixels + ((size_t)y * p->page->width + x) * 3;
}

static bool read_rows(pass *p, unsigned plane, uint8_t *row) {
    for (uint32_t y = 0; y < p->page->height; ++y) {
        if (TIFFReadScanline(p->file->tiff, row, y, (uint16_t)plane) != 1 || p->file->damaged)
            return false;
        take_row(p, row, plane, p->page->width, pixel_at(p, 0, y));
    }
    return true;
}

static bool read_tiles(pass *p, unsigned plane, uint8_t *tile) {
    const lvk_tiff_page *page = p->page;
    for (uint32_t top = 0; top < page->height; top += page->tile_height)
        for (uint32_t left = 0; left < page->width; left += page->tile_width) {
            if (TIFFReadTile(p->file->tiff, tile, left, top, 0, (uint16_t)plane) < 0 || p->file->damaged)
                return false;
            const uint32_t down = page->height - top, across = page->width - left;
            const uint32_t width = across < page->tile_width ? across : page->tile_width;
            for (uint32_t y = 0; y < page->tile_height && y < down; ++y)
                take_row(p, tile + y * page->row_bytes, plane, width, pixel_at(p, left, top + y));
        }
    return true;
}

static lvk_status read_samples(pass *p, uint8_t *buffer) {
    const unsigned planes = p->page->planes ? used_samples(p->page) : 1;
    for (unsigned plane = 0; plane < planes; ++plane)
        if (!(p->page->tile_width ? read_tiles(p, plane, buffer) : read_rows(p, plane, buffer)))
            return lvk_tiff_fail(p->file);
    return LVK_OK;
}

/* A picture of 16 bits is read twice: what its samples hold is known at its end only. */
static lvk_status decode_samples(pass *p, lvk_decoded *decoded) {
    const lvk_tiff_page *page = p->page;
    uint8_t *buffer = lvk_alloc(page->tile_width ? page->tile_bytes : page->row_bytes, 1);
    if (!buffer)
        return LVK_ERROR_MEMORY;
    lvk_status status = LVK_OK;
    if (page->model == LVK_TIFF_PALETTE)
        convert_palette(p);
    if (page->bits == 16) {
        p->looking = true;
        status = read_samples(p, buffer);
        p->looking = false;
        p->depth = lvk_depth_decide(page->told_bits, &p->greatest);
        decoded->bits = p->depth.colour;
        decoded->bits_told = p->depth.told;
    }
    if (status == LVK_OK)
        status = read_samples(p, buffer);
    lvk_free(buffer);
    return status;
}

/* By libtiff's conversion of whole pictures, without its turning. */
static lvk_status decode_whole(const pass *p) {
    char reason[1024] = "";
    TIFFRGBAImage whole;
    const size_t count = (size_t)p->page->width * p->page->height;
    uint32_t *raster = lvk_alloc(count, sizeof *raster);
    if (!raster)
        return LVK_ERROR_MEMORY;
    bool read = TIFFRGBAImageBegin(&whole, p->file->tiff, 1, reason) == 1;
    if (read) {
        whole.orientation = whole.req_orientation = ORIENTATION_TOPLEFT;
        read = TIFFRGBAImageGet(&whole, raster, p->page->width, p->page->height) == 1 && !p->file->damaged;
        TIFFRGBAImageEnd(&whole);
    }
    for (size_t i = 0; read && i < count; ++i) {
        p->pixels[i * 3] = (uint8_t)TIFFGetR(raster[i]); /* alpha is multiplied into the colours already */
        p->pixels[i * 3 + 1] = (uint8_t)TIFFGetG(raster[i]);
        p->pixels[i * 3 + 2] = (uint8_t)TIFFGetB(raster[i]);
    }
    lvk_free(raster);
    if (!read && *reason && !*p->file->reason)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: this TIFF is not read: %s", p->file->name, reason);
    return read ? LVK_OK : lvk_tiff_fail(p->file);
}

static lvk_status decode(const char *name, const uint8_t *data, size_t size, const lvk_image_need *need,
                         lvk_decoded *decoded) {
    lvk_tiff_file file;
    lvk_tiff_page page;
    LVK_TRY(lvk_tiff_open(name, data, size, need->working, &file));
    lvk_status status = lvk_tiff_describe(&file, &page);
    if (status == LVK_OK) {
        pass p = {.file = &file, .page = &page, .pixels = decoded->pixels};
        status = page.model == LVK_TIFF_BY_LIBRARY ? decode_whole(&p) : decode_samples(&p, decoded);
    }
    lvk_tiff_close(&file);
    return status;
}

const lvk_decoder lvk_tiff = {.format = "TIFF", .matches = matches, .measure = measure, .decode = decode};
