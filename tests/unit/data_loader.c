/* The loader: order, partial batches, the cache, errors, any number of threads, an early end. */
#define _XOPEN_SOURCE 700
#include "support/resampled.h"
#include "support/tree.h"

#include "core/resource.h"
#include "image/resample.h"
#include "loader/loader.h"

#include <math.h>
#include <sys/resource.h>

TestSuite(loader, .init = tree_create, .fini = tree_remove);

enum { SIDE = 64, OUT = 48, IMAGES = 23, BATCH = 5, FLOATS = OUT * OUT * 3 };

static const lvk_crop crop = {LVK_CROP_CENTER, 50};

static lvk_dataset *open_tree(void) {
    for (uint32_t i = 0; i < IMAGES; ++i) {
        char path[64];
        snprintf(path, sizeof path, "%s/%02u.%s", i % 2 ? "hem" : "all", i, i % 3 ? "bmp" : "png");
        tree_write_image(path, SIDE, i);
    }
    lvk_dataset *dataset;
    cr_assert_eq(lvk_dataset_create(tree_root, NULL, &dataset), LVK_OK, "%s", lvk_error_message());
    return dataset;
}

static lvk_cache *open_cache(const lvk_dataset *dataset, size_t bytes) {
    lvk_cache *cache;
    cr_assert_eq(lvk_cache_create(dataset, &crop, OUT, bytes, &cache), LVK_OK);
    return cache;
}

/* What the batches should hold, made one by one. */
static void make(const lvk_dataset *dataset, uint32_t index, const lvk_augment *augment, float *pixels) {
    lvk_image image, cropped;
    cr_assert_eq(lvk_image_read(tree_path(lvk_dataset_image(dataset, index)->path), &image), LVK_OK);
    cr_assert_eq(lvk_crop_extract(&crop, &image, OUT, &cropped), LVK_OK);
    cr_assert_eq(lvk_resample(&cropped, augment, OUT, pixels), LVK_OK);
    lvk_image_finish(&cropped);
    lvk_image_finish(&image);
}

static void standardize(const lvk_standard *standard, float *pixels) {
    for (int i = 0; i < FLOATS; ++i) {
        const float scale = (float)(1 / standard->deviation[i % 3]);
        pixels[i] = pixels[i] * scale + (float)(-standard->mean[i % 3] / standard->deviation[i % 3]);
    }
    for (int i = 0; standard->bgr && i < FLOATS; i += 3) {
        const float red = pixels[i];
        pixels[i] = pixels[i + 2];
        pixels[i + 2] = red;
    }
}

/* A file that has changed and one that is gone: the others come as before. */
Test(loader, goes_on_without_files_that_cannot_be_read) {
    lvk_dataset *dataset = open_tree();
    lvk_cache *cache = open_cache(dataset, 1);
    uint32_t order[IMAGES];
    bool unreadable[IMAGES] = {false};
    for (uint32_t i = 0; i < IMAGES; ++i)
        order[i] = i;
    cr_assert_eq(remove(tree_path(lvk_dataset_image(dataset, 3)->path)), 0);
    tree_write_image(lvk_dataset_image(dataset, 7)->path, SIDE, 1000);
    for (unsigned threads = 1; threads <= 4; threads += 3) {
        const lvk_loader_options options = {.batch = BATCH, .threads = threads, .unreadable = unreadable};
        lvk_loader *loader;
        lvk_batch batch;
        uint32_t seen = 0;
        memset(unreadable, 0, sizeof unreadable);
        cr_assert_eq(lvk_loader_create(cache, order, IMAGES, &options, &loader), LVK_OK);
        do {
            cr_assert_eq(lvk_loader_next(loader, &batch), LVK_OK, "%s", lvk_error_message());
            for (uint32_t i = 0; i < batch.count; ++i, ++seen) {
                uint8_t sum = 0;
                const uint8_t *pixels = (const uint8_t *)batch.input +
                                        (size_t)i * lvk_cache_side(cache) * lvk_cache_side(cache) * 4;
                for (int b = 0; b < OUT * OUT * 4; ++b)
                    sum |= pixels[b];
                cr_expect_eq(batch.indices[i], seen);
                cr_expect_eq(sum == 0, seen == 3 || seen == 7, "image %u", seen);
            }
        } while (batch.count);
        cr_expect_eq(seen, IMAGES);
        for (uint32_t i = 0; i < IMAGES; ++i)
            cr_expect_eq(unreadable[i], i == 3 || i == 7, "image %u", i);
        lvk_loader_destroy(&loader);
    }
    lvk_cache_destroy(&cache);
    lvk_dataset_destroy(&dataset);
}

static void check_epoch(lvk_cache *cache, const lvk_loader_options *options, const uint32_t *order,
                        size_t count) {
    static const lvk_resampling nothing;
    const lvk_dataset *dataset = lvk_cache_dataset(cache);
    const uint32_t size = options->batch ? options->batch : 32;
    float *expected = malloc(FLOATS * sizeof *expected), *got = malloc(FLOATS * sizeof *got);
    lvk_loader *loader;
    lvk_batch batch;
    size_t done = 0;
    cr_assert_eq(lvk_loader_create(cache, order, count, options, &loader), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_loader_batch_count(loader), (count + size - 1) / size);
    for (;;) {
        cr_assert_eq(lvk_loader_next(loader, &batch), LVK_OK, "%s", lvk_error_message());
        if (batch.count == 0)
            break;
        cr_assert_eq(batch.count, count - done < size ? count - done : size);
        for (uint32_t row = 0; row < batch.count; ++row, ++done) {
            lvk_augment augment = lvk_augment_view(options->view);
            cr_assert_eq(batch.indices[row], order[done], "out of order");
            if (options->augment)
                augment = lvk_augment_draw(&options->strength, options->seed, options->epoch,
                                           options->samples ? options->samples[done] : order[done]);
            cr_assert_eq(batch.samples[row], options->samples ? options->samples[done] : order[done]);
            make(dataset, order[done], &augment, expected);
            standardize(lvk_cache_standard(cache), expected);
            resampled(cache, &batch, row, got);
            for (int k = 0; k < FLOATS; ++k) /* rounded twice, below 16 */
                cr_assert(fabsf(expected[k] - got[k]) <= 16 * 0x1p-22F, "image %zu: %g, not %g", done,
                          (double)got[k], (double)expected[k]);
        }
        for (uint32_t row = batch.count; row < size; ++row)
            cr_assert_eq(memcmp(&nothing, &batch.rows[row], sizeof nothing), 0, "row %u is not zero", row);
    }
    cr_assert_eq(done, count);
    cr_assert_eq(lvk_loader_next(loader, &batch), LVK_OK);
    cr_assert_eq(batch.count, 0, "the end stays the end");
    cr_assert(lvk_loader_wait_seconds(loader) >= 0);
    lvk_loader_destroy(&loader);
    cr_assert_null(loader);
    free(expected);
    free(got);
}

Test(loader, order_batches_and_threads) {
    lvk_dataset *dataset = open_tree();
    uint32_t order[IMAGES + 4];
    for (uint32_t i = 0; i < IMAGES; ++i)
        order[i] = (i * 7 + 3) % IMAGES;
    for (uint32_t i = 0; i < 4; ++i)
        order[IMAGES + i] = 11; /* the same image more than once */
    static const struct {
        size_t count;
        lvk_loader_options options;
    } cases[] = {
        {IMAGES, {.batch = BATCH}},
        {IMAGES + 4, {.batch = BATCH, .threads = 1, .prefetch = 1}},
        {IMAGES, {.batch = BATCH, .threads = 7, .augment = true, .seed = 3, .epoch = 2}},
        {IMAGES, {.batch = BATCH, .threads = 1, .augment = true, .seed = 3, .epoch = 3}},
        {IMAGES,
         {.batch = BATCH, .augment = true, .strength = {.shift = 0.2, .zoom = 0.5, .color = 0.3}, .seed = 4}},
        {IMAGES, {.batch = 1, .threads = 3, .prefetch = 2}},
        {IMAGES, {.threads = 2}},
        {20, {.batch = BATCH}},
        {0, {.batch = BATCH}}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; ++k) {
        lvk_cache *cache = open_cache(dataset, 0);
        check_epoch(cache, &cases[k].options, order, cases[k].count);
        lvk_cache_destroy(&cache);
    }
    lvk_dataset_destroy(&dataset);
}

/* The sum of a crop's reds, and its width. */
static void take_reds(const lvk_image *picture, double *numbers) {
    numbers[0] = 0;
    for (size_t i = 0; i < (size_t)picture->width * picture->height; ++i)
        numbers[0] += picture->pixels[3 * i];
    numbers[1] = picture->width;
}

static const lvk_crop_measure reds = {2, take_reds};

Test(loader, standardizes_by_the_images_that_it_is_given) {
    lvk_dataset *dataset = open_tree();
    const uint32_t order[] = {4, 1, 9};
    double sum[3] = {0}, squares[3] = {0}, pixels = 0, wanted[3][2], numbers[2][3][2];
    for (int i = 0; i < 3; ++i) {
        lvk_image image, cropped;
        cr_assert_eq(lvk_image_read(tree_path(lvk_dataset_image(dataset, order[i])->path), &image), LVK_OK);
        cr_assert_eq(lvk_crop_extract(&crop, &image, OUT, &cropped), LVK_OK);
        for (uint32_t k = 0; k < 3 * cropped.width * cropped.height; ++k) {
            const double p = cropped.pixels[k] / 255.0;
            sum[k % 3] += p;
            squares[k % 3] += p * p;
        }
        take_reds(&cropped, wanted[i]);
        pixels += (double)cropped.width * cropped.height;
        lvk_image_finish(&cropped);
        lvk_image_finish(&image);
    }
    lvk_standard measured[2];
    for (unsigned run = 0; run < 2; ++run) {
        lvk_cache *cache = open_cache(dataset, 0);
        cr_assert_eq(lvk_cache_measure(cache, order, 3, 1 + 3 * run, &reds, &measured[run], numbers[run][0]),
                     LVK_OK);
        lvk_cache_standardize(cache, &measured[run]);
        check_epoch(cache, &(lvk_loader_options){.batch = 2, .augment = true}, order, 3);
        lvk_standard turned = measured[run];
        turned.bgr = true;
        lvk_cache_standardize(cache, &turned);
        check_epoch(cache, &(lvk_loader_options){.batch = 2, .view = 6}, order, 3);
        lvk_cache_destroy(&cache);
    }
    cr_expect_arr_eq(measured[0].mean, measured[1].mean, sizeof measured->mean, "depends on the threads");
    cr_expect_arr_eq(measured[0].deviation, measured[1].deviation, sizeof measured->deviation,
                     "depends on the threads");
    cr_expect(!measured[0].bgr && !measured[1].bgr);
    for (int i = 0; i < 3; ++i) {
        cr_expect_arr_eq(numbers[0][i], wanted[i], sizeof wanted[i]);
        cr_expect_arr_eq(numbers[0][i], numbers[1][i], sizeof numbers[0][i]);
    }
    for (int c = 0; c < 3; ++c) {
        const double mean = sum[c] / pixels;
        cr_expect_float_eq(measured[0].mean[c], mean, 1e-12);
        cr_expect_float_eq(measured[0].deviation[c], sqrt(squares[c] / pixels - mean * mean), 1e-9);
    }
    lvk_dataset_destroy(&dataset);
}

/* An image twice, each time with random numbers of its own. */
Test(loader, augments_by_sample) {
    static const uint32_t order[] = {3, 5, 3}, samples[] = {3, 5, 3 + IMAGES};
    lvk_dataset *dataset = open_tree();
    lvk_cache *cache = open_cache(dataset, 0);
    check_epoch(cache, &(lvk_loader_options){.batch = 2, .augment = true, .samples = samples}, order, 3);
    lvk_cache_destroy(&cache);
    lvk_dataset_destroy(&dataset);
}

Test(loader, decodes_once) {
    lvk_dataset *dataset = open_tree();
    lvk_cache *cache = open_cache(dataset, 0);
    uint32_t order[IMAGES];
    for (uint32_t i = 0; i < IMAGES; ++i)
        order[i] = IMAGES - 1 - i;
    for (uint32_t epoch = 0; epoch < 3; ++epoch)
        check_epoch(cache, &(lvk_loader_options){.batch = 4, .augment = true, .epoch = epoch}, order, IMAGES);
    cr_assert_eq(lvk_cache_decoded(cache), IMAGES);
    lvk_cache_destroy(&cache);

    cache = open_cache(dataset, 10 * 50 * 50 * 3); /* room for ten crops */
    for (uint32_t epoch = 0; epoch < 2; ++epoch)
        check_epoch(cache, &(lvk_loader_options){.batch = 4}, order, IMAGES);
    cr_assert_eq(lvk_cache_decoded(cache), IMAGES + IMAGES - 10);
    lvk_cache_destroy(&cache);
    lvk_dataset_destroy(&dataset);
}

/* As much as a quarter of what the process may have; a limit of its address space counts. */
Test(loader, the_bound_of_a_cache_follows_the_memory) {
    const uint64_t all = lvk_machine_memory();
    cr_assert_gt(all, 0);
    cr_expect_eq(lvk_cache_default_bytes(), all / 4 > LVK_CACHE_LEAST ? all / 4 : LVK_CACHE_LEAST);
    struct rlimit before, little;
    cr_assert_eq(getrlimit(RLIMIT_AS, &before), 0);
    little = (struct rlimit){.rlim_cur = (rlim_t)1 << 31, .rlim_max = before.rlim_max};
    cr_assert_eq(setrlimit(RLIMIT_AS, &little), 0);
    const uint64_t limited = lvk_machine_memory();
    const size_t bound = lvk_cache_default_bytes();
    cr_assert_eq(setrlimit(RLIMIT_AS, &before), 0);
    cr_expect_leq(limited, (uint64_t)1 << 31);
    cr_expect_eq(bound, LVK_CACHE_LEAST);
}

Test(loader, file_gone_or_changed) {
    lvk_dataset *dataset = open_tree();
    uint32_t order[IMAGES];
    for (uint32_t i = 0; i < IMAGES; ++i)
        order[i] = i;
    char path[256], other[256];
    snprintf(path, sizeof path, "%s", lvk_dataset_image(dataset, 12)->path);
    snprintf(other, sizeof other, "%s", lvk_dataset_image(dataset, 14)->path);
    for (int gone = 0; gone < 2; ++gone) {
        tree_write_image(path, SIDE, 777);
        tree_write_text(other, "not an image any more");
        if (gone)
            cr_assert_eq(unlink(tree_path(path)), 0);
        for (unsigned threads = 1; threads < 6; threads += 2) {
            lvk_cache *cache = open_cache(dataset, 0);
            lvk_loader *loader;
            lvk_batch batch;
            const lvk_loader_options options = {.batch = BATCH, .threads = threads};
            cr_assert_eq(lvk_loader_create(cache, order, IMAGES, &options, &loader), LVK_OK);
            for (int b = 0; b < 2; ++b)
                cr_assert_eq(lvk_loader_next(loader, &batch), LVK_OK);
            for (int again = 0; again < 2;
                 ++again) { /* images 12 and 14 are both in batch 2: the first is named */
                cr_assert_eq(lvk_loader_next(loader, &batch), LVK_ERROR_IO);
                TREE_ERROR_HAS(path, gone ? "No such file" : "has changed");
                cr_assert_eq(batch.count, 0);
            }
            lvk_loader_destroy(&loader);
            lvk_cache_destroy(&cache);
        }
    }
    lvk_dataset_destroy(&dataset);
}

Test(loader, destroyed_at_any_time) {
    lvk_dataset *dataset = open_tree();
    uint32_t order[IMAGES];
    for (uint32_t i = 0; i < IMAGES; ++i)
        order[i] = i;
    lvk_cache *cache = open_cache(dataset, 0);
    for (int round = 0; round < 60; ++round) {
        const lvk_loader_options options = {.batch = 2, .threads = (unsigned)round % 5 + 1, .prefetch = 2};
        lvk_loader *loader;
        lvk_batch batch;
        cr_assert_eq(lvk_loader_create(cache, order, IMAGES, &options, &loader), LVK_OK);
        for (int b = 0; b < round % 7; ++b)
            cr_assert_eq(lvk_loader_next(loader, &batch), LVK_OK);
        lvk_loader_destroy(&loader);
    }
    lvk_loader *loader = NULL;
    lvk_loader_destroy(&loader);
    cr_assert_eq(lvk_loader_create(cache, order, 1, &(lvk_loader_options){.side = 49}, &loader),
                 LVK_ERROR_ARGUMENT, "crops of 50 pixels");
    const uint32_t wrong[] = {IMAGES};
    cr_assert_eq(lvk_loader_create(cache, wrong, 1, &(lvk_loader_options){0}, &loader), LVK_ERROR_ARGUMENT);
    lvk_cache_destroy(&cache);
    lvk_dataset_destroy(&dataset);
}

/* Every allocation fails once: an error, no leak, and no thread left behind. */
Test(loader, out_of_memory_anywhere) {
    lvk_dataset *dataset = open_tree();
    const uint32_t order[] = {3, 4, 5};
    uint64_t n = 1;
    for (;; ++n) {
        lvk_cache *cache = NULL;
        lvk_loader *loader = NULL;
        lvk_batch batch = {0};
        const lvk_loader_options options = {.batch = 2, .threads = 1};
        lvk_alloc_fail_after(n);
        lvk_status status = lvk_cache_create(dataset, &crop, OUT, 0, &cache);
        if (status == LVK_OK)
            status = lvk_loader_create(cache, order, 3, &options, &loader);
        for (int b = 0; b < 2 && status == LVK_OK; ++b)
            status = lvk_loader_next(loader, &batch);
        const bool all_made = lvk_alloc_fail_after(0) < n;
        lvk_loader_destroy(&loader);
        lvk_cache_destroy(&cache);
        if (status == LVK_OK && all_made)
            break;
        /* A crop that cannot be kept in the cache is no error: it is decoded again next time. */
        cr_assert(status == LVK_OK || status == LVK_ERROR_MEMORY, "%s", lvk_error_message());
    }
    cr_assert_gt(n, 15, "only %d allocations", (int)n);
    lvk_dataset_destroy(&dataset);
}
