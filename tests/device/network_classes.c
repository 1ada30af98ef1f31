/* A network of four classes: its loss is a softmax's cross-entropy of its logits, gradients are those of the loss,
 * and shared parts give the same bits. */
#include "core/memory.h"
#include "support/device.h"
#include "support/network.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { BATCH = 4, CLASSES = 4 };

static const lvk_network_config four_classes = {
    .model = {.architecture = "cnn-gap", .image_size = 32, .classes = CLASSES},
    .batch = BATCH,
    .training = true,
    .optimizer = LVK_OPTIMIZER_SGD};

static const float labels[2 * BATCH] = {2, 0.5F, 0, 0.125F, 3, 0.25F, 2, 0.0625F};

static float *make_images(void) {
    const size_t count = (size_t)BATCH * 32 * 32 * 3;
    float *images = lvk_alloc(count, sizeof *images);
    test_fill(images, count, 11);
    return images;
}

/* What a step at `rate` says before it. */
static void train(lvk_network *network, double rate, uint32_t step, float *loss, float *logits) {
    static const uint32_t keys[4 * BATCH];
    float *images = make_images();
    lvk_real hyper[LVK_HYPER_COUNT];
    lvk_optimizer_hyper(&(lvk_optimizer_settings){.kind = LVK_OPTIMIZER_SGD}, step, rate, hyper);
    const lvk_train_batch batch = {.input = images, .labels = labels, .keys = keys, .hyper = hyper};
    cr_assert_eq(lvk_network_train(network, &batch, loss, logits), LVK_OK, "%s", lvk_error_message());
    lvk_free(images);
}

/* Sum over rows of weight (log(sum of exp(z)) - z[target]), in double. */
static double cross_entropy(const float *logits) {
    double loss = 0;
    for (int n = 0; n < BATCH; ++n) {
        double sum = 0;
        for (int c = 0; c < CLASSES; ++c)
            sum += exp((double)logits[n * CLASSES + c]);
        loss += (double)labels[2 * n + 1] * (log(sum) - (double)logits[n * CLASSES + (int)labels[2 * n]]);
    }
    return loss;
}

Test(network_classes, loss_is_the_cross_entropy_of_the_logits) {
    lvk_backend *backend = test_open_device();
    lvk_network *network = test_network(backend, &four_classes);
    float loss, logits[BATCH * CLASSES], inferred[BATCH * CLASSES], *images = make_images();
    cr_assert_eq(lvk_network_outputs(network), CLASSES);
    cr_assert_eq(lvk_network_infer(network, images, NULL, inferred), LVK_OK, "%s", lvk_error_message());
    train(network, 0, 1, &loss, logits);
    cr_expect_float_eq(loss, (float)cross_entropy(logits), 2e-6F, "%.9g and %.9g", (double)loss,
                       cross_entropy(logits));
    for (int i = 0; i < BATCH * CLASSES; ++i)
        cr_expect_float_eq(logits[i], inferred[i], 1e-5F, "logit %d: %g and %g", i, (double)logits[i],
                           (double)inferred[i]);
    lvk_free(images);
    lvk_network_destroy(&network);
    test_close_device(backend);
}

/* The last layer's gradient by the formula: of a bias the sum over rows of weight (p - [target]), of which a step
 * of SGD without momentum moves it by -rate. The first-order change of the loss is -rate |gradient|^2. */
Test(network_classes, a_step_goes_down_the_gradient) {
    lvk_backend *backend = test_open_device();
    lvk_network *network = test_network(backend, &four_classes);
    const double rate = 1e-3;
    float loss[2], logits[BATCH * CLASSES];
    float *before = test_parameters(network);
    train(network, rate, 1, &loss[0], logits);
    float *after = test_parameters(network);
    train(network, 0, 2, &loss[1], NULL);
    const lvk_builder *builder = lvk_network_builder(network);
    const lvk_tensor *bias =
        &builder->graph->tensors[builder->parameters[builder->parameter_count - 1].tensor];
    cr_assert_eq(lvk_type_count(&bias->type), CLASSES, "%s", bias->name);
    for (int c = 0; c < CLASSES; ++c) {
        double gradient = 0;
        for (int n = 0; n < BATCH; ++n) {
            double sum = 0;
            for (int k = 0; k < CLASSES; ++k)
                sum += exp((double)logits[n * CLASSES + k] - (double)logits[n * CLASSES + c]);
            gradient += (double)labels[2 * n + 1] * (1 / sum - ((int)labels[2 * n] == c));
        }
        const size_t at = bias->offset / sizeof(float) + (size_t)c;
        cr_expect_float_eq((double)after[at] - (double)before[at], -rate * gradient, 1e-9, "class %d", c);
    }
    double squares = 0;
    for (uint64_t i = 0; i < network->block_size / sizeof(float); ++i)
        squares += pow(((double)after[i] - (double)before[i]) / rate, 2);
    const double expected = -rate * squares, change = (double)loss[1] - (double)loss[0];
    cr_expect(fabs(change - expected) < 0.1 * fabs(expected), "the loss changes by %g, expected %g", change,
              expected);
    lvk_free(before);
    lvk_free(after);
    lvk_network_destroy(&network);
    test_close_device(backend);
}

/* Each image's own class is learnt, whatever weighs more in the loss. */
Test(network_classes, learns_all_classes) {
    lvk_backend *backend = test_open_device();
    lvk_network_config config = four_classes;
    config.optimizer = LVK_OPTIMIZER_ADAM;
    config.model.batch_statistics = true;
    lvk_network *network = test_network(backend, &config);
    static const uint32_t keys[4 * BATCH];
    static const float each[2 * BATCH] = {3, 0.25F, 1, 0.25F, 0, 0.25F, 2, 0.25F};
    float *images = make_images(), loss = 0, first = 0, logits[BATCH * CLASSES];
    for (uint32_t step = 1; step <= 40; ++step) {
        lvk_real hyper[LVK_HYPER_COUNT];
        lvk_optimizer_hyper(&(lvk_optimizer_settings){.kind = LVK_OPTIMIZER_ADAM}, step, 0.01, hyper);
        const lvk_train_batch batch = {.input = images, .labels = each, .keys = keys, .hyper = hyper};
        cr_assert_eq(lvk_network_train(network, &batch, &loss, logits), LVK_OK, "%s", lvk_error_message());
        first = step == 1 ? loss : first;
    }
    cr_expect(loss < 0.1F * first, "from %g to %g", (double)first, (double)loss);
    for (int n = 0; n < BATCH; ++n)
        for (int c = 0; c < CLASSES; ++c)
            cr_expect(c == (int)each[2 * n] ||
                          logits[n * CLASSES + c] < logits[n * CLASSES + (int)each[2 * n]],
                      "image %d is called %d", n, c);
    lvk_free(images);
    lvk_network_destroy(&network);
    test_close_device(backend);
}
