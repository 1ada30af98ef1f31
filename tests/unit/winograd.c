/* Which convolutions the candidate winograd can compute, which of those it would be slow for, and that a plan
 * takes winograd only where it is named. */
#include "graph/plan.h"
#include "ops/conv2d.h"

#include <criterion/criterion.h>
#include <string.h>

static const lvk_caps card = {.runs_launches = true,
                              .max_storage_range = 1 << 27,
                              .max_groups = {65535, 65535, 65535},
                              .offset_alignment = 256};

typedef struct convolution {
    uint32_t batch, size, in, out, kernel, stride; /* valid, of size x size pixels */
    lvk_caps caps;
    const char *unsupported; /* part of the reason why winograd cannot run; NULL: it can */
    const char
        *unsuited; /* part of the reason why a free choice passes it over although it can run; NULL: none */
} convolution;

static const lvk_candidate *find(int op) {
    const lvk_op *descriptor = lvk_op_get(op);
    for (int i = 0; i < descriptor->candidate_count; ++i)
        if (strcmp(descriptor->candidates[i].name, "winograd") == 0)
            return &descriptor->candidates[i];
    cr_assert(false, "%s has no candidate winograd", descriptor->name);
    return NULL;
}

static void expect_reason(const convolution *c, const lvk_call *call, const char *what, const char *expected,
                          const char *reason) {
    const char *name = lvk_op_get(call->op)->name;
    if (expected)
        cr_expect(reason && strstr(reason, expected), "%s, %u to %u channels, %s: %s", name, c->in, c->out,
                  what, reason ? reason : "none");
    else
        cr_expect_null(reason, "%s, %u to %u channels, %s: %s", name, c->in, c->out, what, reason);
}

static void expect_reasons(const convolution *c, const lvk_call *call) {
    const lvk_candidate *winograd = find(call->op);
    const char *unsupported = winograd->unsupported(call, &c->caps);
    expect_reason(c, call, "unsupported", c->unsupported, unsupported);
    if (!unsupported)
        expect_reason(c, call, "unsuited", c->unsuited, winograd->unsuited(call, &c->caps));
}

/* The convolution itself, and that from `out` to `in` channels whose gradient with respect to its input is a
 * convolution from `in` to `out`. */
static void check(const convolution *c) {
    const lvk_conv2d_attributes valid = lvk_conv2d_valid(c->stride, c->stride);
    const uint32_t result = (c->size - c->kernel) / c->stride + 1;
    const lvk_conv2d_grad_input_attributes back = {.conv = valid, .height = c->size, .width = c->size};
    lvk_call forward = {.op = LVK_OP_conv2d, .attributes = &valid, .input_count = 2, .output_count = 1},
             gradient = {
                 .op = LVK_OP_conv2d_grad_input, .attributes = &back, .input_count = 2, .output_count = 1};
    forward.inputs[0] = lvk_type_4d(LVK_F32, c->batch, c->size, c->size, c->in);
    forward.inputs[1] = lvk_type_4d(LVK_F32, c->kernel, c->kernel, c->in, c->out);
    gradient.inputs[0] = lvk_type_4d(LVK_F32, c->batch, result, result, c->in);
    gradient.inputs[1] = lvk_type_4d(LVK_F32, c->kernel, c->kernel, c->out, c->in);
    cr_assert_eq(lvk_op_get(forward.op)->infer(&forward), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_op_get(gradient.op)->infer(&gradient), LVK_OK, "%s", lvk_error_message());
    expect_reasons(c, &forward);
    expect_reasons(c, &gradient);
}

Test(winograd, takes_kernels_of_3x3_at_stride_1) {
    lvk_caps small = card, little = card, narrow = card, cpu = card;
    small.memory = 1 << 20; /* of which a quarter is had; the transformed tensors have more */
    little.max_allocation = 1 << 20;
    narrow.max_storage_range = 1 << 16;
    cpu.is_cpu = true;
    const convolution convolutions[] = {
        {2, 20, 16, 32, 3, 1, card, NULL, NULL},
        {2, 20, 17, 32, 3, 1, card, NULL, NULL},
        {2, 20, 16, 32, 5, 1, card, "3x3 at stride 1", NULL},
        {2, 20, 16, 32, 1, 1, card, "3x3 at stride 1", NULL},
        {2, 20, 16, 32, 3, 2, card, "3x3 at stride 1", NULL},
        {2, 20, 16, 32, 6, 2, card, "3x3 at stride 1", NULL}, /* which space to depth makes one of 3x3 */
        {2, 20, 15, 32, 3, 1, card, NULL, "16 input channels"},
        {2, 20, 16, 32, 3, 1, cpu, NULL, "GPUs"},
        {2, 20, 16, 30, 3, 1, card, "not a multiple of 4", NULL},
        {2, 20, 16, 32, 3, 1, narrow, "one binding", NULL},
        {64, 200, 16, 32, 3, 1, card, "one binding", NULL},
        {2, 20, 16, 32, 3, 1, small, "memory", NULL},
        {2, 20, 16, 32, 3, 1, little, "memory", NULL},
    };
    for (size_t i = 0; i < sizeof convolutions / sizeof *convolutions; ++i)
        check(&convolutions[i]);
}

/* 403 MB of transformed tensors, in parts of up to 64 MiB. */
Test(winograd, takes_little_memory) {
    const lvk_conv2d_attributes valid = lvk_conv2d_valid(1, 1);
    lvk_call call = {.op = LVK_OP_conv2d, .attributes = &valid, .input_count = 2, .output_count = 1};
    call.inputs[0] = lvk_type_4d(LVK_F32, 4, 224, 224, 64);
    call.inputs[1] = lvk_type_4d(LVK_F32, 3, 3, 64, 64);
    cr_assert_eq(lvk_op_get(call.op)->infer(&call), LVK_OK, "%s", lvk_error_message());
    lvk_launch_list list = {.max_groups = {65535, 65535, 65535}};
    find(call.op)->launch(&call, &card, &list);
    cr_assert_eq(list.status, LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(list.count, 1 + 3 * 7);
    cr_expect_leq(list.scratch_size[2] + list.scratch_size[3], 1 << 26);
}

/* tile stands before it and runs wherever it does. */
Test(winograd, is_chosen_by_name_only) {
    const char *const forced[] = {NULL, "winograd"}, *const chosen[] = {"tile", "winograd"};
    for (size_t i = 0; i < 2; ++i) {
        const lvk_plan_options options = {.forced_op = LVK_OP_conv2d, .forced_candidate = forced[i]};
        const lvk_conv2d_attributes valid = lvk_conv2d_valid(1, 1);
        lvk_graph graph;
        lvk_plan plan;
        lvk_graph_init(&graph);
        const int x = lvk_graph_input(&graph, "x", lvk_type_4d(LVK_F32, 2, 16, 16, 64));
        const int w = lvk_graph_parameter(&graph, "w", lvk_type_4d(LVK_F32, 3, 3, 64, 64), true);
        lvk_graph_mark_output(&graph, LVK_APPLY(&graph, "conv", LVK_OP_conv2d, &valid, x, w));
        cr_assert_eq(lvk_plan_init(&plan, &graph, &card, &options), LVK_OK, "%s", lvk_error_message());
        cr_assert_eq(plan.program.step_count, 1);
        cr_expect_str_eq(plan.program.steps[0].candidate, chosen[i]);
        lvk_plan_finish(&plan);
        lvk_graph_finish(&graph);
    }
}
