/* A step of several microbatches, whose gradients are averaged, in one network and in networks that share
 * their gradients. */
#include "core/memory.h"
#include "support/device.h"
#include "support/network.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* Four images with labels and keys. */
enum { IMAGES = 4 };
typedef struct four {
    float *images, labels[2 * IMAGES];
    uint32_t keys[4 * IMAGES];
    size_t pixels; /* of one image */
} four;

static four make_four(const lvk_network *network) {
    const size_t size = lvk_model_image_size(network->model, &network->config.model);
    four f = {.pixels = size * size * 3};
    f.images = lvk_alloc(IMAGES * f.pixels, sizeof *f.images);
    test_fill(f.images, IMAGES * f.pixels, 5);
    for (uint32_t i = 0; i < IMAGES; ++i) {
        f.labels[2 * i] = (float)(i % 2);
        f.labels[2 * i + 1] = 1.0F / (float)network->config.batch;
        f.keys[4 * i + 3] = i;
    }
    return f;
}

static lvk_network *create_for_four(lvk_backend *backend, const lvk_network_config *like, uint32_t batch,
                                    double clip_norm, bool shared) {
    lvk_network_config config = *like;
    config.optimizer = LVK_OPTIMIZER_SGD;
    config.batch = batch;
    config.accumulate = IMAGES / batch;
    config.clip_norm = clip_norm;
    config.shared = shared;
    return test_network(backend, &config);
}

static void train_microbatch(lvk_network *network, const four *f, uint32_t microbatch, const lvk_real *hyper,
                             float *loss) {
    const size_t first = (size_t)microbatch * network->config.batch;
    const lvk_train_batch input = {.input = f->images + first * f->pixels,
                                   .labels = f->labels + 2 * first,
                                   .keys = f->keys + 4 * first,
                                   .hyper = hyper,
                                   .microbatch = microbatch,
                                   .microbatches = network->config.accumulate};
    cr_assert_eq(lvk_network_train(network, &input, loss, NULL), LVK_OK, "%s", lvk_error_message());
}

static float *block(lvk_network *network, lvk_block_id id) {
    float *values = lvk_alloc(network->block_size, 1);
    cr_assert_eq(lvk_network_read(network, id, values), LVK_OK, "%s", lvk_error_message());
    return values;
}

/* Trains the microbatches from the last to the first, as if on other devices, then accumulates their
 * gradients in order. */
static void train_shared(lvk_network *network, const four *f, const lvk_real *hyper, float *loss) {
    float *gradients[IMAGES];
    const uint32_t microbatches = network->config.accumulate;
    for (uint32_t microbatch = microbatches; microbatch-- > 0;) {
        train_microbatch(network, f, microbatch, hyper, &loss[microbatch]);
        gradients[microbatch] = block(network, LVK_BLOCK_GRADIENTS);
    }
    for (uint32_t microbatch = 0; microbatch < microbatches; ++microbatch) {
        cr_assert_eq(lvk_network_accumulate(network, gradients[microbatch], microbatch, microbatches), LVK_OK,
                     "%s", lvk_error_message());
        lvk_free(gradients[microbatch]);
    }
    cr_assert_eq(lvk_network_update(network, hyper), LVK_OK, "%s", lvk_error_message());
}

/* Trains a step over the four images, at once or in microbatches whose gradients are averaged, and returns
 * its velocity. */
static float *train_four(lvk_network *network, float *loss) {
    four f = make_four(network);
    lvk_real hyper[LVK_HYPER_COUNT];
    lvk_optimizer_hyper(&(lvk_optimizer_settings){.kind = LVK_OPTIMIZER_SGD}, 1, 0.1, hyper);
    if (network->config.shared)
        train_shared(network, &f, hyper, loss);
    for (uint32_t microbatch = 0; microbatch < network->config.accumulate && !network->config.shared;
         ++microbatch)
        train_microbatch(network, &f, microbatch, hyper, &loss[microbatch]);
    lvk_free(f.images);
    return block(network, LVK_BLOCK_MOMENT1);
}

static void check_shared(lvk_backend *backend, const lvk_network_config *like, double clip_norm) {
    float losses[2][IMAGES] = {0}, *velocity[2], *weights[2];
    char kernels[2][LVK_DIGEST_TEXT];
    uint64_t size = 0;
    for (int shared = 0; shared < 2; ++shared) {
        lvk_network *network = create_for_four(backend, like, like->batch, clip_norm, shared);
        size = network->block_size;
        velocity[shared] = train_four(network, losses[shared]);
        weights[shared] = block(network, LVK_BLOCK_PARAMETERS);
        cr_assert_eq(lvk_network_kernels(network, kernels[shared]), LVK_OK);
        lvk_network_destroy(&network);
    }
    cr_expect_arr_eq(losses[0], losses[1], sizeof losses[0]);
    cr_expect(memcmp(velocity[0], velocity[1], size) == 0, "other gradients");
    cr_expect(memcmp(weights[0], weights[1], size) == 0, "other weights, or averages");
    cr_expect_str_eq(kernels[0], kernels[1]);
    for (int i = 0; i < 2; ++i) {
        lvk_free(velocity[i]);
        lvk_free(weights[i]);
    }
}

/* Gradients that were computed apart give the same bits as in one network with the same kernels, also where
 * they are clipped; the averages of batch norms do so too. */
Test(network, shared_parts_are_accumulated_to_the_same_bits) {
    lvk_backend *backend = test_open_device();
    lvk_network_config config = test_small_network;
    config.batch = 1;
    check_shared(backend, &config, 0.001);
    config.model = test_compact_model;
    check_shared(backend, &config, 0);
    config.batch = 2;
    config.model.batch_statistics = true;
    check_shared(backend, &config, 0);
    check_shared(backend, &config, 0.001);
    config.model.classes = 3; /* of which the labels are the first two */
    check_shared(backend, &config, 0);
    test_close_device(backend);
}

/* Microbatches whose gradients are averaged do the same as one larger batch; the mean gradient is clipped. */
Test(network, accumulated_batches_are_one_large_batch) {
    lvk_backend *backend = test_open_device();
    lvk_network_config config = test_small_network;
    config.model = test_compact_model;
    lvk_network *network = test_network(backend, &config);
    const uint64_t count = network->block_size / sizeof(float);
    lvk_network_destroy(&network);
    for (int clipped = 0; clipped < 2; ++clipped) {
        float losses[3] = {0}, *velocity[2];
        double apart = 0, norm = 0;
        for (uint32_t cut = 0; cut < 2; ++cut) {
            network = create_for_four(backend, &config, cut ? 2 : 4, clipped ? 0.001 : 0, false);
            velocity[cut] = train_four(network, &losses[cut]);
            lvk_network_destroy(&network);
        }
        for (uint64_t i = 0; i < count; ++i) {
            apart += pow((double)velocity[0][i] - (double)velocity[1][i], 2);
            norm += pow((double)velocity[0][i], 2);
        }
        if (clipped)
            cr_expect_float_eq(sqrt(norm), 0.1 * 0.001, 1e-9, "%g", sqrt(norm));
        cr_expect_gt(norm, 1e-9);
        cr_expect_lt(sqrt(apart / norm), 1e-5, "%g", sqrt(apart / norm));
        cr_expect_float_eq(losses[0], (losses[1] + losses[2]) / 2, 1e-6F);
        lvk_free(velocity[0]);
        lvk_free(velocity[1]);
    }
    test_close_device(backend);
}
