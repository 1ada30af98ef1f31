/* The gradients of conv2d_relu_pool. That of the convolution's own output, the largest tensor of a network, exists for a few images
 * at a time only, in scratch memory that stays in the caches. */
#include "cpu/conv_pool.h"

#include "core/memory.h"
#include "cpu/threads.h"
#include "cpu/vectors.h"
#include "ops/maxpool2d.h"

#include <string.h>

lvk_cpu_pool_shape lvk_cpu_pool_shape_of(const lvk_type *x, const lvk_type *w,
                                         const lvk_conv2d_attributes *attributes) {
    const lvk_dnnl_shape conv = lvk_cpu_conv2d_shape(x, w, attributes);
    return (lvk_cpu_pool_shape){.conv = conv, .pool_h = conv.out_h / 2, .pool_w = conv.out_w / 2};
}

const char *lvk_cpu_sparse_unsupported(const lvk_cpu_pool_shape *s) {
    const char *reason = lvk_cpu_isa_unsupported();
    if (reason)
        return reason;
    if (s->conv.pad_top || s->conv.pad_left || s->conv.pad_bottom || s->conv.pad_right)
        return "made for convolutions without padding";
    return NULL;
}

/* ---- by oneDNN, some images at a time ---- */

/* A primitive for `chunk` images, which divides the batch. */
typedef struct chunked {
    lvk_cpu_pool_shape shape; /* of the whole batch */
    uint32_t chunk;
    lvk_dnnl *dnnl;
} chunked;

/* Images at a time: one a thread, or as many as make half a MiB. */
static uint32_t chunk_of(const lvk_cpu_pool_shape *s, unsigned threads) {
    const uint64_t bytes = (uint64_t)s->conv.out_h * s->conv.out_w * s->conv.out_c * sizeof(float);
    const uint64_t wanted = threads > (1 << 19) / bytes ? threads : (1 << 19) / bytes;
    uint32_t chunk = s->conv.batch < wanted ? s->conv.batch : (uint32_t)wanted;
    while (s->conv.batch % chunk)
        --chunk;
    return chunk;
}

static uint64_t image_y(const lvk_cpu_pool_shape *s) { /* elements of the convolution's output */
    return (uint64_t)s->conv.out_h * s->conv.out_w * s->conv.out_c;
}

static uint64_t image_pooled(const lvk_cpu_pool_shape *s) {
    return (uint64_t)s->pool_h * s->pool_w * s->conv.out_c;
}

static uint64_t image_x(const lvk_cpu_pool_shape *s) {
    return (uint64_t)s->conv.in_h * s->conv.in_w * s->conv.in_c;
}

static lvk_status chunked_create(lvk_dnnl_pass pass, lvk_cpu_pool_shape shape, const lvk_cpu_task *task,
                                 void **state, uint64_t *scratch) {
    chunked *c = *state = lvk_alloc(1, sizeof *c);
    if (!c)
        return LVK_ERROR_MEMORY;
    *c = (chunked){.shape = shape, .chunk = chunk_of(&shape, task->threads)};
    lvk_dnnl_shape conv = shape.conv;
    conv.batch = c->chunk;
    conv.keeps_weights = task->keeps_parameters;
    LVK_TRY(lvk_dnnl_create(pass, &conv, &c->dnnl));
    *scratch = lvk_cpu_align(c->chunk * image_y(&shape) * sizeof(float)) + lvk_dnnl_scratch(c->dnnl);
    return LVK_OK;
}

static void chunked_destroy(void *state) {
    chunked *c = state;
    lvk_dnnl_destroy(&c->dnnl);
    lvk_free(c);
}

static void *scratch_behind(const chunked *c, void *scratch) {
    return (char *)scratch + lvk_cpu_align(c->chunk * image_y(&c->shape) * sizeof(float));
}

/* ---- gradients by oneDNN ---- */

typedef struct unpooling {
    const lvk_cpu_pool_shape *shape;
    const float *dy;
    const uint8_t *index;
    float *conv;
    size_t rows; /* of the convolution's output, in all images */
    unsigned parts;
} unpooling;

/* The gradient of the convolution's output: that of its window where the position won, else 0. */
static void unpool_part(void *user, unsigned part) {
    const unpooling *u = user;
    const lvk_cpu_pool_shape *s = u->shape;
    const size_t outputs = s->conv.out_c, row = (size_t)s->conv.out_w * outputs;
    size_t begin, end;
    lvk_cpu_range(u->rows, part, u->parts, &begin, &end);
    for (size_t r = begin; r < end; ++r) {
        const size_t n = r / s->conv.out_h, y = r % s->conv.out_h;
        float *to = u->conv + r * row;
        memset(to, 0, row * sizeof *to);
        for (size_t x = 0; y < 2 * (size_t)s->pool_h && x < 2 * (size_t)s->pool_w; ++x) {
            const size_t window = ((n * s->pool_h + y / 2) * s->pool_w + x / 2) * outputs;
            const uint32_t position = (uint32_t)(y % 2 * 2 + x % 2);
            for (size_t k = 0; k < outputs; ++k)
                to[x * outputs + k] = u->index[window + k] == position ? u->dy[window + k] : 0;
        }
    }
}

static void unpool(const lvk_cpu_task *task, const chunked *c, uint32_t n, const float *dy,
                   const uint8_t *index, float *conv) {
    unpooling u = {.shape = &c->shape,
                   .dy = dy + n * image_pooled(&c->shape),
                   .index = index + n * image_pooled(&c->shape),
                   .conv = conv,
                   .rows = (size_t)c->chunk * c->shape.conv.out_h,
                   .parts = task->threads};
    lvk_cpu_parallel(task->threads, u.parts, unpool_part, &u);
}

static lvk_cpu_pool_shape grad_input_shape(const lvk_call *call) {
    const lvk_conv2d_grad_input_attributes *a = call->attributes;
    return lvk_cpu_pool_shape_of(&call->outputs[0], &call->inputs[2], &a->conv);
}

static lvk_cpu_pool_shape grad_weight_shape(const lvk_call *call) {
    const lvk_conv2d_grad_weight_attributes *a = call->attributes;
    return lvk_cpu_pool_shape_of(&call->inputs[0], &call->outputs[0], &a->conv);
}

static lvk_status grad_input_create(const lvk_cpu_task *task, void **state, uint64_t *scratch) {
    return chunked_create(LVK_DNNL_GRAD_INPUT, grad_input_shape(task->call), task, state, scratch);
}

static lvk_status grad_input_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    const chunked *c = state;
    for (uint32_t n = 0; n < c->shape.conv.batch; n += c->chunk) {
        unpool(task, c, n, args->inputs[0], args->inputs[1], args->scratch);
        const lvk_dnnl_operands operands = {.from_y = args->scratch,
                                            .from_w = args->inputs[2],
                                            .to_x = (float *)args->outputs[0] + n * image_x(&c->shape),
                                            .scratch = scratch_behind(c, args->scratch)};
        LVK_TRY(lvk_dnnl_run(c->dnnl, &operands));
    }
    return LVK_OK;
}

/* Behind the convolution's output and oneDNN's scratch: dw of some images. */
static lvk_status grad_weight_create(const lvk_cpu_task *task, void **state, uint64_t *scratch) {
    LVK_TRY(chunked_create(LVK_DNNL_GRAD_WEIGHT, grad_weight_shape(task->call), task, state, scratch));
    *scratch = lvk_cpu_align(*scratch) + lvk_type_size(&task->call->outputs[0]);
    return LVK_OK;
}

static void add_bias_gradients(const chunked *c, const float *dy, const uint8_t *index, float *db) {
    const size_t outputs = c->shape.conv.out_c, count = c->shape.conv.batch * image_pooled(&c->shape);
    for (size_t k = 0; k < outputs; ++k) {
        double sum = 0;
        for (size_t i = k; i < count; i += outputs)
            sum += index[i] < 4 ? (double)dy[i] : 0;
        db[k] = (float)sum;
    }
}

static lvk_status grad_weight_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    const chunked *c = state;
    const size_t count = lvk_type_count(&task->call->outputs[0]);
    float *dw = args->outputs[0], *some = (float *)((char *)scratch_behind(c, args->scratch) +
                                                    lvk_cpu_align(lvk_dnnl_scratch(c->dnnl)));
    for (uint32_t n = 0; n < c->shape.conv.batch; n += c->chunk) {
        unpool(task, c, n, args->inputs[1], args->inputs[2], args->scratch);
        const lvk_dnnl_operands operands = {.from_x = (const float *)args->inputs[0] + n * image_x(&c->shape),
                                            .from_y = args->scratch,
                                            .to_w = n ? some : dw,
                                            .scratch = scratch_behind(c, args->scratch)};
        LVK_TRY(lvk_dnnl_run(c->dnnl, &operands));
        for (size_t i = 0; n && i < count; ++i)
            dw[i] += some[i];
    }
    add_bias_gradients(c, args->inputs[1], args->inputs[2], args->outputs[1]);
    return LVK_OK;
}

/* ---- gradients without zeros ---- */

typedef struct sparse {
    const lvk_cpu_task *task;
    const lvk_cpu_args *args;
    lvk_cpu_pool_shape shape;
    lvk_cpu_isa isa;
    unsigned parts;
    float *numbers; /* the sums of each part of dw, or w as dx's kernel reads it */
    char *lists;
    uint64_t list_size; /* of one part */
} sparse;

static sparse sparse_of(const lvk_cpu_task *task, const lvk_cpu_args *args, lvk_cpu_pool_shape shape,
                        uint64_t numbers, uint64_t list_size) {
    return (sparse){.task = task,
                    .args = args,
                    .shape = shape,
                    .isa = lvk_cpu_isa_at_hand(),
                    .parts = task->threads,
                    .numbers = args->scratch,
                    .lists = (char *)args->scratch + lvk_cpu_align(numbers * sizeof(float)),
                    .list_size = lvk_cpu_align(list_size)};
}

static lvk_status sparse_weight_create(const lvk_cpu_task *task, void **state, uint64_t *scratch) {
    const lvk_cpu_pool_shape shape = grad_weight_shape(task->call);
    *state = NULL;
    *scratch = lvk_cpu_align(task->threads * lvk_cpu_sparse_weight_sums(&shape) * sizeof(float)) +
               task->threads * lvk_cpu_align(lvk_cpu_sparse_weight_lists(&shape));
    return LVK_OK;
}

static void sparse_weight_part(void *user, unsigned part) {
    const sparse *s = user;
    const lvk_cpu_args *args = s->args;
    lvk_cpu_sparse_weight_part(s->isa, &s->shape, args->inputs[0], args->inputs[1], args->inputs[2], part,
                               s->parts, s->lists + part * s->list_size,
                               s->numbers + part * lvk_cpu_sparse_weight_sums(&s->shape));
}

static void sparse_weight_finish(void *user, unsigned part) {
    const sparse *s = user;
    lvk_cpu_sparse_weight_finish(&s->shape, s->numbers, s->parts, part, s->parts, s->args->outputs[0],
                                 s->args->outputs[1]);
}

static lvk_status sparse_weight_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)state;
    const lvk_cpu_pool_shape shape = grad_weight_shape(task->call);
    sparse s = sparse_of(task, args, shape, task->threads * lvk_cpu_sparse_weight_sums(&shape),
                         lvk_cpu_sparse_weight_lists(&shape));
    lvk_cpu_parallel(task->threads, s.parts, sparse_weight_part, &s);
    lvk_cpu_parallel(task->threads, s.parts, sparse_weight_finish, &s);
    return LVK_OK;
}

static lvk_status sparse_input_create(const lvk_cpu_task *task, void **state, uint64_t *scratch) {
    const lvk_cpu_pool_shape shape = grad_input_shape(task->call);
    *state = NULL;
    *scratch = lvk_cpu_align(lvk_cpu_sparse_input_weights(&shape) * sizeof(float)) +
               task->threads * lvk_cpu_align(lvk_cpu_sparse_input_lists(&shape));
    return LVK_OK;
}

static void sparse_input_part(void *user, unsigned part) {
    const sparse *s = user;
    size_t begin, end;
    lvk_cpu_range(s->shape.conv.batch, part, s->parts, &begin, &end);
    lvk_cpu_sparse_input_images(s->isa, &s->shape, s->args->inputs[0], s->args->inputs[1], s->numbers, begin,
                                end, s->lists + part * s->list_size, s->args->outputs[0]);
}

static lvk_status sparse_input_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)state;
    const lvk_cpu_pool_shape shape = grad_input_shape(task->call);
    sparse s = sparse_of(task, args, shape, lvk_cpu_sparse_input_weights(&shape),
                         lvk_cpu_sparse_input_lists(&shape));
    lvk_cpu_sparse_input_prepare(&shape, args->inputs[2], s.numbers);
    lvk_cpu_parallel(task->threads, s.parts, sparse_input_part, &s);
    return LVK_OK;
}

static const char *sparse_weight_unsupported(const lvk_call *call, const lvk_caps *caps) {
    (void)caps;
    const lvk_cpu_pool_shape shape = grad_weight_shape(call);
    return lvk_cpu_sparse_weight_unsupported(&shape);
}

static const char *sparse_input_unsupported(const lvk_call *call, const lvk_caps *caps) {
    (void)caps;
    const lvk_cpu_pool_shape shape = grad_input_shape(call);
    return lvk_cpu_sparse_input_unsupported(&shape);
}

const lvk_cpu_kernel lvk_cpu_conv2d_relu_pool_grad_input[] = {
    {.candidate = {.name = "sparse", .unsupported = sparse_input_unsupported},
     .create = sparse_input_create,
     .run = sparse_input_run},
    {.candidate = {.name = "dnnl"},
     .create = grad_input_create,
     .destroy = chunked_destroy,
     .run = grad_input_run},
    LVK_CPU_ROWS,
};

const lvk_cpu_kernel lvk_cpu_conv2d_relu_pool_grad_weight[] = {
    {.candidate = {.name = "sparse", .unsupported = sparse_weight_unsupported},
     .create = sparse_weight_create,
     .run = sparse_weight_run},
    {.candidate = {.name = "dnnl"},
     .create = grad_weight_create,
     .destroy = chunked_destroy,
     .run = grad_weight_run},
    LVK_CPU_PLAIN,
};
