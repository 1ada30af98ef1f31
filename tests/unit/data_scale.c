/* The scale of images: which one a data set has, what a crop takes of an image of another one, and areas. */
#define _XOPEN_SOURCE 700
#include "support/tree.h"

#include "leukvk/dataset.h"
#include "loader/scale.h"

#include <math.h>

TestSuite(data_scale, .init = tree_create, .fini = tree_remove);

enum { SIDE = 40 };

static lvk_dataset *open_table(const char *text, double microns_per_pixel) {
    const lvk_dataset_options options = {.microns_per_pixel = microns_per_pixel};
    lvk_dataset *dataset;
    for (uint32_t i = 1; i <= 4; ++i) {
        char path[16];
        snprintf(path, sizeof path, "%u.png", i);
        tree_write_image(path, SIDE, i);
    }
    tree_write_text("cells.csv", text);
    cr_assert_eq(lvk_dataset_create(tree_path("cells.csv"), &options, &dataset), LVK_OK, "%s",
                 lvk_error_message());
    return dataset;
}

/* The lower of two middle ones; of images of which no table tells a scale, the options do. */
Test(data_scale, most_images_tell_the_scale) {
    static const struct {
        const char *table;
        double option, scale, last; /* of the fourth image */
    } cases[] = {
        {"path,label\n1.png,A\n2.png,A\n3.png,B\n4.png,B\n", 0, 0, 0},
        {"path,label\n1.png,A\n2.png,A\n3.png,B\n4.png,B\n", 0.5, 0.5, 0.5},
        {"path,label,mpp\n1.png,A,0.5\n2.png,A,0.1\n3.png,B,0.25\n4.png,B,\n", 0, 0.25, 0},
        {"path,label,mpp\n1.png,A,0.5\n2.png,A,0.1\n3.png,B,0.25\n4.png,B,1\n", 0.7, 0.25, 1},
        {"path,label,mpp\n1.png,A,0.5\n2.png,A,0.1\n3.png,B,0.25\n4.png,B,\n", 0.1, 0.1, 0.1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        lvk_dataset *d = open_table(cases[i].table, cases[i].option);
        cr_expect_eq(lvk_dataset_microns_per_pixel(d), cases[i].scale, "case %zu", i);
        cr_expect_eq(lvk_dataset_image(d, 3)->microns_per_pixel, cases[i].last, "case %zu", i);
        lvk_dataset_destroy(&d);
    }
}

/* Four pixels of half the scale are one. */
Test(data_scale, areas_are_compared_in_the_same_pixels) {
    lvk_dataset *d = open_table("path,label,mpp\n1.png,A,0.5\n2.png,A,0.25\n3.png,B,\n4.png,B,1\n", 0);
    const double factors[] = {1, 0.25, 1, 4};
    for (size_t i = 0; i < 4; ++i) {
        const double area = lvk_dataset_image(d, i)->area;
        cr_expect_gt(area, 0);
        cr_expect_eq(lvk_dataset_area(d, i, 0.5), area * factors[i]);
        cr_expect_eq(lvk_dataset_area(d, i, 0), area);
    }
    lvk_dataset_destroy(&d);
}

Test(data_scale, a_crop_takes_the_pixels_of_its_scale) {
    static const struct {
        lvk_crop crop;
        double ratio;
        uint32_t side;
    } cases[] = {{{LVK_CROP_CENTER, 300}, 1, 300},   {{LVK_CROP_CENTER, 300}, 2, 600},
                 {{LVK_CROP_CENTER, 300}, 0.5, 150}, {{LVK_CROP_CENTER, 300}, 0.333, 100},
                 {{LVK_CROP_CENTER, 32}, 0.001, 1},  {{LVK_CROP_BBOX, 0}, 2, 0},
                 {{LVK_CROP_CENTER, 300}, 16, 4800}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        const lvk_crop scaled = lvk_crop_scaled(&cases[i].crop, cases[i].ratio);
        cr_expect_eq(scaled.side, cases[i].side, "%u", scaled.side);
        cr_expect_eq(scaled.kind, cases[i].crop.kind);
    }
    cr_expect_eq(lvk_scale_ratio(0.25, 0.125), 2);
    cr_expect_eq(lvk_scale_ratio(0.25, 0), 1);
    cr_expect_eq(lvk_scale_ratio(0, 0.125), 1);
}

/* Crops have the sides of their own scales, and the cache knows the largest; a wrong unit is refused. */
Test(data_scale, a_cache_makes_crops_of_one_scale) {
    const lvk_crop crop = {LVK_CROP_CENTER, 32};
    const uint32_t images[] = {0, 1, 2, 3}, sides[] = {16, 32, 32, 64};
    lvk_dataset *d = open_table("path,label,mpp\n1.png,A,0.5\n2.png,A,0.25\n3.png,B,\n4.png,B,0.125\n", 0);
    lvk_cache *cache;
    cr_assert_eq(lvk_cache_create(d, &crop, 32, 0, &cache), LVK_OK);
    cr_expect_eq(lvk_cache_side(cache), 32);
    cr_expect_eq(lvk_scale_apply(cache, 0.005, images, 4), LVK_ERROR_FORMAT);
    cr_expect_not_null(
        strstr(lvk_error_message(), "1.png: 0.5 microns per pixel, where the model's images have 0.005"),
        "%s", lvk_error_message());
    cr_assert_eq(lvk_scale_apply(cache, 0.25, images, 4), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(lvk_cache_side(cache), 64);
    for (uint32_t i = 0; i < 4; ++i) {
        const lvk_image *cut;
        lvk_image own;
        cr_assert_eq(lvk_cache_get(cache, i, &cut, &own), LVK_OK);
        cr_expect(cut->width == sides[i] && cut->height == sides[i], "image %u: %u", i, cut->width);
        lvk_image_finish(&own);
    }
    lvk_cache_destroy(&cache);
    lvk_dataset_destroy(&d);
}

Test(data_scale, a_scale_that_cannot_be_is_refused) {
    const double bad[] = {-1, 1e-5, 1001, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        const lvk_dataset_options options = {.microns_per_pixel = bad[i]};
        cr_expect_eq(lvk_dataset_options_check(&options), LVK_ERROR_ARGUMENT, "%g", bad[i]);
    }
}
