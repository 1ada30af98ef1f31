/* The last feature map and the logits' gradient by it, on each device: a closed form, where the map lies,
 * inference that stays as it is, and heat maps that differ from the reference's by no more than rounding
 * can make them. */
#include "core/memory.h"
#include "reference/reference.h"
#include "support/device.h"
#include "support/network.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { CLASSES = 3, BATCH = 2 };

/* The maps of a batch and their gradients. */
typedef struct explained {
    lvk_feature_map shape;
    size_t count; /* floats of `map` and `gradient`, all images */
    float *map, *gradient, logits[BATCH * CLASSES];
} explained;

static float *make_images(const lvk_network *network) {
    const size_t size = lvk_model_image_size(network->model, &network->config.model);
    const lvk_allocator *memory = network->backend->host_memory;
    const size_t count = network->config.batch * size * size * 3;
    float *images = memory->alloc(memory->user, count, sizeof *images);
    test_fill(images, count, 5);
    return images;
}

static explained explain(lvk_network *network, const float *seed) {
    explained e = {.shape = lvk_network_feature_map(network)};
    e.count = (size_t)network->config.batch * e.shape.height * e.shape.width * e.shape.channels;
    e.map = lvk_alloc(e.count, sizeof *e.map);
    e.gradient = lvk_alloc(e.count, sizeof *e.gradient);
    float *images = make_images(network);
    cr_assert_eq(lvk_network_explain(network, images, NULL, seed, e.logits, e.map, e.gradient), LVK_OK, "%s",
                 lvk_error_message());
    network->backend->host_memory->free(network->backend->host_memory->user, images);
    return e;
}

static void finish(explained *e) {
    lvk_free(e->map);
    lvk_free(e->gradient);
}

/* The kernel of the last dense layer, [units][outputs], in a block of parameters. */
static const lvk_tensor *last_kernel(const lvk_network *network) {
    const lvk_builder *builder = lvk_network_builder(network);
    return &builder->graph->tensors[builder->parameters[builder->parameter_count - 2].tensor];
}

/* logit[c] = bias[c] + sum over k of w[k][c] mean(map[k]). So the gradient by each place is w[k][c] /
 * places, of which product, mean and seed are three roundings, and the sum of gradient and map over all
 * places is the logit less the bias. */
Test(network_explain, weights_behind_a_global_average_are_those_of_the_dense_layer) {
    lvk_backend *backend = test_open_device();
    const lvk_network_config config = {
        .model = {.architecture = "cnn-gap", .image_size = 64, .classes = CLASSES},
        .batch = BATCH,
        .explain = true};
    lvk_network *network = test_network(backend, &config);
    float *block = test_parameters(network);
    const float *w = block + last_kernel(network)->offset / sizeof *block;
    for (int c = 0; c < CLASSES; ++c) {
        float seed[BATCH * CLASSES] = {0};
        seed[c] = 1;
        seed[CLASSES + c] = -0.5F;
        explained e = explain(network, seed);
        const uint32_t places = e.shape.height * e.shape.width, channels = e.shape.channels;
        cr_assert(places == 16 && channels == 256, "%u places", places);
        double sum[BATCH] = {0}, absolute[BATCH] = {0};
        for (size_t i = 0; i < e.count; ++i) {
            const size_t image = i / (places * channels);
            const double wanted = (double)seed[image * CLASSES + (size_t)c] *
                                  (double)w[i % channels * CLASSES + (size_t)c] / places;
            cr_expect(fabs((double)e.gradient[i] - wanted) <= 3 * FLT_EPSILON * fabs(wanted),
                      "value %zu: %g, not %g", i, (double)e.gradient[i], wanted);
            sum[image] += (double)e.gradient[i] * (double)e.map[i];
            absolute[image] += fabs((double)e.gradient[i] * (double)e.map[i]);
        }
        for (size_t n = 0; n < BATCH; ++n) {
            const double logit = (double)(seed[n * CLASSES + (size_t)c] * e.logits[n * CLASSES + (size_t)c]);
            cr_expect(fabs(sum[n] - logit) <= (places + channels + 4) * (double)FLT_EPSILON * absolute[n],
                      "image %zu: %.9g, not %.9g", n, sum[n], logit); /* the initial bias is 0 */
            cr_expect_gt(absolute[n], 1e-3);
        }
        finish(&e);
    }
    lvk_free(block);
    lvk_network_destroy(&network);
    test_close_device(backend);
}

/* Inference does not know of it, and the area's logits, which no map has a part in, change no gradient. */
Test(network_explain, inference_has_the_same_bits_and_the_area_adds_no_gradient) {
    lvk_backend *backend = test_open_device();
    lvk_network_config config = {.model = {.architecture = "cnn-gap", .image_size = 64, .classes = CLASSES},
                                 .batch = BATCH};
    const float seed[BATCH * CLASSES] = {0, 1, 0, 1, 0, 0};
    float logits[2][BATCH * CLASSES];
    explained e[2];
    for (int i = 0; i < 2; ++i) {
        config.explain = i == 1;
        lvk_network *network = test_network(backend, &config);
        float *images = make_images(network);
        cr_assert_eq(lvk_network_infer(network, images, NULL, logits[i]), LVK_OK, "%s", lvk_error_message());
        backend->host_memory->free(backend->host_memory->user, images);
        lvk_network_destroy(&network);
    }
    cr_expect_arr_eq(logits[0], logits[1], sizeof logits[0]);
    for (int i = 0; i < 2; ++i) {
        config.model.cell = i ? LVK_CELL_AREA_AND_HUE : LVK_CELL_NONE;
        lvk_network *network = test_network(backend, &config);
        e[i] = explain(network, seed);
        lvk_network_destroy(&network);
    }
    cr_assert_eq(e[0].count, e[1].count);
    cr_expect_arr_eq(e[0].gradient, e[1].gradient, e[0].count * sizeof(float));
    finish(&e[0]);
    finish(&e[1]);
    test_close_device(backend);
}

/* Places by hand: a window of k with stride s and padding p over places first + i step is at first + ((k
 * - 1) / 2 - p) step, and s step apart. */
Test(network_explain, map_lies_where_its_windows_are) {
    static const struct {
        const char *architecture;
        uint32_t stage, size, side;
        lvk_map_place place;
    } wanted[] = {{"cnn", 0, 224, 52, {8.5, 4}},
                  {"cnn-gap", 0, 112, 7, {7, 16}},
                  {"resnet50-narrow", 0, 64, 2, {0, 32}},
                  {"resnet50-narrow", 4, 64, 4, {0, 16}}};
    lvk_backend *backend = test_open_device();
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; ++i) {
        const lvk_network_config config = {.model = {.architecture = wanted[i].architecture,
                                                     .head = "none",
                                                     .feature_stage = wanted[i].stage,
                                                     .folded = true},
                                           .batch = 1,
                                           .explain = true};
        lvk_network *network = test_network(backend, &config);
        const lvk_feature_map map = lvk_network_feature_map(network);
        cr_expect(map.height == wanted[i].side && map.width == wanted[i].side, "%s: %u",
                  wanted[i].architecture, map.height);
        cr_expect(map.place.first == wanted[i].place.first && map.place.step == wanted[i].place.step,
                  "%s: %g + %g i", wanted[i].architecture, map.place.first, map.place.step);
        lvk_network_destroy(&network);
    }
    test_close_device(backend);
}

/* Kernels of positive numbers whose sum over a window is about 1, so that all activations are positive and
 * about 1, nothing cancels before the last layer, and every ReLU passes. The last layer's numbers are positive for
 * class 0, and for class 1 the same with signs. Returns the most products that are summed, layer after layer: by
 * convolutions on the way to the map, by dense layers on the way back to it. */
static double set_positive(lvk_network *network) {
    float *block = test_parameters(network);
    const lvk_builder *builder = lvk_network_builder(network);
    double products = 0;
    for (size_t p = 0; p < builder->parameter_count; ++p) {
        const lvk_tensor *tensor = &builder->graph->tensors[builder->parameters[p].tensor];
        float *values = block + tensor->offset / sizeof *block;
        const uint64_t count = lvk_type_count(&tensor->type);
        const uint32_t outputs = tensor->type.dim[tensor->type.rank - 1];
        const double summed = tensor->type.rank > 1 ? (double)count / outputs : 1;
        test_fill(values, count, (uint32_t)p + 100);
        for (uint64_t i = 0; i < count; ++i)
            values[i] = tensor->type.rank > 1 ? (float)((0.5 + (double)values[i]) / summed) : 0.01F;
        products += tensor->type.rank > 2 ? summed : outputs;
        for (uint64_t i = 0; tensor == last_kernel(network) && i + 1 < count; i += outputs)
            values[i + 1] = (i / outputs) % 3 == 1 ? -values[i] : values[i];
    }
    cr_assert_eq(lvk_network_write(network, LVK_BLOCK_PARAMETERS, block), LVK_OK, "%s", lvk_error_message());
    lvk_free(block);
    return products;
}

/* Grad-CAM before the ReLU at place `i` of image `n`, of the absolute products where `absolute`. */
static double heat(const explained *e, size_t n, size_t i, bool absolute) {
    const size_t places = (size_t)e->shape.height * e->shape.width, channels = e->shape.channels;
    const float *map = e->map + n * places * channels, *gradient = e->gradient + n * places * channels;
    double sum = 0;
    for (size_t k = 0; k < channels; ++k) {
        double weight = 0;
        for (size_t p = 0; p < places; ++p)
            weight +=
                absolute ? fabs((double)gradient[p * channels + k]) : (double)gradient[p * channels + k];
        sum += weight / (double)places * (double)map[i * channels + k];
    }
    return sum;
}

/* Of positive numbers a sum of n products is within n u of itself, u half of float's epsilon, in any
 * order; through layers the n add up, for the map and its gradient once each. The heat of class 1 is a
 * sum with signs of products that are those of class 0 but for the signs, so that the same times the sum
 * of class 0 bounds its error on each of two devices. Winograd's transforms, which subtract, are within
 * four times that. */
/* The largest difference of two heats of class 1 in units of the heat of class 0, and the largest of the
 * second. */
static void measure(const explained e[3], uint32_t batch, double *difference, double *most) {
    const size_t places = (size_t)e[0].shape.height * e[0].shape.width;
    *difference = *most = 0;
    for (size_t n = 0; n < batch; ++n) {
        for (size_t i = 0; i < places; ++i) {
            const double plain = heat(&e[1], n, i, false), scale = heat(&e[2], n, i, true);
            *difference = fmax(*difference, fabs(heat(&e[0], n, i, false) - plain) / scale);
            *most = fmax(*most, fabs(plain) / scale);
        }
    }
}

static void expect_heat(const char *name, double difference, double most, double bound) {
    cr_expect(difference <= bound, "%s: the heat differs by %g of the sum, the bound is %g", name, difference,
              bound);
    cr_expect(most > 0.2 && most > 20 * bound, "%s: heat of %g, bound %g", name, most, bound);
}

static void compare(lvk_backend *backend, const lvk_network_config *config) {
    static const float seeds[2][BATCH * CLASSES] = {{1, 0, 0, 1, 0, 0}, {0, 1, 0, 0, 1, 0}};
    lvk_backend *reference;
    cr_assert_eq(lvk_reference_create(&reference), LVK_OK);
    lvk_network *own = test_network(backend, config), *plain = test_network(reference, config);
    const double products = set_positive(own), bound = 2 * 4 * 2 * products * (double)FLT_EPSILON / 2;
    double difference, most;
    (void)set_positive(plain);
    explained e[3] = {explain(own, seeds[1]), explain(plain, seeds[1]), explain(plain, seeds[0])};
    measure(e, config->batch, &difference, &most);
    expect_heat(config->model.architecture, difference, most, bound);
    for (int i = 0; i < 3; ++i)
        finish(&e[i]);
    lvk_network_destroy(&own);
    lvk_network_destroy(&plain);
    reference->functions->destroy(reference);
}

Test(network_explain, heat_is_that_of_the_reference_within_rounding) {
    lvk_backend *backend = test_open_device();
    const lvk_model_config models[] = {
        {.architecture = "cnn-gap", .image_size = 64, .classes = CLASSES, .folded = true},
        {.architecture = "resnet50-narrow", .head = "dense:16", .classes = CLASSES, .folded = true},
        {.architecture = "cnn", .classes = CLASSES}};
    for (size_t i = 0; i < sizeof models / sizeof *models; ++i)
        compare(backend,
                &(lvk_network_config){.model = models[i], .batch = i < 2 ? BATCH : 1, .explain = true});
    test_close_device(backend);
}
