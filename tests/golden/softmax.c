#include "golden/softmax.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { MAX_ROWS = 8, MAX_CLASSES = 8 };

/* The formulas in numbers with a bound on their error. */
typedef struct formula {
    uint32_t rows, classes;
    rounding share; /* of a row in the mean */
    rounding rows_loss[MAX_ROWS], gradients[MAX_ROWS * MAX_CLASSES];
    rounding loss;
} formula;

/* log(1 + others): log() has 3 ulps above 2. */
static rounding log_of_sum(rounding others) {
    if (others.value <= 1)
        return rounding_log1p(others);
    const rounding all = rounding_add(rounding_exact(1), others);
    return rounding_of(log(all.value), all.error / (all.value - all.error), 3);
}

static void compute_row(formula *f, uint32_t n, const float *z, uint32_t target) {
    rounding exponentials[MAX_CLASSES], rest[MAX_CLASSES];
    uint32_t largest = 0;
    int count = 0;
    for (uint32_t k = 1; k < f->classes; ++k)
        largest = z[k] > z[largest] ? k : largest;
    for (uint32_t k = 0; k < f->classes; ++k) {
        exponentials[k] =
            rounding_exp(rounding_subtract(rounding_exact((double)z[k]), rounding_exact((double)z[largest])));
        if (k != largest)
            rest[count++] = exponentials[k];
    }
    const rounding gap =
        rounding_subtract(rounding_exact((double)z[largest]), rounding_exact((double)z[target]));
    f->rows_loss[n] = rounding_add(log_of_sum(rounding_sum(rest, count)), gap);
    const rounding all = rounding_sum(exponentials, (int)f->classes);
    count = 0;
    for (uint32_t k = 0; k < f->classes; ++k)
        if (k != target)
            rest[count++] = exponentials[k];
    for (uint32_t k = 0; k < f->classes; ++k) {
        rounding slope = rounding_divide(exponentials[k], all);
        if (k == target) {
            slope = rounding_divide(rounding_sum(rest, count), all);
            slope.value = -slope.value;
        }
        f->gradients[n * f->classes + k] = rounding_multiply(f->share, slope);
    }
}

/* Rows of (target, weight); `only`: the one row that weighs anything, 1; else all weigh their share. */
static int feed_labels(golden_trial *trial, const char *name, const double *targets, uint32_t rows,
                       uint32_t only) {
    float *data = lvk_alloc(lvk_divide_up(rows, 2), 16);
    cr_assert(data);
    for (uint32_t n = 0; n < rows; ++n) {
        data[2 * n] = (float)targets[n];
        data[2 * n + 1] = only == UINT32_MAX ? (float)(1.0 / rows) : only == n ? 1.0F : 0.0F;
    }
    return golden_trial_feed(trial, name, lvk_type_2d(LVK_F32, rows, 2), data);
}

static const json_t *outputs_of(const golden_trial *trial, const char *name) {
    return golden_member(golden_member(golden_member(trial->root, "outputs"), name), "values");
}

static void expect_rows(golden_trial *trial, const formula *f, int logits, const double *targets) {
    for (uint32_t n = 0; n < f->rows; ++n) {
        char name[32];
        snprintf(name, sizeof name, "row %u", (unsigned)n);
        const int only = feed_labels(trial, name, targets, f->rows, n);
        const int loss = LVK_APPLY(&trial->graph, NULL, LVK_OP_softmax_cross_entropy, NULL, logits, only);
        json_t *expected = json_pack("[O]", json_array_get(outputs_of(trial, "per_sample_loss"), n));
        golden_trial_expect_bounded(trial, name, loss, expected, &f->rows_loss[n]);
        json_decref(expected);
        lvk_graph_mark_output(&trial->graph, loss);
    }
}

void golden_build_softmax_cross_entropy(golden_trial *trial) {
    lvk_graph *graph = &trial->graph;
    uint64_t count;
    double *targets = golden_list(golden_member(trial->attributes, "labels"), &count);
    const int logits = golden_trial_parameter(trial, "logits");
    formula f = {.rows = graph->tensors[logits].type.dim[0], .classes = graph->tensors[logits].type.dim[1]};
    cr_assert(count == f.rows && f.rows <= MAX_ROWS && f.classes <= MAX_CLASSES,
              "%s: not one label a row, or larger than the test has room for", trial->file);
    f.share = rounding_float(1.0 / f.rows);
    rounding terms[MAX_ROWS];
    for (uint32_t n = 0; n < f.rows; ++n) {
        const float *z = golden_trial_values(trial, "logits") + (uint64_t)n * f.classes;
        compute_row(&f, n, z, (uint32_t)targets[n]);
        terms[n] = rounding_multiply(f.share, f.rows_loss[n]);
    }
    f.loss = rounding_sum(terms, (int)f.rows);
    expect_rows(trial, &f, logits, targets);
    const int labels = feed_labels(trial, "labels", targets, f.rows, UINT32_MAX);
    const int loss = LVK_APPLY(graph, NULL, LVK_OP_softmax_cross_entropy, NULL, logits, labels);
    golden_trial_expect_bounded(trial, "loss", loss, outputs_of(trial, "loss"), &f.loss);
    lvk_graph_mark_output(graph, loss);
    lvk_graph_backward(graph, loss);
    cr_assert_eq(lvk_graph_status(graph), LVK_OK, "%s: %s", trial->file, lvk_error_message());
    const json_t *gradients = golden_member(golden_member(trial->root, "gradients"), "logits");
    golden_trial_expect_bounded(trial, "d logits", golden_trial_gradient(trial, "logits"),
                                golden_member(gradients, "values"), f.gradients);
    lvk_free(targets);
}
