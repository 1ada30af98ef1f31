/* The pass that fuses operators: what it fuses, what it must leave alone, and that the numbers stay. */
#include "graph/executable.h"
#include "graph/graph.h"

#include <criterion/criterion.h>
#include <math.h>

#include "ops/conv2d.h"
#include "ops/maxpool2d.h"
#include "reference/reference.h"

typedef struct chain {
    lvk_graph graph;
    int x, w, b, conv, relu, pool;
} chain;

/* x [2,7,8,3] -> conv2d 3x3, 5 channels -> relu -> maxpool2d. */
static void build(chain *c, uint32_t stride, uint32_t window) {
    const lvk_conv2d_attributes conv = {.stride_h = stride, .stride_w = stride, .pad_left = 1};
    const lvk_maxpool2d_attributes pool = {
        .window_h = window, .window_w = window, .stride_h = window, .stride_w = window};
    lvk_graph_init(&c->graph);
    c->x = lvk_graph_parameter(&c->graph, "x", lvk_type_4d(LVK_F32, 2, 7, 8, 3), true);
    c->w = lvk_graph_parameter(&c->graph, "w", lvk_type_4d(LVK_F32, 3, 3, 3, 5), true);
    c->b = lvk_graph_parameter(&c->graph, "b", lvk_type_1d(LVK_F32, 5), true);
    c->conv = LVK_APPLY(&c->graph, "conv", LVK_OP_conv2d, &conv, c->x, c->w, c->b);
    c->relu = LVK_APPLY(&c->graph, "conv/relu", LVK_OP_relu, NULL, c->conv);
    c->pool = LVK_APPLY(&c->graph, "pool", LVK_OP_maxpool2d, &pool, c->relu);
}

static const lvk_caps any = {.runs_launches = true, .max_storage_buffers = 8};

/* Fuses, and tells whether the chain has become one node. */
static bool fuses(chain *c, const lvk_caps *caps) {
    lvk_graph_mark_output(&c->graph, c->pool);
    const size_t before = c->graph.node_count;
    lvk_graph_fuse(&c->graph, caps);
    cr_assert_eq(lvk_graph_status(&c->graph), LVK_OK, "%s", lvk_error_message());
    const bool fused = c->graph.node_count == before - 2;
    cr_assert(fused || c->graph.node_count == before, "%zu nodes of %zu", c->graph.node_count, before);
    cr_expect_eq(fused,
                 c->graph.nodes[c->graph.tensors[c->pool].producer].call.op == LVK_OP_conv2d_relu_pool);
    lvk_graph_finish(&c->graph);
    return fused;
}

Test(fuse, a_pooled_convolution_becomes_one_operator) {
    chain c;
    build(&c, 1, 2);
    cr_expect(fuses(&c, &any));
}

Test(fuse, what_others_read_is_left_alone) {
    chain c;
    build(&c, 1, 2);
    lvk_graph_mark_output(&c.graph, c.relu);
    cr_expect_not(fuses(&c, &any), "the host reads the ReLU");
    build(&c, 1, 2);
    lvk_graph_mark_output(&c.graph, c.conv);
    cr_expect_not(fuses(&c, &any), "the host reads the convolution");
    build(&c, 1, 2);
    LVK_APPLY(&c.graph, "other", LVK_OP_sigmoid, NULL, c.conv);
    cr_expect_not(fuses(&c, &any), "a sigmoid reads the convolution");
}

Test(fuse, other_geometries_are_left_alone) {
    chain c;
    build(&c, 2, 2);
    cr_expect_not(fuses(&c, &any), "the convolution has stride 2");
    build(&c, 1, 3);
    cr_expect_not(fuses(&c, &any), "the window is 3x3");
}

Test(fuse, devices_with_few_bindings_keep_the_parts) {
    chain c;
    lvk_caps minimum = any;
    lvk_caps_clamp_to_minimum(&minimum);
    build(&c, 1, 2);
    cr_expect_not(fuses(&c, &minimum));
}

enum { X = 2 * 7 * 8 * 3, W = 3 * 3 * 3 * 5, Y = 2 * 2 * 3 * 5 };

/* Runs the chain and its gradients on the reference: results is y, dx, dw, db. */
static void run(bool fused, float *results) {
    lvk_backend *backend;
    lvk_plan plan;
    lvk_executable executable;
    chain c;
    float x[X], w[W], b[5] = {1, -2, 0, 3, -1}, dy[Y];
    for (int i = 0; i < X; ++i)
        x[i] = (float)(i * 37 % 11 - 5);
    for (int i = 0; i < W; ++i)
        w[i] = (float)(i * 17 % 7 - 3);
    for (int i = 0; i < Y; ++i)
        dy[i] = (float)(i * 23 % 9 - 4);
    build(&c, 1, 2);
    lvk_graph_mark_output(&c.graph, c.pool);
    if (fused)
        lvk_graph_fuse(&c.graph, &any);
    const int gradient = lvk_graph_input(&c.graph, "dy", c.graph.tensors[c.pool].type);
    lvk_graph_backward_from(&c.graph, c.pool, gradient);
    cr_assert_eq(lvk_graph_status(&c.graph), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_reference_create(&backend), LVK_OK);
    cr_assert_eq(lvk_plan_init(&plan, &c.graph, &backend->caps, NULL), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_init(&executable, backend, &plan, NULL), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_write(&executable, c.x, x), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_write(&executable, c.w, w), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_write(&executable, c.b, b), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_write(&executable, gradient, dy), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_run(&executable), LVK_OK);
    const int tensors[] = {c.pool, c.graph.tensors[c.x].gradient, c.graph.tensors[c.w].gradient,
                           c.graph.tensors[c.b].gradient};
    for (int i = 0; i < 4; ++i) {
        cr_assert_eq(lvk_executable_read(&executable, tensors[i], results), LVK_OK, "%s",
                     lvk_error_message());
        results += lvk_type_count(&c.graph.tensors[tensors[i]].type);
    }
    lvk_executable_finish(&executable);
    lvk_plan_finish(&plan);
    lvk_graph_finish(&c.graph);
    backend->functions->destroy(backend);
}

Test(fuse, values_and_gradients_stay) {
    float plain[Y + X + W + 5], fused[Y + X + W + 5];
    run(false, plain);
    run(true, fused);
    for (int i = 0; i < Y + X + W + 5; ++i) /* whole numbers: exact in any order */
        cr_expect_eq(plain[i], fused[i], "element %d: %g, fused %g", i, (double)plain[i], (double)fused[i]);
}
