/* conv2d_relu_pool. The convolution's own output, the largest tensor of a network, exists for a few rows at a time only: each
 * thread has oneDNN compute a band of them into memory of its own, which stays in its cache, and pools the band from there. */
#include "core/memory.h"
#include "cpu/conv_pool.h"
#include "cpu/kernels.h"
#include "cpu/vectors.h"
#include "ops/maxpool2d.h"

enum { BAND_BYTES = 256 << 10 };

/* Some rows of windows of an image, and the rows of x that they need. */
typedef struct band {
    uint32_t first, rows, in_first;
    int kind;
} band;

/* oneDNN's objects of one thread, one a kind of bands. */
typedef struct worker {
    lvk_dnnl **dnnl;
    lvk_status status; /* the first failure of a run */
} worker;

typedef struct forward {
    lvk_cpu_pool_shape shape;
    band *bands; /* of an image */
    uint32_t band_count;
    lvk_dnnl_shape *kinds; /* bands of the same height and the same padding are of a kind */
    int kind_count;
    bool keeps_parameters;
    uint64_t runs;
    size_t band_bytes, scratch; /* of a worker: a band, and all with oneDNN's */
    unsigned worker_count;
    worker *workers;
} forward;

/* Bands of about BAND_BYTES each, and as many for each thread where the images are not. */
static uint32_t count_bands(const lvk_cpu_pool_shape *s, unsigned threads) {
    const uint64_t row = (uint64_t)2 * s->conv.out_w * s->conv.out_c * sizeof(float);
    uint64_t bands = lvk_divide_up(row * s->pool_h, BAND_BYTES);
    if (s->conv.batch % threads)
        bands = lvk_divide_up(bands, threads) * threads;
    return bands < s->pool_h ? (uint32_t)bands : s->pool_h;
}

/* The convolution of the band's rows alone; sets where its rows of x begin. */
static lvk_dnnl_shape cut_shape(const forward *f, band *b) {
    lvk_dnnl_shape conv = f->shape.conv;
    const uint32_t begin = 2 * b->first, end = 2 * (b->first + b->rows) + conv.kernel_h - 1; /* of padded x */
    const uint32_t whole = conv.pad_top + conv.in_h;
    b->in_first = begin > conv.pad_top ? begin - conv.pad_top : 0;
    conv.batch = 1;
    conv.keeps_weights = true;
    conv.pad_top = begin < conv.pad_top ? conv.pad_top - begin : 0;
    conv.pad_bottom = end > whole ? end - whole : 0;
    conv.out_h = 2 * b->rows;
    conv.in_h = conv.out_h + conv.kernel_h - 1 - conv.pad_top - conv.pad_bottom;
    return conv;
}

static bool is_same_kind(const lvk_dnnl_shape *a, const lvk_dnnl_shape *b) {
    return a->out_h == b->out_h && a->pad_top == b->pad_top && a->pad_bottom == b->pad_bottom;
}

/* Heights that differ by one row at most. */
static void cut_bands(forward *f) {
    for (uint32_t i = 0; i < f->band_count; ++i) {
        size_t begin, end;
        lvk_cpu_range(f->shape.pool_h, i, f->band_count, &begin, &end);
        band *b = &f->bands[i];
        *b = (band){.first = (uint32_t)begin, .rows = (uint32_t)(end - begin)};
        const lvk_dnnl_shape shape = cut_shape(f, b);
        while (b->kind < f->kind_count && !is_same_kind(&f->kinds[b->kind], &shape))
            ++b->kind;
        if (b->kind == f->kind_count)
            f->kinds[f->kind_count++] = shape;
        const size_t bytes = lvk_cpu_align((size_t)shape.out_h * shape.out_w * shape.out_c * sizeof(float));
        f->band_bytes = bytes > f->band_bytes ? bytes : f->band_bytes;
    }
}

static void destroy(void *state) {
    forward *f = state;
    for (unsigned i = 0; f->workers && i < f->worker_count; ++i) {
        for (int k = 0; f->workers[i].dnnl && k < f->kind_count; ++k)
            lvk_dnnl_destroy(&f->workers[i].dnnl[k]);
        lvk_free(f->workers[i].dnnl);
    }
    lvk_free(f->workers);
    lvk_free(f->kinds);
    lvk_free(f->bands);
    lvk_free(f);
}

static lvk_status create_worker(forward *f, worker *w) {
    w->dnnl = lvk_alloc((size_t)f->kind_count, sizeof(lvk_dnnl *));
    if (!w->dnnl)
        return LVK_ERROR_MEMORY;
    for (int k = 0; k < f->kind_count; ++k) {
        LVK_TRY(lvk_dnnl_create(LVK_DNNL_FORWARD, &f->kinds[k], &w->dnnl[k]));
        const size_t scratch = f->band_bytes + lvk_cpu_align(lvk_dnnl_scratch(w->dnnl[k]));
        f->scratch = scratch > f->scratch ? scratch : f->scratch;
    }
    return LVK_OK;
}

static lvk_status init(forward *f, const lvk_cpu_task *task) {
    const lvk_call *call = task->call;
    f->shape = lvk_cpu_pool_shape_of(&call->inputs[0], &call->inputs[1], call->attributes);
    f->shape.conv.bias = call->input_count > 2;
    f->keeps_parameters = task->keeps_parameters;
    f->band_count = count_bands(&f->shape, task->threads);
    const uint64_t units = (uint64_t)f->shape.conv.batch * f->band_count;
    f->worker_count = units < task->threads ? (unsigned)units : task->threads;
    f->bands = lvk_alloc(f->band_count, sizeof *f->bands);
    f->kinds = lvk_alloc(f->band_count, sizeof *f->kinds);
    f->workers = lvk_alloc(f->worker_count, sizeof *f->workers);
    if (!f->bands || !f->kinds || !f->workers)
        return LVK_ERROR_MEMORY;
    cut_bands(f);
    for (unsigned i = 0; i < f->worker_count; ++i)
        LVK_TRY(create_worker(f, &f->workers[i]));
    return LVK_OK;
}

static lvk_status create(const lvk_cpu_task *task, void **state, uint64_t *scratch) {
    forward *f = *state = lvk_alloc(1, sizeof *f); /* the caller destroys it, also after a failure */
    if (!f)
        return LVK_ERROR_MEMORY;
    const unsigned before = lvk_cpu_set_threads(1); /* each worker is one thread */
    const lvk_status status = init(f, task);
    lvk_cpu_set_threads(before);
    *scratch = (uint64_t)f->scratch * f->worker_count;
    return status;
}

/* ---- pooling ---- */

/* ReLU and the first maximum of each window of a row, channel by channel. */
LVK_CPU_VECTORS
static void pool_row(const float *restrict conv, size_t row, size_t windows, size_t outputs,
                     float *restrict y, uint8_t *restrict index) {
    for (size_t x = 0; x < windows; ++x, conv += 2 * outputs, y += outputs, index += outputs)
        for (size_t k = 0; k < outputs; ++k) {
            const float a = conv[k], b = conv[outputs + k], c = conv[row + k], d = conv[row + outputs + k];
            float best = 0;
            int32_t won = LVK_MAXPOOL2D_PADDING;
            won = a > best ? 0 : won;
            best = a > best ? a : best;
            won = b > best ? 1 : won;
            best = b > best ? b : best;
            won = c > best ? 2 : won;
            best = c > best ? c : best;
            won = d > best ? 3 : won;
            best = d > best ? d : best;
            y[k] = best;
            index[k] = (uint8_t)won;
        }
}

/* ---- running ---- */

typedef struct running {
    forward *f;
    const lvk_cpu_args *args;
    uint64_t version;
} running;

static lvk_status run_band(const running *r, worker *w, char *scratch, size_t n, const band *b) {
    const forward *f = r->f;
    const lvk_dnnl_shape *conv = &f->shape.conv;
    const size_t in_row = (size_t)conv->in_w * conv->in_c, row = (size_t)conv->out_w * conv->out_c;
    const size_t pooled_row = (size_t)f->shape.pool_w * conv->out_c;
    float *rows = (float *)scratch;
    const lvk_dnnl_operands operands = {.from_x = (const float *)r->args->inputs[0] +
                                                  (n * conv->in_h + b->in_first) * in_row,
                                        .from_w = r->args->inputs[1],
                                        .bias = conv->bias ? r->args->inputs[2] : NULL,
                                        .to_y = rows,
                                        .scratch = scratch + f->band_bytes,
                                        .version = r->version};
    LVK_TRY(lvk_dnnl_run(w->dnnl[b->kind], &operands));
    for (size_t y = 0; y < b->rows; ++y) {
        const size_t to = (n * f->shape.pool_h + b->first + y) * pooled_row;
        pool_row(rows + 2 * y * row, row, f->shape.pool_w, conv->out_c, (float *)r->args->outputs[0] + to,
                 (uint8_t *)r->args->outputs[1] + to);
    }
    return LVK_OK;
}

static void run_job(void *user, size_t job, unsigned number) {
    const running *r = user;
    const forward *f = r->f;
    worker *w = &f->workers[number];
    if (w->status == LVK_OK)
        w->status = run_band(r, w, (char *)r->args->scratch + number * f->scratch, job / f->band_count,
                             &f->bands[job % f->band_count]);
}

static lvk_status run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    forward *f = state;
    running r = {.f = f, .args = args, .version = f->keeps_parameters ? args->version : ++f->runs};
    (void)task;
    for (unsigned i = 0; i < f->worker_count; ++i)
        f->workers[i].status = LVK_OK;
    lvk_cpu_jobs(f->worker_count, (size_t)f->shape.conv.batch * f->band_count, run_job, &r);
    for (unsigned i = 0; i < f->worker_count; ++i)
        if (f->workers[i].status != LVK_OK) /* what it said, it said on its own thread */
            return lvk_fail(f->workers[i].status, "oneDNN failed to convolve");
    return LVK_OK;
}

const lvk_cpu_kernel lvk_cpu_conv2d_relu_pool[] = {
    {.candidate = {.name = "dnnl"}, .create = create, .destroy = destroy, .run = run},
    LVK_CPU_ROWS,
};
