/* conv2d: see conv2d.h for the formula. */
#include "ops/conv2d.h"

#include "ops/conv_forward.h"

#include <inttypes.h>

lvk_conv2d_attributes lvk_conv2d_valid(uint32_t stride_h, uint32_t stride_w) {
    return (lvk_conv2d_attributes){.stride_h = stride_h, .stride_w = stride_w};
}

/* The number of zeros that one axis needs, before and after x together, for ceil(size / stride) outputs. */
static uint32_t same_padding(uint32_t size, uint32_t stride, uint32_t kernel) {
    const uint64_t outputs = lvk_divide_up(size, stride);
    const uint64_t covered = (outputs - 1) * stride + kernel;
    return covered > size ? (uint32_t)(covered - size) : 0;
}

lvk_conv2d_attributes lvk_conv2d_same(uint32_t stride_h, uint32_t stride_w, uint32_t height, uint32_t width,
                                      uint32_t kernel_h, uint32_t kernel_w) {
    const uint32_t rows = same_padding(height, stride_h, kernel_h),
                   columns = same_padding(width, stride_w, kernel_w);
    return (lvk_conv2d_attributes){.stride_h = stride_h,
                                   .stride_w = stride_w,
                                   .pad_top = rows / 2,
                                   .pad_left = columns / 2,
                                   .pad_bottom = rows - rows / 2,
                                   .pad_right = columns - columns / 2};
}

lvk_status lvk_conv2d_output_size(const lvk_call *call, const lvk_conv2d_attributes *a, uint32_t height,
                                  uint32_t width, uint32_t kernel_h, uint32_t kernel_w, uint32_t *out_h,
                                  uint32_t *out_w) {
    if (a->stride_h < 1 || a->stride_w < 1 || a->stride_h > LVK_CONV2D_MAX_STRIDE ||
        a->stride_w > LVK_CONV2D_MAX_STRIDE)
        return lvk_op_fail(call, "stride %" PRIu32 "x%" PRIu32 " is not within 1 to %d", a->stride_h,
                           a->stride_w, LVK_CONV2D_MAX_STRIDE);
    if (a->pad_top > LVK_CONV2D_MAX_PAD || a->pad_left > LVK_CONV2D_MAX_PAD ||
        a->pad_bottom > LVK_CONV2D_MAX_PAD || a->pad_right > LVK_CONV2D_MAX_PAD)
        return lvk_op_fail(call, "padding of more than %d", LVK_CONV2D_MAX_PAD);
    const uint64_t padded_h = (uint64_t)height + a->pad_top + a->pad_bottom;
    const uint64_t padded_w = (uint64_t)width + a->pad_left + a->pad_right;
    if (height < 1 || width < 1 || padded_h > INT32_MAX || padded_w > INT32_MAX)
        return lvk_op_fail(call, "images of %" PRIu32 "x%" PRIu32 " are no use", height, width);
    if (kernel_h < 1 || kernel_w < 1 || kernel_h > padded_h || kernel_w > padded_w)
        return lvk_op_fail(call,
                           "a kernel of %" PRIu32 "x%" PRIu32 " does not fit an image of %" PRIu64 "x%" PRIu64
                           " with its padding",
                           kernel_h, kernel_w, padded_h, padded_w);
    *out_h = (uint32_t)((padded_h - kernel_h) / a->stride_h + 1);
    *out_w = (uint32_t)((padded_w - kernel_w) / a->stride_w + 1);
    return LVK_OK;
}

lvk_status lvk_conv2d_check_kernel(const lvk_call *call) {
    const lvk_type *x = &call->inputs[0], *w = &call->inputs[1], *b = &call->inputs[2];
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 4));
    LVK_TRY(lvk_op_expect(call, 1, LVK_F32, 4));
    if (w->dim[2] != x->dim[3])
        return lvk_op_fail(call, "the kernel takes %" PRIu32 " channels, the input has %" PRIu32, w->dim[2],
                           x->dim[3]);
    if (call->input_count > 2) {
        LVK_TRY(lvk_op_expect(call, 2, LVK_F32, 1));
        if (b->dim[0] != w->dim[3])
            return lvk_op_fail(call, "the bias has %" PRIu32 " values for %" PRIu32 " channels", b->dim[0],
                               w->dim[3]);
    }
    return LVK_OK;
}

lvk_status lvk_conv2d_infer(lvk_call *call) {
    const lvk_type *x = &call->inputs[0], *w = &call->inputs[1];
    LVK_TRY(lvk_conv2d_check_kernel(call));
    uint32_t out_h = 0, out_w = 0;
    LVK_TRY(lvk_conv2d_output_size(call, call->attributes, x->dim[1], x->dim[2], w->dim[0], w->dim[1], &out_h,
                                   &out_w));
    call->outputs[0] = lvk_type_4d(LVK_F32, x->dim[0], out_h, out_w, w->dim[3]);
    return LVK_OK;
}

void lvk_conv2d_gradient(lvk_backprop *backprop, int dy) {
    const lvk_conv2d_attributes *conv = backprop->call->attributes;
    const lvk_type *x = &backprop->call->inputs[0], *w = &backprop->call->inputs[1];
    if (backprop->wanted[0]) {
        const lvk_conv2d_grad_input_attributes attributes = {
            .conv = *conv, .height = x->dim[1], .width = x->dim[2]};
        backprop->input_gradients[0] =
            LVK_EMIT(backprop, LVK_OP_conv2d_grad_input, &attributes, dy, backprop->inputs[1]);
    }
    if (backprop->wanted[1]) {
        const lvk_conv2d_grad_weight_attributes attributes = {
            .conv = *conv, .kernel_h = w->dim[0], .kernel_w = w->dim[1]};
        backprop->input_gradients[1] =
            LVK_EMIT(backprop, LVK_OP_conv2d_grad_weight, &attributes, backprop->inputs[0], dy);
    }
    if (backprop->wanted[2])
        backprop->input_gradients[2] = LVK_EMIT(backprop, LVK_OP_bias_grad, NULL, dy);
}

static void gradient(lvk_backprop *backprop) {
    lvk_conv2d_gradient(backprop, backprop->output_gradients[0]);
}

const lvk_op lvk_op_conv2d = {
    .name = "conv2d",
    .summary = "y[n,oy,ox,k] = b[k] + sum x[n,oy*s+ky-p,ox*s+kx-p,c] * w[ky,kx,c,k]",
    .min_inputs = 2,
    .max_inputs = 3,
    .output_count = 1,
    .attribute_size = sizeof(lvk_conv2d_attributes),
    .batched_inputs = 1,
    .batched_outputs = 1,
    .infer = lvk_conv2d_infer,
    .candidates = lvk_conv_forward_candidates,
    .candidate_count = LVK_CONV_FORWARD_CANDIDATES,
    .gradient = gradient,
    .flops = lvk_conv_forward_flops,
};
