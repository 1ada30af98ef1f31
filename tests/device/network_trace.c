/* An operator that makes a number that is not finite is named, on each device. The fault is planted into the backend:
 * after a step of the chosen operator has run alone, as runtime/trace.h runs it, its output gets a NaN. */
#include "core/memory.h"
#include "ops/op.h"
#include "runtime/optimizer.h"
#include "runtime/trace.h"
#include "support/device.h"
#include "support/network.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static int planted; /* the operator */
static lvk_backend_functions original;

/* The step that runs alone; NULL: a program of several steps. */
static const lvk_step *alone;
static lvk_buffer *blocks[LVK_BLOCK_COUNT];

static lvk_status create(lvk_backend *backend, const lvk_program *program,
                         lvk_buffer *const buffers[LVK_BLOCK_COUNT], lvk_exec **exec) {
    alone = program->step_count == 1 ? &program->steps[0] : NULL;
    memcpy(blocks, buffers, sizeof blocks);
    return original.exec_create(backend, program, buffers, exec);
}

static lvk_status run(lvk_backend *backend, lvk_exec *exec) {
    const float bad = NAN;
    LVK_TRY(original.exec_run(backend, exec));
    if (!alone || alone->call.op != planted)
        return LVK_OK;
    return original.buffer_write(backend, blocks[alone->outputs[0].block],
                                 alone->outputs[0].offset + sizeof bad, &bad, sizeof bad);
}

enum { BATCH = 2, SIDE = 64 };

/* Traces a training step of a network with this fault. */
static void trace(const lvk_network_config *config, int op, char text[LVK_TRACE_TEXT]) {
    static const float labels[2 * BATCH] = {1, 0.5F, 0, 0.5F};
    static const uint32_t keys[4 * BATCH] = {1, 0, 0, 7, 1, 0, 0, 8};
    lvk_backend *backend = test_open_device();
    lvk_network *network = test_network(backend, config);
    const size_t count = (size_t)BATCH * SIDE * SIDE * 3;
    float *images = lvk_alloc(count, sizeof *images);
    lvk_real hyper[LVK_HYPER_COUNT];
    lvk_optimizer_hyper(&(lvk_optimizer_settings){.kind = config->optimizer}, 1, 1e-3, hyper);
    test_fill(images, count, 5);
    const lvk_train_batch batch = {
        .input = images, .labels = labels, .keys = keys, .hyper = hyper, .microbatches = 1};
    original = *backend->functions;
    lvk_backend_functions functions = original;
    const lvk_backend_functions *before = backend->functions;
    functions.exec_create = create;
    functions.exec_run = run;
    backend->functions = &functions;
    planted = op;
    cr_expect_eq(lvk_network_trace_train(network, &batch, text), LVK_OK, "%s", lvk_error_message());
    backend->functions = before;
    lvk_free(images);
    lvk_network_destroy(&network);
    test_close_device(backend);
}

static const lvk_network_config compact = {
    .model = {.architecture = "cnn-gap", .image_size = SIDE, .batch_statistics = true},
    .batch = BATCH,
    .training = true,
    .accumulate = 2,
    .optimizer = LVK_OPTIMIZER_ADAM};

static void expect_named(int op, const char *phase) {
    char text[LVK_TRACE_TEXT], name[64];
    trace(&compact, op, text);
    snprintf(name, sizeof name, "operator %s", lvk_op_get(op)->name);
    cr_expect_eq(strncmp(text, name, strlen(name)), 0, "%s: %s", name, text);
    cr_expect(strstr(text, phase) && strstr(text, "made the first: 1 of ") &&
                  strstr(text, "nan, from inputs that are finite"),
              "%s: %s", name, text);
}

Test(network_trace, nothing_is_named_where_all_numbers_are_finite) {
    char text[LVK_TRACE_TEXT];
    trace(&compact, LVK_NONE, text);
    cr_expect_str_empty(text, "%s", text);
}

Test(network_trace, an_operator_of_each_phase_is_named) {
    expect_named(LVK_OP_dense, "(forward)");
    expect_named(LVK_OP_dense_grad_weight, "(backward)");
    expect_named(LVK_OP_batchnorm_grad, "(backward)");
    expect_named(LVK_OP_adam, "(update)");
}

/* A weight that is not finite before any operator has run, as a damaged state would have it. */
Test(network_trace, values_that_were_there_before_are_told_apart) {
    lvk_backend *backend = test_open_device();
    lvk_network *network = test_network(backend, &compact);
    const lvk_builder *builder = lvk_network_builder(network);
    const lvk_tensor *kernel = &builder->graph->tensors[builder->parameters[0].tensor];
    float *block = test_parameters(network);
    block[kernel->offset / sizeof *block + 3] = -INFINITY;
    cr_assert_eq(lvk_network_write(network, LVK_BLOCK_PARAMETERS, block), LVK_OK);
    lvk_network_values values = {0};
    bool finite = true;
    cr_expect_eq(lvk_network_values_read(network, &values, &finite), LVK_OK);
    cr_expect_not(finite);
    lvk_network_values_finish(&values);
    float *images = lvk_alloc((size_t)BATCH * SIDE * SIDE * 3, sizeof *images), outputs[BATCH];
    cr_assert_eq(lvk_network_infer(network, images, NULL, outputs), LVK_OK, "%s", lvk_error_message());
    char text[LVK_TRACE_TEXT];
    cr_assert_eq(lvk_network_trace_infer(network, text), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(strncmp(text, kernel->name, strlen(kernel->name)), 0, "%s", text);
    cr_expect_not_null(strstr(text, "held 1 of "), "%s", text);
    cr_expect_not_null(strstr(text, "before operator conv2d"), "%s", text);
    lvk_free(images);
    lvk_free(block);
    lvk_network_destroy(&network);
    test_close_device(backend);
}
