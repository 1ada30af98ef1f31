/* Building graphs, gradients through them, and planning their memory. */
#include "graph/executable.h"

#include <criterion/criterion.h>
#include <string.h>

#include "ops/conv2d.h"
#include "ops/moving_average.h"
#include "reference/reference.h"

static lvk_backend *reference;

static void setup(void) {
    cr_assert_eq(lvk_reference_create(&reference), LVK_OK);
}

static void teardown(void) {
    reference->functions->destroy(reference);
}

TestSuite(graph, .init = setup, .fini = teardown);

Test(graph, first_mistake_is_kept_and_named) {
    lvk_graph graph;
    lvk_graph_init(&graph);
    const int x = lvk_graph_input(&graph, "x", lvk_type_2d(LVK_F32, 4, 10));
    const int w = lvk_graph_parameter(&graph, "w", lvk_type_2d(LVK_F32, 11, 3), true);
    const int y = LVK_APPLY(&graph, "head", LVK_OP_dense, NULL, x, w);
    cr_expect_eq(y, LVK_NONE);
    cr_expect_neq(lvk_graph_status(&graph), LVK_OK);
    cr_expect_not_null(strstr(lvk_error_message(), "head: dense"), "%s", lvk_error_message());
    cr_expect_eq(LVK_APPLY(&graph, "later", LVK_OP_relu, NULL, x), LVK_NONE, "a failed graph goes on");
    lvk_plan plan;
    cr_expect_neq(lvk_plan_init(&plan, &graph, &reference->caps, NULL), LVK_OK);
    lvk_plan_finish(&plan);
    lvk_graph_finish(&graph);
}

Test(graph, too_large_and_empty_tensors_are_refused) {
    lvk_graph graph;
    lvk_graph_init(&graph);
    cr_expect_eq(lvk_graph_input(&graph, "none", lvk_type_2d(LVK_F32, 0, 3)), LVK_NONE);
    cr_expect_not_null(strstr(lvk_error_message(), "none"), "%s", lvk_error_message());
    lvk_graph_finish(&graph);
    lvk_graph_init(&graph);
    cr_expect_eq(lvk_graph_input(&graph, "huge", lvk_type_4d(LVK_F32, 65536, 65536, 65536, 65536)), LVK_NONE);
    cr_expect_not_null(strstr(lvk_error_message(), "huge"), "%s", lvk_error_message());
    lvk_graph_finish(&graph);
}

static float run_scalar(lvk_graph *graph, int input, const float *x, int output) {
    lvk_plan plan;
    lvk_executable executable;
    float value[16];
    cr_assert_eq(lvk_plan_init(&plan, graph, &reference->caps, NULL), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_init(&executable, reference, &plan, NULL), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_write(&executable, input, x), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_run(&executable), LVK_OK);
    cr_assert_eq(lvk_executable_read(&executable, output, value), LVK_OK, "%s", lvk_error_message());
    lvk_executable_finish(&executable);
    lvk_plan_finish(&plan);
    return value[0];
}

/* y = relu(w) + w, used twice: d(y)/dw = 1[w > 0] + 1. Both uses have to arrive. */
Test(graph, gradients_of_all_uses_are_added) {
    for (int sign = -1; sign <= 1; sign += 2) {
        lvk_graph graph;
        lvk_graph_init(&graph);
        const int w = lvk_graph_parameter(&graph, "w", lvk_type_1d(LVK_F32, 1), true);
        const int y =
            LVK_APPLY(&graph, "sum", LVK_OP_add, NULL, LVK_APPLY(&graph, NULL, LVK_OP_relu, NULL, w), w);
        lvk_graph_backward(&graph, y);
        cr_assert_eq(lvk_graph_status(&graph), LVK_OK, "%s", lvk_error_message());
        const float value = (float)sign;
        cr_expect_eq(run_scalar(&graph, w, &value, graph.tensors[w].gradient), sign > 0 ? 2.0F : 1.0F);
        lvk_graph_finish(&graph);
    }
}

/* The two inputs of an addition have the same gradient; as two parameters each must get its own. */
Test(graph, two_parameters_do_not_share_one_gradient) {
    lvk_graph graph;
    lvk_graph_init(&graph);
    const int a = lvk_graph_parameter(&graph, "a", lvk_type_1d(LVK_F32, 1), true);
    const int b = lvk_graph_parameter(&graph, "b", lvk_type_1d(LVK_F32, 1), true);
    lvk_graph_backward(&graph, LVK_APPLY(&graph, "sum", LVK_OP_add, NULL, a, b));
    cr_assert_eq(lvk_graph_status(&graph), LVK_OK, "%s", lvk_error_message());
    cr_expect_neq(graph.tensors[a].gradient, graph.tensors[b].gradient);
    const float zero = 0;
    cr_expect_eq(run_scalar(&graph, a, &zero, graph.tensors[a].gradient), 1.0F);
    cr_expect_eq(run_scalar(&graph, a, &zero, graph.tensors[b].gradient), 1.0F);
    lvk_graph_finish(&graph);
}

Test(graph, frozen_parameters_have_no_gradient) {
    lvk_graph graph;
    lvk_graph_init(&graph);
    const int a = lvk_graph_parameter(&graph, "a", lvk_type_1d(LVK_F32, 1), false);
    const int b = lvk_graph_parameter(&graph, "b", lvk_type_1d(LVK_F32, 1), true);
    lvk_graph_backward(&graph, LVK_APPLY(&graph, "sum", LVK_OP_add, NULL, a, b));
    cr_assert_eq(lvk_graph_status(&graph), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(graph.tensors[a].gradient, LVK_NONE);
    cr_expect_neq(graph.tensors[b].gradient, LVK_NONE);
    lvk_graph_finish(&graph);
}

Test(graph, what_nobody_reads_is_not_computed) {
    lvk_graph graph;
    lvk_plan plan;
    lvk_graph_init(&graph);
    const int x = lvk_graph_input(&graph, "x", lvk_type_1d(LVK_F32, 8));
    const int used = LVK_APPLY(&graph, "used", LVK_OP_relu, NULL, x);
    const int unused = LVK_APPLY(&graph, "unused", LVK_OP_sigmoid, NULL, x);
    lvk_graph_mark_output(&graph, used);
    cr_assert_eq(lvk_plan_init(&plan, &graph, &reference->caps, NULL), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(plan.program.step_count, 1);
    cr_expect_eq(plan.regions[unused].size, 0);
    lvk_plan_finish(&plan);
    lvk_graph_finish(&graph);
}

/* Two values that are alive at the same step must not overlap, whoever reuses whose place. */
static void expect_no_overlap(const lvk_plan *plan) {
    const lvk_program *program = &plan->program;
    for (int s = 0; s < program->step_count; ++s) {
        const lvk_step *step = &program->steps[s];
        for (int o = 0; o < step->call.output_count; ++o)
            for (int i = 0; i < step->call.input_count; ++i) {
                const lvk_region *a = &step->outputs[o], *b = &step->inputs[i];
                const bool same = a->block == b->block && a->offset == b->offset; /* in place, or a view */
                const bool overlap = a->block == b->block && a->offset < b->offset + b->size &&
                                     b->offset < a->offset + a->size;
                cr_expect(same || !overlap, "%s: output %d overlaps input %d", step->label, o, i);
            }
    }
}

/* A chain of ten layers needs room for the two largest neighbours, not for all ten, and computes the same. */
Test(graph, parameters_are_updated_though_nobody_reads_them) {
    const lvk_moving_average_attributes attributes = {.decay = 0.75F, .scale = 2};
    const float before[2] = {8, -4}, batch[2] = {10, 2};
    lvk_graph graph;
    lvk_graph_init(&graph);
    const int mean = lvk_graph_parameter(&graph, "mean", lvk_type_1d(LVK_F32, 2), false);
    const int x = lvk_graph_input(&graph, "x", lvk_type_1d(LVK_F32, 2));
    LVK_APPLY(&graph, NULL, LVK_OP_moving_average, &attributes, mean, x);
    lvk_plan plan;
    lvk_executable executable;
    float after[4];
    cr_assert_eq(lvk_plan_init(&plan, &graph, &reference->caps, NULL), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_init(&executable, reference, &plan, NULL), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_write(&executable, mean, before), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_write(&executable, x, batch), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_run(&executable), LVK_OK);
    cr_assert_eq(lvk_executable_read(&executable, mean, after), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(after[0], 11);
    cr_expect_eq(after[1], -2);
    lvk_executable_finish(&executable);
    lvk_plan_finish(&plan);
    lvk_graph_finish(&graph);
}

Test(graph, memory_is_reused_and_the_numbers_stay) {
    enum { LAYERS = 10 };
    lvk_graph graph;
    lvk_graph_init(&graph);
    const int x = lvk_graph_input(&graph, "x", lvk_type_2d(LVK_F32, 3, 64));
    int y = x;
    for (int i = 0; i < LAYERS; ++i) {
        const int w = lvk_graph_parameter(&graph, "w", lvk_type_2d(LVK_F32, 64, 64), true);
        y = LVK_APPLY(&graph, NULL, LVK_OP_sigmoid, NULL, LVK_APPLY(&graph, NULL, LVK_OP_dense, NULL, y, w));
    }
    lvk_graph_mark_output(&graph, y);
    lvk_plan plans[2];
    float results[2][3 * 64], values[3 * 64], weights[64 * 64];
    for (int i = 0; i < 64 * 64; ++i)
        weights[i] = (float)(i % 17 - 8) / 16;
    for (int i = 0; i < 3 * 64; ++i)
        values[i] = (float)(i % 13) / 13;
    for (int k = 0; k < 2; ++k) { /* guards switch reuse off */
        const lvk_plan_options options = {.guard = k ? 256 : 0};
        lvk_executable executable;
        cr_assert_eq(lvk_plan_init(&plans[k], &graph, &reference->caps, &options), LVK_OK, "%s",
                     lvk_error_message());
        expect_no_overlap(&plans[k]);
        cr_assert_eq(lvk_executable_init(&executable, reference, &plans[k], NULL), LVK_OK);
        for (size_t t = 0; t < graph.tensor_count; ++t)
            if (graph.tensors[t].role == LVK_ROLE_PARAMETER)
                cr_assert_eq(lvk_executable_write(&executable, (int)t, weights), LVK_OK);
        cr_assert_eq(lvk_executable_write(&executable, x, values), LVK_OK);
        cr_assert_eq(lvk_executable_run(&executable), LVK_OK);
        cr_assert_eq(lvk_executable_read(&executable, y, results[k]), LVK_OK);
        lvk_executable_finish(&executable);
    }
    cr_expect_arr_eq(results[0], results[1], sizeof results[0]);
    cr_expect_leq(plans[0].program.block_size[LVK_BLOCK_ARENA], 2 * 3 * 64 * sizeof(float));
    for (int k = 0; k < 2; ++k)
        lvk_plan_finish(&plans[k]);
    lvk_graph_finish(&graph);
}

/* Before gradients are computed, values lie in their places; what is computed stays the same. With a batch of 64 rows a
 * layer's values are as large as the gradient of its kernel. */
/* The sum may not take the place of its first operand, which is its second one too. */
Test(graph, a_value_is_added_to_itself) {
    lvk_graph graph;
    const float x[] = {-1, 2, 3, 0.5F, 1};
    lvk_graph_init(&graph);
    const int input = lvk_graph_input(&graph, "x", lvk_type_2d(LVK_F32, 2, 2));
    const int value = LVK_APPLY(&graph, "relu", LVK_OP_relu, NULL, input);
    const int sum = LVK_APPLY(&graph, "add", LVK_OP_add, NULL, value, value);
    const int output = LVK_APPLY(&graph, "relu", LVK_OP_relu, NULL, sum);
    lvk_graph_mark_output(&graph, output);
    cr_expect_eq(run_scalar(&graph, input, x, output), 0.0F);
    cr_expect_eq(run_scalar(&graph, input, x + 1, output), 4.0F);
    lvk_graph_finish(&graph);
}

Test(graph, values_lie_where_gradients_will) {
    enum { LAYERS = 6, WIDTH = 64, COUNT = WIDTH * WIDTH };
    static float values[COUNT], gradients[2][LAYERS][COUNT];
    lvk_graph graph;
    int kernels[LAYERS], borrowed[2] = {0};
    lvk_graph_init(&graph);
    const int x = lvk_graph_input(&graph, "x", lvk_type_2d(LVK_F32, WIDTH, WIDTH));
    int y = x;
    for (int i = 0; i < LAYERS; ++i) {
        kernels[i] = lvk_graph_parameter(&graph, "w", lvk_type_2d(LVK_F32, WIDTH, WIDTH), true);
        y = LVK_APPLY(&graph, NULL, LVK_OP_sigmoid, NULL,
                      LVK_APPLY(&graph, NULL, LVK_OP_dense, NULL, y, kernels[i]));
    }
    lvk_graph_mark_output(&graph, y);
    lvk_graph_backward_from(&graph, y,
                            lvk_graph_constant(&graph, "dy", lvk_type_2d(LVK_F32, WIDTH, WIDTH), 0.5));
    for (int i = 0; i < COUNT; ++i)
        values[i] = (float)(i * 37 % 101 - 50) / 64;
    for (int k = 0; k < 2; ++k) { /* guards switch it off */
        const lvk_plan_options options = {.guard = k ? 256 : 0};
        lvk_plan plan;
        lvk_executable executable;
        cr_assert_eq(lvk_plan_init(&plan, &graph, &reference->caps, &options), LVK_OK, "%s",
                     lvk_error_message());
        for (size_t t = 0; t < graph.tensor_count; ++t)
            borrowed[k] += plan.regions[t].size && plan.regions[t].block == LVK_BLOCK_GRADIENTS &&
                           graph.tensors[t].gradient_of == LVK_NONE;
        cr_assert_eq(lvk_executable_init(&executable, reference, &plan, NULL), LVK_OK);
        cr_assert_eq(lvk_executable_write(&executable, x, values), LVK_OK);
        for (int i = 0; i < LAYERS; ++i)
            cr_assert_eq(lvk_executable_write(&executable, kernels[i], values), LVK_OK);
        cr_assert_eq(lvk_executable_run(&executable), LVK_OK);
        for (int i = 0; i < LAYERS; ++i)
            cr_assert_eq(
                lvk_executable_read(&executable, graph.tensors[kernels[i]].gradient, gradients[k][i]),
                LVK_OK);
        lvk_executable_finish(&executable);
        lvk_plan_finish(&plan);
    }
    cr_expect_geq(borrowed[0], LAYERS - 2, "only %d values", borrowed[0]);
    cr_expect_eq(borrowed[1], 0);
    cr_expect_arr_eq(gradients[0], gradients[1], sizeof gradients[0]);
    cr_expect_neq(gradients[0][0][1], 0, "no gradient: nothing is tested");
    lvk_graph_finish(&graph);
}

/* While a value is computed that needs one of two places, the other is idle. */
Test(graph, idle_parts_of_the_arena_are_told) {
    lvk_graph graph;
    lvk_plan plan;
    lvk_graph_init(&graph);
    const int x = lvk_graph_input(&graph, "x", lvk_type_2d(LVK_F32, 4, 64)); /* 1024 bytes */
    const int a = LVK_APPLY(&graph, "a", LVK_OP_relu, NULL, x);
    const int b = LVK_APPLY(&graph, "b", LVK_OP_sigmoid, NULL, x);
    const int c = LVK_APPLY(&graph, "c", LVK_OP_add, NULL, a, b); /* in the place of a */
    lvk_graph_mark_output(&graph, LVK_APPLY(&graph, "d", LVK_OP_sigmoid, NULL, c));
    cr_assert_eq(lvk_plan_init(&plan, &graph, &reference->caps, NULL), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(plan.program.block_size[LVK_BLOCK_ARENA], 2048);
    static const uint64_t idle[] = {1024, 0, 0, 1024};
    for (int s = 0; s < 4; ++s)
        cr_expect_eq(plan.program.steps[s].idle.size, idle[s], "step %d: %llu bytes", s,
                     (unsigned long long)plan.program.steps[s].idle.size);
    cr_expect_neq(plan.program.steps[3].idle.offset, plan.regions[c].offset);
    lvk_plan_finish(&plan);
    lvk_graph_finish(&graph);
}

/* The device allows bindings of 64 KiB: a convolution over 16 images is cut, one whose single image is larger
 * is refused. */
Test(graph, batches_are_cut_to_the_device_and_what_cannot_be_cut_is_refused) {
    const lvk_caps caps = {.runs_launches = true,
                           .max_storage_range = 65536,
                           .max_texels = 65536,
                           .max_storage_buffers = 4,
                           .max_groups = {65535, 65535, 65535},
                           .max_group_size = {128, 128, 64},
                           .max_invocations = 128,
                           .max_shared_memory = 16384,
                           .max_parameter_size = 128,
                           .offset_alignment = 256};
    for (uint32_t size = 32; size <= 160; size += 128) {
        lvk_graph graph;
        lvk_plan plan;
        lvk_graph_init(&graph);
        const int x = lvk_graph_input(&graph, "x", lvk_type_4d(LVK_F32, 16, size, size, 3));
        const int w = lvk_graph_parameter(&graph, "w", lvk_type_4d(LVK_F32, 3, 3, 3, 8), true);
        const lvk_conv2d_attributes valid = lvk_conv2d_valid(1, 1);
        lvk_graph_mark_output(&graph, LVK_APPLY(&graph, "conv", LVK_OP_conv2d, &valid, x, w));
        const lvk_status status = lvk_plan_init(&plan, &graph, &caps, NULL);
        if (size == 32) {
            cr_expect_eq(status, LVK_OK, "%s", lvk_error_message());
            cr_expect_gt(plan.program.step_count, 1);
            for (int s = 0; s < plan.program.step_count; ++s) {
                cr_expect_leq(plan.program.steps[s].outputs[0].size, caps.max_storage_range);
                cr_expect_eq(plan.program.steps[s].outputs[0].offset % caps.offset_alignment, 0);
            }
        } else {
            cr_expect_eq(status, LVK_ERROR_LIMIT);
            cr_expect_not_null(strstr(lvk_error_message(), "conv"), "%s", lvk_error_message());
        }
        lvk_plan_finish(&plan);
        lvk_graph_finish(&graph);
    }
}

/* TensorFlow's "same": the output has ceil(size / stride) rows, and an odd zero goes to the bottom and to the
 * right. */
Test(graph, same_padding_puts_the_odd_zero_last) {
    const lvk_conv2d_attributes a = lvk_conv2d_same(2, 2, 5, 6, 3, 3); /* 3 × 3 outputs need 7 × 7 inputs */
    cr_expect_eq(a.pad_top, 1);
    cr_expect_eq(a.pad_bottom, 1);
    cr_expect_eq(a.pad_left, 0);
    cr_expect_eq(a.pad_right, 1);
    const lvk_conv2d_attributes unit = lvk_conv2d_same(1, 1, 9, 9, 3, 3);
    cr_expect(unit.pad_top == 1 && unit.pad_bottom == 1 && unit.pad_left == 1 && unit.pad_right == 1);
}

/* A candidate made for GPUs is passed over on a CPU device, unless it is asked for by name. */
Test(graph, kernels_for_gpus_are_chosen_on_gpus) {
    static const struct {
        bool is_cpu;
        const char *forced, *chosen;
    } rows[] = {
        {false, NULL, "tile"}, {true, NULL, "block"}, {true, "tile", "tile"}, {false, "block", "block"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const lvk_caps caps = {.runs_launches = true,
                               .is_cpu = rows[i].is_cpu,
                               .max_storage_range = 1 << 27,
                               .max_groups = {65535, 65535, 65535},
                               .offset_alignment = 256};
        const lvk_plan_options options = {.forced_op = LVK_OP_conv2d, .forced_candidate = rows[i].forced};
        lvk_graph graph;
        lvk_plan plan;
        lvk_graph_init(&graph);
        const int x = lvk_graph_input(&graph, "x", lvk_type_4d(LVK_F32, 2, 16, 16, 4));
        const int w = lvk_graph_parameter(&graph, "w", lvk_type_4d(LVK_F32, 3, 3, 4, 8), true);
        const lvk_conv2d_attributes valid = lvk_conv2d_valid(1, 1);
        lvk_graph_mark_output(&graph, LVK_APPLY(&graph, "conv", LVK_OP_conv2d, &valid, x, w));
        cr_assert_eq(lvk_plan_init(&plan, &graph, &caps, &options), LVK_OK, "%s", lvk_error_message());
        cr_assert_eq(plan.program.step_count, 1);
        cr_expect_str_eq(plan.program.steps[0].candidate, rows[i].chosen);
        lvk_plan_finish(&plan);
        lvk_graph_finish(&graph);
    }
}

/* The last slice is smaller than the others and may get another kernel: gemv takes up to 8 rows. Each step
 * names its own. */
Test(graph, slices_name_their_own_kernel) {
    const lvk_caps caps = {.runs_launches = true,
                           .max_storage_range = 1 << 27,
                           .max_groups = {65535, 65535, 65535},
                           .offset_alignment = 256};
    const lvk_plan_options options = {.slice_rows = 12};
    lvk_string_map choices = {0};
    lvk_graph graph;
    lvk_plan plan;
    lvk_graph_init(&graph);
    const int x = lvk_graph_input(&graph, "x", lvk_type_2d(LVK_F32, 16, 64));
    const int w = lvk_graph_parameter(&graph, "w", lvk_type_2d(LVK_F32, 64, 64), true);
    lvk_graph_mark_output(&graph, LVK_APPLY(&graph, "dense", LVK_OP_dense, NULL, x, w));
    lvk_plan_options chosen = options;
    lvk_text text = {0};
    char *key;
    lvk_call_key(&graph.nodes[0].call, &text);
    cr_assert_eq(lvk_text_take(&text, &key, NULL), LVK_OK);
    cr_assert_eq(lvk_string_map_set(&choices, key, "gemv"), LVK_OK);
    chosen.kernel_choices = &choices;
    cr_assert_eq(lvk_plan_init(&plan, &graph, &caps, &chosen), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(plan.program.step_count, 2);
    cr_expect_str_eq(plan.program.steps[0].candidate, "tile");
    cr_expect_str_eq(plan.program.steps[0].launches[0].shader, "conv2d_tile");
    cr_expect_str_eq(plan.program.steps[1].candidate, "gemv");
    cr_expect_str_eq(plan.program.steps[1].launches[0].shader, "dense_gemv");
    lvk_plan_finish(&plan);
    lvk_graph_finish(&graph);
    lvk_string_map_finish(&choices);
    lvk_free(key);
}

/* A plan that is changed by hand: each fault of this kind is found. */
Test(graph, wrong_plans_are_found) {
    lvk_caps caps = reference->caps;
    lvk_graph graph;
    lvk_plan plan;
    lvk_graph_init(&graph);
    const int x = lvk_graph_input(&graph, "x", lvk_type_2d(LVK_F32, 8, 64));
    const int w = lvk_graph_parameter(&graph, "w", lvk_type_2d(LVK_F32, 64, 64), true);
    const int a = LVK_APPLY(&graph, "a", LVK_OP_dense, NULL, x, w);
    const int b = LVK_APPLY(&graph, "b", LVK_OP_dense, NULL, a, w);
    const int c = LVK_APPLY(&graph, "c", LVK_OP_add, NULL, a, b);
    lvk_graph_mark_output(&graph, LVK_APPLY(&graph, "d", LVK_OP_relu, NULL, c));
    cr_assert_eq(lvk_plan_init(&plan, &graph, &caps, NULL), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(plan.program.step_count, 4);
    lvk_step *steps = (lvk_step *)(uintptr_t)plan.program.steps;
#define FIND(change, part)                                                                                   \
    do {                                                                                                     \
        lvk_step keep[4];                                                                                    \
        const lvk_program program = plan.program;                                                            \
        memcpy(keep, steps, sizeof keep);                                                                    \
        change;                                                                                              \
        cr_expect_neq(lvk_program_verify(&plan), LVK_OK, "not found: %s", part);                             \
        cr_expect_not_null(strstr(lvk_error_message(), part), "%s", lvk_error_message());                    \
        memcpy(steps, keep, sizeof keep);                                                                    \
        plan.program = program;                                                                              \
        cr_assert_eq(lvk_program_verify(&plan), LVK_OK, "%s", lvk_error_message());                          \
    } while (0)
    FIND(steps[1].outputs[0] = steps[0].outputs[0], "writes over an input");
    FIND(steps[2].inputs[1].offset += 16, "beyond its block");
    FIND(plan.program.block_size[LVK_BLOCK_ARENA] -= 16, "beyond its block");
    FIND((steps[0].outputs[0] = steps[1].outputs[0], steps[0].idle.size = 0), "reads what was not written");
    FIND(steps[2].inputs[1] = steps[2].inputs[0], "reads what was not written"); /* another value */
    FIND(steps[1].scratch[0] = steps[0].outputs[0], "scratch memory on an operand");
    FIND(steps[1].scratch[2] = steps[1].outputs[0], "scratch memory on an operand");
    FIND(steps[1].idle = steps[0].outputs[0], "scratch memory on an operand");
    FIND(steps[1].idle = steps[1].outputs[0], "scratch memory on an operand");
    FIND(steps[3].outputs[0].offset += 256, "beyond its block");
    FIND(plan.program.step_count = 3, "output d is overwritten");
    FIND(steps[0].inputs[0].size = 0, "without a place");
#undef FIND
    lvk_plan_finish(&plan);
    lvk_graph_finish(&graph);
}
