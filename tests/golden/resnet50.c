/* ResNet50 with ImageNet's weights, on the four cell images that lie with the reference numbers: the way of a
 * picture from its file through the loader and the folded network. For those who have the weights:
 * LEUKVK_WEIGHTS names a file that leukvk import made of them. */
#include "artifact/backbone.h"
#include "core/memory.h"
#include "golden/summary.h"
#include "predict/batch_source.h"
#include "support/device.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGES = 4, FEATURES = 2048, CLASSES = 1000, TOP = 5 };

/* LEUKVK_TEST_FEWER, which builds with sanitizers set, leaves one image of four: the others run the same code
 * over the same memory. */
static uint32_t image_count(void) {
    return getenv("LEUKVK_TEST_FEWER") ? 1 : IMAGES;
}

/* The README's table: relative error of the features in PyTorch's float32. */
static const double FORWARD = 2e-6;

typedef struct scene {
    lvk_backend *backend;
    json_t *root;
    lvk_backbone *backbone;
    float features[IMAGES * FEATURES];
} scene;

static scene s;

/* Where the numbers and the images are that cannot be part of the sources: they show real cells. */
static const char *folder(void) {
    const char *path = getenv("LEUKVK_GOLDEN_RESNET50");
    return path && *path ? path : NULL;
}

static void need_folder(void) {
    static const char reason[] =
        "LEUKVK_GOLDEN_RESNET50 does not name the folder of ResNet50's reference numbers";
    if (folder())
        return;
    fprintf(stderr, "skipped: %s\n", reason); /* Criterion tells only when it is asked to be verbose */
    cr_skip_test("%s", reason);
}

static lvk_dataset *open_images(void) {
    char paths[IMAGES][1024];
    const char *names[IMAGES];
    lvk_dataset *dataset;
    for (size_t i = 0; i < image_count(); ++i) {
        const json_t *image = json_array_get(golden_member(s.root, "images"), i);
        snprintf(paths[i], sizeof paths[i], "%s/%s", folder(), golden_text(image, "file"));
        names[i] = paths[i];
    }
    cr_assert_eq(lvk_dataset_create_from_files(names, image_count(), NULL, &dataset), LVK_OK, "%s",
                 lvk_error_message());
    return dataset;
}

static void infer(const lvk_dataset *dataset) {
    static const uint32_t order[IMAGES] = {0, 1, 2, 3};
    const lvk_crop whole = {.kind = LVK_CROP_NONE};
    lvk_cache *cache;
    cr_assert_eq(lvk_cache_create(dataset, &whole, 224, 0, &cache), LVK_OK);
    const lvk_network_config config = {.model = {.architecture = "resnet50",
                                                 .part = LVK_MODEL_BACKBONE,
                                                 .variant = s.backbone->variant,
                                                 .folded = true},
                                       .batch = image_count(),
                                       .crop_side = lvk_cache_side(cache)};
    lvk_network *network;
    lvk_loader *loader;
    lvk_batch batch;
    cr_assert_eq(lvk_network_create(s.backend, &config, &network), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_backbone_load(network, lvk_weights_file(s.backbone->weights), false), LVK_OK, "%s",
                 lvk_error_message());
    lvk_cache_standardize(cache, &s.backbone->standard);
    cr_assert_eq(lvk_loader_create(cache, order, image_count(), &(lvk_loader_options){.batch = image_count()},
                                   &loader),
                 LVK_OK);
    cr_assert_eq(lvk_loader_next(loader, &batch), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_network_infer(network, batch.input, batch.rows, s.features), LVK_OK, "%s",
                 lvk_error_message());
    lvk_loader_destroy(&loader);
    lvk_cache_destroy(&cache);
    lvk_network_destroy(&network);
}

static void open_scene(void) {
    need_folder();
    s = (scene){.backend = test_open_device(), .root = golden_load_from(folder(), "resnet50.json")};
    const char *weights = getenv("LEUKVK_WEIGHTS");
    cr_assert(weights, "LEUKVK_WEIGHTS is not set");
    cr_assert_eq(lvk_backbone_open(weights, "resnet50", &s.backbone), LVK_OK, "%s", lvk_error_message());
    lvk_dataset *dataset = open_images();
    infer(dataset);
    lvk_dataset_destroy(&dataset);
    fprintf(stderr, "resnet50 on %s\n", s.backend->info.name);
}

static void close_scene(void) {
    lvk_backbone_close(&s.backbone);
    json_decref(s.root);
    test_close_device(s.backend);
}

/* The five largest of ImageNet's classes, by the features and the classifier that came with the weights. */
static void compare_classes(const float *kernel, const float *bias, const float *features,
                            const json_t *top) {
    static double logits[CLASSES];
    uint64_t count, number;
    double *classes = golden_list(golden_member(top, "class"), &count);
    double *expected = golden_list(golden_member(top, "logit"), &number);
    cr_assert(count == TOP && number == TOP);
    for (size_t k = 0; k < CLASSES; ++k) {
        logits[k] = (double)bias[k];
        for (size_t f = 0; f < FEATURES; ++f)
            logits[k] += (double)features[f] * (double)kernel[f * CLASSES + k];
    }
    for (int place = 0; place < TOP; ++place) {
        size_t best = 0;
        for (size_t k = 1; k < CLASSES; ++k)
            best = logits[k] > logits[best] ? k : best;
        cr_expect_eq(best, (size_t)classes[place], "%s, place %d: class %zu, expected %g",
                     golden_text(top, "file"), place + 1, best, classes[place]);
        golden_near("logit", logits[best], expected[place],
                    GOLDEN_SLACK * FORWARD * golden_number(top, "all_logits_l2"));
        logits[best] = -INFINITY;
    }
    lvk_free(classes);
    lvk_free(expected);
}

Test(resnet50, features_and_classes) {
    open_scene();
    uint64_t count;
    double *expected = golden_list(golden_member(golden_member(s.root, "features"), "values"), &count);
    cr_assert_eq(count, (uint64_t)IMAGES * FEATURES);
    for (size_t n = 0; n < image_count(); ++n) {
        double error = 0, size = 0;
        for (size_t f = n * FEATURES; f < (n + 1) * FEATURES; ++f) {
            error += ((double)s.features[f] - expected[f]) * ((double)s.features[f] - expected[f]);
            size += expected[f] * expected[f];
        }
        fprintf(stderr, "  image %zu: features off by %.1e of their size\n", n, sqrt(error / size));
        golden_near("features", sqrt(error), 0, GOLDEN_SLACK * FORWARD * sqrt(size));
    }
    const lvk_type matrix = lvk_type_2d(LVK_F32, FEATURES, CLASSES), vector = lvk_type_1d(LVK_F32, CLASSES);
    float *kernel = lvk_alloc((size_t)FEATURES * CLASSES, sizeof *kernel);
    float *bias = lvk_alloc(CLASSES, sizeof *bias);
    cr_assert_eq(lvk_weights_copy(s.backbone->weights, "fc1000/kernel", &matrix, kernel), LVK_OK, "%s",
                 lvk_error_message());
    cr_assert_eq(lvk_weights_copy(s.backbone->weights, "fc1000/bias", &vector, bias), LVK_OK);
    for (size_t n = 0; n < image_count(); ++n)
        compare_classes(kernel, bias, s.features + n * FEATURES,
                        json_array_get(golden_member(s.root, "top5"), n));
    lvk_free(kernel);
    lvk_free(bias);
    lvk_free(expected);
    close_scene();
}
