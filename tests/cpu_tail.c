/* Tails: elementwise operators that a batch norm's kernel on the processor computes as well. */
#include "cpu/tail.h"

#include "ops/op.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

enum { X, OUT, MEAN, VARIANCE, OTHER, REGIONS, STEPS = 5, SIZE = 256 };

/* A batch norm of X to OUT, the moving average of its mean, OUT = OUT + OTHER, OUT = relu(OUT), and a step that reads OUT. */
typedef struct net {
    lvk_step steps[STEPS];
    lvk_program program;
} net;

static lvk_region region(int number) {
    return (lvk_region){LVK_BLOCK_ARENA, (uint64_t)number * SIZE, SIZE};
}

static void set(lvk_step *step, int op, const char *label, int inputs, int outputs) {
    *step = (lvk_step){.label = label,
                       .candidate = "vectors",
                       .call = {.op = op, .input_count = inputs, .output_count = outputs}};
}

static void build(net *n) {
    enum { NORM, AVERAGE, ADD, RELU, LAST };
    set(&n->steps[NORM], LVK_OP_batchnorm, "norm", 1, 3);
    n->steps[NORM].inputs[0] = region(X);
    n->steps[NORM].outputs[0] = region(OUT);
    n->steps[NORM].outputs[1] = region(MEAN);
    n->steps[NORM].outputs[2] = region(VARIANCE);
    n->steps[NORM].idle = region(REGIONS);
    set(&n->steps[AVERAGE], LVK_OP_moving_average, "average", 1, 1);
    n->steps[AVERAGE].inputs[0] = region(MEAN);
    n->steps[AVERAGE].outputs[0] = (lvk_region){LVK_BLOCK_PARAMETERS, 0, SIZE};
    set(&n->steps[ADD], LVK_OP_add, "add", 2, 1);
    n->steps[ADD].inputs[0] = n->steps[ADD].outputs[0] = region(OUT);
    n->steps[ADD].inputs[1] = region(OTHER);
    set(&n->steps[RELU], LVK_OP_relu, "relu", 1, 1);
    n->steps[RELU].inputs[0] = n->steps[RELU].outputs[0] = region(OUT);
    set(&n->steps[LAST], LVK_OP_global_average_pool, "pool", 1, 1);
    n->steps[LAST].inputs[0] = region(OUT);
    n->steps[LAST].outputs[0] = (lvk_region){LVK_BLOCK_IO, 0, SIZE};
    n->program = (lvk_program){.steps = n->steps, .step_count = STEPS};
}

static void expect_tail(const net *n, const char *what, bool adds, bool relu, int place) {
    const lvk_cpu_tail tail = lvk_cpu_find_tail(&n->program, 0, SIZE);
    const lvk_region output = region(place);
    cr_expect_eq(tail.adds, adds, "%s: adds", what);
    cr_expect_eq(tail.relu, relu, "%s: relu", what);
    cr_expect_eq(tail.count, adds + relu, "%s: %d steps", what, tail.count);
    cr_expect(lvk_regions_equal(&tail.output, &output), "%s: at %d", what, (int)(tail.output.offset / SIZE));
}

Test(cpu_tail, of_a_sum_and_a_relu) {
    net n;
    build(&n);
    expect_tail(&n, "in place", true, true, OUT);
    const lvk_cpu_tail tail = lvk_cpu_find_tail(&n.program, 0, SIZE);
    const lvk_region summand = region(OTHER);
    cr_expect(lvk_regions_equal(&tail.summand, &summand));
    cr_expect_eq(tail.steps[0], 2);
    cr_expect_eq(tail.steps[1], 3);

    n.steps[2].inputs[0] = n.steps[2].outputs[0] = region(OTHER); /* the sum in the other summand's place */
    n.steps[2].inputs[1] = region(OUT);
    n.steps[3].inputs[0] = n.steps[3].outputs[0] = n.steps[4].inputs[0] = region(OTHER);
    expect_tail(&n, "in the summand's place", true, true, OTHER);

    build(&n);
    n.steps[3].outputs[0] = n.steps[4].inputs[0] = region(X); /* of which the norm was the last reader */
    expect_tail(&n, "in the input's place", true, true, X);

    build(&n);
    n.steps[2].call.op = LVK_OP_relu;
    n.steps[2].call.input_count = 1;
    expect_tail(&n, "two of relu", false, true, OUT);
}

/* Each program differs from the one above by what makes a tail wrong. */
Test(cpu_tail, ends_where_bits_would_change) {
    net n;
    build(&n);
    n.steps[1].inputs[0] = region(OUT); /* somebody reads what the norm alone computes */
    expect_tail(&n, "read before", false, false, OUT);

    build(&n);
    n.steps[4].inputs[0] = region(OUT);
    n.steps[2].outputs[0] = n.steps[3].inputs[0] = n.steps[3].outputs[0] = region(REGIONS + 1);
    expect_tail(&n, "read afterwards", false, false, OUT);

    build(&n);
    n.steps[1].outputs[0] = region(OTHER); /* the summand comes after the norm */
    expect_tail(&n, "summand too late", false, false, OUT);

    build(&n);
    n.steps[2].inputs[1] = region(OUT);
    expect_tail(&n, "twice itself", false, false, OUT);

    build(&n);
    n.steps[3].outputs[0] = n.steps[4].inputs[0] = region(REGIONS); /* where the norm's scratch memory lies */
    expect_tail(&n, "onto scratch memory", true, false, OUT);

    build(&n);
    n.steps[3].outputs[0] = n.steps[4].inputs[0] = region(MEAN);
    expect_tail(&n, "onto the mean", true, false, OUT);

    build(&n);
    n.steps[3].outputs[0] = n.steps[4].inputs[0] = (lvk_region){LVK_BLOCK_ARENA, SIZE / 2, SIZE};
    n.steps[0].outputs[0] = n.steps[2].inputs[0] = n.steps[2].outputs[0] = n.steps[3].inputs[0] =
        region(REGIONS + 1);
    expect_tail(&n, "beside its input", true, false, REGIONS + 1);

    build(&n);
    n.steps[0].outputs[0] = n.steps[2].inputs[0] = (lvk_region){LVK_BLOCK_IO, SIZE, SIZE};
    cr_expect_eq(lvk_cpu_find_tail(&n.program, 0, SIZE).count, 0, "the host may read what the norm computes");

    build(&n);
    n.steps[2].call.op = LVK_OP_sigmoid;
    n.steps[2].call.input_count = 1;
    expect_tail(&n, "another operator", false, false, OUT);
}

/* What lies in a region later is another value once it is written again, whole or in parts. */
Test(cpu_tail, a_place_that_is_written_again_is_free) {
    net n;
    build(&n);
    n.steps[2].outputs[0] = n.steps[3].inputs[0] = n.steps[3].outputs[0] = region(OTHER);
    n.steps[3].call.op = LVK_OP_sigmoid;
    n.steps[3].outputs[0] = n.steps[4].inputs[0] = (lvk_region){LVK_BLOCK_ARENA, OUT * SIZE, SIZE / 2};
    expect_tail(&n, "half of it written again", true, false, OTHER);
    n.steps[4].inputs[0] = region(OUT);
    expect_tail(&n, "half of it left", false, false, OUT);
}
