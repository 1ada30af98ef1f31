/* The logits of the cell's area on each device: by their formula, and not changed by training. */
#include "core/memory.h"
#include "models/area.h"
#include "support/device.h"
#include "support/network.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { SIZE = 32, IMAGES = 2, CLASSES = 3 };
static const double kernel[CLASSES] = {-4, 2.5, 0.75}, bias[CLASSES] = {1.5, -0.25, 0.5};
static const lvk_area_parameters wanted = {
    .mean = {0.3, 0.2, 0.25}, .deviation = {0.25, 0.5, 0.2}, .kernel = kernel, .bias = bias};

/* Images with an ellipse each, noise in it, and very dark noise on the ground. */
static void draw(float *images, double ground[IMAGES]) {
    for (int n = 0; n < IMAGES; ++n) {
        ground[n] = 0;
        for (int i = 0; i < SIZE * SIZE; ++i) {
            const double x = i % SIZE - SIZE / 2,
                         y = i / SIZE - SIZE / 2; /* NOLINT(bugprone-integer-division) */
            const bool inside = x * x + (1 + 4 * n) * y * y < 150;
            double color[3], sum = 0;
            for (int c = 0; c < 3; ++c) {
                float noise;
                test_fill(&noise, 1, (uint32_t)((n * SIZE * SIZE + i) * 3 + c));
                color[c] = inside ? 0.2 + 0.7 * (double)noise : 0.08 * (double)noise;
                sum += color[c];
                images[(n * SIZE * SIZE + i) * 3 + c] =
                    (float)((color[c] - wanted.mean[c]) / wanted.deviation[c]);
            }
            ground[n] += fmin(1, fmax(0, 2 - LVK_GROUND_STEEPNESS * sum)) / (SIZE * SIZE);
        }
    }
}

/* All parameters but those of the area become 0, and with them the logits of the net. */
static void set_parameters(lvk_network *network) {
    float *block = lvk_alloc(network->block_size, 1);
    lvk_area_set(lvk_network_builder(network), &wanted, block);
    cr_assert_eq(lvk_network_write(network, LVK_BLOCK_PARAMETERS, block), LVK_OK, "%s", lvk_error_message());
    lvk_free(block);
}

Test(area, logits_are_those_of_the_formula) {
    lvk_backend *backend = test_open_device();
    const lvk_network_config config = {
        .model = {.architecture = "cnn-gap", .area = true, .classes = CLASSES, .image_size = SIZE},
        .batch = IMAGES};
    lvk_network *network = test_network(backend, &config);
    static float images[IMAGES * SIZE * SIZE * 3], logits[IMAGES][CLASSES];
    double ground[IMAGES];
    draw(images, ground);
    cr_assert_gt(fabs(ground[0] - ground[1]), 0.1);
    set_parameters(network);
    cr_expect_eq(lvk_network_feature_count(network), 256, "the features of the net, not of the area");
    cr_assert_eq(lvk_network_infer(network, images, NULL, &logits[0][0]), LVK_OK, "%s", lvk_error_message());
    for (int n = 0; n < IMAGES; ++n)
        for (int k = 0; k < CLASSES; ++k)
            cr_expect_float_eq(logits[n][k], kernel[k] * ground[n] + bias[k], 2e-5, "image %d, class %d", n,
                               k);
    lvk_network_destroy(&network);
    test_close_device(backend);
}

Test(area, training_leaves_it_and_changes_the_rest) {
    lvk_backend *backend = test_open_device();
    lvk_network_config config = test_small_network;
    config.model = test_compact_model;
    config.model.area = true;
    config.model.batch_statistics = true;
    lvk_network *network = test_network(backend, &config);
    float *before = test_parameters(network), loss;
    const lvk_area_parameters two = {
        .mean = {0.5, 0.5, 0.5}, .deviation = {0.25, 0.25, 0.25}, .kernel = kernel, .bias = bias};
    lvk_area_set(lvk_network_builder(network), &two, before);
    cr_assert_eq(lvk_network_write(network, LVK_BLOCK_PARAMETERS, before), LVK_OK);
    cr_assert_eq(test_train_step(network, 0, &loss), LVK_OK, "%s", lvk_error_message());
    float *after = test_parameters(network);
    const lvk_builder *builder = lvk_network_builder(network);
    int fixed = 0;
    for (size_t p = 0; p < builder->parameter_count; ++p) {
        const lvk_tensor *tensor = &builder->graph->tensors[builder->parameters[p].tensor];
        const bool same = memcmp((char *)before + tensor->offset, (char *)after + tensor->offset,
                                 lvk_type_size(&tensor->type)) == 0;
        const bool area = strncmp(tensor->name, "area/", 5) == 0 || strncmp(tensor->name, "ground/", 7) == 0;
        fixed += area;
        cr_expect_eq(same, area, "%s", tensor->name);
    }
    cr_expect_eq(fixed, 4);
    lvk_free(before);
    lvk_free(after);
    lvk_network_destroy(&network);
    test_close_device(backend);
}
