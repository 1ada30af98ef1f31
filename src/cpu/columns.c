/* Sums over the rows of a tensor, and what needs nothing else: the gradient of a bias, the mean of an image. */
#include "cpu/kernels.h"
#include "cpu/vectors.h"
#include "ops/global_average_pool.h"

#include <string.h>

unsigned lvk_cpu_parts(const lvk_cpu_task *task, uint64_t elements) {
    const uint64_t least = 8192; /* elements that take about as long as starting the threads */
    return elements < 2 * least || task->threads < 2 ? 1 : task->threads;
}

/* Four rows at a time, so that a sum is fetched and stored once for them. */
LVK_CPU_VECTORS
static void add_columns(const float *a, size_t rows, size_t stride, size_t channels, double *restrict sums) {
    size_t r = 0;
    for (; r + 4 <= rows; r += 4) {
        const float *restrict row = a + r * stride;
        for (size_t c = 0; c < channels; ++c)
            sums[c] += ((double)row[c] + (double)row[stride + c]) +
                       ((double)row[2 * stride + c] + (double)row[3 * stride + c]);
    }
    for (; r < rows; ++r)
        for (size_t c = 0; c < channels; ++c)
            sums[c] += (double)a[r * stride + c];
}

/* Eight rows at a time are added in float, which holds twice as many numbers a vector as double: a sum of eight rounds three
 * times. What is added lies around zero, so that nothing of it is lost. */
enum { ROWS = 8, AHEAD = 2 * ROWS };

/* Asks for ROWS rows that are read AHEAD rows later. The processor itself does not foresee them: it sees lines of eight rows in turn,
 * and waits for each, which takes twice the time of the sums. */
static inline void fetch(const float *a, size_t stride, size_t channels) {
    enum { LINE = 16 }; /* floats in a line of the cache */
    for (size_t r = AHEAD; r < AHEAD + ROWS; ++r)
        for (size_t c = 0; c < channels; c += LINE)
            __builtin_prefetch(a + r * stride + c, 0, 2);
}

/* Whether the rows that fetch() asks for are rows of the tensor. */
static inline bool has_ahead(size_t row, size_t rows) {
    return row + AHEAD + ROWS <= rows;
}

/* The sum of a[r] - p over four rows, and that of the squares. */
static inline float deviations(const float *a, size_t stride, float p) {
    return ((a[0] - p) + (a[stride] - p)) + ((a[2 * stride] - p) + (a[3 * stride] - p));
}

static inline float square(float x) {
    return x * x;
}

static inline float squares_of(const float *a, size_t stride, float p) {
    return (square(a[0] - p) + square(a[stride] - p)) +
           (square(a[2 * stride] - p) + square(a[3 * stride] - p));
}

LVK_CPU_VECTORS
static void add_squares(const float *restrict a, const float *restrict pivot, size_t rows, size_t stride,
                        size_t channels, double *restrict sums, double *restrict squares) {
    size_t r = 0;
    for (; r + ROWS <= rows; r += ROWS) {
        const float *restrict x = a + r * stride, *restrict y = x + 4 * stride;
        if (has_ahead(r, rows))
            fetch(x, stride, channels);
        for (size_t c = 0; c < channels; ++c) {
            const float p = pivot[c];
            sums[c] += (double)(deviations(x + c, stride, p) + deviations(y + c, stride, p));
            squares[c] += (double)(squares_of(x + c, stride, p) + squares_of(y + c, stride, p));
        }
    }
    for (; r < rows; ++r)
        for (size_t c = 0; c < channels; ++c) {
            const float x = a[r * stride + c] - pivot[c];
            sums[c] += (double)x;
            squares[c] += (double)square(x);
        }
}

/* The sum of a[r] over four rows, and that of a[r] (b[r] - m). */
static inline float sum_of(const float *a, size_t stride) {
    return (a[0] + a[stride]) + (a[2 * stride] + a[3 * stride]);
}

static inline float moment_of(const float *a, const float *b, size_t stride, float m) {
    return (a[0] * (b[0] - m) + a[stride] * (b[stride] - m)) +
           (a[2 * stride] * (b[2 * stride] - m) + a[3 * stride] * (b[3 * stride] - m));
}

LVK_CPU_VECTORS
static void add_moments(const float *restrict a, const float *restrict b, const float *restrict mean,
                        size_t rows, size_t stride, size_t channels, double *restrict sums,
                        double *restrict moments) {
    const size_t half = 4 * stride;
    size_t r = 0;
    for (; r + ROWS <= rows; r += ROWS) {
        const float *restrict x = a + r * stride, *restrict y = b + r * stride;
        if (has_ahead(r, rows)) {
            fetch(x, stride, channels);
            fetch(y, stride, channels);
        }
        for (size_t c = 0; c < channels; ++c) {
            const float m = mean[c];
            sums[c] += (double)(sum_of(x + c, stride) + sum_of(x + half + c, stride));
            moments[c] += (double)(moment_of(x + c, y + c, stride, m) +
                                   moment_of(x + half + c, y + half + c, stride, m));
        }
    }
    for (; r < rows; ++r)
        for (size_t c = 0; c < channels; ++c) {
            const float x = a[r * stride + c];
            sums[c] += (double)x;
            moments[c] += (double)(x * (b[r * stride + c] - mean[c]));
        }
}

void lvk_cpu_column_sums(const float *a, size_t rows, size_t channels, double *sums) {
    memset(sums, 0, channels * sizeof *sums);
    for (size_t c = 0; c < channels; c += LVK_CPU_CHANNELS) {
        const size_t count = channels - c < LVK_CPU_CHANNELS ? channels - c : LVK_CPU_CHANNELS;
        add_columns(a + c, rows, channels, count, sums + c);
    }
}

void lvk_cpu_column_squares(const float *a, const float *pivot, size_t rows, size_t channels, double *sums,
                            double *squares) {
    memset(sums, 0, channels * sizeof *sums);
    memset(squares, 0, channels * sizeof *squares);
    for (size_t c = 0; c < channels; c += LVK_CPU_CHANNELS) {
        const size_t count = channels - c < LVK_CPU_CHANNELS ? channels - c : LVK_CPU_CHANNELS;
        add_squares(a + c, pivot + c, rows, channels, count, sums + c, squares + c);
    }
}

void lvk_cpu_column_moments(const float *a, const float *b, const float *mean, size_t rows, size_t channels,
                            double *sums, double *moments) {
    memset(sums, 0, channels * sizeof *sums);
    memset(moments, 0, channels * sizeof *moments);
    for (size_t c = 0; c < channels; c += LVK_CPU_CHANNELS) {
        const size_t count = channels - c < LVK_CPU_CHANNELS ? channels - c : LVK_CPU_CHANNELS;
        add_moments(a + c, b + c, mean + c, rows, channels, count, sums + c, moments + c);
    }
}

void lvk_cpu_add_parts(double *sums, size_t count, unsigned parts) {
    for (unsigned part = 1; part < parts; ++part)
        for (size_t i = 0; i < count; ++i)
            sums[i] += sums[part * count + i];
}

/* ---- bias_grad ---- */

typedef struct bias_work {
    const float *dy;
    double *sums;
    size_t rows, channels;
    unsigned parts;
} bias_work;

static void bias_part(void *user, unsigned part) {
    const bias_work *w = user;
    size_t begin, end;
    lvk_cpu_range(w->rows, part, w->parts, &begin, &end);
    lvk_cpu_column_sums(w->dy + begin * w->channels, end - begin, w->channels, w->sums + part * w->channels);
}

static lvk_status bias_create(const lvk_cpu_task *task, void **state, uint64_t *scratch) {
    *state = NULL;
    *scratch = (uint64_t)task->threads * task->call->outputs[0].dim[0] * sizeof(double);
    return LVK_OK;
}

static lvk_status bias_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)state;
    const uint64_t elements = lvk_type_count(&task->call->inputs[0]);
    bias_work w = {.dy = args->inputs[0], .sums = args->scratch, .channels = task->call->outputs[0].dim[0]};
    w.rows = elements / w.channels;
    w.parts = lvk_cpu_parts(task, elements);
    lvk_cpu_parallel(task->threads, w.parts, bias_part, &w);
    lvk_cpu_add_parts(w.sums, w.channels, w.parts);
    for (size_t c = 0; c < w.channels; ++c)
        ((float *)args->outputs[0])[c] = (float)w.sums[c];
    return LVK_OK;
}

const lvk_cpu_kernel lvk_cpu_bias_grad[] = {
    {.candidate = {.name = "vectors"}, .create = bias_create, .run = bias_run},
    LVK_CPU_PLAIN,
};

/* ---- global_average_pool and its gradient ---- */

typedef struct pool_work {
    const float *from;
    float *to;
    double *sums; /* of a part's image */
    size_t images, area, channels;
    unsigned parts;
} pool_work;

static void pool_part(void *user, unsigned part) {
    const pool_work *w = user;
    double *sums = w->sums + part * w->channels;
    size_t begin, end;
    lvk_cpu_range(w->images, part, w->parts, &begin, &end);
    for (size_t n = begin; n < end; ++n) {
        lvk_cpu_column_sums(w->from + n * w->area * w->channels, w->area, w->channels, sums);
        for (size_t c = 0; c < w->channels; ++c)
            w->to[n * w->channels + c] = (float)(sums[c] / (double)w->area);
    }
}

static lvk_status pool_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)state;
    const lvk_type *x = &task->call->inputs[0];
    pool_work w = {.from = args->inputs[0],
                   .to = args->outputs[0],
                   .sums = args->scratch,
                   .images = x->dim[0],
                   .area = (size_t)x->dim[1] * x->dim[2],
                   .channels = x->dim[3],
                   .parts = lvk_cpu_parts(task, lvk_type_count(x))};
    lvk_cpu_parallel(task->threads, w.parts, pool_part, &w);
    return LVK_OK;
}

/* One image: its channels' gradients over the area, into each pixel. */
static void pool_grad_part(void *user, unsigned part) {
    const pool_work *w = user;
    size_t begin, end;
    lvk_cpu_range(w->images, part, w->parts, &begin, &end);
    for (size_t n = begin; n < end; ++n) {
        float *first = w->to + n * w->area * w->channels;
        for (size_t c = 0; c < w->channels; ++c)
            first[c] = (float)((double)w->from[n * w->channels + c] / (double)w->area);
        for (size_t i = 1; i < w->area; ++i)
            memcpy(first + i * w->channels, first, w->channels * sizeof *first);
    }
}

static lvk_status pool_grad_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)state;
    const lvk_type *x = &task->call->outputs[0];
    pool_work w = {.from = args->inputs[0],
                   .to = args->outputs[0],
                   .images = x->dim[0],
                   .area = (size_t)x->dim[1] * x->dim[2],
                   .channels = x->dim[3],
                   .parts = lvk_cpu_parts(task, lvk_type_count(x))};
    lvk_cpu_parallel(task->threads, w.parts, pool_grad_part, &w);
    return LVK_OK;
}

static lvk_status pool_create(const lvk_cpu_task *task, void **state, uint64_t *scratch) {
    *state = NULL;
    *scratch = (uint64_t)task->threads * task->call->inputs[0].dim[3] * sizeof(double);
    return LVK_OK;
}

const lvk_cpu_kernel lvk_cpu_global_average_pool[] = {
    {.candidate = {.name = "vectors"}, .create = pool_create, .run = pool_run},
    LVK_CPU_ROWS,
};

const lvk_cpu_kernel lvk_cpu_global_average_pool_grad[] = {
    {.candidate = {.name = "vectors"}, .run = pool_grad_run},
    LVK_CPU_ROWS,
};
