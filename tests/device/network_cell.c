/* The logits of the cell's area and hue on each device: by their formula, and not changed by training. */
#include "core/memory.h"
#include "models/cell.h"
#include "support/device.h"
#include "support/network.h"
#include "train/cell_fit.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { SIZE = 32, IMAGES = 2, CLASSES = 3 };
static const double area[CLASSES] = {-4, 2.5, 0.75}, hue[CLASSES] = {3, -5, 0.5},
                    bias[CLASSES] = {1.5, -0.25, 0.5};
static const lvk_cell_parameters wanted = {.mean = {0.3, 0.2, 0.25},
                                           .deviation = {0.25, 0.5, 0.2},
                                           .balance = 0.6,
                                           .area = area,
                                           .hue = hue,
                                           .bias = bias};

/* Images with an ellipse each, noise in it, and very dark noise on the ground; and what is measured of them. */
static void draw(float *images, double numbers[IMAGES][LVK_CELL_NUMBERS]) {
    static uint8_t pixels[SIZE * SIZE * 3];
    const lvk_image crop = {.pixels = pixels, .width = SIZE, .height = SIZE};
    for (int n = 0; n < IMAGES; ++n) {
        for (int i = 0; i < SIZE * SIZE; ++i) {
            const double x = i % SIZE - SIZE / 2,
                         y = i / SIZE - SIZE / 2; /* NOLINT(bugprone-integer-division) */
            const bool inside = x * x + (1 + 4 * n) * y * y < 150;
            for (int c = 0; c < 3; ++c) {
                float noise;
                test_fill(&noise, 1, (uint32_t)((n * SIZE * SIZE + i) * 3 + c));
                const uint8_t value = (uint8_t)lround(
                    255 * (inside ? 0.5 + 0.45 * (double)noise : 0.02 + 0.02 * (double)noise));
                pixels[3 * i + c] = value;
                images[(n * SIZE * SIZE + i) * 3 + c] =
                    (float)((value / 255.0 - wanted.mean[c]) / wanted.deviation[c]);
            }
        }
        lvk_cell_measure.take(&crop, numbers[n]);
    }
}

/* All parameters but those of the cell become 0, and with them the logits of the net. */
static void set_parameters(lvk_network *network) {
    float *block = lvk_alloc(network->block_size, 1);
    lvk_cell_set(lvk_network_builder(network), &wanted, block);
    cr_assert_eq(lvk_network_write(network, LVK_BLOCK_PARAMETERS, block), LVK_OK, "%s", lvk_error_message());
    lvk_free(block);
}

static void check_logits(lvk_cell_measures measures) {
    lvk_backend *backend = test_open_device();
    const lvk_network_config config = {
        .model = {.architecture = "cnn-gap", .cell = measures, .classes = CLASSES, .image_size = SIZE},
        .batch = IMAGES};
    lvk_network *network = test_network(backend, &config);
    static float images[IMAGES * SIZE * SIZE * 3], logits[IMAGES][CLASSES];
    double numbers[IMAGES][LVK_CELL_NUMBERS];
    draw(images, numbers);
    cr_assert_gt(fabs(numbers[0][LVK_CELL_GROUND] - numbers[1][LVK_CELL_GROUND]), 0.1);
    set_parameters(network);
    cr_expect_eq(lvk_network_feature_count(network), 256, "the features of the net, not of the cell");
    cr_assert_eq(lvk_network_infer(network, images, NULL, &logits[0][0]), LVK_OK, "%s", lvk_error_message());
    for (int n = 0; n < IMAGES; ++n)
        for (int k = 0; k < CLASSES; ++k) {
            const double tint = numbers[n][LVK_CELL_BLUE] - wanted.balance * numbers[n][LVK_CELL_GREEN];
            const double logit = area[k] * numbers[n][LVK_CELL_GROUND] + bias[k] +
                                 (measures == LVK_CELL_AREA_AND_HUE ? hue[k] * tint : 0);
            cr_expect_float_eq(logits[n][k], logit, 2e-5, "image %d, class %d: %g, not %g", n, k,
                               (double)logits[n][k], logit);
        }
    lvk_network_destroy(&network);
    test_close_device(backend);
}

Test(cell, logits_are_those_of_the_area) {
    check_logits(LVK_CELL_AREA);
}

Test(cell, logits_are_those_of_area_and_hue) {
    check_logits(LVK_CELL_AREA_AND_HUE);
}

Test(cell, training_leaves_it_and_changes_the_rest) {
    lvk_backend *backend = test_open_device();
    lvk_network_config config = test_small_network;
    config.model = test_compact_model;
    config.model.cell = LVK_CELL_AREA_AND_HUE;
    config.model.batch_statistics = true;
    lvk_network *network = test_network(backend, &config);
    float *before = test_parameters(network), loss;
    const lvk_cell_parameters two = {
        .mean = {0.5, 0.5, 0.5}, .deviation = {0.25, 0.25, 0.25}, .area = area, .hue = hue, .bias = bias};
    lvk_cell_set(lvk_network_builder(network), &two, before);
    cr_assert_eq(lvk_network_write(network, LVK_BLOCK_PARAMETERS, before), LVK_OK);
    cr_assert_eq(test_train_step(network, 0, &loss), LVK_OK, "%s", lvk_error_message());
    float *after = test_parameters(network);
    const lvk_builder *builder = lvk_network_builder(network);
    int fixed = 0;
    for (size_t p = 0; p < builder->parameter_count; ++p) {
        const lvk_tensor *tensor = &builder->graph->tensors[builder->parameters[p].tensor];
        const bool same = memcmp((char *)before + tensor->offset, (char *)after + tensor->offset,
                                 lvk_type_size(&tensor->type)) == 0;
        const bool cell = strncmp(tensor->name, "area/", 5) == 0 ||
                          strncmp(tensor->name, "ground/", 7) == 0 || strncmp(tensor->name, "hue/", 4) == 0;
        fixed += cell;
        cr_expect_eq(same, cell, "%s", tensor->name);
    }
    cr_expect_eq(fixed, 6);
    lvk_free(before);
    lvk_free(after);
    lvk_network_destroy(&network);
    test_close_device(backend);
}
