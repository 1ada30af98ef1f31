/* Contact sheets: which cells they show, and that a cell looks as training has it. */
#define _XOPEN_SOURCE 700
#include "support/resampled.h"
#include "support/tree.h"

#include "image/resample.h"
#include "leukvk/sheet.h"
#include "loader/loader.h"
#include "preview/canvas.h"
#include "preview/pick.h"

TestSuite(sheet, .init = tree_create, .fini = tree_remove);

enum { SIDE = 80, GAP = 8, CROP = 64 };

/* Three patients with 4, 3 and 1 cells, two healthy people with 2 and 1. */
static lvk_dataset *make_tree(void) {
    static const char *const names[] = {
        "t/all/UID_1_1_1_all.png",  "t/all/UID_1_1_2_all.png", "t/all/UID_1_1_3_all.png",
        "t/all/UID_1_1_4_all.png",  "t/all/UID_2_1_1_all.png", "t/all/UID_2_1_2_all.png",
        "t/all/UID_2_1_3_all.png",  "t/all/UID_3_1_1_all.png", "t/hem/UID_H1_1_1_hem.png",
        "t/hem/UID_H1_1_2_hem.png", "t/hem/UID_H2_1_1_hem.png"};
    for (uint32_t i = 0; i < sizeof names / sizeof *names; ++i)
        tree_write_image(names[i], SIDE, i);
    lvk_dataset *dataset;
    cr_assert_eq(lvk_dataset_create(tree_path("t"), NULL, &dataset), LVK_OK, "%s", lvk_error_message());
    return dataset;
}

Test(sheet, subjects_come_in_turn) {
    lvk_dataset *d = make_tree();
    cr_assert(lvk_pick_available(d, 0) == 8 && lvk_pick_available(d, 1) == 3 &&
              lvk_pick_available(d, -1) == 0);
    bool differs = false;
    uint32_t before[8] = {0};
    for (uint64_t seed = 0; seed < 20; ++seed) {
        uint32_t images[8], fewer[3], seen[8] = {0};
        cr_assert_eq(lvk_pick(d, 0, seed, images, 8), LVK_OK);
        cr_assert_eq(lvk_pick(d, 0, seed, fewer, 3), LVK_OK);
        cr_expect_eq(memcmp(images, fewer, sizeof fewer), 0, "a longer list begins with the shorter");
        static const uint32_t rounds[8] = {0, 0, 0, 1,
                                           1, 2, 2, 3}; /* 3 subjects once, 2 twice and thrice, one again */
        for (int i = 0; i < 8; ++i) {
            const lvk_image_info *image = lvk_dataset_image(d, images[i]);
            cr_expect_eq(image->label, 0);
            cr_expect_eq(seen[image->subject]++, rounds[i], "seed %d, place %d", (int)seed, i);
        }
        differs = differs || (seed && memcmp(images, before, sizeof before) != 0);
        memcpy(before, images, sizeof before);
    }
    cr_expect(differs, "the seed changes nothing");
    lvk_dataset_destroy(&d);
}

static lvk_image read_sheet(const char *below) {
    lvk_image sheet;
    cr_assert_eq(lvk_image_read(tree_path(below), &sheet), LVK_OK, "%s", lvk_error_message());
    return sheet;
}

/* The square at (x, y) of the sheet shows `pixels`, which are in 0..1. */
static void expect_shown(const lvk_image *sheet, uint32_t x, uint32_t y, const float *pixels, uint32_t side) {
    for (uint32_t j = 0; j < side; ++j)
        for (uint32_t i = 0; i < side * 3; ++i) {
            const uint8_t shown = sheet->pixels[((size_t)(y + j) * sheet->width + x) * 3 + i];
            const int wanted = (int)(*pixels++ * 255 + 0.5F);
            cr_assert_eq(shown, wanted, "row %u, value %u: %d instead of %d", j, i, shown, wanted);
        }
}

/* What training hands the network of an image. */
static void load(const lvk_dataset *dataset, uint32_t image, const lvk_loader_options *options, uint32_t side,
                 float *pixels) {
    const lvk_crop crop = {LVK_CROP_CENTER, CROP};
    lvk_cache *cache;
    lvk_loader *loader;
    lvk_batch batch;
    cr_assert_eq(lvk_cache_create(dataset, &crop, side, 0, &cache), LVK_OK);
    cr_assert_eq(lvk_loader_create(cache, &image, 1, options, &loader), LVK_OK);
    cr_assert_eq(lvk_loader_next(loader, &batch), LVK_OK);
    resampled(cache, &batch, 0, pixels);
    lvk_loader_destroy(&loader);
    lvk_cache_destroy(&cache);
}

Test(sheet, cells_look_as_training_has_them) {
    enum { TILE = 40 };
    lvk_dataset *d = make_tree();
    const lvk_sheet_options options = {.crop = "center:64", .cells = 5, .side = TILE, .seed = 3};
    cr_assert_eq(lvk_sheet_write(d, &options, tree_path("s.png"), tree_path("s.csv")), LVK_OK, "%s",
                 lvk_error_message());
    lvk_image sheet = read_sheet("s.png");
    cr_assert_eq(sheet.width, GAP + 5 * (TILE + GAP));
    float pixels[TILE * TILE * 3];
    char line[256], expected[256];
    FILE *index = fopen(tree_path("s.csv"), "r");
    cr_assert(index && fgets(line, sizeof line, index));
    cr_expect_str_eq(line, "row,column,path,class,subject\n");
    for (int label = 0; label < 2; ++label) {
        uint32_t images[5];
        const uint32_t count = label ? 3 : 5;
        const uint32_t y = GAP + LVK_CANVAS_LINE + (uint32_t)label * (TILE + GAP + 2 * LVK_CANVAS_LINE);
        cr_assert_eq(lvk_pick(d, label, 3, images, count), LVK_OK);
        for (uint32_t i = 0; i < count; ++i) {
            const lvk_image_info *image = lvk_dataset_image(d, images[i]);
            load(d, images[i], &(lvk_loader_options){0}, TILE, pixels);
            expect_shown(&sheet, GAP + i * (TILE + GAP), y, pixels, TILE);
            snprintf(expected, sizeof expected, "%d,%u,%s,%s,%s\n", label + 1, i + 1, image->path,
                     label ? "hem" : "all", lvk_dataset_subject(d, image->subject)->name);
            cr_assert(fgets(line, sizeof line, index));
            cr_expect_str_eq(line, expected);
        }
    }
    cr_expect_null(fgets(line, sizeof line, index));
    fclose(index);
    lvk_image_finish(&sheet);
    lvk_dataset_destroy(&d);
}

Test(sheet, views_are_those_of_the_epochs) {
    enum { TILE = 48 };
    lvk_dataset *d = make_tree();
    const lvk_sheet_options options = {.crop = "center:64",
                                       .cells = 3,
                                       .views = 4,
                                       .side = TILE,
                                       .shift = 0.1,
                                       .zoom = 0.3,
                                       .color = 0.2,
                                       .seed = 9};
    cr_assert_eq(lvk_sheet_write_views(d, &options, tree_path("v.png")), LVK_OK, "%s", lvk_error_message());
    lvk_image sheet = read_sheet("v.png");
    uint32_t all[2], hem[1];
    cr_assert_eq(lvk_pick(d, 0, 9, all, 2), LVK_OK);
    cr_assert_eq(lvk_pick(d, 1, 9, hem, 1), LVK_OK);
    const uint32_t rows[3] = {all[0], hem[0], all[1]};
    float pixels[TILE * TILE * 3];
    cr_assert_eq(sheet.width, GAP + 5 * (TILE + GAP));
    for (uint32_t r = 0; r < 3; ++r) {
        const uint32_t y = GAP + LVK_CANVAS_LINE + r * (TILE + GAP + LVK_CANVAS_LINE);
        load(d, rows[r], &(lvk_loader_options){0}, TILE, pixels);
        expect_shown(&sheet, GAP, y, pixels, TILE);
        for (uint32_t view = 1; view <= 4; ++view) {
            const lvk_loader_options epoch = {.augment = true,
                                              .strength = {.shift = 0.1, .zoom = 0.3, .color = 0.2},
                                              .seed = 9,
                                              .epoch = view - 1};
            load(d, rows[r], &epoch, TILE, pixels);
            expect_shown(&sheet, GAP + view * (TILE + GAP), y, pixels, TILE);
        }
    }
    lvk_image_finish(&sheet);
    lvk_dataset_destroy(&d);
}

Test(sheet, threads_change_nothing) {
    lvk_dataset *d = make_tree();
    lvk_sheet_options options = {.crop = "bbox", .side = 32, .threads = 1};
    cr_assert_eq(lvk_sheet_write(d, &options, tree_path("a.png"), NULL), LVK_OK);
    cr_assert_eq(lvk_sheet_write_views(d, &options, tree_path("c.png")), LVK_OK);
    options.threads = 4;
    cr_assert_eq(lvk_sheet_write(d, &options, tree_path("b.png"), NULL), LVK_OK);
    cr_assert_eq(lvk_sheet_write_views(d, &options, tree_path("d.png")), LVK_OK);
    static const char *const pairs[2][2] = {{"a.png", "b.png"}, {"c.png", "d.png"}};
    for (int i = 0; i < 2; ++i) {
        void *x, *y;
        size_t size_x, size_y;
        cr_assert_eq(lvk_file_read(tree_path(pairs[i][0]), 1 << 24, &x, &size_x), LVK_OK);
        cr_assert_eq(lvk_file_read(tree_path(pairs[i][1]), 1 << 24, &y, &size_y), LVK_OK);
        cr_expect(size_x == size_y && memcmp(x, y, size_x) == 0, "%s", pairs[i][0]);
        lvk_free(x);
        lvk_free(y);
    }
    lvk_dataset_destroy(&d);
}

Test(sheet, mistakes_are_named) {
    lvk_dataset *d = make_tree();
    cr_expect_eq(lvk_sheet_write(d, &(lvk_sheet_options){.cells = 1001}, tree_path("s.png"), NULL),
                 LVK_ERROR_ARGUMENT);
    TREE_ERROR_HAS("1001 cells", "1000");
    cr_expect_eq(lvk_sheet_write(d, &(lvk_sheet_options){.side = 31}, tree_path("s.png"), NULL),
                 LVK_ERROR_ARGUMENT);
    cr_expect_eq(lvk_sheet_write_views(d, &(lvk_sheet_options){.views = 101}, tree_path("s.png")),
                 LVK_ERROR_ARGUMENT);
    cr_expect_eq(lvk_sheet_write(d, &(lvk_sheet_options){.crop = "middle"}, tree_path("s.png"), NULL),
                 LVK_ERROR_ARGUMENT);
    TREE_ERROR_HAS("middle");
    cr_expect_eq(
        lvk_sheet_write_views(d, &(lvk_sheet_options){.views = 100, .side = 1024}, tree_path("s.png")),
        LVK_ERROR_LIMIT);
    TREE_ERROR_HAS("16384");
    cr_expect_eq(lvk_sheet_write(d, NULL, tree_path("no/such/s.png"), NULL), LVK_ERROR_IO);
    cr_expect(!lvk_path_is_file(tree_path("s.png")));
    tree_write_image("t/all/UID_3_1_1_all.png", SIDE, 77); /* changed since it was read */
    cr_expect_eq(lvk_sheet_write(d, NULL, tree_path("s.png"), NULL), LVK_ERROR_IO);
    TREE_ERROR_HAS("UID_3_1_1_all.png", "has changed");
    lvk_dataset_destroy(&d);
}

/* The first column behind the last one with ink; 0: there is none. */
static uint32_t ink_end(const lvk_canvas *canvas) {
    uint32_t end = 0;
    for (uint32_t y = 0; y < canvas->height; ++y)
        for (uint32_t x = 0; x < canvas->width; ++x)
            if (canvas->pixels[((size_t)y * canvas->width + x) * 3] < 128 && x >= end)
                end = x + 1;
    return end;
}

Test(sheet, text_keeps_to_its_place) {
    lvk_canvas a, b;
    cr_assert_eq(lvk_canvas_create(200, LVK_CANVAS_LINE, &a), LVK_OK);
    cr_assert_eq(lvk_canvas_create(200, LVK_CANVAS_LINE, &b), LVK_OK);
    cr_expect_eq(ink_end(&a), 0);
    cr_assert_eq(lvk_canvas_text(&a, 10, 0, 90, "a name far too long for its place"), LVK_OK);
    cr_expect(ink_end(&a) > 60 && ink_end(&a) <= 100, "ends at %u", ink_end(&a));
    memset(a.pixels, 255, (size_t)a.width * a.height * 3);
    memset(b.pixels, 255, (size_t)b.width * b.height * 3);
    cr_assert_eq(lvk_canvas_text(&a, 0, 0, 200, "H\xC3\xBCgel \xE7\xB4\xB0\n~"), LVK_OK);
    cr_assert_eq(lvk_canvas_text(&b, 0, 0, 200, "H?gel ??~"), LVK_OK);
    cr_expect_eq(memcmp(a.pixels, b.pixels, (size_t)a.width * a.height * 3), 0);
    char longest[5000];
    memset(longest, 'W', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    cr_assert_eq(lvk_canvas_text(&a, 190, LVK_CANVAS_LINE - 2, 100000, longest), LVK_OK); /* over the edges */
    lvk_canvas_finish(&a);
    lvk_canvas_finish(&b);
}
