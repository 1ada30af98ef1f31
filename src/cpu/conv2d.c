/* Convolutions and their gradients by oneDNN. */
#include "cpu/conv2d.h"

#include "cpu/conv2d_taps.h"
#include "cpu/vectors.h"
#include "cpu/winograd.h"

#include <string.h>

lvk_dnnl_shape lvk_cpu_conv2d_shape(const lvk_type *x, const lvk_type *w, const lvk_conv2d_attributes *a) {
    lvk_dnnl_shape s = {.batch = x->dim[0],
                        .in_h = x->dim[1],
                        .in_w = x->dim[2],
                        .in_c = x->dim[3],
                        .out_c = w->dim[3],
                        .kernel_h = w->dim[0],
                        .kernel_w = w->dim[1],
                        .stride_h = a->stride_h,
                        .stride_w = a->stride_w,
                        .pad_top = a->pad_top,
                        .pad_left = a->pad_left,
                        .pad_bottom = a->pad_bottom,
                        .pad_right = a->pad_right};
    s.out_h = (s.in_h + s.pad_top + s.pad_bottom - s.kernel_h) / s.stride_h + 1;
    s.out_w = (s.in_w + s.pad_left + s.pad_right - s.kernel_w) / s.stride_w + 1;
    return s;
}

static lvk_status create(lvk_dnnl_pass pass, lvk_dnnl_shape shape, const lvk_cpu_task *task, void **state,
                         uint64_t *scratch) {
    lvk_dnnl *dnnl = NULL;
    shape.keeps_weights = task->keeps_parameters;
    LVK_TRY(lvk_dnnl_create(pass, &shape, &dnnl));
    *state = dnnl;
    *scratch = lvk_dnnl_scratch(dnnl);
    return LVK_OK;
}

static void destroy(void *state) {
    lvk_dnnl *dnnl = state;
    lvk_dnnl_destroy(&dnnl);
}

/* ---- forward ---- */

static lvk_status forward_create(const lvk_cpu_task *task, void **state, uint64_t *scratch) {
    const lvk_call *call = task->call;
    lvk_dnnl_shape shape = lvk_cpu_conv2d_shape(&call->inputs[0], &call->inputs[1], call->attributes);
    shape.bias = call->input_count > 2;
    shape.relu = call->op != LVK_OP_conv2d;
    shape.residual = call->op == LVK_OP_conv2d_add_relu;
    return create(LVK_DNNL_FORWARD, shape, task, state, scratch);
}

typedef struct copying {
    const float *from;
    float *to;
    size_t count;
    unsigned parts;
} copying;

static void copy_part(void *user, unsigned part) {
    const copying *c = user;
    size_t begin, end;
    lvk_cpu_range(c->count, part, c->parts, &begin, &end);
    memcpy(c->to + begin, c->from + begin, (end - begin) * sizeof *c->to);
}

/* Brings the residual to where y is to be, unless the planner had y take its place. */
static void place_residual(const lvk_cpu_task *task, const lvk_cpu_args *args) {
    copying c = {
        .from = args->inputs[3], .to = args->outputs[0], .count = lvk_type_count(&task->call->outputs[0])};
    c.parts = lvk_cpu_parts(task, c.count);
    if (c.from != c.to)
        lvk_cpu_parallel(task->threads, c.parts, copy_part, &c);
}

static lvk_status forward_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    if (task->call->op == LVK_OP_conv2d_add_relu)
        place_residual(task, args);
    const lvk_dnnl_operands operands = {.from_x = args->inputs[0],
                                        .from_w = args->inputs[1],
                                        .bias = task->call->input_count > 2 ? args->inputs[2] : NULL,
                                        .to_y = args->outputs[0],
                                        .scratch = args->scratch,
                                        .version = args->version};
    return lvk_dnnl_run(state, &operands);
}

/* oneDNN 2.6.3 crashes where it adds to a row of y that has no row of x; found by parity. */
static const char *add_unsupported(const lvk_call *call, const lvk_caps *caps) {
    (void)caps;
    const lvk_dnnl_shape s = lvk_cpu_conv2d_shape(&call->inputs[0], &call->inputs[1], call->attributes);
    return s.pad_top >= s.kernel_h || s.pad_bottom >= s.kernel_h || s.pad_left >= s.kernel_w ||
                   s.pad_right >= s.kernel_w
               ? "the padding is as wide as the kernel"
               : NULL;
}

const lvk_cpu_kernel lvk_cpu_conv2d_add_relu[] = {
    LVK_CPU_WINOGRAD(),
    {.candidate = {.name = "dnnl", .unsupported = add_unsupported},
     .create = forward_create,
     .destroy = destroy,
     .run = forward_run},
    LVK_CPU_ROWS,
};

const lvk_cpu_kernel lvk_cpu_conv2d[] = {
    LVK_CPU_WINOGRAD(),
    {.candidate = {.name = "dnnl"}, .create = forward_create, .destroy = destroy, .run = forward_run},
    LVK_CPU_ROWS,
};

/* ---- gradients ---- */

static lvk_status grad_input_create(const lvk_cpu_task *task, void **state, uint64_t *scratch) {
    const lvk_conv2d_grad_input_attributes *a = task->call->attributes;
    return create(LVK_DNNL_GRAD_INPUT,
                  lvk_cpu_conv2d_shape(&task->call->outputs[0], &task->call->inputs[1], &a->conv), task,
                  state, scratch);
}

static lvk_status grad_input_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)task;
    const lvk_dnnl_operands operands = {.from_y = args->inputs[0],
                                        .from_w = args->inputs[1],
                                        .to_x = args->outputs[0],
                                        .scratch = args->scratch,
                                        .version = args->version};
    return lvk_dnnl_run(state, &operands);
}

static lvk_status grad_weight_create(const lvk_cpu_task *task, void **state, uint64_t *scratch) {
    const lvk_conv2d_grad_weight_attributes *a = task->call->attributes;
    return create(LVK_DNNL_GRAD_WEIGHT,
                  lvk_cpu_conv2d_shape(&task->call->inputs[0], &task->call->outputs[0], &a->conv), task,
                  state, scratch);
}

static lvk_status grad_weight_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)task;
    const lvk_dnnl_operands operands = {.from_x = args->inputs[0],
                                        .from_y = args->inputs[1],
                                        .to_w = args->outputs[0],
                                        .scratch = args->scratch};
    return lvk_dnnl_run(state, &operands);
}

const lvk_cpu_kernel lvk_cpu_conv2d_grad_input[] = {
    LVK_CPU_WINOGRAD(_grad_input),
    {.candidate = {.name = "dnnl"}, .create = grad_input_create, .destroy = destroy, .run = grad_input_run},
    LVK_CPU_ROWS,
};

/* For a kernel of 1x1 with a stride, oneDNN 2.6.3 takes the pixels that are read out of x, 16 channels at a time, into scratch
 * memory that has room for the channels of x only; found by fuzzing. */
static const char *grad_weight_unsupported(const lvk_call *call, const lvk_caps *caps) {
    (void)caps;
    const lvk_conv2d_grad_weight_attributes *a = call->attributes;
    const bool strided = a->conv.stride_h > 1 || a->conv.stride_w > 1;
    return strided && a->kernel_h == 1 && a->kernel_w == 1 && call->inputs[0].dim[3] % 16 != 0
               ? "a strided 1x1 convolution of input channels that are not a multiple of 16"
               : NULL;
}

const lvk_cpu_kernel lvk_cpu_conv2d_grad_weight[] = {
    LVK_CPU_WINOGRAD(_grad_weight),
    {.candidate = {.name = "taps",
                   .unsupported = lvk_cpu_taps_unsupported,
                   .unsuited = lvk_cpu_taps_unsuited},
     .create = lvk_cpu_taps_create,
     .destroy = lvk_cpu_taps_destroy,
     .run = lvk_cpu_taps_run},
    {.candidate = {.name = "dnnl", .unsupported = grad_weight_unsupported},
     .create = grad_weight_create,
     .destroy = destroy,
     .run = grad_weight_run},
    LVK_CPU_PLAIN,
};

/* ---- dense layers ---- */

static lvk_dnnl_shape dense_shape(uint32_t batch, const lvk_type *w) {
    return (lvk_dnnl_shape){
        .dense = true, .batch = batch, .in_c = w->dim[0], .out_c = w->dim[1], .in_h = 1, .in_w = 1};
}

static lvk_status dense_create(const lvk_cpu_task *task, void **state, uint64_t *scratch) {
    lvk_dnnl_shape shape = dense_shape(task->call->inputs[0].dim[0], &task->call->inputs[1]);
    shape.bias = task->call->input_count > 2;
    shape.relu = task->call->op == LVK_OP_dense_relu;
    return create(LVK_DNNL_FORWARD, shape, task, state, scratch);
}

static lvk_status dense_grad_input_create(const lvk_cpu_task *task, void **state, uint64_t *scratch) {
    return create(LVK_DNNL_GRAD_INPUT, dense_shape(task->call->inputs[0].dim[0], &task->call->inputs[1]),
                  task, state, scratch);
}

static lvk_status dense_grad_weight_create(const lvk_cpu_task *task, void **state, uint64_t *scratch) {
    return create(LVK_DNNL_GRAD_WEIGHT, dense_shape(task->call->inputs[0].dim[0], &task->call->outputs[0]),
                  task, state, scratch);
}

const lvk_cpu_kernel lvk_cpu_dense[] = {
    {.candidate = {.name = "dnnl"}, .create = dense_create, .destroy = destroy, .run = forward_run},
    LVK_CPU_ROWS,
};

const lvk_cpu_kernel lvk_cpu_dense_grad_input[] = {
    {.candidate = {.name = "dnnl"},
     .create = dense_grad_input_create,
     .destroy = destroy,
     .run = grad_input_run},
    LVK_CPU_ROWS,
};

const lvk_cpu_kernel lvk_cpu_dense_grad_weight[] = {
    {.candidate = {.name = "dnnl"},
     .create = dense_grad_weight_create,
     .destroy = destroy,
     .run = grad_weight_run},
    LVK_CPU_PLAIN,
};
