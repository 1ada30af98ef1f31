/* Kernel choices: keys tell calls apart, and plans take what was chosen where it can run. */
#include "core/memory.h"
#include "graph/plan.h"
#include "ops/conv2d.h"

#include <criterion/criterion.h>
#include <string.h>

/* A graphics card with few powers: of conv2d's kernels, block and direct can run. */
static const lvk_caps card = {.runs_launches = true,
                              .max_storage_range = 1 << 27,
                              .max_texels = 65536,
                              .max_storage_buffers = 4,
                              .max_groups = {65535, 65535, 65535},
                              .max_group_size = {128, 128, 64},
                              .max_invocations = 128,
                              .max_shared_memory = 16384,
                              .max_parameter_size = 128,
                              .offset_alignment = 256};

static char *key_of(const lvk_call *call) {
    lvk_text text = {0};
    char *key = NULL;
    lvk_call_key(call, &text);
    cr_assert_eq(lvk_text_take(&text, &key, NULL), LVK_OK);
    return key;
}

static lvk_call convolution(const lvk_conv2d_attributes *attributes) {
    return (lvk_call){.op = LVK_OP_conv2d,
                      .attributes = attributes,
                      .input_count = 2,
                      .output_count = 1,
                      .inputs = {lvk_type_4d(LVK_F32, 16, 32, 32, 3), lvk_type_4d(LVK_F32, 3, 3, 3, 8)},
                      .outputs = {lvk_type_4d(LVK_F32, 16, 30, 30, 8)}};
}

Test(kernel_choices, keys_say_what_is_computed_and_differ_where_that_does) {
    const lvk_conv2d_attributes valid = lvk_conv2d_valid(1, 1), strided = lvk_conv2d_valid(2, 1);
    enum { COUNT = 6 };
    lvk_call calls[COUNT];
    char *keys[COUNT];
    for (int i = 0; i < COUNT; ++i)
        calls[i] = convolution(&valid);
    calls[1].op = LVK_OP_conv2d_relu_pool;
    calls[2].inputs[0].dim[0] = 17;
    calls[3].inputs[1].dtype = LVK_U8;
    calls[4].attributes = &strided;
    calls[5].outputs[0].rank = 3;
    for (int i = 0; i < COUNT; ++i) {
        keys[i] = key_of(&calls[i]);
        for (int k = 0; k < i; ++k)
            cr_expect_str_neq(keys[i], keys[k]);
    }
    cr_expect_str_eq(keys[0], "conv2d 16x32x32x3, 3x3x3x8 -> 16x30x30x8 {1 1 0 0 0 0}");
    cr_expect_not_null(strstr(keys[3], "3x3x3x8:u8"), "%s", keys[3]);
    calls[0].accumulate = true; /* a slice is not a call of its own */
    char *again = key_of(&calls[0]);
    cr_expect_str_eq(again, keys[0]);
    lvk_free(again);
    for (int i = 0; i < COUNT; ++i)
        lvk_free(keys[i]);
}

/* Plans one convolution and expects every step to run `expected`. */
static void expect_candidate(const char *expected, const lvk_caps *caps, const lvk_plan_options *options) {
    const lvk_conv2d_attributes valid = lvk_conv2d_valid(1, 1);
    lvk_graph graph;
    lvk_plan plan;
    lvk_graph_init(&graph);
    const int x = lvk_graph_input(&graph, "x", lvk_type_4d(LVK_F32, 16, 32, 32, 3));
    const int w = lvk_graph_parameter(&graph, "w", lvk_type_4d(LVK_F32, 3, 3, 3, 8), true);
    lvk_graph_mark_output(&graph, LVK_APPLY(&graph, "conv", LVK_OP_conv2d, &valid, x, w));
    cr_assert_eq(lvk_plan_init(&plan, &graph, caps, options), LVK_OK, "%s", lvk_error_message());
    cr_expect_gt(plan.program.step_count, 0);
    for (int s = 0; s < plan.program.step_count; ++s)
        cr_expect_str_eq(plan.program.steps[s].candidate, expected);
    lvk_plan_finish(&plan);
    lvk_graph_finish(&graph);
}

Test(kernel_choices, plans_take_the_choice_where_it_can_run) {
    static const struct {
        const char *choice, *expected;
    } cases[] = {{"direct", "direct"},
                 {"block", "block"},
                 {"subgroup_texel", "tile"}, /* for software devices: the first that can run instead */
                 {"fft", "tile"},
                 {"", "tile"},
                 {"direct ", "tile"}};
    const lvk_conv2d_attributes valid = lvk_conv2d_valid(1, 1);
    const lvk_call call = convolution(&valid);
    char *key = key_of(&call);
    lvk_string_map choices = {0};
    const lvk_plan_options options = {.kernel_choices = &choices};
    expect_candidate("tile", &card, NULL);
    expect_candidate("tile", &card, &options);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        cr_assert_eq(lvk_string_map_set(&choices, key, cases[i].choice), LVK_OK);
        expect_candidate(cases[i].expected, &card, &options);
    }
    cr_assert_eq(lvk_string_map_set(&choices, key, "direct"), LVK_OK);
    lvk_caps narrow = card; /* cut into slices: the choice is the whole call's */
    narrow.max_storage_range = 65536;
    expect_candidate("direct", &narrow, &options);
    const lvk_plan_options forced = {
        .kernel_choices = &choices, .forced_op = LVK_OP_conv2d, .forced_candidate = "block"};
    expect_candidate("block", &card, &forced);
    lvk_string_map_finish(&choices);

    cr_assert_eq(
        lvk_string_map_set(&choices, "conv2d 16x32x32x3, 3x3x3x8 -> 16x30x30x8 {1 2 0 0 0 0}", "direct"),
        LVK_OK);
    expect_candidate("tile", &card, &options); /* of another call */
    lvk_string_map_finish(&choices);
    lvk_free(key);
}
