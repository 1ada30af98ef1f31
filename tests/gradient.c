/* Every gradient rule against central differences, in double precision: this program builds the operators,
 * the graph and the reference backend with lvk_real = double.
 *
 * For y = f(x) and random weights r, the graph's gradient of sum(r * y) with respect to each element of x is
 * compared with (sum(r * f(x + h)) - sum(r * f(x - h))) / 2h. Random weights, since the sum of some
 * operators' outputs is constant and would hide a gradient of zero. */
#include "core/random.h"
#include "graph/executable.h"
#include "reference/reference.h"
#include "selftest/inputs.h"
#include "support/seed.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

_Static_assert(sizeof(lvk_real) == sizeof(double), "build with LVK_REAL_DOUBLE");

#ifdef __SANITIZE_ADDRESS__
enum { DRAWS = 6, ELEMENTS = 10 }; /* the same loops again would show it nothing new */
#else
enum { DRAWS = 6, ELEMENTS = 150 };
#endif

static const double ROUNDINGS = 2; /* of a sum, relative to Σ|r y| */

typedef struct experiment {
    const lvk_case *c;
    lvk_call call;
    void *inputs[LVK_MAX_INPUTS];
    void *outputs[LVK_MAX_OUTPUTS];
    double *weights; /* of output 0 */
} experiment;

static void setup(experiment *e, int op, const lvk_case *c, uint64_t seed) {
    static const lvk_pattern plain = {.name = "plain", .scale = 1};
    *e = (experiment){.c = c};
    cr_assert_eq(lvk_case_call(op, c, &e->call), LVK_OK, "%s", lvk_error_message());
    for (int i = 0; i < c->input_count; ++i)
        e->inputs[i] = lvk_case_draw_input(c, i, &plain, seed);
    for (int o = 0; o < e->call.output_count; ++o)
        e->outputs[o] = lvk_alloc(lvk_case_storage(&e->call.outputs[o]), 1);
    const lvk_case weights = {.inputs = {e->call.outputs[0]}};
    e->weights = lvk_case_draw_input(&weights, 0, &plain, seed + 1);
}

static void teardown(experiment *e) {
    for (int i = 0; i < LVK_MAX_INPUTS; ++i)
        lvk_free(e->inputs[i]);
    for (int o = 0; o < LVK_MAX_OUTPUTS; ++o)
        lvk_free(e->outputs[o]);
    lvk_free(e->weights);
}

/* sum(r y); *size: sum(|r y|), of which its rounding is a part. */
static double objective(experiment *e, double *size) {
    lvk_reference_args args = {.call = &e->call};
    memcpy(args.inputs, e->inputs, sizeof e->inputs);
    memcpy(args.outputs, e->outputs, sizeof e->outputs);
    for (int o = 0; o < e->call.output_count; ++o) { /* a view's output is its input */
        const int alias = lvk_op_get(e->call.op)->alias[o];
        if (alias)
            args.outputs[o] = e->inputs[alias - 1];
    }
    lvk_reference_run(&args);
    double sum = 0;
    *size = 0;
    for (uint64_t i = 0; i < lvk_type_count(&e->call.outputs[0]); ++i) {
        const double term = e->weights[i] * ((double *)args.outputs[0])[i];
        sum += term;
        *size += fabs(term);
    }
    return sum;
}

/* gradients[i] of input i by the graph. */
static void graph_gradients(experiment *e, uint32_t differentiable, double *gradients[]) {
    lvk_backend *backend;
    lvk_graph graph;
    lvk_plan plan;
    lvk_executable executable;
    int tensors[LVK_MAX_INPUTS];
    lvk_graph_init(&graph);
    for (int i = 0; i < e->call.input_count; ++i)
        tensors[i] = differentiable >> i & 1 ? lvk_graph_parameter(&graph, "x", e->call.inputs[i], true)
                                             : lvk_graph_input(&graph, "x", e->call.inputs[i]);
    const int y = lvk_graph_apply(&graph, NULL, e->call.op, e->call.attributes, e->call.input_count, tensors);
    const int dy = lvk_graph_input(&graph, "dy", e->call.outputs[0]);
    lvk_graph_backward_from(&graph, y, dy);
    cr_assert_eq(lvk_graph_status(&graph), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_reference_create(&backend), LVK_OK);
    cr_assert_eq(lvk_plan_init(&plan, &graph, &backend->caps, NULL), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_init(&executable, backend, &plan, NULL), LVK_OK, "%s", lvk_error_message());
    for (int i = 0; i < e->call.input_count; ++i)
        if (plan.regions[tensors[i]].size && executable.blocks[plan.regions[tensors[i]].block])
            cr_assert_eq(lvk_executable_write(&executable, tensors[i], e->inputs[i]), LVK_OK, "%s",
                         lvk_error_message());
    cr_assert_eq(lvk_executable_write(&executable, dy, e->weights), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_run(&executable), LVK_OK);
    for (int i = 0; i < e->call.input_count; ++i) {
        if (!(differentiable >> i & 1))
            continue;
        const int gradient = graph.tensors[tensors[i]].gradient;
        cr_assert_neq(gradient, LVK_NONE, "no gradient for input %d", i);
        cr_assert(lvk_type_equal(&graph.tensors[gradient].type, &e->call.inputs[i]));
        cr_assert_eq(lvk_executable_read(&executable, gradient, gradients[i]), LVK_OK, "%s",
                     lvk_error_message());
    }
    lvk_executable_finish(&executable);
    lvk_plan_finish(&plan);
    lvk_graph_finish(&graph);
    backend->functions->destroy(backend);
}

static double largest(const double *values, uint64_t count) {
    double most = 0;
    for (uint64_t i = 0; i < count; ++i)
        most = fmax(most, fabs(values[i]));
    return most;
}

static int compare_input(experiment *e, int input, const double *gradient, uint64_t seed) {
    const uint64_t count = lvk_type_count(&e->call.inputs[input]);
    const double most = largest(gradient, count);
    const lvk_random_key key = {.seed = seed, .purpose = 1002};
    double *x = e->inputs[input];
    int wrong = 0;
    for (uint32_t k = 0; k < (count < ELEMENTS ? count : ELEMENTS); ++k) {
        const uint64_t i = count <= ELEMENTS ? k : lvk_random_word(&key, k) % count;
        const double at = x[i], h = 1e-6;
        x[i] = at + h;
        double size_above, size_below;
        const double above = objective(e, &size_above);
        x[i] = at - h;
        const double below = objective(e, &size_below);
        x[i] = at;
        const double difference = (above - below) / (2 * h);
        /* The third derivative's term, of size h², and the rounding of the two sums, whose terms have some
         * roundings of their own, divided by 2 h. The sums of absolute terms measure it: where terms cancel,
         * their roundings do not. */
        const double allowed =
            1e-7 * (fabs(difference) + most) + ROUNDINGS * DBL_EPSILON * (size_above + size_below) / (2 * h);
        if (!(fabs(difference - gradient[i]) <= allowed) && ++wrong == 1)
            cr_expect(
                false,
                "%s, case '%s', d/d input %d [%llu]: rule %.12g, difference %.12g, allowed error %.3g (LEUKVK_SEED=%llu)",
                lvk_op_get(e->call.op)->name, e->c->name, input, (unsigned long long)i, gradient[i],
                difference, allowed, (unsigned long long)test_seed());
    }
    return wrong;
}

static void check_case(int op, const lvk_case *original, uint64_t seed) {
    const lvk_case_table *table = lvk_case_table_get(op);
    lvk_case c = *original;
    for (int i = 0; i < c.input_count; ++i) /* ties and kinks have no derivative: continuous numbers only */
        if (table->differentiable >> i & 1)
            c.fill[i] = c.fill[i] == LVK_FILL_SMALL_INT || c.fill[i] == LVK_FILL_BINARY ? LVK_FILL_UNIFORM
                                                                                        : c.fill[i];
    experiment e;
    setup(&e, op, &c, seed);
    double *gradients[LVK_MAX_INPUTS] = {0};
    for (int i = 0; i < c.input_count; ++i)
        gradients[i] = lvk_alloc(lvk_type_count(&c.inputs[i]) + 2, sizeof(double));
    graph_gradients(&e, table->differentiable, gradients);
    for (int i = 0; i < c.input_count; ++i)
        if (table->differentiable >> i & 1)
            compare_input(&e, i, gradients[i], seed);
    for (int i = 0; i < c.input_count; ++i)
        lvk_free(gradients[i]);
    teardown(&e);
}

static void check_gradients(int op) {
    const lvk_case_table *table = lvk_case_table_get(op);
    const bool has_rule = lvk_op_get(op)->gradient != NULL;
    cr_assert_eq(has_rule, table->differentiable != 0, "%s: gradient rule and case table disagree",
                 lvk_op_get(op)->name);
    if (!has_rule)
        return; /* gradient kernels and optimizers: proven by parity and by their forward operator's rule */
    for (int i = 0; i < table->count; ++i)
        if (!table->cases[i].large)
            check_case(op, &table->cases[i], test_seed() + (uint64_t)i);
    for (uint32_t d = 0; table->draw && d < DRAWS; ++d) {
        _Alignas(16) char attributes[64];
        const lvk_case c = lvk_case_drawn(table, test_seed(), d, attributes);
        check_case(op, &c, test_seed() + d);
    }
}

#define LVK_OP(name)                                                                                         \
    Test(gradient, name) {                                                                                   \
        check_gradients(LVK_OP_##name);                                                                      \
    }
#include "ops/op_list.h"
#undef LVK_OP
