/* Sizes of images and cells, colours: against numbers worked out by hand. */
#define _XOPEN_SOURCE 700
#include "support/tree.h"

#include "leukvk/explore.h"

#include <math.h>

TestSuite(explore, .init = tree_create, .fini = tree_remove);

enum { MOST_SIDE = 64 };

/* A picture of width x height whose first `area` pixels have one colour and whose rest is black. */
static void write_cell(const char *relative, uint32_t width, uint32_t height, uint32_t area,
                       const uint8_t colour[3]) {
    uint8_t pixels[MOST_SIDE * MOST_SIDE * 3] = {0};
    cr_assert(area <= width * height && width <= MOST_SIDE && height <= MOST_SIDE);
    for (uint32_t i = 0; i < area; ++i)
        memcpy(pixels + 3 * (size_t)i, colour, 3);
    void *data;
    size_t size;
    cr_assert_eq(lvk_png_encode(pixels, width, height, 3, &data, &size), LVK_OK);
    tree_write(relative, data, size);
    lvk_free(data);
}

static lvk_dataset *open_tree(const char *below) {
    lvk_dataset *dataset;
    cr_assert_eq(lvk_dataset_create(tree_path(below), NULL, &dataset), LVK_OK, "%s", lvk_error_message());
    return dataset;
}

static lvk_cell_summary cells_of(const lvk_dataset *dataset, lvk_data_part part, int32_t label) {
    lvk_cell_summary summary;
    cr_assert_eq(lvk_explore_cells(dataset, part, label, &summary), LVK_OK);
    return summary;
}

static const uint8_t violet[3] = {102, 51, 204}, red[3] = {255, 0, 0};

Test(explore, area_and_colour_of_the_cells) {
    write_cell("t/all/UID_1_1_1_all.png", 40, 40, 400, violet);
    write_cell("t/all/UID_1_1_2_all.png", 40, 40, 100, violet);
    write_cell("t/all/UID_2_1_1_all.png", 40, 40, 300, violet);
    write_cell("t/all/UID_2_1_2_all.png", 40, 40, 200, violet);
    write_cell("t/hem/UID_H1_1_1_hem.png", 40, 40, 300, red);
    write_cell("t/hem/UID_H2_1_1_hem.png", 40, 40, 100, violet);
    lvk_dataset *d = open_tree("t");
    const lvk_cell_summary all = cells_of(d, LVK_PART_TRAINING, 0);
    cr_expect(all.images == 4 && all.subjects == 2);
    cr_expect(all.area_quartiles[0] == 175 && all.area_quartiles[1] == 250 && all.area_quartiles[2] == 325,
              "%g %g %g", all.area_quartiles[0], all.area_quartiles[1], all.area_quartiles[2]);
    const double mean[3] = {0.4, 0.2, 0.8};
    for (int c = 0; c < 3; ++c) {
        cr_expect_float_eq(all.colour_mean[c], mean[c], 1e-12);
        cr_expect_float_eq(all.colour_deviation[c], 0, 1e-6);
    }
    /* 300 pixels of 1 and 100 of 0.4: the mean is 0.85, the deviation 0.6 sqrt(3/16) */
    const lvk_cell_summary hem = cells_of(d, LVK_PART_TRAINING, 1);
    cr_expect(hem.images == 2 && hem.subjects == 2 && hem.area_quartiles[1] == 200);
    cr_expect_float_eq(hem.colour_mean[0], 0.85, 1e-12);
    cr_expect_float_eq(hem.colour_deviation[0], 0.6 * sqrt(3.0 / 16), 1e-12);
    cr_expect_float_eq(hem.colour_mean[2], 0.2, 1e-12);
    const lvk_cell_summary none = cells_of(d, LVK_PART_FINAL, -1);
    cr_expect(none.images == 0 && none.subjects == 0);
    cr_expect(isnan(none.area_quartiles[1]) && isnan(none.colour_mean[0]) && isnan(none.colour_deviation[2]));
    lvk_dataset_destroy(&d);
}

Test(explore, black_images_and_unlabelled_parts) {
    write_cell("t/C-NMC_training_data/fold_0/all/UID_1_1_1_all.png", 40, 40, 50, violet);
    write_cell("t/C-NMC_training_data/fold_0/hem/UID_H1_1_1_hem.png", 40, 40, 0, violet);
    write_cell("t/C-NMC_test_final_phase_data/1.png", 40, 40, 70, red);
    lvk_dataset *d = open_tree("t");
    const lvk_cell_summary black = cells_of(d, LVK_PART_TRAINING, 1);
    cr_expect(black.images == 1 && black.area_quartiles[1] == 0 && isnan(black.colour_mean[0]));
    const lvk_cell_summary final = cells_of(d, LVK_PART_FINAL, -1);
    cr_expect(final.images == 1 && final.area_quartiles[1] == 70 && final.colour_mean[0] == 1);
    cr_expect_eq(cells_of(d, LVK_PART_TRAINING, 0).images, 1);
    lvk_dataset_destroy(&d);
}

Test(explore, image_sizes) {
    char name[64];
    for (uint32_t i = 0; i < 10; ++i) { /* ten sizes, one image each, then two more of 45 x 40 */
        snprintf(name, sizeof name, "t/%s/%u.png", i % 2 ? "a" : "b", i);
        write_cell(name, 40 + i, i == 9 ? 33 : 40, 10 + i, red);
    }
    write_cell("t/a/x.png", 45, 40, 1, violet);
    write_cell("t/b/y.png", 45, 40, 2, violet);
    lvk_dataset *d = open_tree("t");
    lvk_size_summary sizes;
    cr_assert_eq(lvk_explore_sizes(d, &sizes), LVK_OK);
    cr_expect_eq(sizes.distinct, 10);
    cr_expect(sizes.listed[0].width == 45 && sizes.listed[0].height == 40 && sizes.listed[0].images == 3);
    cr_expect(sizes.listed[1].width == 40 && sizes.listed[1].images == 1);
    cr_expect(sizes.listed[7].width == 47 && sizes.listed[7].images == 1); /* 46 comes after 44 */
    cr_expect(sizes.width[0] == 40 && sizes.width[1] == 45 && sizes.width[2] == 49);
    cr_expect(sizes.height[0] == 33 && sizes.height[1] == 40 && sizes.height[2] == 40);
    lvk_dataset_destroy(&d);
}

Test(explore, running_out_of_memory_is_an_error) {
    write_cell("t/a/x.png", 45, 40, 1, violet);
    write_cell("t/b/y.png", 45, 40, 2, violet);
    lvk_dataset *d = open_tree("t");
    lvk_size_summary sizes;
    lvk_cell_summary cells;
    for (uint64_t n = 1; n <= 2; ++n) {
        lvk_alloc_fail_after(n);
        cr_expect_eq(lvk_explore_cells(d, LVK_PART_TRAINING, 0, &cells), LVK_ERROR_MEMORY);
        lvk_alloc_fail_after(n);
        cr_expect_eq(lvk_explore_sizes(d, &sizes), LVK_ERROR_MEMORY);
    }
    lvk_alloc_fail_after(0);
    lvk_dataset_destroy(&d);
}
