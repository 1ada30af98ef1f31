/* The gradient of a convolution's weights as products of matrices, one a tap: dw[tap] = (pixels of x under the tap)^T dy.
 *
 * Pixels of y are gone through in blocks. A block's dy is brought into panels once; a job is a tap, some channels of x and some of
 * y: it gathers its pixels of x, with zeros where the tap lies in the padding, and adds a block's products to dw. */
#include "cpu/conv2d_taps.h"

#include "core/memory.h"
#include "cpu/gemm.h"

#include <string.h>

enum {
    BLOCK = 392,    /* pixels at most: with the channels of a job about the second cache */
    CHANNELS = 112, /* of x a job at most */
    SPACING = 16,   /* floats between rows of gathered pixels, so that they share no set of the first cache */
    JOBS = 2,       /* a thread at least, where there are panels enough */
    LEAST_CHANNELS = 32, /* of x */
    MOST_PIXELS = 1024   /* of y, under a single tap */
};

typedef struct taps {
    const lvk_cpu_task *task;
    lvk_dnnl_shape shape;
    size_t pixels, block;       /* of y */
    size_t chunks, panel_parts; /* a tap's jobs: parts of x's channels, and of y's panels */
} taps;

typedef struct taps_run {
    const taps *t;
    lvk_cpu_isa isa;
    const float *x, *dy;
    float *dw;
    float *panels, *gathered;
    size_t first, count; /* pixels of the block */
    unsigned parts;
} taps_run;

static size_t panels_of(const taps *t) {
    return ((size_t)t->shape.out_c + LVK_GEMM_PANEL - 1) / LVK_GEMM_PANEL;
}

static size_t gathered_floats(const taps *t) { /* of one thread */
    return t->block * (CHANNELS + SPACING);
}

static lvk_dnnl_shape shape_of(const lvk_call *call) {
    const lvk_conv2d_grad_weight_attributes *a = call->attributes;
    return lvk_cpu_conv2d_shape(&call->inputs[0], &call->outputs[0], &a->conv);
}

lvk_status lvk_cpu_taps_create(const lvk_cpu_task *task, void **state, uint64_t *scratch) {
    taps *t = *state = lvk_alloc(1, sizeof *t);
    if (!t)
        return LVK_ERROR_MEMORY;
    t->task = task;
    t->shape = shape_of(task->call);
    t->pixels = (size_t)t->shape.batch * t->shape.out_h * t->shape.out_w;
    const size_t blocks = (t->pixels + BLOCK - 1) / BLOCK;
    t->block = (t->pixels + blocks - 1) / blocks;
    t->chunks = ((size_t)t->shape.in_c + CHANNELS - 1) / CHANNELS;
    const size_t jobs = t->chunks * t->shape.kernel_h * t->shape.kernel_w,
                 wanted = (size_t)JOBS * task->threads;
    t->panel_parts = jobs < wanted ? (wanted + jobs - 1) / jobs : 1;
    if (t->panel_parts > panels_of(t))
        t->panel_parts = panels_of(t);
    *scratch =
        sizeof(float) * (t->block * t->shape.out_c + task->threads * gathered_floats(t)) + LVK_HOST_ALIGNMENT;
    return LVK_OK;
}

void lvk_cpu_taps_destroy(void *state) {
    lvk_free(state);
}

/* Rows of dy into panels of [count, LVK_GEMM_PANEL]. */
static void panels_part(void *user, unsigned part) {
    const taps_run *r = user;
    const size_t outputs = r->t->shape.out_c;
    size_t begin, end;
    lvk_cpu_range(r->count, part, r->parts, &begin, &end);
    for (size_t k = 0; k < outputs; k += LVK_GEMM_PANEL) {
        const size_t width = outputs - k < LVK_GEMM_PANEL ? outputs - k : LVK_GEMM_PANEL;
        const float *from = r->dy + r->first * outputs + k;
        for (size_t i = begin; i < end; ++i)
            memcpy(r->panels + k * r->count + i * width, from + i * outputs, width * sizeof *from);
    }
}

/* Channels `c` to `c` + `channels` of the pixels of x that lie under a tap for each pixel of the block. */
static void gather(const taps_run *r, uint32_t tap_y, uint32_t tap_x, size_t c, size_t channels, float *to) {
    const lvk_dnnl_shape *s = &r->t->shape;
    for (size_t i = 0; i < r->count; ++i, to += CHANNELS + SPACING) {
        const size_t pixel = r->first + i, n = pixel / s->out_w / s->out_h;
        const int64_t y = (int64_t)(pixel / s->out_w % s->out_h) * s->stride_h + tap_y - s->pad_top,
                      x = (int64_t)(pixel % s->out_w) * s->stride_w + tap_x - s->pad_left;
        if (y < 0 || x < 0 || y >= s->in_h || x >= s->in_w)
            memset(to, 0, channels * sizeof *to);
        else
            memcpy(to, r->x + ((n * s->in_h + (size_t)y) * s->in_w + (size_t)x) * s->in_c + c,
                   channels * sizeof *to);
    }
}

static void product_job(void *user, size_t job, unsigned worker) {
    const taps_run *r = user;
    const taps *t = r->t;
    const size_t part = job % t->panel_parts, chunk = job / t->panel_parts % t->chunks,
                 tap = job / t->panel_parts / t->chunks, outputs = t->shape.out_c;
    const size_t c = t->shape.in_c * chunk / t->chunks, c_end = t->shape.in_c * (chunk + 1) / t->chunks;
    const size_t k = panels_of(t) * part / t->panel_parts * LVK_GEMM_PANEL,
                 end = panels_of(t) * (part + 1) / t->panel_parts * LVK_GEMM_PANEL,
                 k_end = end < outputs ? end : outputs;
    float *gathered = r->gathered + worker * gathered_floats(t);
    gather(r, (uint32_t)(tap / t->shape.kernel_w), (uint32_t)(tap % t->shape.kernel_w), c, c_end - c,
           gathered);
    const lvk_gemm gemm = {.rows = c_end - c,
                           .columns = k_end - k,
                           .steps = r->count,
                           .a = gathered,
                           .a_row = 1,
                           .a_step = CHANNELS + SPACING,
                           .b = r->panels + k * r->count,
                           .c = r->dw + (tap * t->shape.in_c + c) * outputs + k,
                           .c_row = outputs,
                           .add = r->first > 0};
    lvk_cpu_gemm(r->isa, &gemm);
}

lvk_status lvk_cpu_taps_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    const taps *t = state;
    taps_run r = {.t = t,
                  .isa = lvk_cpu_isa_at_hand(),
                  .x = args->inputs[0],
                  .dy = args->inputs[1],
                  .dw = args->outputs[0],
                  .panels = args->scratch,
                  .parts = task->threads};
    r.gathered = r.panels + t->block * t->shape.out_c;
    const size_t jobs = t->panel_parts * t->chunks * t->shape.kernel_h * t->shape.kernel_w;
    for (r.first = 0; r.first < t->pixels; r.first += t->block) {
        r.count = t->pixels - r.first < t->block ? t->pixels - r.first : t->block;
        lvk_cpu_parallel(task->threads, r.parts, panels_part, &r);
        lvk_cpu_jobs(task->threads, jobs, product_job, &r);
    }
    return LVK_OK;
}

const char *lvk_cpu_taps_unsupported(const lvk_call *call, const lvk_caps *caps) {
    (void)caps;
    return call->outputs[0].dim[3] % 16 ? "output channels are not a multiple of 16"
                                        : lvk_cpu_isa_unsupported();
}

/* oneDNN is as fast at many pixels under a single tap, and joins taps of few channels. */
const char *lvk_cpu_taps_unsuited(const lvk_call *call, const lvk_caps *caps) {
    (void)caps;
    const lvk_dnnl_shape s = shape_of(call);
    if (s.in_c < LEAST_CHANNELS)
        return "pays from 32 channels on";
    return s.kernel_h * s.kernel_w == 1 && (uint64_t)s.batch * s.out_h * s.out_w > MOST_PIXELS
               ? "a single tap meets many pixels"
               : NULL;
}
