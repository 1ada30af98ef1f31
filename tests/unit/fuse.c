/* The pass that fuses operators: what it fuses, what it must leave alone, and that the numbers stay. */
#include "graph/executable.h"
#include "graph/graph.h"
#include "graph/kernel_choices.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "ops/conv2d.h"
#include "ops/maxpool2d.h"
#include "reference/reference.h"

static const lvk_caps any = {.runs_launches = true, .max_storage_buffers = 8, .max_storage_range = 1 << 27};

static lvk_string_map aside; /* the kernels that the self-test has found wrong */

/* Fuses, compares the operators that are left and frees the graph. */
static void expect_left(lvk_graph *graph, const lvk_caps *caps, const char *what, int count,
                        const int *operators) {
    lvk_graph_fuse(graph, caps, &aside);
    cr_assert_eq(lvk_graph_status(graph), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(graph->node_count, (size_t)count, "%s: %zu nodes are left, not %d", what, graph->node_count,
                 count);
    for (int n = 0; n < count; ++n) {
        const lvk_node *node = &graph->nodes[n];
        cr_expect_eq(node->call.op, operators[n], "%s: node %d is %s, not %s", what, n,
                     lvk_op_get(node->call.op)->name, lvk_op_get(operators[n])->name);
        cr_expect_eq(graph->tensors[node->outputs[0]].producer, n, "%s", what);
    }
    lvk_graph_finish(graph);
}

#define EXPECT_LEFT(graph, caps, what, ...)                                                                  \
    expect_left((graph), (caps), (what), (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)),                  \
                (int[]){__VA_ARGS__})

/* ---- pooled convolutions ---- */

typedef struct chain {
    lvk_graph graph;
    int conv, relu, pool;
} chain;

/* x [2,7,8,3] -> conv2d 3x3, 5 channels -> relu -> maxpool2d, which the host reads. */
static void build_chain(chain *c, uint32_t stride, uint32_t window) {
    lvk_graph *graph = &c->graph;
    const lvk_conv2d_attributes conv = {.stride_h = stride, .stride_w = stride, .pad_left = 1};
    const lvk_maxpool2d_attributes pool = {
        .window_h = window, .window_w = window, .stride_h = window, .stride_w = window};
    lvk_graph_init(graph);
    const int x = lvk_graph_parameter(graph, "x", lvk_type_4d(LVK_F32, 2, 7, 8, 3), true);
    const int w = lvk_graph_parameter(graph, "w", lvk_type_4d(LVK_F32, 3, 3, 3, 5), true);
    const int b = lvk_graph_parameter(graph, "b", lvk_type_1d(LVK_F32, 5), true);
    c->conv = LVK_APPLY(graph, "conv", LVK_OP_conv2d, &conv, x, w, b);
    c->relu = LVK_APPLY(graph, "conv/relu", LVK_OP_relu, NULL, c->conv);
    c->pool = LVK_APPLY(graph, "pool", LVK_OP_maxpool2d, &pool, c->relu);
    lvk_graph_mark_output(graph, c->pool);
}

Test(fuse, a_pooled_convolution_becomes_one_operator) {
    chain c;
    build_chain(&c, 1, 2);
    EXPECT_LEFT(&c.graph, &any, "the chain", LVK_OP_conv2d_relu_pool);
}

Test(fuse, what_others_read_of_a_pooled_convolution_is_left_alone) {
    chain c;
    build_chain(&c, 1, 2);
    lvk_graph_mark_output(&c.graph, c.relu);
    EXPECT_LEFT(&c.graph, &any, "the host reads the ReLU", LVK_OP_conv2d_relu, LVK_OP_maxpool2d);
    build_chain(&c, 1, 2);
    lvk_graph_mark_output(&c.graph, c.conv);
    EXPECT_LEFT(&c.graph, &any, "the host reads the convolution", LVK_OP_conv2d, LVK_OP_relu,
                LVK_OP_maxpool2d);
    build_chain(&c, 1, 2);
    LVK_APPLY(&c.graph, "other", LVK_OP_sigmoid, NULL, c.conv);
    EXPECT_LEFT(&c.graph, &any, "a sigmoid reads the convolution", LVK_OP_conv2d, LVK_OP_relu,
                LVK_OP_maxpool2d, LVK_OP_sigmoid);
}

Test(fuse, other_geometries_keep_their_pool) {
    chain c;
    build_chain(&c, 2, 2);
    EXPECT_LEFT(&c.graph, &any, "the convolution has stride 2", LVK_OP_conv2d_relu, LVK_OP_maxpool2d);
    build_chain(&c, 1, 3);
    EXPECT_LEFT(&c.graph, &any, "the window is 3x3", LVK_OP_conv2d_relu, LVK_OP_maxpool2d);
}

/* ---- ReLU and residuals ---- */

typedef enum shortcut { IDENTITY, PROJECTION } shortcut;

/* x [2,4,5,6] -> conv2d 3x3 "same" -> relu -> conv2d 1x1, added to x or to its projection -> relu, which the
 * host reads. */
typedef struct block {
    lvk_graph graph;
    int x, inner, outer, shortcut, sum, y;
} block;

static int build_conv(lvk_graph *graph, int x, uint32_t kernel, bool bias) {
    const lvk_conv2d_attributes attributes = {1, 1, kernel / 2, kernel / 2, kernel / 2, kernel / 2};
    const int w = lvk_graph_parameter(graph, "w", lvk_type_4d(LVK_F32, kernel, kernel, 6, 6), true);
    const int b = bias ? lvk_graph_parameter(graph, "b", lvk_type_1d(LVK_F32, 6), true) : LVK_NONE;
    return bias ? LVK_APPLY(graph, "conv", LVK_OP_conv2d, &attributes, x, w, b)
                : LVK_APPLY(graph, "conv", LVK_OP_conv2d, &attributes, x, w);
}

static void build_block(block *b, shortcut kind, bool conv_first, bool bias) {
    lvk_graph *graph = &b->graph;
    lvk_graph_init(graph);
    b->x = lvk_graph_parameter(graph, "x", lvk_type_4d(LVK_F32, 2, 4, 5, 6), true);
    b->inner = LVK_APPLY(graph, "relu", LVK_OP_relu, NULL, build_conv(graph, b->x, 3, true));
    b->outer = build_conv(graph, b->inner, 1, bias);
    b->shortcut = kind == PROJECTION ? build_conv(graph, b->x, 1, true) : b->x;
    b->sum = conv_first ? LVK_APPLY(graph, "add", LVK_OP_add, NULL, b->outer, b->shortcut)
                        : LVK_APPLY(graph, "add", LVK_OP_add, NULL, b->shortcut, b->outer);
    b->y = LVK_APPLY(graph, "relu", LVK_OP_relu, NULL, b->sum);
    lvk_graph_mark_output(graph, b->y);
}

Test(fuse, a_residual_block_ends_in_one_operator) {
    for (int conv_first = 0; conv_first < 2; ++conv_first) {
        block b;
        build_block(&b, IDENTITY, conv_first, true);
        EXPECT_LEFT(&b.graph, &any, "identity", LVK_OP_conv2d_relu, LVK_OP_conv2d_add_relu);
        build_block(&b, PROJECTION, conv_first, true);
        EXPECT_LEFT(&b.graph, &any, "projection", LVK_OP_conv2d_relu, LVK_OP_conv2d, LVK_OP_conv2d_add_relu);
        build_block(&b, PROJECTION, conv_first, false); /* then it is the projection that has a bias */
        EXPECT_LEFT(&b.graph, &any, "no bias", LVK_OP_conv2d_relu, LVK_OP_conv2d, LVK_OP_conv2d_add_relu);
        build_block(&b, IDENTITY, conv_first, false);
        EXPECT_LEFT(&b.graph, &any, "no bias at all", LVK_OP_conv2d_relu, LVK_OP_conv2d, LVK_OP_add,
                    LVK_OP_relu);
    }
}

Test(fuse, what_others_read_of_a_residual_block_is_left_alone) {
    block b;
    build_block(&b, IDENTITY, true, true);
    lvk_graph_mark_output(&b.graph, b.sum);
    EXPECT_LEFT(&b.graph, &any, "the host reads the sum", LVK_OP_conv2d_relu, LVK_OP_conv2d, LVK_OP_add,
                LVK_OP_relu);
    build_block(&b, IDENTITY, true, true);
    lvk_graph_mark_output(&b.graph, b.outer);
    EXPECT_LEFT(&b.graph, &any, "the host reads the convolution", LVK_OP_conv2d_relu, LVK_OP_conv2d,
                LVK_OP_add, LVK_OP_relu);
    build_block(&b, PROJECTION, false, true);
    lvk_graph_mark_output(&b.graph, b.shortcut);
    EXPECT_LEFT(&b.graph, &any, "the host reads the shortcut", LVK_OP_conv2d_relu, LVK_OP_conv2d,
                LVK_OP_conv2d_add_relu);
    build_block(&b, IDENTITY, true, true);
    LVK_APPLY(&b.graph, "other", LVK_OP_sigmoid, NULL, b.sum);
    EXPECT_LEFT(&b.graph, &any, "a sigmoid reads the sum", LVK_OP_conv2d_relu, LVK_OP_conv2d, LVK_OP_add,
                LVK_OP_relu, LVK_OP_sigmoid);
}

Test(fuse, a_convolution_added_to_itself_is_left_alone) {
    lvk_graph graph;
    lvk_graph_init(&graph);
    const int conv =
        build_conv(&graph, lvk_graph_parameter(&graph, "x", lvk_type_4d(LVK_F32, 2, 4, 5, 6), true), 1, true);
    const int sum = LVK_APPLY(&graph, "add", LVK_OP_add, NULL, conv, conv);
    lvk_graph_mark_output(&graph, LVK_APPLY(&graph, "relu", LVK_OP_relu, NULL, sum));
    EXPECT_LEFT(&graph, &any, "twice", LVK_OP_conv2d, LVK_OP_add, LVK_OP_relu);
}

typedef struct layer {
    lvk_graph graph;
    int dense, y;
} layer;

/* x [3,4] -> dense -> relu, which the host reads. */
static void build_dense(layer *l) {
    lvk_graph *graph = &l->graph;
    lvk_graph_init(graph);
    const int x = lvk_graph_parameter(graph, "x", lvk_type_2d(LVK_F32, 3, 4), true);
    const int w = lvk_graph_parameter(graph, "w", lvk_type_2d(LVK_F32, 4, 5), true);
    l->dense = LVK_APPLY(graph, "dense", LVK_OP_dense, NULL, x, w);
    l->y = LVK_APPLY(graph, "relu", LVK_OP_relu, NULL, l->dense);
    lvk_graph_mark_output(graph, l->y);
}

Test(fuse, a_dense_layer_takes_its_relu) {
    layer l;
    build_dense(&l);
    EXPECT_LEFT(&l.graph, &any, "alone", LVK_OP_dense_relu);
    build_dense(&l);
    lvk_graph_mark_output(&l.graph, l.dense);
    EXPECT_LEFT(&l.graph, &any, "the host reads the dense layer", LVK_OP_dense, LVK_OP_relu);
}

Test(fuse, devices_with_few_bindings_keep_what_needs_five) {
    chain c;
    block b;
    lvk_caps minimum = any;
    lvk_caps_clamp_to_minimum(&minimum);
    build_chain(&c, 1, 2);
    EXPECT_LEFT(&c.graph, &minimum, "pool", LVK_OP_conv2d_relu, LVK_OP_maxpool2d);
    build_block(&b, IDENTITY, true, true);
    EXPECT_LEFT(&b.graph, &minimum, "residual", LVK_OP_conv2d_relu, LVK_OP_conv2d, LVK_OP_add, LVK_OP_relu);
}

/* ---- kernels that are set aside ---- */

/* Sets the kernels of operator `op` aside, all but the first `left`. */
static void set_aside(int op, int left) {
    const lvk_candidate *candidate;
    for (int i = left; (candidate = lvk_op_candidate(op, &any, i)); ++i) {
        char name[128];
        snprintf(name, sizeof name, "%s/%s", lvk_op_get(op)->name, candidate->name);
        cr_assert_eq(lvk_kernel_choices_set_aside(&aside, name), LVK_OK);
    }
}

Test(fuse, operators_without_a_kernel_that_is_right_stay_apart) {
    static const int of_pool[] = {LVK_OP_conv2d_relu_pool, LVK_OP_conv2d_relu_pool_grad_input,
                                  LVK_OP_conv2d_relu_pool_grad_weight};
    chain c;
    block b;
    layer l;
    for (size_t i = 0; i < sizeof of_pool / sizeof *of_pool; ++i) {
        set_aside(of_pool[i], 0);
        build_chain(&c, 1, 2);
        EXPECT_LEFT(&c.graph, &any, lvk_op_get(of_pool[i])->name, LVK_OP_conv2d_relu, LVK_OP_maxpool2d);
        lvk_string_map_finish(&aside);
    }
    set_aside(LVK_OP_conv2d_relu_pool, 0);
    set_aside(LVK_OP_conv2d_relu, 0);
    build_chain(&c, 1, 2);
    EXPECT_LEFT(&c.graph, &any, "neither is left", LVK_OP_conv2d, LVK_OP_relu, LVK_OP_maxpool2d);
    build_block(&b, IDENTITY, true, true);
    EXPECT_LEFT(&b.graph, &any, "conv2d_relu", LVK_OP_conv2d, LVK_OP_relu, LVK_OP_conv2d_add_relu);
    set_aside(LVK_OP_conv2d_add_relu, 0);
    build_block(&b, PROJECTION, true, true);
    EXPECT_LEFT(&b.graph, &any, "conv2d_add_relu", LVK_OP_conv2d, LVK_OP_relu, LVK_OP_conv2d, LVK_OP_conv2d,
                LVK_OP_add, LVK_OP_relu);
    set_aside(LVK_OP_dense_relu, 0);
    build_dense(&l);
    EXPECT_LEFT(&l.graph, &any, "dense_relu", LVK_OP_dense, LVK_OP_relu);
    lvk_string_map_finish(&aside);
}

/* With one kernel left that can run, and with kernels of other operators set aside, nothing changes. */
Test(fuse, operators_with_a_kernel_that_is_right_are_fused) {
    chain c;
    set_aside(LVK_OP_conv2d, 0);
    set_aside(LVK_OP_maxpool2d, 0);
    cr_assert_eq(lvk_kernel_choices_set_aside(&aside, "conv2d_relu_pool/tile"), LVK_OK);
    cr_assert_eq(lvk_kernel_choices_set_aside(&aside, "conv2d_relu_pool/block"), LVK_OK);
    build_chain(&c, 1, 2);
    EXPECT_LEFT(&c.graph, &any, "the chain", LVK_OP_conv2d_relu_pool);
    lvk_string_map_finish(&aside);
}

/* ---- the numbers ---- */

enum { MOST = 4096 };

/* Small whole numbers, so that sums are exact in any order. */
static void fill(lvk_executable *executable, int tensor, int step) {
    float values[MOST];
    const uint64_t count = lvk_type_count(&executable->plan->graph->tensors[tensor].type);
    cr_assert_leq(count, MOST);
    for (int i = 0; i < MOST; ++i)
        values[i] = (float)(i * step % 7 - 3);
    cr_assert_eq(lvk_executable_write(executable, tensor, values), LVK_OK, "%s", lvk_error_message());
}

/* Runs the graph and its gradients on the reference. Returns how many numbers there are in `results`: y and
 * the gradients of all parameters. Frees the graph. */
static uint64_t run(lvk_graph *graph, int y, bool fused, float *results) {
    lvk_backend *backend;
    lvk_plan plan;
    lvk_executable executable;
    const size_t tensors = graph->tensor_count;
    uint64_t count = 0;
    if (fused)
        lvk_graph_fuse(graph, &any, NULL);
    const int dy = lvk_graph_input(graph, "dy", graph->tensors[y].type);
    lvk_graph_backward_from(graph, y, dy);
    cr_assert_eq(lvk_graph_status(graph), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_reference_create(&backend), LVK_OK);
    cr_assert_eq(lvk_plan_init(&plan, graph, &backend->caps, NULL), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_init(&executable, backend, &plan, NULL), LVK_OK, "%s", lvk_error_message());
    fill(&executable, dy, 23);
    for (size_t t = 0; t < tensors; ++t)
        if (graph->tensors[t].role == LVK_ROLE_PARAMETER)
            fill(&executable, (int)t, 10 + (int)t);
    cr_assert_eq(lvk_executable_run(&executable), LVK_OK);
    for (size_t t = 0; t < tensors; ++t) {
        const lvk_tensor *tensor = &graph->tensors[t];
        const int read = (int)t == y ? y : tensor->role == LVK_ROLE_PARAMETER ? tensor->gradient : LVK_NONE;
        if (read == LVK_NONE)
            continue;
        cr_assert_leq(count + lvk_type_count(&tensor->type), MOST);
        cr_assert_eq(lvk_executable_read(&executable, read, results + count), LVK_OK, "%s",
                     lvk_error_message());
        count += lvk_type_count(&tensor->type);
    }
    lvk_executable_finish(&executable);
    lvk_plan_finish(&plan);
    lvk_graph_finish(graph);
    backend->functions->destroy(backend);
    return count;
}

static void compare(const char *what, uint64_t count, const float *plain, const float *fused) {
    int zeros = 0;
    for (uint64_t i = 0; i < count; ++i) {
        cr_expect_eq(plain[i], fused[i], "%s, element %d: %g, fused %g", what, (int)i, (double)plain[i],
                     (double)fused[i]);
        zeros += plain[i] == 0;
    }
    cr_expect_lt(zeros, (int)count * 3 / 4, "%s: %d of %d numbers are zero", what, zeros, (int)count);
}

Test(fuse, values_and_gradients_of_pooled_convolutions_stay) {
    float results[2][MOST];
    uint64_t count = 0;
    for (int fused = 0; fused < 2; ++fused) {
        chain c;
        build_chain(&c, 1, 2);
        count = run(&c.graph, c.pool, fused, results[fused]);
    }
    compare("pool", count, results[0], results[1]);
}

Test(fuse, values_and_gradients_of_residual_blocks_stay) {
    float results[2][MOST];
    for (int kind = 0; kind < 4; ++kind) {
        uint64_t count = 0;
        for (int fused = 0; fused < 2; ++fused) {
            block b;
            build_block(&b, kind % 2 ? PROJECTION : IDENTITY, kind / 2, true);
            count = run(&b.graph, b.y, fused, results[fused]);
        }
        compare(kind % 2 ? "projection" : "identity", count, results[0], results[1]);
    }
}

Test(fuse, values_and_gradients_of_dense_layers_stay) {
    float results[2][MOST];
    uint64_t count = 0;
    for (int fused = 0; fused < 2; ++fused) {
        layer l;
        build_dense(&l);
        count = run(&l.graph, l.y, fused, results[fused]);
    }
    compare("dense", count, results[0], results[1]);
}
