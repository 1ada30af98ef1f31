/* Batch norms and their gradients: see ops/batchnorm.h for the formulas. A tensor is read once for the sums over its rows, and
 * once more to compute each element. */
#include "ops/batchnorm.h"

#include "cpu/kernels.h"
#include "cpu/vectors.h"

#include <math.h>

/* What a step works on: x and y, or x, dy and dx, as rows of channels. */
typedef struct norm {
    const float *x, *dy, *mean, *summand;
    bool relu;
    float *to; /* y or dx */
    size_t rows, channels;
    unsigned parts;
    double *sums;                          /* [parts][2][channels] */
    float *subtract, *scale, *add, *slope; /* of a channel: see normalize(), differentiate() */
} norm;

static float epsilon_of(const lvk_cpu_task *task) {
    return ((const lvk_batchnorm_attributes *)task->call->attributes)->epsilon;
}

static double inverse_deviation(double variance, float epsilon) {
    return 1 / sqrt(variance + (double)epsilon);
}

enum { COEFFICIENTS = 4 };

/* Sums for every thread, and coefficients. */
static lvk_status norm_create(const lvk_cpu_task *task, void **state, uint64_t *scratch) {
    const lvk_type *x = &task->call->inputs[0];
    const uint64_t channels = x->dim[x->rank - 1];
    *state = NULL;
    *scratch = channels * (2 * task->threads * sizeof(double) + COEFFICIENTS * sizeof(float));
    return LVK_OK;
}

static norm norm_of(const lvk_cpu_task *task, const lvk_cpu_args *args) {
    const lvk_type *x = &task->call->inputs[0];
    const uint64_t elements = lvk_type_count(x);
    norm w = {.channels = x->dim[x->rank - 1],
              .sums = args->scratch,
              .to = args->outputs[0],
              .summand = task->adds ? args->summand : NULL,
              .relu = task->relu};
    float *coefficients = (float *)(w.sums + (size_t)2 * task->threads * w.channels);
    w.rows = elements / w.channels;
    w.parts = lvk_cpu_parts(task, elements);
    w.subtract = coefficients;
    w.scale = coefficients + w.channels;
    w.add = coefficients + 2 * w.channels;
    w.slope = coefficients + 3 * w.channels;
    return w;
}

/* ---- passes ---- */

static void sums_part(void *user, unsigned part) {
    const norm *w = user;
    double *sums = w->sums + (size_t)2 * part * w->channels;
    size_t begin, end;
    lvk_cpu_range(w->rows, part, w->parts, &begin, &end);
    if (w->dy)
        lvk_cpu_column_moments(w->dy + begin * w->channels, w->x + begin * w->channels, w->mean, end - begin,
                               w->channels, sums, sums + w->channels);
    else
        lvk_cpu_column_squares(w->x + begin * w->channels, w->subtract, end - begin, w->channels, sums,
                               sums + w->channels);
}

/* y, or relu(y), of a row. The operators of a tail round as they do alone. */
LVK_CPU_VECTORS
static void normalize(const norm *w, size_t begin, size_t end) {
    const float *subtract = w->subtract, *scale = w->scale, *add = w->add;
    const size_t channels = w->channels;
    const bool relu = w->relu;
    for (size_t r = begin; r < end; ++r) {
        const float *x = w->x + r * channels;
        float *y = w->to + r * channels;
        LVK_CPU_SIMD
        for (size_t c = 0; c < channels; ++c) {
            const float value = (x[c] - subtract[c]) * scale[c] + add[c];
            y[c] = relu && value < 0 ? 0 : value;
        }
    }
}

/* The same with a summand. */
LVK_CPU_VECTORS
static void normalize_and_add(const norm *w, size_t begin, size_t end) {
    const float *subtract = w->subtract, *scale = w->scale, *add = w->add;
    const size_t channels = w->channels;
    const bool relu = w->relu;
    for (size_t r = begin; r < end; ++r) {
        const float *x = w->x + r * channels, *summand = w->summand + r * channels;
        float *y = w->to + r * channels;
        LVK_CPU_SIMD
        for (size_t c = 0; c < channels; ++c) {
            const float value = (x[c] - subtract[c]) * scale[c] + add[c] + summand[c];
            y[c] = relu && value < 0 ? 0 : value;
        }
    }
}

static void normalize_part(void *user, unsigned part) {
    const norm *w = user;
    size_t begin, end;
    lvk_cpu_range(w->rows, part, w->parts, &begin, &end);
    if (w->summand)
        normalize_and_add(w, begin, end);
    else
        normalize(w, begin, end);
}

LVK_CPU_VECTORS
static void differentiate(const norm *w, size_t begin, size_t end) {
    const float *mean = w->mean, *scale = w->scale, *offset = w->subtract, *slope = w->slope;
    const size_t channels = w->channels;
    for (size_t r = begin; r < end; ++r) {
        const float *x = w->x + r * channels, *dy = w->dy + r * channels;
        float *dx = w->to + r * channels;
        LVK_CPU_SIMD
        for (size_t c = 0; c < channels; ++c)
            dx[c] = scale[c] * ((dy[c] - offset[c]) - slope[c] * (x[c] - mean[c]));
    }
}

static void differentiate_part(void *user, unsigned part) {
    const norm *w = user;
    size_t begin, end;
    lvk_cpu_range(w->rows, part, w->parts, &begin, &end);
    differentiate(w, begin, end);
}

/* ---- with the batch's own statistics ---- */

/* About the mean of each channel: that of the first rows. Sums of differences from it lose no digits, whatever the mean is. */
static void guess_means(const norm *w) {
    enum { FIRST = 8 };
    const size_t rows = w->rows < FIRST ? w->rows : FIRST;
    for (size_t c = 0; c < w->channels; ++c) {
        double sum = 0;
        for (size_t r = 0; r < rows; ++r)
            sum += (double)w->x[r * w->channels + c];
        w->subtract[c] = (float)(sum / (double)rows);
    }
}

/* Mean and variance from the sums of x - p and (x - p)², where p is about the mean. y comes from both as they are given away, so that batchnorm_inference computes the same bits again. */
static lvk_status train_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)state;
    const float *gamma = args->inputs[1], *beta = args->inputs[2];
    float *means = args->outputs[1], *variances = args->outputs[2];
    norm w = norm_of(task, args);
    w.x = args->inputs[0];
    guess_means(&w);
    lvk_cpu_parallel(task->threads, w.parts, sums_part, &w);
    lvk_cpu_add_parts(w.sums, 2 * w.channels, w.parts);
    for (size_t c = 0; c < w.channels; ++c) {
        const double n = (double)w.rows, off = w.sums[c] / n;
        const double variance = fmax(w.sums[w.channels + c] / n - off * off, 0);
        w.subtract[c] = means[c] = (float)((double)w.subtract[c] + off);
        variances[c] = (float)variance;
        w.scale[c] = (float)((double)gamma[c] * inverse_deviation((double)variances[c], epsilon_of(task)));
        w.add[c] = beta[c];
    }
    lvk_cpu_parallel(task->threads, w.parts, normalize_part, &w);
    return LVK_OK;
}

static lvk_status grad_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)state;
    const float *gamma = args->inputs[2], *variance = args->inputs[4];
    float *dgamma = args->outputs[1], *dbeta = args->outputs[2];
    norm w = norm_of(task, args);
    w.dy = args->inputs[0];
    w.x = args->inputs[1];
    w.mean = args->inputs[3];
    lvk_cpu_parallel(task->threads, w.parts, sums_part, &w);
    lvk_cpu_add_parts(w.sums, 2 * w.channels, w.parts);
    for (size_t c = 0; c < w.channels; ++c) {
        const double s = inverse_deviation((double)variance[c], epsilon_of(task)), n = (double)w.rows;
        const double sum = w.sums[c], moment = w.sums[w.channels + c];
        w.scale[c] = (float)((double)gamma[c] * s);
        w.subtract[c] = (float)(sum / n);
        w.slope[c] = (float)(s * s * moment / n);
        dgamma[c] = (float)(moment * s);
        dbeta[c] = (float)sum;
    }
    lvk_cpu_parallel(task->threads, w.parts, differentiate_part, &w);
    return LVK_OK;
}

const lvk_cpu_kernel lvk_cpu_batchnorm[] = {
    {.candidate = {.name = "vectors"}, .takes_tail = true, .create = norm_create, .run = train_run},
    LVK_CPU_PLAIN,
};

const lvk_cpu_kernel lvk_cpu_batchnorm_grad[] = {
    {.candidate = {.name = "vectors"}, .create = norm_create, .run = grad_run},
    LVK_CPU_PLAIN,
};

/* ---- with given statistics ---- */

static lvk_status inference_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)state;
    const float *gamma = args->inputs[1], *beta = args->inputs[2], *mean = args->inputs[3],
                *variance = args->inputs[4];
    norm w = norm_of(task, args);
    w.x = args->inputs[0];
    for (size_t c = 0; c < w.channels; ++c) {
        w.subtract[c] = mean[c];
        w.scale[c] = (float)((double)gamma[c] * inverse_deviation((double)variance[c], epsilon_of(task)));
        w.add[c] = beta[c];
    }
    lvk_cpu_parallel(task->threads, w.parts, normalize_part, &w);
    return LVK_OK;
}

static lvk_status inference_grad_input_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)state;
    const float *gamma = args->inputs[1], *variance = args->inputs[2];
    norm w = norm_of(task, args);
    w.x = args->inputs[0];
    for (size_t c = 0; c < w.channels; ++c) {
        w.subtract[c] = w.add[c] = 0;
        w.scale[c] = (float)((double)gamma[c] * inverse_deviation((double)variance[c], epsilon_of(task)));
    }
    lvk_cpu_parallel(task->threads, w.parts, normalize_part, &w);
    return LVK_OK;
}

static lvk_status inference_grad_gamma_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)state;
    const float *variance = args->inputs[3];
    norm w = norm_of(task, args);
    w.dy = args->inputs[0];
    w.x = args->inputs[1];
    w.mean = args->inputs[2];
    lvk_cpu_parallel(task->threads, w.parts, sums_part, &w);
    lvk_cpu_add_parts(w.sums, 2 * w.channels, w.parts);
    for (size_t c = 0; c < w.channels; ++c)
        w.to[c] = (float)(w.sums[w.channels + c] * inverse_deviation((double)variance[c], epsilon_of(task)));
    return LVK_OK;
}

const lvk_cpu_kernel lvk_cpu_batchnorm_inference[] = {
    {.candidate = {.name = "vectors"}, .takes_tail = true, .create = norm_create, .run = inference_run},
    LVK_CPU_ROWS,
};

const lvk_cpu_kernel lvk_cpu_batchnorm_inference_grad_input[] = {
    {.candidate = {.name = "vectors"}, .create = norm_create, .run = inference_grad_input_run},
    LVK_CPU_ROWS,
};

const lvk_cpu_kernel lvk_cpu_batchnorm_inference_grad_gamma[] = {
    {.candidate = {.name = "vectors"}, .create = norm_create, .run = inference_grad_gamma_run},
    LVK_CPU_PLAIN,
};
