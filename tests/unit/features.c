/* Features of a backbone: computed once, found again, told apart by key, picture and view; and the batches
 * that a head is trained with. */
#define _XOPEN_SOURCE 700
#include "support/tree.h"

#include "image/resample.h"
#include "predict/batch_source.h"
#include "reference/reference.h"

#include <math.h>

enum { IMAGES = 5, LENGTH = 256, BATCH = 2 };

static const char key[] = "weights a, crop b";

typedef struct scene {
    lvk_dataset *dataset;
    lvk_cache *cache;
    lvk_backend *backend;
    lvk_network *backbone;
    uint32_t images[IMAGES];
} scene;

static scene s;

static void open_scene(void) {
    const lvk_crop crop = {LVK_CROP_CENTER, 64};
    tree_create();
    setenv("XDG_CACHE_HOME", tree_path("cache"), 1);
    for (uint32_t i = 0; i < IMAGES; ++i) {
        char path[64];
        snprintf(path, sizeof path, "data/%s/%u.png", i % 2 ? "hem" : "all", i);
        tree_write_image(path, 64, i);
        s.images[i] = i;
    }
    cr_assert_eq(lvk_dataset_create(tree_path("data"), NULL, &s.dataset), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_cache_create(s.dataset, &crop, 64, 0, &s.cache), LVK_OK);
    cr_assert_eq(lvk_reference_create(&s.backend), LVK_OK);
    const lvk_network_config config = {
        .model = {.architecture = "resnet50-narrow", .part = LVK_MODEL_BACKBONE, .folded = true},
        .batch = BATCH,
        .crop_side = lvk_cache_side(s.cache)};
    cr_assert_eq(lvk_network_create(s.backend, &config, &s.backbone), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_network_initialize(s.backbone, 3), LVK_OK);
}

static void close_scene(void) {
    lvk_network_destroy(&s.backbone);
    s.backend->functions->destroy(s.backend);
    lvk_cache_destroy(&s.cache);
    lvk_dataset_destroy(&s.dataset);
    tree_remove();
}

TestSuite(features, .init = open_scene, .fini = close_scene);

static lvk_features *open_features(const char *for_key) {
    lvk_features *features;
    cr_assert_eq(lvk_features_open(s.dataset, for_key, LENGTH, &features), LVK_OK, "%s", lvk_error_message());
    return features;
}

static lvk_features_request request(uint32_t views) {
    return (lvk_features_request){s.images, IMAGES, views};
}

static lvk_features *compute(uint32_t views) {
    lvk_features *features = open_features(key);
    const lvk_features_request wanted = request(views);
    cr_assert_eq(lvk_features_compute(features, &wanted, s.backbone, s.cache, 1, NULL, NULL), LVK_OK, "%s",
                 lvk_error_message());
    cr_expect_eq(lvk_features_missing(features, &wanted), 0);
    cr_assert_eq(lvk_features_save(features), LVK_OK, "%s", lvk_error_message());
    return features;
}

static bool same_row(const lvk_features *a, const lvk_features *b, uint32_t image, uint32_t view) {
    return memcmp(lvk_features_row(a, image, view), lvk_features_row(b, image, view),
                  LENGTH * sizeof(float)) == 0;
}

Test(features, are_found_again) {
    const lvk_features_request two = request(2), three = request(3);
    lvk_features *computed = compute(2), *found = open_features(key), *other = open_features("weights c");
    cr_expect_eq(lvk_features_missing(found, &two), 0);
    cr_expect_eq(lvk_features_missing(found, &three), IMAGES, "a view that was not wanted then");
    cr_expect_eq(lvk_features_missing(other, &two), 2 * IMAGES, "rows of another key");
    for (uint32_t i = 0; i < IMAGES; ++i) {
        cr_expect(same_row(computed, found, i, 0) && same_row(computed, found, i, 1), "image %u", i);
        cr_expect(
            memcmp(lvk_features_row(found, i, 0), lvk_features_row(found, i, 1), LENGTH * sizeof(float)) != 0,
            "image %u: two views with one row", i);
    }
    lvk_features_destroy(&computed);
    lvk_features_destroy(&found);
    lvk_features_destroy(&other);
}

/* A row does not depend on which batch it was computed in. */
Test(features, are_the_backbones_outputs) {
    lvk_features *features = compute(1);
    for (uint32_t i = 0; i < IMAGES; ++i) {
        const lvk_loader_options options = {.batch = BATCH, .threads = 1};
        float outputs[BATCH * LENGTH];
        lvk_loader *loader;
        lvk_batch batch;
        cr_assert_eq(lvk_loader_create(s.cache, &i, 1, &options, &loader), LVK_OK);
        cr_assert_eq(lvk_loader_next(loader, &batch), LVK_OK);
        cr_assert_eq(lvk_network_infer(s.backbone, batch.input, batch.rows, outputs), LVK_OK);
        cr_expect_arr_eq(outputs, lvk_features_row(features, i, 0), LENGTH * sizeof(float), "image %u", i);
        lvk_loader_destroy(&loader);
    }
    lvk_features_destroy(&features);
}

Test(features, of_a_damaged_file_are_computed_anew) {
    const lvk_features_request wanted = request(1);
    lvk_features *features = compute(1);
    char *bytes;
    void *data;
    size_t size;
    cr_assert_eq(lvk_file_read(lvk_features_path(features), 1 << 24, &data, &size), LVK_OK);
    bytes = data;
    for (size_t at = 0; at < size; at += size / 37) {
        bytes[at] ^= 4;
        cr_assert_eq(lvk_file_write(lvk_features_path(features), bytes, size), LVK_OK);
        lvk_features *again = open_features(key);
        cr_expect_eq(lvk_features_missing(again, &wanted), IMAGES, "with byte %zu changed", at);
        lvk_features_destroy(&again);
        bytes[at] ^= 4;
    }
    cr_assert_eq(lvk_file_write(lvk_features_path(features), bytes, size / 2), LVK_OK);
    lvk_features *again = open_features(key);
    cr_expect_eq(lvk_features_missing(again, &wanted), IMAGES, "cut in half");
    lvk_features_destroy(&again);
    lvk_features_destroy(&features);
    lvk_free(data);
}

static void feed_once(const lvk_features *features, const lvk_loader_options *options, uint32_t views,
                      bool seen[LVK_VIEW_COUNT]) {
    const lvk_source source = {.cache = s.cache, .features = features, .views = views};
    lvk_batch_source *batches;
    lvk_batch batch;
    size_t done = 0;
    cr_assert_eq(lvk_batch_source_create(&source, s.images, IMAGES, options, &batches), LVK_OK);
    for (;;) {
        cr_assert_eq(lvk_batch_source_next(batches, &batch), LVK_OK);
        if (batch.count == 0)
            break;
        for (uint32_t i = 0; i < batch.count; ++i, ++done) {
            const float *row = (const float *)batch.input + (size_t)i * LENGTH;
            uint32_t view = 0;
            cr_assert_eq(batch.indices[i], s.images[done]);
            while (view < views &&
                   memcmp(row, lvk_features_row(features, batch.indices[i], view), LENGTH * sizeof *row) != 0)
                ++view;
            cr_assert_lt(view, views, "image %u: no row of its own", batch.indices[i]);
            seen[view] = true;
        }
        for (size_t i = (size_t)batch.count * LENGTH; i < (size_t)BATCH * LENGTH; ++i)
            cr_assert_eq(((const float *)batch.input)[i], 0, "behind the last image");
    }
    cr_expect_eq(done, IMAGES);
    lvk_batch_source_destroy(&batches);
}

Test(features, are_fed_in_views_drawn_by_epoch) {
    lvk_features *features = compute(3);
    bool seen[LVK_VIEW_COUNT] = {false}, plain[LVK_VIEW_COUNT] = {false};
    for (uint32_t epoch = 0; epoch < 8; ++epoch)
        feed_once(features, &(lvk_loader_options){.batch = BATCH, .augment = true, .seed = 1, .epoch = epoch},
                  3, seen);
    cr_expect(seen[0] && seen[1] && seen[2], "a view is never drawn");
    feed_once(features, &(lvk_loader_options){.batch = BATCH}, 3, plain);
    cr_expect(plain[0] && !plain[1] && !plain[2], "without augmentation a picture lies as it is");
    lvk_features_destroy(&features);
}
