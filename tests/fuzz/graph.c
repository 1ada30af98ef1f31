/* Networks drawn from the input: planned for the reference as they are built, and with fused nodes, recomputation, slices and
 * guards for the reference and for the processor's backend. All numbers are whole. Where no sum can exceed what a float holds
 * exactly, outputs and gradients must be equal to the last bit.
 * Covers: src/graph src/ops/{conv2d,conv2d_relu,conv2d_add_relu,conv2d_relu_pool,maxpool2d,dense,dense_relu,relu,add,bias}.c */
#include "support.h"

#include "cpu/cpu.h"
#include "graph/executable.h"
#include "ops/conv2d.h"
#include "ops/maxpool2d.h"
#include "reference/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STEPS = 8, MOST_TENSORS = 64, MOST_ELEMENTS = 4096 };

/* Threads that wait for each other take far more time than these small networks. */
static lvk_backend *reference, *cpu, *two_threads;

static void forget(void) {
    reference->functions->destroy(reference);
    cpu->functions->destroy(cpu);
    two_threads->functions->destroy(two_threads);
}

void fuzz_begin(void) {
    const lvk_cpu_options one = {.threads = 1}, two = {.threads = 2};
    REQUIRE(fuzz_ok(lvk_reference_create(&reference)) && fuzz_ok(lvk_cpu_create(&one, &cpu)));
    REQUIRE(fuzz_ok(lvk_cpu_create(&two, &two_threads)));
    REQUIRE(atexit(forget) == 0);
}

/* A network, and the tensors that are filled and compared. */
typedef struct network {
    lvk_graph graph;
    fuzz_input input;           /* where its description goes on */
    int values[MOST_STEPS + 1]; /* pictures that later steps can read */
    int value_count;
    int filled[MOST_TENSORS], filled_count; /* input, parameters, gradient of the output */
    int output;
} network;

static const lvk_type *type_of(const network *n, int tensor) {
    return &n->graph.tensors[tensor].type;
}

static int add_parameter(network *n, lvk_type type) {
    return n->filled[n->filled_count++] =
               lvk_graph_parameter(&n->graph, "p", type, fuzz_below(&n->input, 8) != 0);
}

static int add_conv(network *n, int x) {
    const uint32_t kernel = 1 + fuzz_below(&n->input, 3), filters = 1 + fuzz_below(&n->input, 8);
    const uint32_t pad = fuzz_below(&n->input, 2), stride = 1 + fuzz_below(&n->input, 2);
    const lvk_conv2d_attributes attributes = {stride, stride, pad, pad, pad, pad};
    const int w = add_parameter(n, lvk_type_4d(LVK_F32, kernel, kernel, type_of(n, x)->dim[3], filters));
    if (fuzz_below(&n->input, 2) == 0)
        return LVK_APPLY(&n->graph, "conv", LVK_OP_conv2d, &attributes, x, w);
    const int b = add_parameter(n, lvk_type_1d(LVK_F32, filters));
    return LVK_APPLY(&n->graph, "conv", LVK_OP_conv2d, &attributes, x, w, b);
}

static int add_pool(network *n, int x) {
    const uint32_t window = 2 + fuzz_below(&n->input, 2), stride = 1 + fuzz_below(&n->input, 3);
    const uint32_t pad = fuzz_below(&n->input, 2);
    const lvk_maxpool2d_attributes pool = {window, window, stride, stride, pad, pad, pad, pad};
    return LVK_APPLY(&n->graph, "pool", LVK_OP_maxpool2d, &pool, x);
}

static int add_sum(network *n, int x) {
    const int other = n->values[fuzz_below(&n->input, (uint32_t)n->value_count)];
    return lvk_type_equal(type_of(n, x), type_of(n, other))
               ? LVK_APPLY(&n->graph, "add", LVK_OP_add, NULL, x, other)
               : x;
}

/* One step, which reads the last value or, rarely, another. */
static void add_step(network *n) {
    const uint32_t kind = fuzz_below(&n->input, 6), back = fuzz_below(&n->input, 4);
    const int x =
        n->values[back == 0 ? fuzz_below(&n->input, (uint32_t)n->value_count) : (uint32_t)n->value_count - 1];
    int y;
    if (kind < 2)
        y = add_conv(n, x);
    else if (kind == 2)
        y = LVK_APPLY(&n->graph, "relu", LVK_OP_relu, NULL, x);
    else if (kind == 3)
        y = add_pool(n, x);
    else if (kind == 4)
        y = add_sum(n, x);
    else
        y = LVK_APPLY(&n->graph, "bias", LVK_OP_bias, NULL, x,
                      add_parameter(n, lvk_type_1d(LVK_F32, type_of(n, x)->dim[3])));
    if (lvk_graph_status(&n->graph) != LVK_OK)
        return;
    if (fuzz_below(&n->input, 8) == 0)
        lvk_graph_mark_output(&n->graph, y);
    if (fuzz_below(&n->input, 4) == 0)
        lvk_graph_mark_checkpoint(&n->graph, y);
    n->values[n->value_count++] = y;
}

static void add_head(network *n) {
    lvk_graph *graph = &n->graph;
    int x = LVK_APPLY(graph, "flatten", LVK_OP_flatten, NULL, n->values[n->value_count - 1]);
    for (int layers = 1 + (int)fuzz_below(&n->input, 2); layers > 0 && lvk_graph_status(graph) == LVK_OK;
         --layers) {
        const uint32_t units = 1 + fuzz_below(&n->input, 5);
        const int w = add_parameter(n, lvk_type_2d(LVK_F32, type_of(n, x)->dim[1], units));
        const int b = add_parameter(n, lvk_type_1d(LVK_F32, units));
        x = LVK_APPLY(graph, "dense", LVK_OP_dense, NULL, x, w, b);
        if (layers > 1)
            x = LVK_APPLY(graph, "relu", LVK_OP_relu, NULL, x);
    }
    n->output = x;
    if (lvk_graph_status(graph) == LVK_OK)
        lvk_graph_mark_output(graph, x);
}

/* The ways in which a network is planned. */
typedef struct way {
    lvk_backend *backend;
    bool fuse, recompute;
    lvk_plan_options options;
} way;

/* Builds the network that the input describes. False: its graph is refused, with an error line. */
static bool build(network *n, fuzz_input input, const way *how) {
    *n = (network){.input = input};
    lvk_graph *graph = &n->graph;
    lvk_graph_init(graph);
    const uint32_t batch = 1 + fuzz_below(&n->input, 3), height = 1 + fuzz_below(&n->input, 12);
    const uint32_t width = 1 + fuzz_below(&n->input, 12), channels = 1 + fuzz_below(&n->input, 5);
    const int x = lvk_graph_input(graph, "x", lvk_type_4d(LVK_F32, batch, height, width, channels));
    n->values[n->value_count++] = n->filled[n->filled_count++] = x;
    for (int steps = (int)fuzz_below(&n->input, MOST_STEPS + 1);
         steps > 0 && lvk_graph_status(graph) == LVK_OK; --steps)
        add_step(n);
    if (lvk_graph_status(graph) == LVK_OK)
        add_head(n);
    if (how->fuse)
        lvk_graph_fuse(graph, &how->backend->caps, NULL);
    if (lvk_graph_status(graph) == LVK_OK) {
        const int dy = lvk_graph_input(graph, "dy", *type_of(n, n->output));
        n->filled[n->filled_count++] = dy;
        lvk_graph_backward_from(graph, n->output, dy);
        if (how->recompute)
            lvk_graph_recompute(graph);
    }
    for (size_t i = 0; i < graph->tensor_count; ++i) /* what differs between the ways is their inner values */
        if (lvk_graph_status(graph) == LVK_OK && graph->tensors[i].role == LVK_ROLE_PARAMETER &&
            graph->tensors[i].gradient != LVK_NONE)
            lvk_graph_mark_output(graph, graph->tensors[i].gradient);
    return fuzz_ok(lvk_graph_status(graph));
}

static void fill(network *n, lvk_executable *executable) {
    static float numbers[64 * MOST_ELEMENTS];
    uint32_t state = 1;
    for (int i = 0; i < n->filled_count; ++i) {
        const int tensor = n->filled[i];
        const uint64_t count = lvk_type_count(type_of(n, tensor));
        REQUIRE(count <= sizeof numbers / sizeof *numbers);
        for (uint64_t k = 0; k < count; ++k) {
            state = state * 1664525 + 1013904223;
            numbers[k] = (float)(int)(state >> 24) / 86.0F; /* 0, 1 and 2, */
            numbers[k] = floorf(numbers[k]) - 1;            /* less 1 */
        }
        if (executable->plan->regions[tensor].size)
            REQUIRE(fuzz_ok(lvk_executable_write(executable, tensor, numbers)));
    }
}

static float *read(const network *n, lvk_executable *executable, int tensor) {
    float *values = lvk_alloc(lvk_type_count(type_of(n, tensor)), sizeof *values);
    REQUIRE(values && fuzz_ok(lvk_executable_read(executable, tensor, values)));
    return values;
}

/* Plans and runs the network; the caller finishes executable and plan. */
static void run(network *n, const way *how, lvk_plan *plan, lvk_executable *executable) {
    REQUIRE(fuzz_ok(lvk_plan_init(plan, &n->graph, &how->backend->caps, &how->options)));
    REQUIRE(fuzz_ok(lvk_executable_init(executable, how->backend, plan, NULL)));
    fill(n, executable);
    REQUIRE(fuzz_ok(lvk_executable_run(executable)));
}

static double largest(const network *n, lvk_executable *executable, int tensor) {
    double most = 0;
    if (type_of(n, tensor)->dtype != LVK_F32 || executable->plan->regions[tensor].size == 0)
        return 1;
    float *values = read(n, executable, tensor);
    for (uint64_t i = 0; i < lvk_type_count(type_of(n, tensor)); ++i)
        most = fmax(most, fabs((double)values[i]));
    lvk_free(values);
    return most;
}

/* How many products or terms the sums of a node have. */
static double terms_of(const lvk_call *call) {
    const lvk_type *a = &call->inputs[0], *b = &call->inputs[1];
    switch (call->op) {
    case LVK_OP_conv2d:
        return (double)b->dim[0] * b->dim[1] * b->dim[2] + 1;
    case LVK_OP_conv2d_grad_input:
        return (double)b->dim[0] * b->dim[1] * b->dim[3];
    case LVK_OP_conv2d_grad_weight:
        return (double)b->dim[0] * b->dim[1] * b->dim[2];
    default:
        return (double)lvk_type_count(a); /* of the other operators not more than elements */
    }
}

/* Whether no sum of the plain network comes near 2^24: the partial sums of a node are at most so many terms times the
 * largest of their factors, and Winograd's transforms make them at most 16 times as large. */
static bool is_exact(const network *n, lvk_executable *executable) {
    double most = 0;
    for (size_t i = 0; i < n->graph.node_count; ++i) {
        const lvk_node *node = &n->graph.nodes[i];
        double factor = terms_of(&node->call);
        for (int k = 0; k < node->call.input_count; ++k)
            factor *= fmax(1, largest(n, executable, node->inputs[k]));
        most = fmax(most, factor);
    }
    return most < 0x1p20;
}

static void compare(const network *a, lvk_executable *first, const network *b, lvk_executable *second, int x,
                    int y) {
    const uint64_t count = lvk_type_count(type_of(a, x));
    REQUIRE(lvk_type_equal(type_of(a, x), type_of(b, y)));
    float *expected = read(a, first, x), *got = read(b, second, y);
    for (uint64_t i = 0; i < count; ++i)
        REQUIRE(expected[i] == got[i]);
    lvk_free(expected);
    lvk_free(got);
}

/* Runs the network in another way and compares outputs and gradients with those of the plain one. */
static void run_also(fuzz_input input, const way *how, const network *plain, lvk_executable *executable,
                     bool exact) {
    network *other = lvk_alloc(1, sizeof *other);
    lvk_plan plan = {0};
    lvk_executable own = {0};
    REQUIRE(other && build(other, input, how));
    run(other, how, &plan, &own);
    for (size_t i = 0; exact && i < other->graph.tensor_count; ++i) {
        const lvk_tensor *tensor = &other->graph.tensors[i];
        if (tensor->role == LVK_ROLE_PARAMETER && tensor->gradient != LVK_NONE)
            compare(plain, executable, other, &own, plain->graph.tensors[i].gradient, tensor->gradient);
    }
    if (exact)
        compare(plain, executable, other, &own, plain->output, other->output);
    lvk_executable_finish(&own);
    lvk_plan_finish(&plan);
    lvk_graph_finish(&other->graph);
    lvk_free(other);
}

/* Of the plain network the host reads all values. */
static void mark_all(lvk_graph *graph) {
    for (size_t i = 0; i < graph->tensor_count; ++i)
        if (graph->tensors[i].role == LVK_ROLE_VALUE)
            lvk_graph_mark_output(graph, (int)i);
}

void fuzz_one(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    const uint32_t bits = fuzz_below(&input, 16), rows = fuzz_below(&input, 4);
    const way plain_way = {.backend = reference, .options = {.forced_op = LVK_NONE}};
    way how = {.backend = reference,
               .fuse = bits & 1,
               .recompute = bits & 2,
               .options = {.forced_op = LVK_NONE, .slice_rows = rows}};
    how.options.guard = bits & 4 ? 256 : 0;
    network *plain = lvk_alloc(1, sizeof *plain);
    lvk_plan plan = {0};
    lvk_executable executable = {0};
    REQUIRE(plain);
    if (build(plain, input, &plain_way)) {
        mark_all(&plain->graph);
        run(plain, &plain_way, &plan, &executable);
        const bool exact = is_exact(plain, &executable);
        run_also(input, &how, plain, &executable, exact);
        how.backend = bits == 15 ? two_threads : cpu;
        run_also(input, &how, plain, &executable, exact);
    }
    lvk_executable_finish(&executable);
    lvk_plan_finish(&plan);
    lvk_graph_finish(&plain->graph);
    lvk_free(plain);
}
