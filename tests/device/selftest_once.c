/* The self-test before the first training, on the device cpu: faults are planted into the backend, for one kernel. */
#include "support/scratch.h"

#include "core/memory.h"
#include "graph/plan.h"
#include "leukvk/selftest.h"
#include "runtime/device.h"
#include "runtime/kernel_tuning_file.h"
#include "runtime/network.h"
#include "selftest/inputs.h"

#include <criterion/criterion.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef enum fault {
    NONE,
    TAP_DOUBLED, /* the product of one tap of the convolution's kernel is added once more to one element */
    UNSTEADY,    /* the last bit of an element differs in every second run */
    NOT_A_NUMBER
} fault;

TestSuite(selftest_once, .init = scratch_create, .fini = scratch_remove);

static fault planted;
static const char *wrong_op;  /* a pattern of the operators' names, as for a shell */
static const char *candidate; /* NULL: all candidates */
static lvk_backend_functions original, hooked;
static const lvk_step *step; /* the only one of the last program; NULL: it has several */
static lvk_buffer *blocks[LVK_BLOCK_COUNT];
static unsigned runs;

static lvk_status create(lvk_backend *backend, const lvk_program *program,
                         lvk_buffer *const buffers[LVK_BLOCK_COUNT], lvk_exec **exec) {
    step = program->step_count == 1 ? &program->steps[0] : NULL;
    memcpy(blocks, buffers, sizeof blocks);
    return original.exec_create(backend, program, buffers, exec);
}

static float value_at(lvk_backend *backend, const lvk_region *region) {
    float value;
    cr_assert_eq(original.buffer_read(backend, blocks[region->block], region->offset, &value, sizeof value),
                 LVK_OK);
    return value;
}

static lvk_status run(lvk_backend *backend, lvk_exec *exec) {
    LVK_TRY(original.exec_run(backend, exec));
    if (planted == NONE || !step || fnmatch(wrong_op, lvk_op_get(step->call.op)->name, 0) != 0 ||
        (candidate && strcmp(step->candidate, candidate) != 0))
        return LVK_OK;
    float value = value_at(backend, &step->outputs[0]);
    uint32_t bits;
    if (planted == TAP_DOUBLED)
        value += value_at(backend, &step->inputs[0]) * value_at(backend, &step->inputs[1]);
    memcpy(&bits, &value, sizeof bits);
    if (planted == UNSTEADY)
        bits ^= ++runs & 1;
    if (planted == NOT_A_NUMBER)
        bits = 0x7FC00000;
    return original.buffer_write(backend, blocks[step->outputs[0].block], step->outputs[0].offset, &bits,
                                 sizeof bits);
}

static lvk_device *open_device(void) {
    lvk_device *device;
    cr_assert_eq(setenv("XDG_CACHE_HOME", scratch_folder, 1), 0);
    cr_assert_eq(lvk_device_open(&(lvk_device_options){.device = "cpu"}, &device), LVK_OK, "%s",
                 lvk_error_message());
    return device;
}

static char failure[1024];
static void keep(void *user, const lvk_selftest_event *event) {
    (void)user;
    if (event->failure && !*failure)
        snprintf(failure, sizeof failure, "%s", event->failure);
}

static lvk_selftest_verdict judge(lvk_device *device, fault f, const char *op, const char *name) {
    lvk_backend *backend = lvk_device_backend(device);
    lvk_selftest_verdict verdict;
    const lvk_backend_functions *before = backend->functions;
    original = hooked = *before;
    hooked.exec_create = create;
    hooked.exec_run = run;
    planted = f;
    wrong_op = op;
    candidate = name;
    *failure = '\0';
    backend->functions = &hooked;
    cr_assert_eq(lvk_selftest_once(device, keep, NULL, &verdict), LVK_OK, "%s", lvk_error_message());
    backend->functions = before;
    return verdict;
}

/* Sets `name` to the kernel that the device takes for the first case of an operator; "" where none is left. */
static void kernel_of(lvk_device *device, int op, char name[64]) {
    const lvk_case *c = &lvk_case_table_get(op)->cases[0];
    lvk_graph graph;
    lvk_plan plan = {0};
    int inputs[LVK_MAX_INPUTS];
    lvk_graph_init(&graph);
    for (int i = 0; i < c->input_count; ++i)
        inputs[i] = lvk_graph_input(&graph, "input", c->inputs[i]);
    lvk_graph_mark_output(&graph, lvk_graph_apply(&graph, NULL, op, c->attributes, c->input_count, inputs));
    const lvk_plan_options options = {.kernel_choices = lvk_device_kernel_choices(device)};
    const lvk_status status = lvk_plan_init(&plan, &graph, &lvk_device_backend(device)->caps, &options);
    cr_assert(status == LVK_OK || status == LVK_ERROR_UNSUPPORTED, "%s", lvk_error_message());
    snprintf(name, 64, "%s", status == LVK_OK ? plan.program.steps[0].candidate : "");
    lvk_plan_finish(&plan);
    lvk_graph_finish(&graph);
}

Test(selftest_once, a_right_device_is_judged_once) {
    lvk_device *device = open_device();
    lvk_selftest_verdict verdict = judge(device, NONE, "", NULL);
    cr_expect(!verdict.known && verdict.set_aside == 0 && verdict.operators == LVK_OP_COUNT, "%s", failure);
    cr_expect(verdict.kernels > 40 && verdict.runs == verdict.kernels, "%d kernels, %d runs", verdict.kernels,
              verdict.runs);
    cr_expect(judge(device, TAP_DOUBLED, "conv2d", NULL).known);
    lvk_device_close(&device);
    device = open_device();
    cr_expect(judge(device, TAP_DOUBLED, "conv2d", NULL).known);
    lvk_device_close(&device);
}

static char *path_of(const lvk_device *device) {
    char *path;
    cr_assert_eq(lvk_selftest_file_path(lvk_device_get_info(device), &path), LVK_OK, "%s",
                 lvk_error_message());
    cr_assert_not_null(path);
    return path;
}

/* Each fault: the kernel is named, and another one takes its place, also when the device is opened again. */
Test(selftest_once, a_kernel_that_is_wrong_is_set_aside) {
    static const char *const words[] = {
        [TAP_DOUBLED] = "elements wrong", [UNSTEADY] = "gave other bits", [NOT_A_NUMBER] = "nan"};
    for (fault f = TAP_DOUBLED; f <= NOT_A_NUMBER; ++f) {
        lvk_device *device = open_device();
        char *path = path_of(device), before[64], after[64];
        kernel_of(device, LVK_OP_conv2d, before);
        const lvk_selftest_verdict verdict = judge(device, f, "conv2d", before);
        cr_expect(!verdict.known && verdict.set_aside == 1, "fault %d: %d set aside", (int)f,
                  verdict.set_aside);
        cr_expect_eq(strncmp(failure, "conv2d/", 7), 0, "%s", failure);
        cr_expect(strstr(failure, before) && strstr(failure, words[f]), "%s", failure);
        for (int again = 0; again < 2; ++again) {
            kernel_of(device, LVK_OP_conv2d, after);
            cr_expect(*after && strcmp(before, after) != 0, "%s, then %s", before, after);
            lvk_device_close(&device);
            device = open_device();
        }
        lvk_device_close(&device);
        cr_assert_eq(remove(path), 0);
        lvk_free(path);
    }
}

Test(selftest_once, a_plan_is_refused_where_no_kernel_is_left) {
    lvk_device *device = open_device();
    char name[64];
    cr_expect_gt(judge(device, TAP_DOUBLED, "conv2d", NULL).set_aside, 1);
    kernel_of(device, LVK_OP_conv2d, name);
    cr_expect_str_empty(name);
    cr_expect_not_null(strstr(lvk_error_message(), "no kernel of conv2d can run here: "), "%s",
                       lvk_error_message());
    cr_expect_not_null(strstr(lvk_error_message(), "self-test found them wrong"), "%s", lvk_error_message());
    kernel_of(device, LVK_OP_dense, name);
    cr_expect_str_not_empty(name);
    lvk_device_close(&device);
}

static lvk_status plan_training(lvk_device *device, int *fused) {
    const lvk_network_config config = {
        .model = {.architecture = "cnn", .image_size = 32, .dropout = 0.5F, .classes = 2},
        .batch = 2,
        .training = true,
        .optimizer = LVK_OPTIMIZER_ADAM,
        .kernel_choices = lvk_device_kernel_choices(device)};
    lvk_network *network;
    *fused = 0;
    const lvk_status status = lvk_network_create(lvk_device_backend(device), &config, &network);
    for (int s = 0; status == LVK_OK && s < network->training.plan.program.step_count; ++s)
        *fused += strncmp(lvk_op_get(network->training.plan.program.steps[s].call.op)->name,
                          "conv2d_relu_pool", 16) == 0;
    lvk_network_destroy(&network);
    return status;
}

/* Where no kernel of a fused operator is right, the network has the operators that it is made of; where there are none, there
 * is no training. */
Test(selftest_once, a_fused_operator_without_a_right_kernel_is_taken_apart) {
    lvk_device *device = open_device();
    int fused;
    cr_assert_eq(plan_training(device, &fused), LVK_OK, "%s", lvk_error_message());
    cr_expect_gt(fused, 0);
    cr_expect_gt(judge(device, TAP_DOUBLED, "conv2d_relu_pool*", NULL).set_aside, 0);
    for (int again = 0; again < 2; ++again) {
        cr_assert_eq(plan_training(device, &fused), LVK_OK, "%s", lvk_error_message());
        cr_expect_eq(fused, 0, "%d fused", fused);
        lvk_device_close(&device);
        device = open_device();
    }
    char *path = path_of(device);
    lvk_device_close(&device);
    cr_assert_eq(remove(path), 0);
    lvk_free(path);
    device = open_device();
    cr_expect_gt(judge(device, NOT_A_NUMBER, "adam", NULL).set_aside, 0);
    cr_expect_eq(plan_training(device, &fused), LVK_ERROR_UNSUPPORTED);
    cr_expect_not_null(strstr(lvk_error_message(),
                              "no kernel of adam can run here: those that could are set aside, since the "
                              "self-test found them wrong"),
                       "%s", lvk_error_message());
    lvk_device_close(&device);
}

/* A verdict that is damaged, or of another user, could pass wrong kernels as right. */
Test(selftest_once, a_verdict_that_cannot_be_trusted_is_ignored) {
    lvk_device *device = open_device();
    char *path = path_of(device);
    (void)judge(device, NONE, "", NULL);
    lvk_device_close(&device);
    if (geteuid() == 0) { /* only root can give a file away */
        cr_assert_eq(chown(path, 1, 1), 0);
        device = open_device();
        cr_expect_not(judge(device, NONE, "", NULL).known);
        lvk_device_close(&device);
        device = open_device();
        cr_expect(judge(device, NONE, "", NULL).known);
        lvk_device_close(&device);
    }
    FILE *file = fopen(path, "r+");
    cr_assert(file && fseek(file, 20, SEEK_SET) == 0 && fputs("~~", file) >= 0 && fclose(file) == 0);
    device = open_device();
    cr_expect_not(judge(device, NONE, "", NULL).known);
    lvk_device_close(&device);
    lvk_free(path);
}
