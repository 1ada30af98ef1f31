/* The CNN on each device: the same seed gives the same bits, a resumed training gives the same bits, a lack
 * of memory gives a clear error, and a batch of 32 runs within the limits that every Vulkan 1.1 device
 * has. */
#include "support/network.h"
#include "artifact/train_state.h"
#include "core/memory.h"
#include "core/random.h"
#include "reference/reference.h"
#include "support/device.h"
#include "vulkan/vulkan.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Test(network, same_seed_same_bits_also_through_a_checkpoint) {
    lvk_backend *backend = test_open_device();
    const lvk_model_info info = {.architecture = "cnn",
                                 .negative_class = "hem",
                                 .positive_class = "all",
                                 .crop = "none",
                                 .image_size = 224,
                                 .standard = lvk_standard_none};
    char path[] = "/tmp/leukvk-network-XXXXXX";
    const int file = mkstemp(path);
    cr_assert_neq(file, -1);
    close(file);
    float *results[3], loss, losses[3][2];
    for (int run = 0; run < 3; ++run) {
        lvk_network *network = test_network(backend, &test_small_network);
        for (uint32_t step = 0; step < 2; ++step) {
            if (run == 2 && step == 1) { /* save the state, and load it into a new network */
                lvk_train_state state = {
                    .seed = 1, .optimizer = "adam", .config_digest = "d", .update = step};
                cr_assert_eq(lvk_train_state_save(&state, &info, network, path), LVK_OK, "%s",
                             lvk_error_message());
                lvk_network_destroy(&network);
                network = test_network(backend, &test_small_network);
                state.update = 0;
                cr_assert_eq(lvk_train_state_load(&state, network, path), LVK_OK, "%s", lvk_error_message());
                cr_expect_eq(state.update, step);
                lvk_train_state_finish(&state);
            }
            cr_assert_eq(test_train_step(network, step, &loss), LVK_OK, "%s", lvk_error_message());
            losses[run][step] = loss;
        }
        results[run] = test_parameters(network);
        if (run < 2)
            lvk_network_destroy(&network);
        else {
            cr_expect(memcmp(results[0], results[1], network->block_size) == 0, "two runs differ");
            cr_expect(memcmp(results[0], results[2], network->block_size) == 0,
                      "the run through a checkpoint differs");
            lvk_network_destroy(&network);
        }
    }
    cr_expect_arr_eq(losses[0], losses[1], sizeof losses[0]);
    cr_expect_arr_eq(losses[0], losses[2], sizeof losses[0]);
    for (int run = 0; run < 3; ++run)
        lvk_free(results[run]);
    unlink(path);
    test_close_device(backend);
}

Test(network, checkpoint_of_other_settings_is_refused) {
    lvk_backend *backend = test_open_device();
    const lvk_model_info info = {.architecture = "cnn",
                                 .negative_class = "hem",
                                 .positive_class = "all",
                                 .crop = "none",
                                 .image_size = 224,
                                 .standard = lvk_standard_none};
    char path[] = "/tmp/leukvk-network-XXXXXX";
    close(mkstemp(path));
    lvk_network *network = test_network(backend, &test_small_network);
    lvk_train_state state = {.seed = 1, .optimizer = "adam", .config_digest = "d"};
    cr_assert_eq(lvk_train_state_save(&state, &info, network, path), LVK_OK, "%s", lvk_error_message());
    state.seed = 2;
    cr_expect_eq(lvk_train_state_load(&state, network, path), LVK_ERROR_FORMAT);
    cr_expect_not_null(strstr(lvk_error_message(), path), "%s", lvk_error_message());
    lvk_network_destroy(&network);
    unlink(path);
    test_close_device(backend);
}

/* Expects that some steps of a training are sliced, and that no binding is larger than the device allows. */
static void expect_cut(const lvk_backend *backend, const lvk_network *network) {
    const lvk_program *program = &network->training.plan.program;
    int cut = 0;
    for (int s = 0; s < program->step_count; ++s) {
        for (int i = 0; i < program->steps[s].call.input_count; ++i)
            if (program->steps[s].launch_count && program->steps[s].inputs[i].block != LVK_BLOCK_PARAMETERS)
                cr_expect_leq(program->steps[s].inputs[i].size, backend->caps.max_storage_range, "%s",
                              program->steps[s].label);
        cut += strchr(program->steps[s].label, '[') != NULL;
    }
    cr_expect_gt(cut, 0, "an activation of more than 128 MiB cannot have been one binding");
}

/* The limits that every Vulkan 1.1 device has are enough. The backend refuses a launch beyond the limits that
 * it reports, and here it reports the guaranteed ones. Validation is on. */
Test(network, batch_32_trains_within_the_minimum_limits) {
    if (getenv("LEUKVK_TEST_DEVICE")) { /* the reference has no limits: its plan has no slices */
        lvk_backend *reference = test_open_device();
        lvk_footprint footprint;
        cr_expect_eq(reference->caps.runs_launches, false);
        cr_expect_eq(lvk_network_estimate(&reference->caps, &test_small_network, &footprint), LVK_OK, "%s",
                     lvk_error_message());
        cr_expect_gt(footprint.total, 0);
        test_close_device(reference);
        return;
    }
    const lvk_vulkan_options options = {
        .validation = true, .no_pipeline_cache = true, .minimum_limits = true};
    lvk_backend *backend;
    cr_assert_eq(lvk_vulkan_create(&options, &backend), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(backend->caps.max_storage_range, 1U << 27);
    cr_expect_eq(backend->caps.max_storage_buffers, 4);
    lvk_network_config config = test_small_network;
    config.batch = 32;
    lvk_network *network = test_network(backend, &config);
    expect_cut(backend, network);
    lvk_network_destroy(&network);
    if (strstr(backend->info.name, "llvmpipe")) { /* slower devices would take minutes */
        config.batch = 22;                        /* one more than the largest batch without slices */
        network = test_network(backend, &config);
        expect_cut(backend, network);
        float loss;
        cr_expect_eq(test_train_step(network, 0, &loss), LVK_OK, "%s", lvk_error_message());
        cr_expect(loss > 0.3F && loss < 3, "loss %g", (double)loss);
        lvk_network_destroy(&network);
    }
    test_close_device(backend);
}

static bool begins(const lvk_network *network, size_t p, const char *with) {
    const lvk_builder *builder = lvk_network_builder(network);
    return strncmp(builder->graph->tensors[builder->parameters[p].tensor].name, with, strlen(with)) == 0;
}

/* Trains one step with `config` from initial parameters, and returns the parameters after it. */
static float *one_step(const lvk_network_config *config, lvk_network **network, float **before) {
    lvk_backend *backend = test_open_device();
    float loss;
    *network = test_network(backend, config);
    *before = test_parameters(*network);
    cr_assert_eq(test_train_step(*network, 0, &loss), LVK_OK, "%s", lvk_error_message());
    return test_parameters(*network);
}

static void close_all(lvk_network **networks, float **start, float **end, int count) {
    for (int i = 0; i < count; ++i) {
        lvk_backend *backend = networks[i]->backend;
        lvk_network_destroy(&networks[i]);
        test_close_device(backend);
        lvk_free(start[i]);
        lvk_free(end[i]);
    }
}

/* The first update of a parameter for which there is a rule is smaller by the rule's factor; other parameters
 * are updated as without rules, to the bit. */
Test(network, rates_differ_by_layer) {
    lvk_network_config config = test_small_network;
    float *start[2], *end[2];
    lvk_network *networks[2];
    end[0] = one_step(&config, &networks[0], &start[0]);
    cr_assert_eq(lvk_param_groups_parse("conv2d_=0.5,conv2d_2=0,dense/bias=0.25", &config.rates), LVK_OK);
    end[1] = one_step(&config, &networks[1], &start[1]);
    const lvk_builder *builder = lvk_network_builder(networks[0]);
    int counts[3] = {0};
    for (size_t p = 0; p < builder->parameter_count; ++p) {
        const lvk_tensor *tensor = &builder->graph->tensors[builder->parameters[p].tensor];
        const uint64_t first = tensor->offset / sizeof(float), count = lvk_type_count(&tensor->type);
        const double factor = begins(networks[0], p, "conv2d_2")     ? 0
                              : begins(networks[0], p, "conv2d_")    ? 0.5
                              : begins(networks[0], p, "dense/bias") ? 0.25
                                                                     : 1;
        counts[factor == 1 ? 0 : factor == 0 ? 1 : 2]++;
        for (uint64_t i = first; i < first + count; ++i) {
            const double whole = (double)end[0][i] - (double)start[0][i];
            const double update = (double)end[1][i] - (double)start[1][i];
            const double bound = factor == 0 || factor == 1 ? 0 : 1.2e-7 * (fabs((double)end[0][i]) + 0.001);
            cr_assert_eq(start[0][i], start[1][i]);
            cr_assert_leq(fabs(update - factor * whole), bound, "%s[%d]: %g, without rules %g", tensor->name,
                          (int)(i - first), update, whole);
        }
    }
    cr_expect_gt(counts[0], 3);
    cr_expect_eq(counts[1], 2, "kernel and bias of conv2d_2");
    cr_expect_geq(counts[2], 3);
    close_all(networks, start, end, 2);
}

/* The first velocity of SGD is the gradient times the learning rate. A clipped gradient has the largest norm
 * and the same direction; a gradient within this norm has the same bits. */
Test(network, the_whole_gradient_is_clipped) {
    lvk_network_config config = test_small_network;
    float *start[3], *end[3], *velocity[3];
    lvk_network *networks[3];
    config.model = test_compact_model;
    config.optimizer = LVK_OPTIMIZER_SGD;
    double norm[3] = {0}, apart = 0;
    for (int i = 0; i < 3; ++i) {
        config.clip_norm = i == 0 ? 0 : i == 1 ? 1.0001 * norm[0] : 0.25 * norm[0];
        end[i] = one_step(&config, &networks[i], &start[i]);
        velocity[i] = lvk_alloc(networks[i]->block_size, 1);
        cr_assert_eq(lvk_network_read(networks[i], LVK_BLOCK_MOMENT1, velocity[i]), LVK_OK);
        for (uint64_t e = 0; e < networks[i]->block_size / sizeof(float); ++e)
            norm[i] += pow((double)velocity[i][e] / 0.1, 2);
        norm[i] = sqrt(norm[i]);
    }
    cr_assert_gt(norm[0], 0);
    cr_expect_arr_eq(velocity[0], velocity[1], networks[0]->block_size);
    cr_expect_arr_eq(end[0], end[1], networks[0]->block_size);
    cr_expect_float_eq(norm[2] / norm[0], 0.25, 1e-6, "%g", norm[2] / norm[0]);
    for (uint64_t e = 0; e < networks[0]->block_size / sizeof(float); ++e)
        apart += pow((double)velocity[2][e] - 0.25 * (double)velocity[0][e], 2);
    cr_expect_lt(sqrt(apart) / 0.1 / norm[0], 1e-6, "%g", sqrt(apart) / 0.1 / norm[0]);
    for (int i = 0; i < 3; ++i)
        lvk_free(velocity[i]);
    close_all(networks, start, end, 3);
}

/* Computes e[i] += (w[i] - e[i]) rate, with the rate of lvk_weight_average_hyper for a decay of 0.5. */
static void follow(float *average, const float *weights, uint64_t count, uint64_t step) {
    const double rate = 1 - fmin(0.5, (1 + (double)step) / (10 + (double)step));
    for (uint64_t i = 0; i < count; ++i)
        average[i] += (float)(((double)weights[i] - (double)average[i]) * rate);
}

static double distance(const float *a, const float *b, uint64_t count) {
    double sum = 0;
    for (uint64_t i = 0; i < count; ++i)
        sum += pow((double)a[i] - (double)b[i], 2);
    return sqrt(sum);
}

static void infer_one(lvk_network *network, float logits[2]) {
    const size_t size = lvk_model_image_size(network->model, &network->config.model),
                 pixels = size * size * 3;
    float *images = lvk_alloc(2 * pixels, sizeof *images);
    test_fill(images, 2 * pixels, 3);
    cr_assert_eq(lvk_network_infer(network, images, NULL, logits), LVK_OK, "%s", lvk_error_message());
    lvk_free(images);
}

/* Fills a crop of the largest side and a smaller one, with every kind of alpha, and the images that are
 * resampled from them. */
static void fill_crops(uint32_t room, uint32_t output, uint8_t *crops, lvk_resampling rows[2],
                       float *images) {
    const lvk_random_key key = {.seed = 4, .purpose = 1004};
    memset(crops, 0, (size_t)2 * room * room * 4);
    for (uint32_t n = 0; n < 2; ++n) {
        const float side = (float)(room - 40 * n), scale = side / (float)output;
        const uint32_t taps = lvk_resampling_taps(fmaxf(scale, 1));
        uint8_t *crop = crops + (size_t)n * room * room * 4;
        for (uint32_t i = 0; i < 4 * (uint32_t)side * (uint32_t)side; ++i)
            crop[i] = i % 4 == 3 ? 255 : (uint8_t)lvk_random_word(&key, i);
        rows[n] = (lvk_resampling){.side = side,
                                   .radius = fmaxf(scale, 1),
                                   .map = {{0.6F * scale, -0.8F * scale}, {0.8F * scale, 0.6F * scale}},
                                   .center = {0.5F * side, 0.45F * side},
                                   .color = {{1.1F}, {0, 0.9F}, {0, 0, 1, -0.05F}},
                                   .output = {{4, 0, 0, -2}, {0, 5, 0, -2}, {0, 0, 4, -1}}};
        for (uint32_t i = 0; i < output * output; ++i) {
            double values[3];
            lvk_resample_pixel(&rows[n], crop, output, taps, i % output, i / output, values);
            for (int c = 0; c < 3; ++c)
                *images++ = (float)values[c];
        }
    }
}

/* A network that takes crops gives the same outputs and gradients as one that takes the images resampled from
 * them. */
static void check_crops(lvk_backend *backend, lvk_network_config config) {
    enum { ROOM = 300 };
    lvk_network *of_images = test_network(backend, &config);
    config.crop_side = ROOM;
    config.zoom = 0.2;
    lvk_network *of_crops = test_network(backend, &config);
    const uint32_t output = lvk_model_image_size(of_images->model, &config.model);
    uint8_t *crops = lvk_alloc((size_t)2 * ROOM * ROOM, 4);
    float *images = lvk_alloc((size_t)2 * output * output * 3, sizeof *images), logits[2][2], loss[2];
    lvk_resampling rows[2];
    fill_crops(ROOM, output, crops, rows, images);
    cr_assert_eq(lvk_network_infer(of_images, images, NULL, logits[0]), LVK_OK);
    cr_assert_eq(lvk_network_infer(of_crops, crops, rows, logits[1]), LVK_OK);
    for (int n = 0; n < 2; ++n)
        cr_expect_float_eq(logits[0][n], logits[1][n], 1e-5F, "image %d: %g and %g", n, (double)logits[0][n],
                           (double)logits[1][n]);
    cr_expect_gt(fabsf(logits[0][0] - logits[0][1]), 1e-4F, "the images say the same");
    const float labels[4] = {1, 0.5F, 0, 0.5F};
    const uint32_t keys[8] = {1, 0, 0, 5, 1, 0, 0, 6};
    lvk_real hyper[LVK_HYPER_COUNT];
    lvk_optimizer_hyper(&(lvk_optimizer_settings){.kind = LVK_OPTIMIZER_ADAM}, 1, 0.001, hyper);
    const lvk_train_batch batch[2] = {
        {.input = images, .labels = labels, .keys = keys, .hyper = hyper},
        {.input = crops, .rows = rows, .labels = labels, .keys = keys, .hyper = hyper}};
    cr_assert_eq(lvk_network_train(of_images, &batch[0], &loss[0], NULL), LVK_OK);
    cr_assert_eq(lvk_network_train(of_crops, &batch[1], &loss[1], NULL), LVK_OK);
    cr_expect_float_eq(loss[0], loss[1], 1e-5F);
    lvk_free(crops);
    lvk_free(images);
    lvk_network_destroy(&of_images);
    lvk_network_destroy(&of_crops);
}

Test(network, crops_are_as_good_as_images) {
    lvk_backend *backend = test_open_device();
    lvk_network_config config = test_small_network;
    check_crops(backend, config);
    config.model = (lvk_model_config){.architecture = "cnn-gap", .image_size = 96};
    check_crops(backend, config);
    test_close_device(backend);
}

/* The average follows the weights, and inference reads the average. The weights are the same as without an
 * average. */
Test(network, inference_reads_the_average) {
    lvk_backend *backend = test_open_device();
    lvk_network_config config = test_small_network;
    config.model = test_compact_model;
    lvk_network *plain = test_network(backend, &config);
    config.average = true;
    lvk_network *averaging = test_network(backend, &config);
    const uint64_t count = plain->block_size / sizeof(float);
    float *expected = test_parameters(plain), *average = lvk_alloc(count, sizeof *average), logits[2][2],
          loss[2];
    for (uint32_t step = 0; step < 3; ++step) {
        cr_assert(test_train_step(plain, step, &loss[0]) == LVK_OK &&
                  test_train_step(averaging, step, &loss[1]) == LVK_OK);
        cr_expect_eq(loss[0], loss[1]);
        float *weights = test_parameters(plain), *same = test_parameters(averaging);
        cr_expect_eq(memcmp(weights, same, plain->block_size), 0);
        follow(expected, weights, count, step + 1);
        lvk_free(weights);
        lvk_free(same);
    }
    float *weights = test_parameters(plain);
    cr_assert_eq(lvk_network_read(averaging, LVK_BLOCK_AVERAGE, average), LVK_OK);
    cr_expect_lt(distance(average, expected, count), 1e-6 * distance(average, weights, count));
    cr_assert_eq(lvk_network_write(plain, LVK_BLOCK_PARAMETERS, average), LVK_OK);
    infer_one(plain, logits[0]);
    infer_one(averaging, logits[1]);
    cr_expect_arr_eq(logits[0], logits[1], sizeof logits[0]);
    lvk_free(expected);
    lvk_free(average);
    lvk_free(weights);
    lvk_network_destroy(&plain);
    lvk_network_destroy(&averaging);
    test_close_device(backend);
}

/* A rule that fits no trained parameter is refused by name, before anything is created. */
Test(network, a_rate_for_nobody_is_refused) {
    lvk_backend *backend = test_open_device();
    lvk_network_config config = test_small_network;
    lvk_footprint footprint;
    cr_assert_eq(lvk_param_groups_parse("dense=0.5,conv5_=0.1", &config.rates), LVK_OK);
    cr_expect_eq(lvk_network_estimate(&backend->caps, &config, &footprint), LVK_ERROR_ARGUMENT);
    cr_expect_not_null(strstr(lvk_error_message(), "--rate-scale conv5_:"), "%s", lvk_error_message());
    test_close_device(backend);
}

/* The results of a training, and the memory that it took. */
typedef struct trained {
    float losses[2], *values;
    uint64_t block_size, arena;
    char kernels[LVK_DIGEST_TEXT];
    int again;             /* the number of steps that compute something a second time */
    bool recomputes_cheap; /* whether the device has cheap ones computed again unasked */
} trained;

static trained train_two_steps(const lvk_network_config *config) {
    lvk_backend *backend = test_open_device();
    lvk_network *network = test_network(backend, config);
    const lvk_program *program = &network->training.plan.program;
    trained result = {.block_size = network->block_size,
                      .arena = program->block_size[LVK_BLOCK_ARENA],
                      .recomputes_cheap = backend->caps.own_candidate != NULL};
    for (int s = 0; s < program->step_count; ++s)
        result.again += program->steps[s].recomputed;
    cr_assert_eq(lvk_network_kernels(network, result.kernels), LVK_OK);
    for (uint32_t step = 0; step < 2; ++step)
        cr_assert_eq(test_train_step(network, step, &result.losses[step]), LVK_OK, "%s", lvk_error_message());
    result.values = test_parameters(network);
    lvk_network_destroy(&network);
    test_close_device(backend);
    return result;
}

/* Recomputing activations takes less memory, and gives the same losses, weights and running averages to the
 * bit. */
Test(network, recomputing_activations_changes_no_bit) {
    lvk_network_config configs[] = {test_small_network, test_small_network, test_small_network};
    configs[0].unfused = true; /* with fused operators, few activations are kept anyway */
    configs[1].model = (lvk_model_config){.architecture = "resnet50-narrow", .head = "dense:8,dropout:0.25"};
    configs[2].model = (lvk_model_config){.architecture = "resnet50-narrow", .batch_statistics = true};
    for (size_t c = 0; c < sizeof configs / sizeof *configs; ++c) {
        trained kept = train_two_steps(&configs[c]);
        configs[c].recompute = true;
        trained again = train_two_steps(&configs[c]);
        cr_expect_eq(kept.again > 0, kept.recomputes_cheap, "network %zu", c);
        cr_expect_gt(again.again, 0);
        cr_expect_lt(again.arena, kept.arena, "network %zu", c);
        cr_expect_str_eq(again.kernels, kept.kernels, "network %zu", c);
        cr_expect_arr_eq(again.losses, kept.losses, sizeof kept.losses, "network %zu", c);
        cr_expect_eq(again.block_size, kept.block_size);
        cr_expect(memcmp(again.values, kept.values, kept.block_size) == 0, "network %zu", c);
        lvk_free(kept.values);
        lvk_free(again.values);
    }
}

/* Sets all kernels aside that the device has for the operators that others are fused into. */
static void set_fused_aside(const lvk_caps *caps, lvk_string_map *aside) {
    static const int operators[] = {LVK_OP_conv2d_relu,
                                    LVK_OP_conv2d_add_relu,
                                    LVK_OP_conv2d_relu_pool,
                                    LVK_OP_conv2d_relu_pool_grad_input,
                                    LVK_OP_conv2d_relu_pool_grad_weight,
                                    LVK_OP_dense_relu};
    for (size_t i = 0; i < sizeof operators / sizeof *operators; ++i) {
        const lvk_candidate *candidate;
        for (int k = 0; (candidate = lvk_op_candidate(operators[i], caps, k)); ++k) {
            char name[128];
            snprintf(name, sizeof name, "%s/%s", lvk_op_get(operators[i])->name, candidate->name);
            cr_assert_eq(lvk_kernel_choices_set_aside(aside, name), LVK_OK);
        }
    }
}

/* Where the self-test finds no kernel of the fused operators right, the network computes those that they are made of. */
Test(network, fused_operators_that_are_wrong_are_computed_apart) {
    lvk_network_config configs[] = {test_small_network, test_small_network};
    configs[1].model = (lvk_model_config){.architecture = "resnet50-narrow", .head = "dense:8"};
    lvk_string_map aside = {0};
    lvk_backend *backend = test_open_device();
    set_fused_aside(&backend->caps, &aside);
    /* The reference has no kernels to choose from. SwiftShader compiles these for 13 seconds, lavapipe the second network. */
    const bool slow = strstr(backend->info.name, "SwiftShader") != NULL;
    const size_t count = aside.count == 0 || slow ? 0 : backend->caps.runs_launches ? 1 : 2;
    test_close_device(backend);
    for (size_t c = 0; c < count; ++c) {
        lvk_network_config config = configs[c];
        config.unfused = true;
        trained apart = train_two_steps(&config);
        config.unfused = false;
        trained fused = train_two_steps(&config);
        config.kernel_choices = &aside;
        trained fallen_back = train_two_steps(&config);
        cr_expect_str_neq(fallen_back.kernels, fused.kernels, "network %zu", c);
        cr_expect_str_eq(fallen_back.kernels, apart.kernels, "network %zu", c);
        cr_expect_arr_eq(fallen_back.losses, apart.losses, sizeof apart.losses, "network %zu", c);
        cr_expect(memcmp(fallen_back.values, apart.values, apart.block_size) == 0, "network %zu", c);
        for (int step = 0; step < 2; ++step)
            cr_expect_float_eq(fallen_back.losses[step], fused.losses[step], 1e-5F,
                               "network %zu, step %d: %.8g, fused %.8g", c, step,
                               (double)fallen_back.losses[step], (double)fused.losses[step]);
        lvk_free(apart.values);
        lvk_free(fused.values);
        lvk_free(fallen_back.values);
    }
    lvk_string_map_finish(&aside);
}

/* The results of two steps of SGD, whose updates are the gradients times a factor. */
typedef struct two_steps {
    float *before, *after; /* the parameters */
    uint64_t count;
    float loss[2];
    int tiles; /* the number of steps that run a tile kernel */
} two_steps;

static two_steps run_two_steps(lvk_backend *backend) {
    lvk_network_config config = test_small_network;
    config.optimizer = LVK_OPTIMIZER_SGD;
    lvk_network *network = test_network(backend, &config);
    two_steps result = {.before = test_parameters(network), .count = network->block_size / sizeof(float)};
    const lvk_program *program = &network->training.plan.program;
    for (int s = 0; s < program->step_count; ++s)
        result.tiles += strncmp(program->steps[s].candidate, "tile", 4) == 0;
    for (uint32_t step = 0; step < 2; ++step)
        cr_assert_eq(test_train_step(network, step, &result.loss[step]), LVK_OK, "%s", lvk_error_message());
    result.after = test_parameters(network);
    lvk_network_destroy(&network);
    test_close_device(backend);
    return result;
}

/* A network with all the kernels that a graphics card would get learns the same as the reference. Its inputs
 * lie in host memory from which the device copies, as for a card. */
Test(network, kernels_for_gpus_train_alike) {
    if (getenv("LEUKVK_TEST_DEVICE")) /* the reference has one kernel for each operator */
        return;
    const lvk_vulkan_options options = {
        .validation = true, .no_pipeline_cache = true, .as_gpu = true, .no_mapping = true};
    lvk_backend *reference, *card;
    cr_assert_eq(lvk_reference_create(&reference), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_vulkan_create(&options, &card), LVK_OK, "%s", lvk_error_message());
    two_steps plain = run_two_steps(reference), tiled = run_two_steps(card);
    cr_expect_eq(tiled.tiles, 14, "forward, weights and inputs of five layers, but for the images: %d",
                 tiled.tiles);
    double difference = 0, update = 0;
    for (uint64_t i = 0; i < plain.count; ++i) {
        difference += pow((double)plain.after[i] - (double)tiled.after[i], 2);
        update += pow((double)plain.after[i] - (double)plain.before[i], 2);
    }
    /* The sums have another order. The largest difference seen is 6e-7. */
    cr_expect_lt(sqrt(difference / update), 1e-5, "%g", sqrt(difference / update));
    for (int step = 0; step < 2; ++step)
        cr_expect_float_eq(plain.loss[step], tiled.loss[step], 1e-5F, "step %d: loss %.8g and %.8g", step,
                           (double)plain.loss[step], (double)tiled.loss[step]);
    two_steps *both[] = {&plain, &tiled};
    for (int i = 0; i < 2; ++i) {
        lvk_free(both[i]->before);
        lvk_free(both[i]->after);
    }
}
