/* The gradient by any tensor of a graph: closed forms, central differences, and no gradients beside it. */
#include "graph/executable.h"
#include "graph/graph.h"
#include "ops/conv2d.h"
#include "ops/maxpool2d.h"
#include "reference/reference.h"

#include <criterion/criterion.h>
#include <math.h>

enum { SIDE = 6, CHANNELS = 3, OUTPUTS = 2, PLACES = SIDE * SIDE, VALUES = PLACES * CHANNELS };

typedef struct net {
    lvk_graph graph;
    lvk_plan plan;
    lvk_executable executable;
    lvk_backend *backend;
    int x, map, y, seed;
} net;

static float number(int i) {
    return (float)(i * 37 % 101 - 50) / 64;
}

static void begin(net *n, bool with_conv) {
    *n = (net){0};
    lvk_graph_init(&n->graph);
    n->x = lvk_graph_input(&n->graph, "x", lvk_type_4d(LVK_F32, 1, SIDE, SIDE, with_conv ? 2 : CHANNELS));
    n->map = n->x;
    if (!with_conv)
        return;
    const lvk_conv2d_attributes same = {
        .stride_h = 1, .stride_w = 1, .pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
    const int w = lvk_graph_parameter(&n->graph, "conv", lvk_type_4d(LVK_F32, 3, 3, 2, CHANNELS), true);
    n->map = LVK_APPLY(&n->graph, "relu", LVK_OP_relu, NULL,
                       LVK_APPLY(&n->graph, "conv", LVK_OP_conv2d, &same, n->x, w));
}

static int dense(net *n, int x, const char *name, uint32_t units) {
    const uint32_t inputs = n->graph.tensors[x].type.dim[1];
    const int w = lvk_graph_parameter(&n->graph, name, lvk_type_2d(LVK_F32, inputs, units), true);
    return LVK_APPLY(&n->graph, name, LVK_OP_dense, NULL, x, w);
}

static void write_numbers(net *n, int tensor) {
    static float values[VALUES * 16];
    for (uint64_t i = 0; i < lvk_type_count(&n->graph.tensors[tensor].type); ++i)
        values[i] = number((int)i * 3 + tensor);
    cr_assert_eq(lvk_executable_write(&n->executable, tensor, values), LVK_OK, "%s", lvk_error_message());
}

static void differentiate(net *n, int y) {
    n->y = y;
    n->seed = lvk_graph_input(&n->graph, "seed", n->graph.tensors[y].type);
    lvk_graph_mark_output(&n->graph, y);
    lvk_graph_mark_output(&n->graph, n->map);
    lvk_graph_backward_to(&n->graph, y, n->seed, n->map);
    cr_assert_eq(lvk_graph_status(&n->graph), LVK_OK, "%s", lvk_error_message());
    lvk_graph_mark_output(&n->graph, n->graph.tensors[n->map].gradient);
}

static lvk_status prepare(net *n) {
    LVK_TRY(lvk_reference_create(&n->backend));
    LVK_TRY(lvk_plan_init(&n->plan, &n->graph, &n->backend->caps, &(lvk_plan_options){0}));
    return lvk_executable_init(&n->executable, n->backend, &n->plan, NULL);
}

/* Differentiates by the map, plans, and gives every tensor that the host writes its numbers. */
static void finish(net *n, int y) {
    differentiate(n, y);
    const lvk_status status = prepare(n);
    cr_assert_eq(status, LVK_OK, "%s", lvk_error_message());
    for (size_t t = 0; t < n->graph.tensor_count; ++t) {
        const lvk_role role = n->graph.tensors[t].role;
        if ((role == LVK_ROLE_PARAMETER || role == LVK_ROLE_INPUT) && n->plan.regions[t].size)
            write_numbers(n, (int)t);
    }
}

static void run(net *n, const float seed[OUTPUTS]) {
    cr_assert_eq(lvk_executable_write(&n->executable, n->seed, seed), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_run(&n->executable), LVK_OK, "%s", lvk_error_message());
}

static void read(net *n, int tensor, float *values) {
    cr_assert_eq(lvk_executable_read(&n->executable, tensor, values), LVK_OK, "%s", lvk_error_message());
}

static void end(net *n) {
    lvk_executable_finish(&n->executable);
    lvk_plan_finish(&n->plan);
    lvk_graph_finish(&n->graph);
    n->backend->functions->destroy(n->backend);
}

/* y[c] = sum over k of w[k][c] mean(map[k]): the gradient of y[c] by each place of map k is w[k][c] /
 * places. */
Test(backward_to, weights_of_a_global_average_are_those_of_the_dense_layer_over_the_places) {
    net n;
    begin(&n, true);
    finish(&n,
           dense(&n, LVK_APPLY(&n.graph, "pool", LVK_OP_global_average_pool, NULL, n.map), "dense", OUTPUTS));
    static float gradient[VALUES], w[CHANNELS * OUTPUTS];
    for (size_t t = 0; t < n.graph.tensor_count; ++t) {
        const lvk_tensor *tensor = &n.graph.tensors[t];
        if (tensor->role == LVK_ROLE_PARAMETER && tensor->type.rank == 2)
            read(&n, (int)t, w);
        cr_expect(tensor->role != LVK_ROLE_PARAMETER || tensor->gradient == LVK_NONE, "%s has a gradient",
                  tensor->name);
    }
    for (int c = 0; c < OUTPUTS; ++c) {
        run(&n, (float[OUTPUTS]){c == 0, c == 1});
        read(&n, n.graph.tensors[n.map].gradient, gradient);
        for (int i = 0; i < VALUES; ++i)
            cr_expect_float_eq(gradient[i], w[i % CHANNELS * OUTPUTS + c] / PLACES, 1e-9F,
                               "class %d, value %d: %g", c, i, (double)gradient[i]);
    }
    end(&n);
}

/* Through a view: the gradient is the dense layer's kernel itself. */
Test(backward_to, gradient_through_a_view_is_a_value_of_its_own) {
    net n;
    begin(&n, true);
    finish(&n, dense(&n, LVK_APPLY(&n.graph, "flatten", LVK_OP_flatten, NULL, n.map), "dense", OUTPUTS));
    static float gradient[VALUES], w[VALUES * OUTPUTS];
    run(&n, (float[OUTPUTS]){0, -2});
    read(&n, n.graph.tensors[n.map].gradient, gradient);
    for (size_t t = 0; t < n.graph.tensor_count; ++t)
        if (n.graph.tensors[t].role == LVK_ROLE_PARAMETER && n.graph.tensors[t].type.rank == 2)
            read(&n, (int)t, w);
    for (int i = 0; i < VALUES; ++i)
        cr_expect_eq(gradient[i], -2 * w[i * OUTPUTS + 1], "value %d", i);
    end(&n);
}

static double output(net *n, const float x[VALUES]) {
    float y[OUTPUTS];
    cr_assert_eq(lvk_executable_write(&n->executable, n->x, x), LVK_OK);
    run(n, (float[OUTPUTS]){1, 0});
    read(n, n->y, y);
    return (double)y[0];
}

/* Max pooling, ReLU and dense layers are piecewise linear, so that a central difference within a piece is
 * the gradient but for rounding: at most 3 h of float's epsilon times the sum that is rounded, over h. */
Test(backward_to, gradient_by_an_input_is_that_of_central_differences) {
    static const lvk_maxpool2d_attributes two = {.window_h = 2, .window_w = 2, .stride_h = 2, .stride_w = 2};
    net n;
    begin(&n, false);
    int z = LVK_APPLY(&n.graph, "pool", LVK_OP_maxpool2d, &two, n.map);
    z = dense(&n, LVK_APPLY(&n.graph, "flatten", LVK_OP_flatten, NULL, z), "dense", 8);
    finish(&n, dense(&n, LVK_APPLY(&n.graph, "relu", LVK_OP_relu, NULL, z), "dense_1", OUTPUTS));
    static float x[VALUES], gradient[VALUES];
    for (int i = 0; i < VALUES; ++i)
        x[i] = number(i * 7 + 3);
    (void)output(&n, x);
    read(&n, n.graph.tensors[n.map].gradient, gradient);
    const float h = 1.0F / 1024; /* below the distance of the numbers, and added without rounding */
    int other_than_zero = 0;
    for (int i = 0; i < VALUES; ++i) {
        const float at = x[i];
        x[i] = at + h;
        const double above = output(&n, x);
        x[i] = at - h;
        const double below = output(&n, x);
        x[i] = at;
        cr_expect_float_eq((above - below) / (2.0 * (double)h), (double)gradient[i], 2e-3, "value %d: %g, %g",
                           i, (above - below) / (2.0 * (double)h), (double)gradient[i]);
        other_than_zero += fabsf(gradient[i]) > 0.05F;
    }
    cr_expect(other_than_zero > VALUES / 8, "%d", other_than_zero);
    end(&n);
}

Test(backward_to, tensor_that_the_output_does_not_depend_on_is_refused) {
    net n;
    begin(&n, true);
    const int y =
        dense(&n, LVK_APPLY(&n.graph, "pool", LVK_OP_global_average_pool, NULL, n.map), "dense", OUTPUTS);
    const int other = lvk_graph_input(&n.graph, "other", lvk_type_1d(LVK_F32, 4));
    const int seed = lvk_graph_input(&n.graph, "seed", n.graph.tensors[y].type);
    lvk_graph_backward_to(&n.graph, y, seed, other);
    cr_expect_eq(lvk_graph_status(&n.graph), LVK_ERROR_ARGUMENT);
    lvk_graph_finish(&n.graph);
}
