#include "golden/batchnorm.h"

#include "ops/batchnorm.h"
#include "ops/moving_average.h"

#include <criterion/criterion.h>
#include <string.h>

enum { MAX_ROWS = 64, MAX_CHANNELS = 8 };

/* The formulas in numbers with a bound on their error, channel by channel. */
typedef struct formula {
    const golden_trial *trial;
    const float *x, *gamma, *beta, *dy;
    uint32_t rows, channels;
    bool training;
    rounding factor, epsilon; /* 1 / n */
    rounding y[MAX_ROWS * MAX_CHANNELS], dx[MAX_ROWS * MAX_CHANNELS];
    rounding mean[MAX_CHANNELS], variance[MAX_CHANNELS], dgamma[MAX_CHANNELS], dbeta[MAX_CHANNELS];
} formula;

static rounding at(const float *values, uint64_t i) {
    return rounding_exact((double)values[i]);
}

static void take_statistics(formula *f, uint32_t c) {
    rounding terms[MAX_ROWS];
    if (!f->training) {
        f->mean[c] = at(golden_trial_values(f->trial, "moving_mean"), c);
        f->variance[c] = at(golden_trial_values(f->trial, "moving_variance"), c);
        return;
    }
    for (uint32_t r = 0; r < f->rows; ++r)
        terms[r] = at(f->x, r * f->channels + c);
    f->mean[c] = rounding_multiply(rounding_sum(terms, (int)f->rows), f->factor);
    for (uint32_t r = 0; r < f->rows; ++r) {
        const rounding centred = rounding_subtract(terms[r], f->mean[c]);
        terms[r] = rounding_multiply(centred, centred);
    }
    f->variance[c] = rounding_multiply(rounding_sum(terms, (int)f->rows), f->factor);
}

static void normalize_channel(formula *f, uint32_t c) {
    rounding centred[MAX_ROWS], slopes[MAX_ROWS], moments[MAX_ROWS];
    take_statistics(f, c);
    const rounding root = rounding_root(rounding_add(f->variance[c], f->epsilon));
    const rounding inverse = rounding_divide(rounding_exact(1), root);
    const rounding scale = rounding_multiply(at(f->gamma, c), inverse);
    for (uint32_t r = 0; r < f->rows; ++r) {
        const uint32_t i = r * f->channels + c;
        centred[r] = rounding_subtract(at(f->x, i), f->mean[c]);
        f->y[i] = rounding_add(rounding_multiply(centred[r], scale), at(f->beta, c));
        slopes[r] = at(f->dy, i);
        moments[r] = rounding_multiply(slopes[r], centred[r]);
    }
    const rounding moment = rounding_sum(moments, (int)f->rows);
    f->dbeta[c] = rounding_sum(slopes, (int)f->rows);
    f->dgamma[c] = rounding_multiply(moment, inverse);
    const rounding offset = rounding_multiply(f->dbeta[c], f->factor);
    const rounding slope =
        rounding_multiply(rounding_multiply(inverse, inverse), rounding_multiply(moment, f->factor));
    for (uint32_t r = 0; r < f->rows; ++r) {
        rounding inner = slopes[r];
        if (f->training)
            inner = rounding_subtract(rounding_subtract(inner, offset), rounding_multiply(slope, centred[r]));
        f->dx[r * f->channels + c] = rounding_multiply(inner, scale);
    }
}

static void compute(formula *f, const golden_trial *trial, const lvk_type *type) {
    f->trial = trial;
    f->x = golden_trial_values(trial, "x");
    f->gamma = golden_trial_values(trial, "gamma");
    f->beta = golden_trial_values(trial, "beta");
    f->dy = golden_trial_values(trial, "output_weights");
    f->channels = type->dim[type->rank - 1];
    f->rows = (uint32_t)lvk_type_count(type) / f->channels;
    cr_assert(f->rows <= MAX_ROWS && f->channels <= MAX_CHANNELS, "%s: larger than the test has room for",
              trial->file);
    f->factor = rounding_float(1.0 / f->rows);
    f->epsilon = rounding_float(golden_number(trial->attributes, "epsilon"));
    for (uint32_t c = 0; c < f->channels; ++c)
        normalize_channel(f, c);
}

static void expect(golden_trial *trial, const char *part, const char *name, int tensor,
                   const rounding *bounds) {
    golden_trial_expect_bounded(
        trial, name, tensor, golden_member(golden_member(golden_member(trial->root, part), name), "values"),
        bounds);
    lvk_graph_mark_output(&trial->graph, tensor);
}

/* `input` of the file, averaged with the batch's values. */
static void expect_average(golden_trial *trial, const char *input, const char *output, int batch,
                           const rounding *values, double scale) {
    const double momentum = golden_number(trial->attributes, "momentum");
    const lvk_moving_average_attributes attributes = {.decay = (float)momentum, .scale = (float)scale};
    const int old = golden_trial_input(trial, input);
    const float *before = golden_trial_values(trial, input);
    const rounding decay = rounding_float(momentum);
    const rounding gain =
        rounding_multiply(rounding_subtract(rounding_exact(1), decay), rounding_float(scale));
    rounding after[MAX_CHANNELS];
    for (uint32_t c = 0; c < trial->graph.tensors[old].type.dim[0]; ++c)
        after[c] = rounding_add(rounding_multiply(decay, at(before, c)), rounding_multiply(gain, values[c]));
    expect(trial, "outputs", output,
           LVK_APPLY(&trial->graph, NULL, LVK_OP_moving_average, &attributes, old, batch), after);
}

static void expect_statistics(golden_trial *trial, const formula *f, int y) {
    const int mean = lvk_graph_output(&trial->graph, y, 1), variance = lvk_graph_output(&trial->graph, y, 2);
    expect(trial, "outputs", "batch_mean", mean, f->mean);
    expect(trial, "outputs", "batch_variance", variance, f->variance);
    expect_average(trial, "moving_mean", "moving_mean_after", mean, f->mean, 1);
    expect_average(trial, "moving_variance", "moving_variance_after_biased", variance, f->variance, 1);
    expect_average(trial, "moving_variance", "moving_variance_after_unbiased", variance, f->variance,
                   (double)f->rows / (f->rows - 1));
}

void golden_build_batchnorm(golden_trial *trial) {
    const char *mode = golden_text(trial->attributes, "mode");
    const bool training = strcmp(mode, "training") == 0;
    cr_assert(training || strcmp(mode, "inference") == 0, "%s: unknown mode '%s'", trial->file, mode);
    const lvk_batchnorm_attributes attributes = {.epsilon =
                                                     (float)golden_number(trial->attributes, "epsilon")};
    lvk_graph *graph = &trial->graph;
    const int x = golden_trial_parameter(trial, "x"), gamma = golden_trial_parameter(trial, "gamma"),
              beta = golden_trial_parameter(trial, "beta"),
              weights = golden_trial_input(trial, "output_weights");
    int y;
    if (training) {
        y = LVK_APPLY(graph, NULL, LVK_OP_batchnorm, &attributes, x, gamma, beta);
    } else {
        const int mean = golden_trial_input(trial, "moving_mean"),
                  variance = golden_trial_input(trial, "moving_variance");
        y = LVK_APPLY(graph, NULL, LVK_OP_batchnorm_inference, &attributes, x, gamma, beta, mean, variance);
    }
    formula f = {.training = training};
    compute(&f, trial, &graph->tensors[x].type);
    expect(trial, "outputs", "y", y, f.y);
    if (training)
        expect_statistics(trial, &f, y);
    lvk_graph_backward_from(graph, y, weights);
    cr_assert_eq(lvk_graph_status(graph), LVK_OK, "%s: %s", trial->file, lvk_error_message());
    expect(trial, "gradients", "x", golden_trial_gradient(trial, "x"), f.dx);
    expect(trial, "gradients", "gamma", golden_trial_gradient(trial, "gamma"), f.dgamma);
    expect(trial, "gradients", "beta", golden_trial_gradient(trial, "beta"), f.dbeta);
}
