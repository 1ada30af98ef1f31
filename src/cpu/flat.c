/* Elementwise operators, over threads whatever the batch. */
#include "cpu/kernels.h"
#include "cpu/vectors.h"

#include <math.h>

enum { STEP = 16 }; /* elements: parts begin at whole cache lines */

typedef struct flat {
    const lvk_cpu_args *args;
    size_t steps; /* of STEP elements, the last one not whole */
    size_t count;
    unsigned parts;
} flat;

static flat flat_of(const lvk_cpu_task *task, const lvk_cpu_args *args) {
    const uint64_t count = lvk_type_count(&task->call->inputs[0]);
    return (flat){.args = args,
                  .count = count,
                  .steps = lvk_divide_up(count, STEP),
                  .parts = lvk_cpu_parts(task, count)};
}

static void share(const flat *f, unsigned part, size_t *begin, size_t *end) {
    lvk_cpu_range(f->steps, part, f->parts, begin, end);
    *begin *= STEP;
    *end = *end * STEP < f->count ? *end * STEP : f->count;
}

/* Runs `function` over the elements, as a kernel's run(). */
#define FLAT(op, function)                                                                                   \
    static void op##_part(void *user, unsigned part) {                                                       \
        const flat *f = user;                                                                                \
        size_t begin, end;                                                                                   \
        share(f, part, &begin, &end);                                                                        \
        function(f->args, begin, end);                                                                       \
    }                                                                                                        \
    static lvk_status op##_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {            \
        (void)state;                                                                                         \
        flat f = flat_of(task, args);                                                                        \
        lvk_cpu_parallel(task->threads, f.parts, op##_part, &f);                                             \
        return LVK_OK;                                                                                       \
    }                                                                                                        \
    const lvk_cpu_kernel lvk_cpu_##op[] = {                                                                  \
        {.candidate = {.name = "vectors"}, .run = op##_run},                                                 \
        LVK_CPU_ROWS,                                                                                        \
    };

/* y = max(x, 0); NaN stays */
LVK_CPU_VECTORS
static void relu(const lvk_cpu_args *args, size_t begin, size_t end) {
    const float *x = args->inputs[0];
    float *y = args->outputs[0];
    LVK_CPU_SIMD
    for (size_t i = begin; i < end; ++i)
        y[i] = x[i] < 0 ? 0 : x[i];
}
FLAT(relu, relu)

/* dx = dy where y > 0, else 0 */
LVK_CPU_VECTORS
static void relu_grad(const lvk_cpu_args *args, size_t begin, size_t end) {
    const float *dy = args->inputs[0], *y = args->inputs[1];
    float *dx = args->outputs[0];
    LVK_CPU_SIMD
    for (size_t i = begin; i < end; ++i)
        dx[i] = y[i] > 0 ? dy[i] : 0;
}
FLAT(relu_grad, relu_grad)

LVK_CPU_VECTORS
static void add(const lvk_cpu_args *args, size_t begin, size_t end) {
    const float *a = args->inputs[0], *b = args->inputs[1];
    float *y = args->outputs[0];
    LVK_CPU_SIMD
    for (size_t i = begin; i < end; ++i)
        y[i] = a[i] + b[i];
}
FLAT(add, add)

/* The formulas of ops/adam.h, where w, m and v lie */
LVK_CPU_VECTORS
static void adam(const lvk_cpu_args *args, size_t begin, size_t end) {
    const float *g = args->inputs[1], *hyper = args->inputs[4];
    float *restrict w = args->outputs[0], *restrict m = args->outputs[1], *restrict v = args->outputs[2];
    const float alpha = hyper[0], rate1 = hyper[1], rate2 = hyper[2], epsilon = hyper[3];
    LVK_CPU_SIMD
    for (size_t i = begin; i < end; ++i) {
        const float mean = m[i] + (g[i] - m[i]) * rate1, square = v[i] + (g[i] * g[i] - v[i]) * rate2;
        w[i] = w[i] - alpha * mean / (sqrtf(square) + epsilon);
        m[i] = mean;
        v[i] = square;
    }
}
FLAT(adam, adam)
