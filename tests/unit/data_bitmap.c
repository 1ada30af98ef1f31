/* BMP files of every kind that microscopes and old programs write: bits, masks, run lengths, headers of OS/2.
 * */
#define _XOPEN_SOURCE 700
#include "support/tree.h"

TestSuite(bitmap, .init = tree_create, .fini = tree_remove);

enum { WIDTH = 45, HEIGHT = 37, COLOURS = 16, PLACES = WIDTH * HEIGHT };

typedef struct bytes {
    uint8_t data[1 << 16];
    size_t size;
} bytes;

static bytes file;
static lvk_image image;

static void put(bytes *to, uint32_t value, int size) {
    for (int i = 0; i < size; ++i)
        to->data[to->size++] = (uint8_t)(i < 4 ? value >> 8 * i : 0);
}

typedef struct kind {
    uint32_t header, bits, coding;
    uint32_t masks[4]; /* red, green, blue, alpha; all 0: none in the file */
    uint32_t colours;  /* told in the header */
    bool top_down;
} kind;

/* Palette index of a pixel, different in rows and columns. */
static uint32_t index_at(uint32_t x, uint32_t y, uint32_t bits) {
    return (x * 3 + y * 5 + x * y / 7) % (bits < 4 ? 1U << bits : COLOURS);
}

static void colour_of(uint32_t index, uint8_t colour[3]) {
    colour[0] = (uint8_t)(index * 16 + 3);
    colour[1] = (uint8_t)(250 - index * 11);
    colour[2] = (uint8_t)(index * index);
}

/* Everything in front of the pixels. A header of OS/2 2.0 may end anywhere behind its first 16 bytes. */
static void put_headers(const kind *k) {
    uint8_t all[124] = {0};
    file.size = 0;
    const uint32_t colours = k->bits <= 8 ? (k->bits < 4 ? 1U << k->bits : COLOURS) : 0;
    const bool outside = k->header == 40 && k->masks[0]; /* masks behind the header */
    const uint32_t mask_bytes = outside ? (k->coding == 6 ? 16 : 12) : 0;
    put(&file, 'B' | 'M' << 8, 2);
    put(&file, 0, 8);
    put(&file, 14 + k->header + mask_bytes + colours * (k->header == 12 ? 3 : 4), 4);
    put(&file, k->header, 4);
    if (k->header == 12) {
        put(&file, WIDTH, 2);
        put(&file, HEIGHT, 2);
    } else {
        put(&file, WIDTH, 4);
        put(&file, k->top_down ? 0U - HEIGHT : HEIGHT, 4);
    }
    put(&file, 1, 2);
    put(&file, k->bits, 2);
    put(&file, k->coding, 4);
    put(&file, 0, 12);
    put(&file, k->colours, 4);
    put(&file, 0, 4);
    for (int c = 0; c < 4; ++c)
        put(&file, k->masks[c], 4);
    memcpy(file.data + file.size, all, sizeof all);
    file.size = 14 + k->header + mask_bytes;
    if (k->header == 12)
        file.size = 26;
    for (uint32_t i = 0; i < colours; ++i) {
        uint8_t colour[3];
        colour_of(i, colour);
        for (int c = 2; c >= 0; --c)
            put(&file, colour[c], 1);
        if (k->header != 12)
            put(&file, 0, 1);
    }
}

/* Pixels that are not coded, by `value`. */
static void put_rows(const kind *k, uint32_t (*value)(uint32_t x, uint32_t y, uint32_t bits)) {
    for (uint32_t row = 0; row < HEIGHT; ++row) {
        const size_t start = file.size;
        const uint32_t y = k->top_down ? row : HEIGHT - 1 - row;
        if (k->bits < 8) {
            for (uint32_t x = 0; x < WIDTH; ++x) {
                if (x * k->bits % 8 == 0)
                    put(&file, 0, 1);
                file.data[file.size - 1] |=
                    (uint8_t)(value(x, y, k->bits) << (8 - k->bits - x * k->bits % 8));
            }
        } else {
            for (uint32_t x = 0; x < WIDTH; ++x)
                put(&file, value(x, y, k->bits), (int)k->bits / 8);
        }
        while ((file.size - start) % 4)
            put(&file, 0, 1);
    }
}

static void read_file(const char *what) {
    cr_assert_eq(lvk_image_decode("x.bmp", file.data, file.size, &image), LVK_OK, "%s: %s", what,
                 lvk_error_message());
    cr_assert(image.width == WIDTH && image.height == HEIGHT && image.black == 0 && image.pages == 1, "%s",
              what);
}

static void expect_indexed(const char *what, uint32_t bits) {
    read_file(what);
    for (uint32_t i = 0; i < PLACES; ++i) {
        uint8_t colour[3];
        colour_of(index_at(i % WIDTH, i / WIDTH, bits), colour);
        cr_assert_eq(memcmp(image.pixels + (size_t)i * 3, colour, 3), 0, "%s: pixel %u, %u is %u, %u, %u",
                     what, i % WIDTH, i / WIDTH, image.pixels[i * 3], image.pixels[i * 3 + 1],
                     image.pixels[i * 3 + 2]);
    }
    lvk_image_finish(&image);
}

static void expect_refused(const char *what, const char *reason) {
    cr_assert_eq(lvk_image_decode("x.bmp", file.data, file.size, &image), LVK_ERROR_FORMAT, "%s was read",
                 what);
    TREE_ERROR_HAS("x.bmp: ", reason);
}

Test(bitmap, palettes_of_all_headers) {
    static const uint32_t headers[] = {12, 16, 40, 42, 52, 56, 64, 108, 124};
    for (size_t h = 0; h < sizeof headers / sizeof *headers; ++h)
        for (uint32_t bits = 1; bits <= 8; bits *= 2)
            for (int top_down = 0; top_down < (headers[h] == 12 ? 1 : 2); ++top_down) {
                char what[64];
                const kind k = {.header = headers[h], .bits = bits, .top_down = top_down};
                snprintf(what, sizeof what, "header %u, %u bits, top down: %d", headers[h], bits, top_down);
                put_headers(&k);
                put_rows(&k, index_at);
                expect_indexed(what, bits);
            }
}

static uint32_t two_bytes(uint32_t x, uint32_t y, uint32_t bits) {
    (void)bits;
    return (x * 1471 + y * 7919) & 0xFFFF;
}

static uint32_t four_bytes(uint32_t x, uint32_t y, uint32_t bits) {
    (void)bits;
    return x * 94906267U + y * 15485863U;
}

/* A channel by plain arithmetic: the bits of the mask, of as many as there are. */
static double channel(uint32_t pixel, uint32_t mask) {
    uint32_t value = 0, most = 0;
    for (int bit = 31; bit >= 0; --bit)
        if (mask >> bit & 1) {
            value = value << 1 | (pixel >> bit & 1);
            most = most << 1 | 1;
        }
    return most ? value * 255.0 / most : 255;
}

Test(bitmap, colours_by_masks) {
    static const struct {
        kind k;
        uint32_t masks[4]; /* that hold */
    } cases[] = {
        {{.header = 40, .bits = 16}, {0x7C00, 0x03E0, 0x001F, 0}},
        {{.header = 12, .bits = 16}, {0x7C00, 0x03E0, 0x001F, 0}},
        {{.header = 40, .bits = 16, .coding = 3, .masks = {0xF800, 0x07E0, 0x001F}},
         {0xF800, 0x07E0, 0x001F, 0}},
        {{.header = 40, .bits = 16, .coding = 6, .masks = {0x0F00, 0x00F0, 0x000F, 0xF000}},
         {0x0F00, 0x00F0, 0x000F, 0xF000}},
        {{.header = 56, .bits = 16, .coding = 3, .masks = {0x7C00, 0x03E0, 0x001F, 0x8000}},
         {0x7C00, 0x03E0, 0x001F, 0x8000}},
        {{.header = 40, .bits = 32}, {0xFF0000, 0x00FF00, 0x0000FF, 0}},
        {{.header = 52, .bits = 32, .coding = 3, .masks = {0x0000FF, 0x00FF00, 0xFF0000}},
         {0x0000FF, 0x00FF00, 0xFF0000, 0}},
        {{.header = 108, .bits = 32, .coding = 3, .masks = {0x3FF00000, 0x000FFC00, 0x000003FF}},
         {0x3FF00000, 0x000FFC00, 0x000003FF, 0}},
        {{.header = 124, .bits = 32, .coding = 3, .masks = {0xFF000000, 0x00FF0000, 0x0000FF00, 0x000000FF}},
         {0xFF000000, 0x00FF0000, 0x0000FF00, 0x000000FF}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        char what[32];
        const uint32_t bits = cases[i].k.bits;
        snprintf(what, sizeof what, "case %zu", i);
        put_headers(&cases[i].k);
        put_rows(&cases[i].k, bits == 16 ? two_bytes : four_bytes);
        read_file(what);
        for (uint32_t p = 0; p < PLACES; ++p) {
            const uint32_t pixel = (bits == 16 ? two_bytes : four_bytes)(p % WIDTH, p / WIDTH, bits);
            const double alpha = channel(pixel, cases[i].masks[3]) / 255;
            for (uint32_t c = 0; c < 3; ++c) {
                const double off = image.pixels[p * 3 + c] - channel(pixel, cases[i].masks[c]) * alpha;
                cr_assert(off > -1.01 && off < 1.01, "%s: pixel %u channel %u is off by %g", what, p, c, off);
            }
        }
        lvk_image_finish(&image);
    }
}

/* ---- run lengths ---- */

/* A row of indices as runs, and every third time as plain indices. `filled`: the filling of the row is coded
 * too. */
static void put_row_runs(uint32_t y, uint32_t bits, uint32_t filled) {
    for (uint32_t x = 0, piece = 0; x < filled; ++piece) {
        uint32_t count = 1;
        while (x + count < filled && count < 255 && index_at(x + count, y, bits) == index_at(x, y, bits))
            ++count;
        if (piece % 3 == 0 && x + 5 <= filled) {
            put(&file, 5U << 8, 2);
            for (uint32_t i = 0; i < (bits == 8 ? 6 : 8); i += bits == 8 ? 1 : 2) { /* filled up to 16 bits */
                const uint32_t first = i < 5 ? index_at(x + i, y, bits) : 0;
                const uint32_t second = i + 1 < 5 ? index_at(x + i + 1, y, bits) : 0;
                put(&file, bits == 8 ? first : first << 4 | second, 1);
            }
            x += 5;
            continue;
        }
        put(&file, count, 1);
        put(&file, index_at(x, y, bits) * (bits == 8 ? 1 : 0x11), 1);
        x += count;
    }
}

static void put_runs(const kind *k, uint32_t filled, bool ended) {
    put_headers(k);
    for (uint32_t row = 0; row < HEIGHT; ++row) {
        put_row_runs(HEIGHT - 1 - row, k->bits, filled);
        if (row + 1 < HEIGHT || ended)
            put(&file, 0, 2);
    }
    if (ended)
        put(&file, 1U << 8, 2);
}

static const kind rle8 = {.header = 40, .bits = 8, .coding = 1},
                  rle4 = {.header = 40, .bits = 4, .coding = 2};

Test(bitmap, runs) {
    put_runs(&rle8, WIDTH, true);
    expect_indexed("RLE8", 8);
    put_runs(&rle4, WIDTH, true);
    expect_indexed("RLE4", 4);
    put_runs(&rle8, WIDTH + 3,
             true); /* 48 bytes: the filling of a row of 45 is coded too, as ImageMagick does */
    expect_indexed("RLE8 with filling", 8);
    put_runs(&rle8, WIDTH, false);
    expect_indexed("RLE8 without an end mark", 8);
    const kind os2 = {.header = 64, .bits = 8, .coding = 1};
    put_runs(&os2, WIDTH, true);
    expect_indexed("RLE8 of OS/2", 8);
}

/* Two indices in turn; a move leaves pixels of the palette's first colour. */
Test(bitmap, pairs_and_moves) {
    put_headers(&rle4);
    const uint8_t code[] = {7, 0x5A, 0, 2, 3, 2, 4, 0x33, 0, 1};
    memcpy(file.data + file.size, code, sizeof code);
    file.size += sizeof code;
    read_file("moves");
    for (uint32_t i = 0; i < PLACES; ++i) {
        const uint32_t x = i % WIDTH, row = HEIGHT - 1 - i / WIDTH;
        uint8_t colour[3];
        colour_of(row == 0 && x < 7 ? (x % 2 ? 0xA : 5) : row == 2 && x >= 10 && x < 14 ? 3 : 0, colour);
        cr_assert_eq(memcmp(image.pixels + (size_t)i * 3, colour, 3), 0, "pixel %u, row %u", x, row);
    }
    lvk_image_finish(&image);
}

Test(bitmap, damaged_runs) {
    put_runs(&rle8, WIDTH, true);
    const size_t whole = file.size, start = 14 + 40 + 4 * COLOURS;
    for (file.size = start; file.size < whole - 4; ++file.size)
        expect_refused("cut", "truncated BMP: the runs of pixels end early");
    put_headers(&rle8);
    put(&file, WIDTH + 4, 1);
    put(&file, 0x0100, 3);
    expect_refused("too long a run", "a run of pixels leaves the picture");
    put_headers(&rle8);
    for (int move = 0; move < 2; ++move)
        put(&file, 0x1E000200, 4);
    expect_refused("moves out of the picture", "a run of pixels leaves the picture");
    put_headers(&rle8);
    put(&file, 1 | COLOURS << 8, 2);
    put(&file, 0x0100, 2);
    expect_refused("an index behind the palette", "a pixel's colour is not in the palette");
}

Test(bitmap, refused) {
    static const struct {
        kind k;
        const char *reason;
    } cases[] = {
        {{.header = 40, .bits = 8, .coding = 2}, "8 bits a pixel (method 2)"},
        {{.header = 40, .bits = 4, .coding = 1}, "4 bits a pixel (method 1)"},
        {{.header = 40, .bits = 3}, "3 bits a pixel"},
        {{.header = 64, .bits = 24, .coding = 4}, "a compressed BMP (method 4 of OS/2) is not read"},
        {{.header = 64, .bits = 1, .coding = 3}, "a compressed BMP (method 3 of OS/2) is not read"},
        {{.header = 40, .bits = 24, .coding = 5}, "a compressed BMP (method 5) is not read"},
        {{.header = 40, .bits = 16, .coding = 3, .masks = {0xF800, 0x0FE0, 0x001F}},
         "masks that make no sense"},
        {{.header = 40, .bits = 16, .coding = 3, .masks = {0xA800, 0x07E0, 0x001F}},
         "masks that make no sense"},
        {{.header = 40, .bits = 16, .coding = 3, .masks = {0x1F0000, 0x07E0, 0x001F}},
         "masks that make no sense"},
        {{.header = 40, .bits = 8, .colours = 7}, "a pixel's colour is not in the palette"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        kind rows = cases[i].k;
        put_headers(&rows);
        rows.bits = rows.bits == 3 ? 4 : rows.bits; /* whatever they are */
        put_rows(&rows, index_at);
        expect_refused(cases[i].reason, cases[i].reason);
    }
}
