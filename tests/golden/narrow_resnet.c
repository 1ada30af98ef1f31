/* ResNet50's topology at an eighth of the width, whole, against the reference numbers: batch 4, with batch
 * norms on the batch's statistics and on fixed averages. Bounds as in cnn.c, from the table in the README
 * beside the numbers ("Tolerances"). */
#include "core/memory.h"
#include "golden/summary.h"
#include "runtime/network.h"
#include "support/device.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BATCH = 4, STEPS = 5 };

/* The README's table. */
typedef struct tolerance {
    double forward, gradient;
} tolerance;
static const tolerance training = {5e-6, 2e-5}, frozen = {2e-7, 5e-6};

typedef struct scene {
    lvk_backend *backend;
    json_t *root;
    const json_t *part; /* "training" or "frozen" of the root */
    lvk_network *network;
    float *images, labels[2 * BATCH];
    uint32_t keys[4 * BATCH];
} scene;

static void load_batch(scene *s) {
    const json_t *input = golden_member(s->root, "input");
    const lvk_type type = golden_type(input);
    uint64_t count;
    s->images = lvk_alloc(lvk_type_count(&type), sizeof(float));
    cr_assert(s->images && golden_fill(input, s->images));
    double *labels = golden_list(golden_member(input, "labels"), &count);
    cr_assert_eq(count, BATCH);
    for (int n = 0; n < BATCH; ++n) {
        s->labels[2 * n] = (float)labels[n];
        s->labels[2 * n + 1] = 1.0F / BATCH;
    }
    lvk_free(labels);
}

static void open_scene(scene *s, const char *part) {
    *s = (scene){.backend = test_open_device(), .root = golden_load("narrow_resnet.json")};
    s->part = golden_member(s->root, part);
    const lvk_network_config config = {.model = {.architecture = "resnet50-narrow",
                                                 .head = "none",
                                                 .batch_statistics = strcmp(part, "training") == 0},
                                       .batch = BATCH,
                                       .training = true,
                                       .optimizer = LVK_OPTIMIZER_SGD};
    cr_assert_eq(lvk_network_create(s->backend, &config, &s->network), LVK_OK, "%s", lvk_error_message());
    golden_write_parameters(s->network, golden_member(s->root, "tensors"));
    load_batch(s);
    fprintf(stderr, "narrow resnet, %s, on %s\n", part, s->backend->info.name);
}

static void close_scene(scene *s) {
    lvk_network_destroy(&s->network);
    lvk_free(s->images);
    json_decref(s->root);
    test_close_device(s->backend);
}

static void train_step(scene *s, const lvk_real *hyper, float *loss, float *logits) {
    const lvk_train_batch batch = {.input = s->images, .labels = s->labels, .keys = s->keys, .hyper = hyper};
    cr_assert_eq(lvk_network_train(s->network, &batch, loss, logits), LVK_OK, "%s", lvk_error_message());
}

static void compare_logits(const json_t *expected, const json_t *run, const float *logits, double relative) {
    golden_series series = golden_load_series(expected, run, run);
    cr_assert_eq(series.count, BATCH);
    double largest = 0;
    for (int n = 0; n < BATCH; ++n)
        largest = fmax(largest, fabs(series.expected[n]));
    for (int n = 0; n < BATCH; ++n) {
        char what[32];
        snprintf(what, sizeof what, "logit %d", n);
        golden_near(what, (double)logits[n], series.expected[n],
                    golden_allowed(&series, BATCH - 1, GOLDEN_SLACK * relative * largest));
    }
    golden_free_series(&series);
}

static float *read_gradient(scene *s, const lvk_tensor *tensor) {
    lvk_pass *pass = &s->network->training;
    float *values = lvk_alloc(lvk_type_count(&tensor->type), sizeof *values);
    cr_assert_eq(lvk_executable_read(&pass->executable, tensor->gradient, values), LVK_OK, "%s",
                 lvk_error_message());
    return values;
}

/* A convolution's bias before a norm on the batch's statistics: the norm takes it out again, so that nothing
 * but rounding is left, small beside the kernel's gradient, from the same sums. */
static void compare_nothing(const json_t *gradients, const char *bias, const float *values, uint64_t count,
                            double relative) {
    char kernel[160];
    snprintf(kernel, sizeof kernel, "%.*skernel", (int)(strlen(bias) - strlen("bias")), bias);
    const double size = golden_number(golden_member(gradients, kernel), "l2");
    golden_near(bias, golden_norm(values, count), 0, GOLDEN_SLACK * relative * size);
}

/* Every trained parameter. Norms on fixed averages are not trained: the cases of their operator have their
 * gradients. */
static void compare_gradients(scene *s, double relative) {
    const lvk_pass *pass = &s->network->training;
    const json_t *gradients = golden_member(s->part, "gradients");
    size_t compared = 0;
    for (size_t p = 0; p < pass->builder->parameter_count; ++p) {
        const lvk_tensor *tensor = &pass->graph.tensors[pass->builder->parameters[p].tensor];
        if (!tensor->trainable)
            continue;
        const json_t *summary = golden_member(gradients, tensor->name);
        const uint64_t count = lvk_type_count(&tensor->type);
        float *values = read_gradient(s, tensor);
        if (json_object_get(summary, "exactly_zero_in_theory"))
            compare_nothing(gradients, tensor->name, values, count, relative);
        else
            golden_compare_summary(tensor->name, summary, values, count, GOLDEN_SLACK * relative);
        lvk_free(values);
        ++compared;
    }
    const size_t norms = 53, of_all = json_object_size(gradients);
    cr_expect_eq(compared, s->network->config.model.batch_statistics ? of_all : of_all - 2 * norms);
}

static void check_gradients(const char *part, tolerance tolerated) {
    scene s;
    float loss, logits[BATCH];
    const lvk_real still[LVK_HYPER_COUNT] = {0};
    open_scene(&s, part);
    train_step(&s, still, &loss, logits);
    const json_t *run = golden_member(s.part, "float32_run");
    compare_logits(golden_member(s.part, "logits"), golden_member(run, "logits"), logits, tolerated.forward);
    golden_near("loss", (double)loss, golden_number(s.part, "loss"), GOLDEN_SLACK * tolerated.forward);
    compare_gradients(&s, tolerated.gradient);
    close_scene(&s);
}

Test(narrow_resnet, gradients_on_batch_statistics) {
    check_gradients("training", training);
}

Test(narrow_resnet, gradients_on_fixed_averages) {
    check_gradients("frozen", frozen);
}

/* `tolerated[step]`: the error of a loss. */
static void check_losses(const char *part, const char *run, const double tolerated[STEPS]) {
    scene s;
    open_scene(&s, part);
    const json_t *expected = golden_member(s.part, run);
    const lvk_optimizer_settings settings = {.kind = LVK_OPTIMIZER_SGD,
                                             .momentum = golden_number(expected, "momentum")};
    uint64_t count;
    double *losses = golden_list(golden_member(expected, "losses"), &count);
    cr_assert_eq(count, STEPS);
    for (uint64_t step = 0; step < STEPS; ++step) {
        lvk_real hyper[LVK_HYPER_COUNT];
        float loss;
        char what[32];
        lvk_optimizer_hyper(&settings, step + 1, golden_number(expected, "lr"), hyper);
        train_step(&s, hyper, &loss, NULL);
        snprintf(what, sizeof what, "loss %d", (int)step);
        const double worst = golden_near(what, (double)loss, losses[step], tolerated[step]);
        fprintf(stderr, "  loss %d: %.9f, expected %.9f, error / bound %.3f\n", (int)step, (double)loss,
                losses[step], worst);
    }
    lvk_free(losses);
    close_scene(&s);
}

/* On the batch's statistics this net is chaotic: from the third loss on, runs in double precision whose first
 * weights are changed by 6e-8 of themselves, as much as writing them in float32 may, part at a ReLU that
 * flips. Over 40 such runs of the generator's own code the losses are apart by at most
 *   lr 0.001   6e-7  4e-7    1.3e-4  1.0e-3  5.8e-3
 *   lr 0.01    6e-7  1.1e-6  1.7e-3  1.2e-2  2.8e-2
 * and PyTorch's float32 runs, with one thread and with several, are on different branches. So: GOLDEN_SLACK times the README's 1e-6 and
 * 3e-6 for the first two losses, which see every gradient, and twice that spread for the others. */
Test(narrow_resnet, losses_on_batch_statistics) {
    check_losses("training", "sgd_momentum", (const double[STEPS]){3e-5, 3e-5, 3.4e-3, 2.4e-2, 5.6e-2});
}

Test(narrow_resnet, slow_losses_on_batch_statistics) {
    check_losses("training", "sgd_momentum_lr1e-3", (const double[STEPS]){1e-5, 1e-5, 2.7e-4, 2e-3, 1.2e-2});
}

/* README: 1e-7 for all. */
Test(narrow_resnet, losses_on_fixed_averages) {
    check_losses("frozen", "sgd_momentum", (const double[STEPS]){1e-6, 1e-6, 1e-6, 1e-6, 1e-6});
}

/* One step that moves the averages and nothing else. */
Test(narrow_resnet, moving_averages) {
    scene s;
    float loss, logits[BATCH];
    const lvk_real still[LVK_HYPER_COUNT] = {0};
    open_scene(&s, "training");
    train_step(&s, still, &loss, NULL);
    cr_assert_eq(lvk_network_infer(s.network, s.images, NULL, logits), LVK_OK, "%s", lvk_error_message());
    const json_t *expected =
        golden_member(s.part, "inference_logits_initial_weights_and_moving_statistics_after_one_step");
    compare_logits(golden_member(expected, "biased"), golden_member(expected, "float32_run_biased"), logits,
                   training.forward);
    const json_t *statistics = golden_member(s.part, "moving_statistics_after_one_step");
    float *block = lvk_alloc(s.network->block_size, 1);
    cr_assert_eq(lvk_network_read(s.network, LVK_BLOCK_PARAMETERS, block), LVK_OK);
    const lvk_builder *builder = lvk_network_builder(s.network);
    size_t compared = 0;
    for (size_t p = 0; p < builder->parameter_count; ++p) {
        const lvk_tensor *tensor = &builder->graph->tensors[builder->parameters[p].tensor];
        const char *slash = strchr(tensor->name, '/');
        const bool mean = strcmp(slash, "/moving_mean") == 0;
        if (!mean && strcmp(slash, "/moving_variance") != 0)
            continue;
        char layer[64];
        snprintf(layer, sizeof layer, "%.*s", (int)(slash - tensor->name), tensor->name);
        const double size = golden_number(golden_member(statistics, layer),
                                          mean ? "moving_mean_l2" : "moving_variance_l2_biased");
        golden_near(tensor->name,
                    golden_norm(block + tensor->offset / sizeof(float), lvk_type_count(&tensor->type)), size,
                    GOLDEN_SLACK * training.forward * size);
        ++compared;
    }
    cr_expect_eq(compared, 2 * json_object_size(statistics));
    lvk_free(block);
    close_scene(&s);
}
