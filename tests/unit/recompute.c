/* The pass that has activations computed again: fewer bytes, the same bits, and nothing is updated twice. */
#include "graph/executable.h"
#include "graph/graph.h"

#include <criterion/criterion.h>
#include <string.h>

#include "ops/batchnorm.h"
#include "ops/dropout.h"
#include "ops/moving_average.h"
#include "reference/reference.h"

enum { ROWS = 64, WIDTH = 16, LAYERS = 6, PARAMETERS = 5 };

static const lvk_batchnorm_attributes norm = {.epsilon = 1e-3F};
static const lvk_moving_average_attributes average = {.decay = 0.75F, .scale = 1};

/* dense -> batch norm, which moves its averages -> ReLU -> dropout, so many times. */
typedef struct chain {
    lvk_graph graph;
    int x, keys;
    int parameters[LAYERS][PARAMETERS]; /* kernel, gamma, beta, mean, variance */
} chain;

static int add_channels(chain *c, const char *name, bool trainable) {
    return lvk_graph_parameter(&c->graph, name, lvk_type_1d(LVK_F32, WIDTH), trainable);
}

/* `by_average`: the norm normalizes by the average that it then moves. */
static int add_layer(chain *c, int layer, int x, bool by_average) {
    lvk_graph *graph = &c->graph;
    int *p = c->parameters[layer];
    const lvk_dropout_attributes dropout = {.rate = 0.25F, .layer = (uint32_t)layer};
    p[0] = lvk_graph_parameter(graph, "kernel", lvk_type_2d(LVK_F32, WIDTH, WIDTH), true);
    p[1] = add_channels(c, "gamma", true);
    p[2] = add_channels(c, "beta", true);
    p[3] = add_channels(c, "mean", false);
    p[4] = add_channels(c, "variance", false);
    const int sum = LVK_APPLY(graph, "dense", LVK_OP_dense, NULL, x, p[0]);
    const int y = LVK_APPLY(graph, "norm", LVK_OP_batchnorm, &norm, sum, p[1], p[2]);
    int z = y;
    if (by_average)
        z = LVK_APPLY(graph, "inference", LVK_OP_batchnorm_inference, &norm, y, p[1], p[2], p[3], p[4]);
    LVK_APPLY(graph, NULL, LVK_OP_moving_average, &average, p[3], lvk_graph_output(graph, y, 1));
    LVK_APPLY(graph, NULL, LVK_OP_moving_average, &average, p[4], lvk_graph_output(graph, y, 2));
    return LVK_APPLY(graph, "dropout", LVK_OP_dropout, &dropout,
                     LVK_APPLY(graph, "relu", LVK_OP_relu, NULL, z), c->keys);
}

/* A checkpoint before every `apart`-th layer but the first; 0: none. */
static void build(chain *c, int apart, bool by_average) {
    lvk_graph *graph = &c->graph;
    lvk_graph_init(graph);
    c->x = lvk_graph_input(graph, "x", lvk_type_2d(LVK_F32, ROWS, WIDTH));
    c->keys = lvk_graph_input(graph, "keys", lvk_type_2d(LVK_U32, ROWS, 4));
    int y = c->x;
    for (int layer = 0; layer < LAYERS; ++layer) {
        if (layer && apart && layer % apart == 0)
            lvk_graph_mark_checkpoint(graph, y);
        y = add_layer(c, layer, y, by_average);
    }
    lvk_graph_mark_output(graph, y);
    const int gradient = lvk_graph_constant(graph, "gradient", lvk_type_2d(LVK_F32, ROWS, WIDTH), 0.5);
    lvk_graph_backward_from(graph, y, gradient);
    cr_assert_eq(lvk_graph_status(graph), LVK_OK, "%s", lvk_error_message());
}

static float number(int i) {
    return (float)(i * 37 % 101 - 50) / 64;
}

static void write_numbers(lvk_executable *executable, int tensor, uint64_t count, bool positive) {
    float values[ROWS * WIDTH];
    for (uint64_t i = 0; i < count; ++i)
        values[i] = number((int)i + tensor) + (positive ? 1 : 0);
    cr_assert_eq(lvk_executable_write(executable, tensor, values), LVK_OK, "%s", lvk_error_message());
}

/* What one run computes. */
typedef struct outcome {
    float gradients[LAYERS][3][WIDTH * WIDTH], averages[LAYERS][2][WIDTH];
    uint64_t arena;
    int again, again_updates, dropouts;
} outcome;

static void fill(chain *c, lvk_executable *executable) {
    uint32_t keys[ROWS][4] = {{0}};
    for (uint32_t i = 0; i < ROWS; ++i)
        keys[i][3] = i;
    write_numbers(executable, c->x, ROWS * WIDTH, false);
    cr_assert_eq(lvk_executable_write(executable, c->keys, keys), LVK_OK, "%s", lvk_error_message());
    for (int layer = 0; layer < LAYERS; ++layer)
        for (int p = 0; p < PARAMETERS; ++p)
            write_numbers(executable, c->parameters[layer][p], p ? WIDTH : WIDTH * WIDTH, p != 0);
}

static void read_results(const chain *c, lvk_executable *executable, outcome *o) {
    for (int layer = 0; layer < LAYERS; ++layer) {
        for (int p = 0; p < 3; ++p) {
            const int gradient = c->graph.tensors[c->parameters[layer][p]].gradient;
            cr_assert_eq(lvk_executable_read(executable, gradient, o->gradients[layer][p]), LVK_OK);
        }
        for (int p = 0; p < 2; ++p)
            cr_assert_eq(lvk_executable_read(executable, c->parameters[layer][3 + p], o->averages[layer][p]),
                         LVK_OK);
    }
}

/* Runs the chain on the reference backend, and frees it. */
static void run(chain *c, outcome *o) {
    lvk_backend *reference;
    lvk_plan plan;
    lvk_executable executable;
    cr_assert_eq(lvk_reference_create(&reference), LVK_OK);
    cr_assert_eq(lvk_plan_init(&plan, &c->graph, &reference->caps, NULL), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_init(&executable, reference, &plan, NULL), LVK_OK, "%s", lvk_error_message());
    *o = (outcome){.arena = plan.program.block_size[LVK_BLOCK_ARENA]};
    for (int s = 0; s < plan.program.step_count; ++s) {
        const lvk_step *step = &plan.program.steps[s];
        o->again += step->recomputed;
        o->again_updates += step->recomputed && step->call.op == LVK_OP_moving_average;
        o->dropouts += step->recomputed && step->call.op == LVK_OP_dropout;
    }
    fill(c, &executable);
    cr_assert_eq(lvk_executable_run(&executable), LVK_OK, "%s", lvk_error_message());
    read_results(c, &executable, o);
    lvk_executable_finish(&executable);
    lvk_plan_finish(&plan);
    reference->functions->destroy(reference);
    lvk_graph_finish(&c->graph);
}

static void expect_same(const outcome *a, const outcome *b) {
    cr_expect_eq(memcmp(a->gradients, b->gradients, sizeof a->gradients), 0, "the gradients differ");
    cr_expect_eq(memcmp(a->averages, b->averages, sizeof a->averages), 0, "the averages differ");
    for (int layer = 0; layer < LAYERS; ++layer)
        cr_expect(a->gradients[layer][0][1] != 0, "layer %d has no gradient: nothing is tested", layer);
}

Test(recompute, the_same_bits_in_fewer_bytes) {
    static outcome kept, again;
    chain c;
    build(&c, 2, false);
    run(&c, &kept);
    build(&c, 2, false);
    lvk_graph_recompute(&c.graph);
    cr_assert_eq(lvk_graph_status(&c.graph), LVK_OK, "%s", lvk_error_message());
    run(&c, &again);
    cr_expect_eq(kept.again, 0);
    cr_expect_gt(again.dropouts, 0, "masks are drawn again");
    cr_expect_eq(again.again_updates, 0, "averages move once");
    cr_expect_lt(again.arena, kept.arena);
    expect_same(&kept, &again);
}

/* What reads an average before it moves would not read the same again: it is kept. */
Test(recompute, readers_of_what_is_updated_are_kept) {
    static outcome kept, again;
    chain c;
    build(&c, 2, true);
    run(&c, &kept);
    build(&c, 2, true);
    lvk_graph_recompute(&c.graph);
    for (size_t n = 0; n < c.graph.node_count; ++n)
        cr_expect(!c.graph.nodes[n].recomputed || c.graph.nodes[n].call.op != LVK_OP_batchnorm_inference);
    run(&c, &again);
    cr_expect_gt(again.again, 0);
    expect_same(&kept, &again);
}

/* y = relu(y + dense(y)), eight times: were none of the sums kept, the last would take 16 nodes, whose results lie in memory at
 * once. */
Test(recompute, a_long_chain_of_cheap_activations_is_kept_in_parts) {
    enum { BLOCKS = 8, MOST = 10 };
    lvk_graph graph;
    lvk_graph_init(&graph);
    int y = lvk_graph_input(&graph, "x", lvk_type_2d(LVK_F32, ROWS, WIDTH)), run_length = 0, longest = 0,
        again = 0;
    for (int i = 0; i < BLOCKS; ++i) {
        const int w = lvk_graph_parameter(&graph, "w", lvk_type_2d(LVK_F32, WIDTH, WIDTH), true);
        const int sum = LVK_APPLY(&graph, "sum", LVK_OP_add, NULL, y,
                                  LVK_APPLY(&graph, "dense", LVK_OP_dense, NULL, y, w));
        y = LVK_APPLY(&graph, "relu", LVK_OP_relu, NULL, sum);
    }
    lvk_graph_mark_output(&graph, y);
    lvk_graph_backward_from(&graph, y,
                            lvk_graph_constant(&graph, "dy", lvk_type_2d(LVK_F32, ROWS, WIDTH), 0.5));
    lvk_graph_recompute_cheap(&graph);
    cr_assert_eq(lvk_graph_status(&graph), LVK_OK, "%s", lvk_error_message());
    for (size_t n = 0; n < graph.node_count; ++n) {
        run_length = graph.nodes[n].recomputed ? run_length + 1 : 0;
        longest = run_length > longest ? run_length : longest;
        again += graph.nodes[n].recomputed;
    }
    cr_expect_leq(longest, MOST, "%d nodes", longest);
    cr_expect_geq(again, BLOCKS, "only %d activations are dropped", again);
    lvk_graph_finish(&graph);
}

/* Behind the last checkpoint, so also where there is none, nothing is computed twice. */
Test(recompute, nothing_without_checkpoints) {
    chain c;
    build(&c, 0, false);
    const size_t nodes = c.graph.node_count;
    lvk_graph_recompute(&c.graph);
    cr_expect_eq(c.graph.node_count, nodes);
    lvk_graph_finish(&c.graph);
    lvk_graph_init(&c.graph);
    lvk_graph_recompute(&c.graph); /* there are no gradients */
    cr_expect_eq(lvk_graph_status(&c.graph), LVK_OK);
    lvk_graph_finish(&c.graph);
}
