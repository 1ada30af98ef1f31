/* TIFF files of every kind that is read, and those that are refused. */
#define _XOPEN_SOURCE 700
#include "support/tiff.h"
#include "support/tree.h"

#include "core/resource.h"
#include "image/budget.h"

TestSuite(tiff, .init = tree_create, .fini = tree_remove);

enum { WIDTH = 75, HEIGHT = 53, PLACES = WIDTH * HEIGHT, TILE = 32 };

static lvk_image image;

/* A channel of a picture that lossless codings keep, and that JPEG nearly keeps. */
static uint32_t smooth(uint32_t x, uint32_t y, uint32_t c) {
    return (x * (2 + c) + y * (3 - c)) % 512 > 255 ? 511 - (x * (2 + c) + y * (3 - c)) % 512
                                                   : (x * (2 + c) + y * (3 - c)) % 512;
}

static uint32_t of_range(const tiff_page *page, uint32_t x, uint32_t y, uint32_t s) {
    const uint32_t value = smooth(x, y, s);
    if (page->bits <= 8)
        return value >> (8 - page->bits);
    return value << (page->bits - 8) | (x + y) % (1U << (page->bits - 8));
}

/* The byte that a sample of few bits stands for. */
static uint32_t byte_of(uint32_t value, uint16_t bits) {
    return bits > 8 ? value >> (bits - 8) : value * 255 / ((1U << bits) - 1);
}

static void read_file(const char *what) {
    cr_assert_eq(lvk_image_read(tree_path("x.tif"), &image), LVK_OK, "%s: %s", what, lvk_error_message());
    cr_assert(image.width == WIDTH && image.height == HEIGHT, "%s", what);
}

/* Reads the page and compares it with `expected`, to `most` steps of 255; 0 expects the very bytes. */
static void expect_page(const tiff_page *page, const char *mode,
                        uint32_t (*expected)(const tiff_page *page, uint32_t x, uint32_t y, uint32_t c),
                        double most) {
    char what[160];
    snprintf(what, sizeof what,
             "%u bits, %u samples, photometric %u, compression %u, planes %d, tile %u, rows %u, %s",
             page->bits, page->samples, page->photometric, page->compression, page->planes, page->tile,
             page->rows, mode);
    tiff_write(tree_path("x.tif"), mode, page, 1);
    read_file(what);
    double sum = 0;
    for (uint32_t i = 0; i < PLACES * 3; ++i) {
        const int off = image.pixels[i] - (int)expected(page, i / 3 % WIDTH, i / 3 / WIDTH, i % 3);
        cr_assert(most > 0 || off == 0, "%s: pixel %u, %u channel %u is off by %d", what, i / 3 % WIDTH,
                  i / 3 / WIDTH, i % 3, off);
        sum += off < 0 ? -off : off;
    }
    cr_assert_leq(sum / (PLACES * 3), most, "%s: off by %g", what, sum / (PLACES * 3));
    cr_assert(image.pages == 1 && image.black == (page->compression == COMPRESSION_JPEG ? 16 : 0), "%s",
              what);
    lvk_image_finish(&image);
}

static uint32_t of_colours(const tiff_page *page, uint32_t x, uint32_t y, uint32_t c) {
    return byte_of(of_range(page, x, y, page->samples < 3 ? 0 : c), page->bits);
}

static uint32_t of_white(const tiff_page *page, uint32_t x, uint32_t y, uint32_t c) {
    return 255 - of_colours(page, x, y, c);
}

Test(tiff, strips_and_tiles) {
    static const uint16_t codings[] = {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE,
                                       COMPRESSION_DEFLATE, COMPRESSION_PACKBITS};
    static const uint16_t bits[] = {1, 2, 4, 8, 12, 16};
    for (size_t c = 0; c < sizeof codings / sizeof *codings; ++c)
        for (size_t b = 0; b < sizeof bits / sizeof *bits; ++b)
            for (int kind = 0; kind < 12;
                 ++kind) { /* grey or colours; pixels or planes; strips, a strip, tiles */
                const bool colours = kind & 1;
                const int shape = kind / 4;
                const tiff_page page = {.width = WIDTH,
                                        .height = HEIGHT,
                                        .bits = bits[b],
                                        .samples = colours ? 3 : 1,
                                        .photometric = colours ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK,
                                        .compression = codings[c],
                                        .planes = kind & 2,
                                        .rows = shape == 1 ? 7 : 0,
                                        .tile = shape == 2 ? TILE : 0,
                                        .sample = of_range};
                expect_page(&page, kind % 5 == 0 ? "wb" : kind % 5 == 1 ? "w8" : "w", of_colours, 0);
            }
}

Test(tiff, white_is_zero) {
    for (uint16_t bits = 1; bits <= 16; bits *= 2) {
        const tiff_page page = {.width = WIDTH,
                                .height = HEIGHT,
                                .bits = bits,
                                .samples = 1,
                                .photometric = PHOTOMETRIC_MINISWHITE,
                                .sample = of_range};
        expect_page(&page, "w", of_white, 0);
    }
}

/* The colours of an index; entries have 16 bits. */
static uint32_t of_palette(const tiff_page *page, uint32_t x, uint32_t y, uint32_t c) {
    return page->palette[(c << page->bits) + of_range(page, x, y, 0)] >> (page->palette[0] < 256 ? 0 : 8);
}

Test(tiff, palettes) {
    static uint16_t palette[3 * 256];
    for (uint16_t bits = 1; bits <= 8; bits *= 2)
        for (uint32_t wide = 0; wide < 2; ++wide) { /* some writers fill in 8 bits */
            for (uint32_t i = 0; i < 3U << bits; ++i)
                palette[i] = (uint16_t)((200 - i * 7 % 190) << (wide ? 8 : 0));
            const tiff_page page = {.width = WIDTH,
                                    .height = HEIGHT,
                                    .bits = bits,
                                    .samples = 1,
                                    .photometric = PHOTOMETRIC_PALETTE,
                                    .palette = palette,
                                    .sample = of_range};
            expect_page(&page, "w", of_palette, 0);
        }
}

/* Inks take away from white: (255 - ink) * (255 - black) / 255, rounded. */
static uint32_t of_inks(const tiff_page *page, uint32_t x, uint32_t y, uint32_t c) {
    const uint32_t ink = byte_of(of_range(page, x, y, c), page->bits);
    const uint32_t black = byte_of(of_range(page, x, y, 3), page->bits);
    return ((255 - ink) * (255 - black) + 127) / 255;
}

Test(tiff, inks) {
    for (uint16_t bits = 8; bits <= 16; bits *= 2)
        for (int planes = 0; planes < 2; ++planes) {
            const tiff_page page = {.width = WIDTH,
                                    .height = HEIGHT,
                                    .bits = bits,
                                    .samples = 4,
                                    .photometric = PHOTOMETRIC_SEPARATED,
                                    .compression = COMPRESSION_LZW,
                                    .planes = planes,
                                    .sample = of_range};
            expect_page(&page, "w", of_inks, 0);
        }
}

static uint32_t of_alpha(const tiff_page *page, uint32_t x, uint32_t y, uint32_t c) {
    const uint32_t colour = byte_of(of_range(page, x, y, page->samples < 3 ? 0 : c), page->bits);
    const uint32_t alpha = byte_of(of_range(page, x, y, page->samples - 1U), page->bits);
    return page->extra == EXTRASAMPLE_UNASSALPHA ? (colour * alpha + 127) / 255 : colour;
}

/* Alpha is laid over black, unless it is multiplied into the colours already, or is none. */
Test(tiff, extra_samples) {
    static const uint16_t extras[] = {EXTRASAMPLE_UNASSALPHA, EXTRASAMPLE_ASSOCALPHA};
    for (int kind = 0; kind < 16; ++kind) {
        const bool colours = kind & 1;
        const tiff_page page = {.width = WIDTH,
                                .height = HEIGHT,
                                .bits = kind & 2 ? 16 : 8,
                                .samples = colours ? 4 : 2,
                                .photometric = colours ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK,
                                .planes = kind & 4,
                                .extra = extras[kind / 8],
                                .sample = of_range};
        expect_page(&page, "w", of_alpha, 0);
    }
}

Test(tiff, jpeg_inside) {
    for (int kind = 0; kind < 8; ++kind) {
        const bool colours = kind & 1, ycbcr = kind & 2;
        const tiff_page page = {.width = WIDTH,
                                .height = HEIGHT,
                                .bits = 8,
                                .samples = colours ? 3 : 1,
                                .photometric = !colours ? PHOTOMETRIC_MINISBLACK
                                               : ycbcr  ? PHOTOMETRIC_YCBCR
                                                        : PHOTOMETRIC_RGB,
                                .compression = COMPRESSION_JPEG,
                                .rows = 16,
                                .tile = kind & 4 ? TILE : 0,
                                .sample = of_range};
        expect_page(&page, "w", of_colours, 3);
    }
}

static uint32_t luma(const tiff_page *page, uint32_t x, uint32_t y, uint32_t s) {
    return s == 0 ? of_range(page, x, y, 0) : s == 1 ? 128 + x : 128 - y;
}

/* ITU-R BT.601, as TIFF has it. */
static uint32_t of_luma(const tiff_page *page, uint32_t x, uint32_t y, uint32_t c) {
    const double blue = (double)luma(page, x, y, 1) - 128, red = (double)luma(page, x, y, 2) - 128;
    const double part = c == 0 ? 1.402 * red : c == 1 ? -0.344136 * blue - 0.714136 * red : 1.772 * blue;
    const double value = luma(page, x, y, 0) + part;
    return value < 0 ? 0 : value > 255 ? 255 : (uint32_t)(value + 0.5);
}

/* Without JPEG it is the library that converts the picture. */
Test(tiff, ycbcr) {
    for (int tiles = 0; tiles < 2; ++tiles) {
        const tiff_page page = {.width = WIDTH,
                                .height = HEIGHT,
                                .bits = 8,
                                .samples = 3,
                                .photometric = PHOTOMETRIC_YCBCR,
                                .compression = COMPRESSION_LZW,
                                .rows = 8,
                                .tile = tiles ? TILE : 0,
                                .sample = luma};
        expect_page(&page, "w", of_luma, 1);
    }
}

/* The first of several pages is read, and the image says how many there are. */
Test(tiff, pages) {
    tiff_page pages[3];
    for (int i = 0; i < 3; ++i)
        pages[i] = (tiff_page){.width = i ? 10 : WIDTH,
                               .height = i ? 10 : HEIGHT,
                               .bits = 8,
                               .samples = 3,
                               .photometric = PHOTOMETRIC_RGB,
                               .sample = of_range};
    tiff_write(tree_path("x.tif"), "w", pages, 3);
    read_file("three pages");
    cr_assert_eq(image.pages, 3);
    lvk_image_finish(&image);
}

/* ---- refused ---- */

static uint8_t *file;
static size_t file_size;

static void load_page(const tiff_page *page) {
    void *data;
    tiff_write(tree_path("x.tif"), "w", page, 1);
    cr_assert_eq(lvk_file_read(tree_path("x.tif"), 1 << 20, &data, &file_size), LVK_OK);
    file = data;
}

/* The place of the value of a tag, in a file of this machine's order of bytes. */
static uint8_t *find_value(uint16_t tag) {
    uint32_t directory;
    uint16_t count, found;
    memcpy(&directory, file + 4, 4);
    memcpy(&count, file + directory, 2);
    for (uint32_t i = 0; i < count; ++i) {
        memcpy(&found, file + directory + 2 + i * 12, 2);
        if (found == tag)
            return file + directory + 2 + i * 12 + 8;
    }
    cr_assert_fail("no tag %u", tag);
    return NULL;
}

static void set_short(uint16_t tag, uint16_t value) {
    memcpy(find_value(tag), &value, 2);
}

static void set_long(uint16_t tag, uint32_t value) {
    memcpy(find_value(tag), &value, 4);
    const uint16_t type = TIFF_LONG;
    memcpy(find_value(tag) - 6, &type, 2);
}

/* Whatever is wrong is in the line; nothing is printed, by libtiff or anybody. */
static void expect_refused(const char *reason) {
    const int screen = dup(STDERR_FILENO);
    FILE *caught = tmpfile();
    cr_assert(caught && screen >= 0 && dup2(fileno(caught), STDERR_FILENO) >= 0);
    const lvk_status status = lvk_image_decode("x.tif", file, file_size, &image);
    dup2(screen, STDERR_FILENO);
    close(screen);
    cr_expect_eq(lseek(fileno(caught), 0, SEEK_END), 0, "%s: something was printed", reason);
    fclose(caught);
    cr_assert_eq(status, LVK_ERROR_FORMAT, "was read, in spite of: %s", reason);
    cr_assert_null(image.pixels);
    TREE_ERROR_HAS("x.tif: ", reason);
}

static const tiff_page grey = {.width = WIDTH,
                               .height = HEIGHT,
                               .bits = 8,
                               .samples = 1,
                               .photometric = PHOTOMETRIC_MINISBLACK,
                               .rows = 10,
                               .sample = of_range};

static uint32_t zero(const tiff_page *page, uint32_t x, uint32_t y, uint32_t s) {
    (void)page;
    (void)x;
    (void)y;
    (void)s;
    return 0;
}

Test(tiff, kinds_that_are_not_read) {
    tiff_page page = grey;
    page.bits = 32;
    page.sample = zero;
    page.sample_format = SAMPLEFORMAT_IEEEFP;
    load_page(&page);
    expect_refused("a TIFF of floating-point samples is not read");
    lvk_free(file);
    page.sample_format = SAMPLEFORMAT_UINT;
    load_page(&page);
    expect_refused("a TIFF of 32 bits a sample; 1 to 16 are read");
    lvk_free(file);
    page = grey;
    page.sample_format = SAMPLEFORMAT_INT;
    load_page(&page);
    expect_refused("a TIFF of signed samples is not read");
    lvk_free(file);
    load_page(&grey);
    set_short(TIFFTAG_COMPRESSION, COMPRESSION_LZMA);
    expect_refused("a TIFF compressed by method 34925 is not read");
    set_short(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    set_short(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_LOGL);
    expect_refused("a TIFF with colours of kind 32844 (PhotometricInterpretation) in 8 bits is not read");
    lvk_free(file);
}

Test(tiff, damaged) {
    load_page(&grey);
    set_short(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
    expect_refused("broken TIFF: 1 samples a pixel");
    set_short(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    set_long(TIFFTAG_IMAGEWIDTH, 20000);
    expect_refused("20000 x 53 pixels");
    set_long(TIFFTAG_IMAGEWIDTH, 8);
    expect_refused("8 x 53 pixels, too small to be a cell");
    set_long(TIFFTAG_IMAGEWIDTH, WIDTH + 1); /* the strips are too short for that */
    expect_refused("broken TIFF: ");
    lvk_free(file);
}

/* A file that is cut, at whatever place. The directory of a file by libtiff lies at its end: here the strips'
 * data is cut as well, by what their sizes say. */
Test(tiff, cut) {
    static const uint16_t codings[] = {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE,
                                       COMPRESSION_PACKBITS, COMPRESSION_JPEG};
    for (size_t c = 0; c < sizeof codings / sizeof *codings; ++c) {
        tiff_page page = grey;
        page.rows = 0;
        page.compression = codings[c];
        load_page(&page);
        const size_t whole = file_size;
        for (file_size = 0; file_size < whole - 4; /* where the next page is */
             file_size += 1 + whole / 100)
            expect_refused("x.tif: ");
        file_size = whole;
        uint32_t bytes;
        if (codings[c] == COMPRESSION_NONE) /* libtiff computes the sizes itself */
            set_long(TIFFTAG_STRIPOFFSETS, (uint32_t)whole - WIDTH);
        memcpy(&bytes, find_value(TIFFTAG_STRIPBYTECOUNTS), 4);
        set_long(TIFFTAG_STRIPBYTECOUNTS, bytes / 2);
        expect_refused("broken TIFF: ");
        lvk_free(file);
    }
}

/* Five hundred tags that name the same megabyte: libtiff would keep five hundred copies. */
Test(tiff, tags_of_one_place) {
    enum { TAGS = 500, SHARED = 1 << 20, ENTRY = 12 };
    load_page(&grey);
    uint32_t start;
    uint16_t count;
    memcpy(&start, file + 4, 4);
    memcpy(&count, file + start, 2);
    const size_t old = file_size, whole = old + SHARED + 2 + ((size_t)count + TAGS) * ENTRY + 4;
    uint8_t *more = calloc(whole, 1), *at = more + old + SHARED;
    memcpy(more, file, old);
    const uint32_t place = (uint32_t)(old + SHARED);
    memcpy(more + 4, &place, 4);
    const uint16_t all = (uint16_t)(count + TAGS);
    memcpy(at, &all, 2);
    memcpy(at + 2, file + start + 2, (size_t)count * ENTRY);
    for (uint32_t i = 0; i < TAGS; ++i) {
        const uint16_t head[2] = {(uint16_t)(40000 + i), TIFF_UNDEFINED};
        const uint32_t tail[2] = {SHARED, (uint32_t)old};
        memcpy(at + 2 + (count + i) * ENTRY, head, sizeof head);
        memcpy(at + 2 + (count + i) * ENTRY + 4, tail, sizeof tail);
    }
    lvk_free(file);
    file = more;
    file_size = whole;
    expect_refused("its directory has more values than the file");
    cr_expect_lt(lvk_process_peak_bytes(), (size_t)100 << 20);
    const uint16_t one = (uint16_t)(count + 1); /* what a file may have */
    memcpy(at, &one, 2);
    cr_assert_eq(lvk_image_decode("x.tif", file, file_size, &image), LVK_OK, "%s", lvk_error_message());
    lvk_image_finish(&image);
    free(file);
}

/* A small file that unpacks to 8192 x 8192 pixels of 16 bits, in one strip: its rows are not kept. The pixels,
 * 192 MiB, are in the process that decodes them and in this one. */
Test(tiff, bomb, .timeout = 60) {
    tiff_page page = {.width = LVK_IMAGE_MOST_SIDE,
                      .height = LVK_IMAGE_MOST_SIDE,
                      .bits = 16,
                      .samples = 1,
                      .photometric = PHOTOMETRIC_MINISBLACK,
                      .compression = COMPRESSION_ADOBE_DEFLATE,
                      .sample = zero};
    tiff_write(tree_path("x.tif"), "w", &page, 1);
    (void)lvk_budget_peak();
    cr_assert_eq(lvk_image_read(tree_path("x.tif"), &image), LVK_OK, "%s", lvk_error_message());
    cr_assert_lt(lvk_process_peak_bytes(), (size_t)300 << 20);
    lvk_image_finish(&image);
    const size_t peak = lvk_budget_peak();
    cr_assert(peak > (size_t)384 << 20 && peak < (size_t)416 << 20, "%zu bytes", peak);
    cr_assert_eq(lvk_budget_peak(), 0, "not all is given back");
}
