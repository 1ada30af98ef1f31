/* maxpool2d(x[N,H,W,C]) = y[N,OH,OW,C], index u8[N,OH,OW,C]: the largest value of each window, and its
 * position. Among equal values, zeros of the padding included, the first in row-major order wins. NaN
 * compares as not larger than the values before it, so that NaN wins only at the first position of a
 * window. */
#include "ops/maxpool2d.h"
#include "ops/op.h"
#include "params/maxpool2d.h"

static bool fits(uint32_t window, uint32_t stride, uint32_t before, uint32_t after) {
    return window >= 1 && window <= 255 && stride >= 1 && before < window && after < window;
}

lvk_status lvk_maxpool2d_infer(const lvk_call *call, const lvk_maxpool2d_attributes *pool, const lvk_type *x,
                               lvk_type *y) {
    if (!fits(pool->window_h, pool->stride_h, pool->pad_top, pool->pad_bottom) ||
        !fits(pool->window_w, pool->stride_w, pool->pad_left, pool->pad_right) ||
        pool->window_h * pool->window_w > 255)
        return lvk_op_fail(
            call,
            "window %u×%u, stride %u×%u, padding %u,%u,%u,%u: windows have 1 to 255 positions, strides "
            "are positive and the padding is smaller than the window",
            (unsigned)pool->window_h, (unsigned)pool->window_w, (unsigned)pool->stride_h,
            (unsigned)pool->stride_w, (unsigned)pool->pad_top, (unsigned)pool->pad_left,
            (unsigned)pool->pad_bottom, (unsigned)pool->pad_right);
    const uint64_t height = (uint64_t)x->dim[1] + pool->pad_top + pool->pad_bottom;
    const uint64_t width = (uint64_t)x->dim[2] + pool->pad_left + pool->pad_right;
    if (height < pool->window_h || width < pool->window_w) {
        char text[LVK_TYPE_TEXT];
        return lvk_op_fail(call, "%s with its padding is smaller than a window of %u×%u",
                           lvk_type_text(x, text), (unsigned)pool->window_h, (unsigned)pool->window_w);
    }
    *y = lvk_type_4d(LVK_F32, x->dim[0], (uint32_t)((height - pool->window_h) / pool->stride_h + 1),
                     (uint32_t)((width - pool->window_w) / pool->stride_w + 1), x->dim[3]);
    return LVK_OK;
}

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 4));
    LVK_TRY(lvk_maxpool2d_infer(call, call->attributes, &call->inputs[0], &call->outputs[0]));
    call->outputs[1] = call->outputs[0];
    call->outputs[1].dtype = LVK_U8;
    return LVK_OK;
}

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    const lvk_maxpool2d_attributes *pool = call->attributes;
    const uint64_t count = lvk_type_count(&call->outputs[0]);
    lvk_launch *maxpool = lvk_launch_flat(list, LVK_TEXELS_OR_PLAIN(reads, "maxpool2d"), count);
    lvk_launch_input(maxpool, reads, 0);
    lvk_launch_output(maxpool, LVK_BIND_STORAGE, 0);
    lvk_launch_output(maxpool, LVK_BIND_STORAGE, 1);
    lvk_launch_constant(maxpool, call->inputs[0].dim[3] % 4 == 0);
    lvk_launch_constant(maxpool, lvk_maxpool2d_is_padded(pool));
    lvk_launch_constant(maxpool, pool->window_h);
    lvk_launch_constant(maxpool, pool->window_w);
    const lvk_maxpool2d_params params = {
        .count = (uint32_t)count,
        .channels = call->inputs[0].dim[3],
        .in_h = call->inputs[0].dim[1],
        .in_w = call->inputs[0].dim[2],
        .out_h = call->outputs[0].dim[1],
        .out_w = call->outputs[0].dim[2],
        .stride_h = pool->stride_h,
        .stride_w = pool->stride_w,
        .pad_top = pool->pad_top,
        .pad_left = pool->pad_left,
    };
    lvk_launch_parameters(maxpool, &params, sizeof params);
}

static void gradient(lvk_backprop *backprop) {
    const lvk_type *x = &backprop->call->inputs[0];
    const lvk_maxpool2d_attributes *pool = backprop->call->attributes;
    const lvk_maxpool2d_grad_attributes attributes = {
        .pool = *pool, .input_h = x->dim[1], .input_w = x->dim[2]};
    backprop->input_gradients[0] = LVK_EMIT(backprop, LVK_OP_maxpool2d_grad, &attributes,
                                            backprop->output_gradients[0], backprop->outputs[1]);
}

LVK_TEXELS_PAIR("flat", lvk_op_texels_unsupported)

const lvk_op lvk_op_maxpool2d = {
    .name = "maxpool2d",
    .summary = "y = largest of each window, index = its position",
    .min_inputs = 1,
    .max_inputs = 1,
    .output_count = 2,
    .attribute_size = sizeof(lvk_maxpool2d_attributes),
    .batched_inputs = 1,
    .batched_outputs = 3,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 2,
    .gradient = gradient,
};
