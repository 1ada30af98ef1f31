/* Every operator case of the reference numbers, outputs and all gradients, with every kernel candidate. */
#include "golden/batchnorm.h"
#include "golden/softmax.h"
#include "golden/trial.h"
#include "ops/adam.h"
#include "ops/conv2d.h"
#include "ops/dropout.h"
#include "ops/maxpool2d.h"
#include "ops/sgd.h"
#include "support/device.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static uint32_t count_of(const golden_trial *trial, const char *attribute) {
    return (uint32_t)golden_number(trial->attributes, attribute);
}

static int optional_bias(golden_trial *trial) {
    return golden_trial_has_input(trial, "bias") ? golden_trial_parameter(trial, "bias") : LVK_NONE;
}

/* conv2d and dense: with the bias or without. */
static int apply_weights(golden_trial *trial, int op, const void *attributes, int x) {
    const int kernel = golden_trial_parameter(trial, "kernel"), bias = optional_bias(trial);
    const int inputs[] = {x, kernel, bias};
    return lvk_graph_apply(&trial->graph, NULL, op, attributes, bias == LVK_NONE ? 2 : 3, inputs);
}

static void build_conv2d(golden_trial *trial) {
    const uint32_t stride = count_of(trial, "stride"), pad = count_of(trial, "pad");
    const lvk_conv2d_attributes attributes = {.stride_h = stride,
                                              .stride_w = stride,
                                              .pad_top = pad,
                                              .pad_left = pad,
                                              .pad_bottom = pad,
                                              .pad_right = pad};
    const int x = golden_trial_parameter(trial, "x");
    const int y = apply_weights(trial, LVK_OP_conv2d, &attributes, x);
    golden_trial_expect(trial, "y", y, GOLDEN_SUM);
    golden_trial_expect_gradients(trial, y, GOLDEN_SUM);
}

static void build_dense(golden_trial *trial) {
    const int x = golden_trial_parameter(trial, "x");
    int y = apply_weights(trial, LVK_OP_dense, NULL, x);
    const char *activation = golden_text(trial->attributes, "activation");
    cr_assert(strcmp(activation, "linear") == 0 || strcmp(activation, "relu") == 0,
              "%s: unknown activation '%s'", trial->file, activation);
    if (strcmp(activation, "relu") == 0) /* K and S count what it lets through with positive inputs: all */
        y = LVK_APPLY(&trial->graph, NULL, LVK_OP_relu, NULL, y);
    golden_trial_expect(trial, "y", y, GOLDEN_SUM);
    golden_trial_expect_gradients(trial, y, GOLDEN_SUM);
}

static void build_flatten_dense(golden_trial *trial) {
    const int x = LVK_APPLY(&trial->graph, NULL, LVK_OP_flatten, NULL, golden_trial_parameter(trial, "x"));
    const int y = apply_weights(trial, LVK_OP_dense, NULL, x);
    golden_trial_expect(trial, "y", y, GOLDEN_SUM);
    golden_trial_expect_gradients(trial, y, GOLDEN_SUM);
}

/* The file's winners (row, column) in the image as the operator's: the position in the window. */
static double *window_positions(const golden_trial *trial, const lvk_maxpool2d_attributes *pool,
                                const lvk_type *y, uint64_t *count) {
    const json_t *winners = golden_member(golden_member(trial->root, "outputs"), "argmax_row_column");
    double *pairs = golden_list(golden_member(winners, "values"), count);
    *count /= 2;
    cr_assert_eq(*count, lvk_type_count(y), "%s: not one winner a window", trial->file);
    for (uint64_t i = 0; i < *count; ++i) {
        const double oy = (double)(i / y->dim[3] / y->dim[2] % y->dim[1]),
                     ox = (double)(i / y->dim[3] % y->dim[2]);
        const double row = pairs[2 * i] - (oy * pool->stride_h - pool->pad_top);
        const double column = pairs[2 * i + 1] - (ox * pool->stride_w - pool->pad_left);
        pairs[i] = pairs[2 * i] < 0 ? LVK_MAXPOOL2D_PADDING : row * pool->window_w + column;
    }
    return pairs;
}

static void build_maxpool2d(golden_trial *trial) {
    const uint32_t window = count_of(trial, "pool"), stride = count_of(trial, "stride"),
                   pad = count_of(trial, "pad");
    const lvk_maxpool2d_attributes attributes = {.window_h = window,
                                                 .window_w = window,
                                                 .stride_h = stride,
                                                 .stride_w = stride,
                                                 .pad_top = pad,
                                                 .pad_left = pad,
                                                 .pad_bottom = pad,
                                                 .pad_right = pad};
    const int x = golden_trial_parameter(trial, "x");
    golden_trial_keep(trial, "x"); /* which elements a window's gradient goes to depends on it */
    const int y = LVK_APPLY(&trial->graph, NULL, LVK_OP_maxpool2d, &attributes, x);
    golden_trial_expect(trial, "y", y, GOLDEN_EXACT);
    uint64_t count;
    double *positions = window_positions(trial, &attributes, &trial->graph.tensors[y].type, &count);
    const int index = lvk_graph_output(&trial->graph, y, 1);
    golden_trial_expect_values(trial, "index", index, GOLDEN_EXACT, positions, count);
    lvk_graph_mark_output(&trial->graph, index);
    golden_trial_expect_gradients(trial, y, GOLDEN_PLAIN_SUM); /* windows may overlap */
}

static void build_global_average_pool(golden_trial *trial) {
    const int x = golden_trial_parameter(trial, "x");
    const lvk_type *type = &trial->graph.tensors[x].type;
    const float *values = golden_trial_values(trial, "x");
    const uint32_t area = type->dim[1] * type->dim[2], channels = type->dim[3];
    rounding means[GOLDEN_MAX_TENSORS], pixels[GOLDEN_MAX_TENSORS];
    cr_assert(area <= GOLDEN_MAX_TENSORS && type->dim[0] * channels <= GOLDEN_MAX_TENSORS);
    for (uint32_t at = 0; at < type->dim[0] * channels; ++at) {
        for (uint32_t i = 0; i < area; ++i)
            pixels[i] = rounding_exact((double)values[(at / channels * area + i) * channels + at % channels]);
        means[at] = rounding_multiply(rounding_sum(pixels, (int)area), rounding_float(1.0 / area));
    }
    const int y = LVK_APPLY(&trial->graph, NULL, LVK_OP_global_average_pool, NULL, x);
    golden_trial_expect_bounded(
        trial, "y", y, golden_member(golden_member(golden_member(trial->root, "outputs"), "y"), "values"),
        means);
    lvk_graph_mark_output(&trial->graph, y);
    golden_trial_expect_gradients(trial, y, GOLDEN_SCALED);
}

static void build_relu(golden_trial *trial) {
    const int y = LVK_APPLY(&trial->graph, NULL, LVK_OP_relu, NULL, golden_trial_parameter(trial, "x"));
    golden_trial_expect(trial, "y", y, GOLDEN_EXACT);
    golden_trial_expect_gradients(trial, y, GOLDEN_EXACT);
}

static void build_add(golden_trial *trial) {
    const int a = golden_trial_parameter(trial, "a"), b = golden_trial_parameter(trial, "b");
    const int y = LVK_APPLY(&trial->graph, NULL, LVK_OP_add, NULL, a, b);
    golden_trial_expect(trial, "y", y, GOLDEN_ROUNDED);
    golden_trial_expect_gradients(trial, y, GOLDEN_EXACT);
}

static void build_add_relu(golden_trial *trial) {
    const int a = golden_trial_parameter(trial, "a"), b = golden_trial_parameter(trial, "b");
    const int sum = LVK_APPLY(&trial->graph, NULL, LVK_OP_add, NULL, a, b);
    const int y = LVK_APPLY(&trial->graph, NULL, LVK_OP_relu, NULL, sum);
    golden_trial_expect(trial, "y", y, GOLDEN_ROUNDED);
    golden_trial_expect_gradients(trial, y, GOLDEN_EXACT);
}

/* The mask is given, so the operator is the one that applies masks: dropout's gradient, which is also its
 * forward pass once the mask is drawn. (That dropout draws and applies its own mask is the parity suite's.)
 */
static void build_dropout(golden_trial *trial) {
    const lvk_dropout_attributes attributes = {.rate = (float)golden_number(trial->attributes, "rate")};
    const int x = golden_trial_input(trial, "x"), weights = golden_trial_input(trial, "output_weights");
    lvk_type type = trial->graph.tensors[x].type;
    uint64_t count;
    double *kept = golden_list(
        golden_member(golden_member(golden_member(trial->root, "outputs"), "mask"), "values"), &count);
    const json_t *drawn = golden_find(golden_member(trial->root, "inputs"), "mask_u");
    float *numbers = lvk_alloc(count, sizeof *numbers);
    cr_assert(count == lvk_type_count(&type) && golden_fill(drawn, numbers));
    uint8_t *mask = lvk_alloc(lvk_divide_up(count, 16), 16);
    for (uint64_t i = 0; i < count; ++i) { /* the rule of ops/dropout.h */
        mask[i] = numbers[i] >= attributes.rate;
        cr_expect_eq((double)mask[i], kept[i], "%s: mask[%d]", trial->file, (int)i);
    }
    lvk_free(numbers);
    lvk_free(kept);
    type.dtype = LVK_U8;
    const int mask_tensor = golden_trial_feed(trial, "mask", type, mask);
    golden_trial_keep(trial, "mask");
    const int y = LVK_APPLY(&trial->graph, NULL, LVK_OP_dropout_grad, &attributes, x, mask_tensor);
    const int dx = LVK_APPLY(&trial->graph, NULL, LVK_OP_dropout_grad, &attributes, weights, mask_tensor);
    golden_trial_expect(trial, "y", y, GOLDEN_SCALED);
    golden_trial_expect_values(
        trial, "d x", dx, GOLDEN_SCALED,
        golden_list(golden_member(golden_member(golden_member(trial->root, "gradients"), "x"), "values"),
                    &count),
        count);
    lvk_graph_mark_output(&trial->graph, dx);
}

/* weight (max(z, 0) - z y + log(1 + exp(-|z|))) */
static rounding row_loss(double z, double y, rounding weight) {
    const rounding logit = rounding_exact(z), target = rounding_exact(y);
    const rounding linear = rounding_subtract(rounding_exact(fmax(z, 0)), rounding_multiply(logit, target));
    const rounding e = rounding_exp(rounding_exact(-fabs(z)));
    return rounding_multiply(weight, rounding_add(linear, rounding_log1p(e)));
}

/* 1 / (1 + e), or e / (1 + e) below zero, e = exp(-|z|). */
static rounding probability(double z) {
    const rounding e = rounding_exp(rounding_exact(-fabs(z))), one = rounding_exact(1);
    return rounding_divide(z < 0 ? e : one, rounding_add(one, e));
}

/* weight (probability - y), over the common denominator 1 + e. y is 0 or 1. */
static rounding row_gradient(double z, double y, rounding weight) {
    const rounding e = rounding_exp(rounding_exact(-fabs(z))), one = rounding_exact(1);
    const rounding numerator = y > 0 ? (z < 0 ? one : e) : (z < 0 ? e : one);
    rounding quotient = rounding_divide(numerator, rounding_add(one, e));
    quotient.value = y > 0 ? -quotient.value : quotient.value;
    return rounding_multiply(weight, quotient);
}

typedef struct bce_bounds {
    rounding loss, rows[GOLDEN_MAX_TENSORS], probabilities[GOLDEN_MAX_TENSORS], gradients[GOLDEN_MAX_TENSORS];
} bce_bounds;

static double class_weight(const golden_trial *trial, double label) {
    const json_t *weights = golden_member(trial->attributes, "class_weights");
    return json_is_null(weights) ? 1 : json_number_value(json_array_get(weights, label > 0 ? 1 : 0));
}

static bce_bounds bound_bce(const golden_trial *trial, const float *z, const double *labels, uint32_t rows) {
    bce_bounds bounds;
    rounding terms[GOLDEN_MAX_TENSORS];
    for (uint32_t n = 0; n < rows; ++n) {
        const double logit = (double)z[n], weight = class_weight(trial, labels[n]);
        const rounding share = rounding_float(weight / rows);
        terms[n] = row_loss(logit, labels[n], share);
        bounds.rows[n] = row_loss(logit, labels[n], rounding_float(weight));
        bounds.probabilities[n] = probability(logit);
        bounds.gradients[n] = row_gradient(logit, labels[n], share);
    }
    bounds.loss = rounding_sum(terms, (int)rows);
    return bounds;
}

/* Rows of (target, weight); `only`: the one row that weighs anything, its class weight; else all, their
 * share. */
static int feed_labels(golden_trial *trial, const char *name, const double *labels, uint32_t rows,
                       uint32_t only) {
    float *data = lvk_alloc(lvk_divide_up(rows, 2), 16);
    for (uint32_t n = 0; n < rows; ++n) {
        const double weight = class_weight(trial, labels[n]);
        data[2 * n] = (float)labels[n];
        data[2 * n + 1] = only == UINT32_MAX ? (float)(weight / rows) : only == n ? (float)weight : 0.0F;
    }
    return golden_trial_feed(trial, name, lvk_type_2d(LVK_F32, rows, 2), data);
}

/* The logits are a list in the file, a column here. */
static int feed_logits(golden_trial *trial, uint32_t *rows) {
    const json_t *input = golden_find(golden_member(trial->root, "inputs"), "logits");
    uint64_t count;
    double *stored = golden_list(golden_member(input, "values"), &count);
    cr_assert(count <= GOLDEN_MAX_TENSORS / 2, "%s: more rows than the test has room for", trial->file);
    *rows = (uint32_t)count;
    const int logits = lvk_graph_parameter(&trial->graph, "logits", lvk_type_2d(LVK_F32, *rows, 1), true);
    float *data = lvk_alloc(lvk_divide_up(count, 4), 16);
    for (uint64_t i = 0; i < count; ++i)
        data[i] = (float)stored[i];
    lvk_free(stored);
    trial->feeds[trial->feed_count++] =
        (golden_feed){.name = "logits", .tensor = logits, .count = count, .data = data};
    return logits;
}

static void build_bce(golden_trial *trial) {
    uint32_t rows;
    uint64_t count;
    const int logits = feed_logits(trial, &rows);
    double *labels = golden_list(
        golden_member(golden_find(golden_member(trial->root, "inputs"), "labels"), "values"), &count);
    cr_assert_eq(count, rows, "%s: not one label a logit", trial->file);
    const bce_bounds bounds = bound_bce(trial, golden_trial_values(trial, "logits"), labels, rows);
    const json_t *outputs = golden_member(trial->root, "outputs");
    lvk_graph *graph = &trial->graph;

    const int probabilities = LVK_APPLY(graph, NULL, LVK_OP_sigmoid, NULL, logits);
    golden_trial_expect_bounded(trial, "probabilities", probabilities,
                                golden_member(golden_member(outputs, "probabilities"), "values"),
                                bounds.probabilities);
    lvk_graph_mark_output(graph, probabilities);
    const json_t *row_losses = golden_member(golden_member(outputs, "per_sample_loss"), "values");
    for (uint32_t n = 0; n < rows; ++n) {
        char name[32];
        snprintf(name, sizeof name, "row %u", (unsigned)n);
        const int only = feed_labels(trial, name, labels, rows, n);
        const int loss = LVK_APPLY(graph, NULL, LVK_OP_bce, NULL, logits, only);
        json_t *expected = json_pack("[O]", json_array_get(row_losses, n));
        golden_trial_expect_bounded(trial, name, loss, expected, &bounds.rows[n]);
        json_decref(expected);
        lvk_graph_mark_output(graph, loss);
    }
    const int all = feed_labels(trial, "labels", labels, rows, UINT32_MAX);
    const int loss = LVK_APPLY(graph, NULL, LVK_OP_bce, NULL, logits, all);
    golden_trial_expect_bounded(trial, "loss", loss, golden_member(golden_member(outputs, "loss"), "values"),
                                &bounds.loss);
    lvk_graph_mark_output(graph, loss);
    lvk_graph_backward(graph, loss);
    const json_t *gradients = golden_member(golden_member(trial->root, "gradients"), "logits");
    golden_trial_expect_bounded(trial, "d logits", golden_trial_gradient(trial, "logits"),
                                golden_member(gradients, "values"), bounds.gradients);
    lvk_free(labels);
}

/* An optimizer's output: updated where the input lay. */
static void expect_updated(golden_trial *trial, const char *name, int updated, int output,
                           const rounding *bounds) {
    const int tensor = lvk_graph_output(&trial->graph, updated, output);
    const json_t *expected =
        golden_member(golden_member(golden_member(trial->root, "outputs"), name), "values");
    golden_trial_expect_bounded(trial, name, tensor, expected, bounds);
    lvk_graph_mark_output(&trial->graph, tensor);
}

static int feed_hyper(golden_trial *trial, const lvk_real values[LVK_HYPER_COUNT]) {
    lvk_real *hyper = lvk_alloc(LVK_HYPER_COUNT, sizeof *hyper);
    memcpy(hyper, values, sizeof *hyper * LVK_HYPER_COUNT);
    return golden_trial_feed(trial, "hyper", lvk_type_1d(LVK_F32, LVK_HYPER_COUNT), hyper);
}

enum { WEIGHTS = 64 }; /* the files have 41 */

static uint64_t weight_count(const golden_trial *trial, int w) {
    const uint64_t count = lvk_type_count(&trial->graph.tensors[w].type);
    cr_assert(count <= WEIGHTS, "%s: more weights than the test has room for", trial->file);
    return count;
}

static rounding element(const golden_trial *trial, const char *name, uint64_t i) {
    return rounding_exact((double)golden_trial_values(trial, name)[i]);
}

/* v = momentum v - lr g; w = w + v */
static void build_sgd(golden_trial *trial) {
    const double rate = golden_number(trial->attributes, "lr");
    const double momentum = golden_number(trial->attributes, "momentum");
    lvk_real hyper[LVK_HYPER_COUNT];
    lvk_sgd_hyper(rate, momentum, hyper);
    const int w = golden_trial_input(trial, "w"), g = golden_trial_input(trial, "g");
    const int v = golden_trial_input(trial, "v");
    const int updated = LVK_APPLY(&trial->graph, NULL, LVK_OP_sgd, NULL, w, g, v, feed_hyper(trial, hyper));
    rounding new_w[WEIGHTS], new_v[WEIGHTS];
    for (uint64_t i = 0; i < weight_count(trial, w); ++i) {
        new_v[i] = rounding_subtract(rounding_multiply(rounding_float(momentum), element(trial, "v", i)),
                                     rounding_multiply(rounding_float(rate), element(trial, "g", i)));
        new_w[i] = rounding_add(element(trial, "w", i), new_v[i]);
    }
    expect_updated(trial, "w_after", updated, 0, new_w);
    expect_updated(trial, "v_after", updated, 1, new_v);
}

typedef struct adam_element {
    rounding w, m, v;
} adam_element;

/* m += (g - m) (1 - b1); v += (g g - v) (1 - b2); w -= a m / (sqrt(v) + epsilon). The program holds a, 1 -
 * b1, 1 - b2 and epsilon as floats. */
static adam_element bound_adam(const lvk_adam_options *adam, double step, rounding w, rounding g, rounding m,
                               rounding v) {
    const rounding alpha =
        rounding_float(adam->learning_rate * sqrt(1 - pow(adam->beta2, step)) / (1 - pow(adam->beta1, step)));
    const rounding rate1 = rounding_float(1 - adam->beta1), rate2 = rounding_float(1 - adam->beta2);
    adam_element result;
    result.m = rounding_add(m, rounding_multiply(rounding_subtract(g, m), rate1));
    result.v = rounding_add(v, rounding_multiply(rounding_subtract(rounding_multiply(g, g), v), rate2));
    const rounding divisor = rounding_add(rounding_root(result.v), rounding_float(adam->epsilon));
    result.w = rounding_subtract(w, rounding_divide(rounding_multiply(alpha, result.m), divisor));
    return result;
}

static void build_adam(golden_trial *trial) {
    const lvk_adam_options adam = {.learning_rate = golden_number(trial->attributes, "lr"),
                                   .beta1 = golden_number(trial->attributes, "beta_1"),
                                   .beta2 = golden_number(trial->attributes, "beta_2"),
                                   .epsilon = golden_number(trial->attributes, "epsilon")};
    const uint32_t step = count_of(trial, "step");
    lvk_real hyper[LVK_HYPER_COUNT];
    lvk_adam_hyper(&adam, step, hyper);
    const int w = golden_trial_input(trial, "w"), g = golden_trial_input(trial, "g");
    const int m = golden_trial_input(trial, "m"), v = golden_trial_input(trial, "v");
    const int updated =
        LVK_APPLY(&trial->graph, NULL, LVK_OP_adam, NULL, w, g, m, v, feed_hyper(trial, hyper));
    rounding new_w[WEIGHTS], new_m[WEIGHTS], new_v[WEIGHTS];
    for (uint64_t i = 0; i < weight_count(trial, w); ++i) {
        const adam_element next = bound_adam(&adam, step, element(trial, "w", i), element(trial, "g", i),
                                             element(trial, "m", i), element(trial, "v", i));
        new_w[i] = next.w;
        new_m[i] = next.m;
        new_v[i] = next.v;
    }
    expect_updated(trial, "w_after", updated, 0, new_w);
    expect_updated(trial, "m_after", updated, 1, new_m);
    expect_updated(trial, "v_after", updated, 2, new_v);
}

/* Test name, the files' "operator", how the graph is built. */
#define GOLDEN_OPERATORS(OPERATOR)                                                                           \
    OPERATOR(conv2d, "conv2d", build_conv2d)                                                                 \
    OPERATOR(maxpool2d, "maxpool2d", build_maxpool2d)                                                        \
    OPERATOR(global_average_pool, "global_average_pool", build_global_average_pool)                          \
    OPERATOR(batchnorm, "batchnorm", golden_build_batchnorm)                                                 \
    OPERATOR(dense, "dense", build_dense)                                                                    \
    OPERATOR(flatten_dense, "flatten then dense", build_flatten_dense)                                       \
    OPERATOR(relu, "relu", build_relu)                                                                       \
    OPERATOR(add, "residual add", build_add)                                                                 \
    OPERATOR(add_relu, "residual add then relu", build_add_relu)                                             \
    OPERATOR(bce, "sigmoid + binary cross-entropy from logits", build_bce)                                   \
    OPERATOR(softmax_cross_entropy, "softmax + cross-entropy from logits",                                   \
             golden_build_softmax_cross_entropy)                                                             \
    OPERATOR(dropout, "dropout", build_dropout)                                                              \
    OPERATOR(sgd, "SGD with momentum", build_sgd)                                                            \
    OPERATOR(adam, "Adam", build_adam)

typedef void (*visit_case)(void *user, const char *file, const char *kind);

static int visit_cases(visit_case visit, void *user) {
    json_t *index = golden_load("ops/index.json");
    const json_t *cases = golden_member(index, "cases");
    const int count = (int)json_array_size(cases);
    for (int i = 0; i < count; ++i) {
        char file[256];
        const char *name = json_string_value(json_array_get(cases, (size_t)i));
        cr_assert(name, "ops/index.json: a case is no file name");
        snprintf(file, sizeof file, "ops/%s", name);
        json_t *root = golden_load(file);
        visit(user, file, golden_text(root, "operator"));
        json_decref(root);
    }
    json_decref(index);
    return count;
}

typedef struct case_run {
    lvk_backend *backend;
    const char *kind;
    void (*build)(golden_trial *trial);
    int ran;
} case_run;

static void run_case(void *user, const char *file, const char *kind) {
    case_run *run = user;
    if (strcmp(kind, run->kind) != 0)
        return;
    golden_trial trial;
    golden_trial_begin(&trial, run->backend, file);
    run->build(&trial);
    golden_trial_run(&trial);
    golden_trial_end(&trial);
    ++run->ran;
}

static void run_operator(const char *kind, void (*build)(golden_trial *trial)) {
    case_run run = {.backend = test_open_device(), .kind = kind, .build = build};
    visit_cases(run_case, &run);
    cr_expect(run.ran > 0, "no case of '%s'", kind);
    test_close_device(run.backend);
}

#define OPERATOR_TEST(name, kind, build)                                                                     \
    Test(ops, name) {                                                                                        \
        run_operator(kind, build);                                                                           \
    }
GOLDEN_OPERATORS(OPERATOR_TEST)

static void account_for(void *user, const char *file, const char *kind) {
    bool known = false;
    (void)user;
#define OPERATOR_KNOWN(name, text, build) known = known || strcmp(kind, text) == 0;
    GOLDEN_OPERATORS(OPERATOR_KNOWN)
    cr_expect(known, "%s: unknown operator '%s'", file, kind);
}

/* No case may be dropped without a word. */
Test(ops, every_case) {
    cr_expect_gt(visit_cases(account_for, NULL), 0, "no case at all");
}
