#include "support/network.h"

#include "core/memory.h"
#include "core/random.h"

#include <criterion/criterion.h>

const lvk_network_config test_small_network = {.model = {.architecture = "cnn", .dropout = 0.25},
                                               .batch = 2,
                                               .training = true,
                                               .optimizer = LVK_OPTIMIZER_ADAM,
                                               .l2 = 1e-4};

const lvk_model_config test_compact_model = {.architecture = "cnn-gap", .image_size = 64, .dropout = 0.25};

void test_fill(float *values, size_t count, uint32_t sample) {
    const lvk_random_key key = {.seed = 9, .sample = sample, .purpose = 1003};
    for (size_t i = 0; i < count; ++i)
        values[i] = lvk_random_uniform(&key, (uint32_t)i);
}

lvk_status test_train_step(lvk_network *network, uint32_t step, float *loss) {
    const uint32_t batch = network->config.batch;
    const size_t size = lvk_model_image_size(network->model, &network->config.model);
    const size_t pixels = batch * size * size * 3;
    const lvk_allocator *memory = network->backend->host_memory; /* where batches of images lie too */
    float *images = memory->alloc(memory->user, pixels, sizeof *images);
    float *labels = lvk_alloc(batch, 2 * sizeof *labels);
    uint32_t *keys = lvk_alloc(batch, 4 * sizeof *keys);
    lvk_real hyper[LVK_MAX_PARAM_GROUPS][LVK_HYPER_COUNT];
    test_fill(images, pixels, step);
    for (uint32_t i = 0; i < batch; ++i) {
        labels[2 * i] = (float)((i + step) % 2);
        labels[2 * i + 1] = 1.0F / (float)batch;
        keys[4 * i] = 7;
        keys[4 * i + 3] = step * batch + i;
    }
    const lvk_optimizer_kind kind = network->config.optimizer;
    const lvk_optimizer_settings settings = {.kind = kind, .average = network->config.average ? 0.5 : 0};
    const double rate = kind == LVK_OPTIMIZER_ADAM ? 0.001 : 0.1;
    for (int g = 0; g <= network->config.rates.count; ++g)
        lvk_optimizer_hyper(&settings, step + 1, rate * lvk_param_groups_scale(&network->config.rates, g),
                            hyper[g]);
    const lvk_train_batch input = {.input = images, .labels = labels, .keys = keys, .hyper = hyper[0]};
    const lvk_status status = lvk_network_train(network, &input, loss, NULL);
    memory->free(memory->user, images);
    lvk_free(labels);
    lvk_free(keys);
    return status;
}

lvk_network *test_network(lvk_backend *backend, const lvk_network_config *config) {
    lvk_network *network;
    cr_assert_eq(lvk_network_create(backend, config, &network), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_network_initialize(network, 1), LVK_OK, "%s", lvk_error_message());
    return network;
}

float *test_parameters(lvk_network *network) {
    float *values = lvk_alloc(network->block_size, 1);
    cr_assert_eq(lvk_network_read(network, LVK_BLOCK_PARAMETERS, values), LVK_OK, "%s", lvk_error_message());
    return values;
}
