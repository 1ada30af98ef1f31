#include "ops/conv_transposed.h"

#include "ops/conv_phase.h"
#include "params/conv2d_flip.h"

lvk_operand lvk_conv_transposed_w(const lvk_conv_forward *forward, lvk_launch_list *list) {
    const lvk_conv_shape *s = &forward->shape;
    const uint32_t taps = s->kernel_h * s->kernel_w, in_padded = lvk_pad4(s->in_c);
    const uint64_t count = (uint64_t)taps * in_padded * s->out_c;
    list->scratch_size[LVK_CONV_SCRATCH_W] = count * sizeof(float);
    lvk_launch *flip = lvk_launch_add(list, "conv2d_flip");
    lvk_launch_operand(flip, LVK_BIND_STORAGE, forward->w);
    lvk_launch_scratch(flip, LVK_BIND_STORAGE, LVK_CONV_SCRATCH_W);
    /* The shader's in_c and out_c are those of the original w, which are swapped in s. */
    const lvk_conv2d_flip_params params = {
        .taps = taps, .in_c = s->out_c, .out_c = s->in_c, .out_padded = in_padded};
    lvk_launch_parameters(flip, &params, sizeof params);
    lvk_launch_groups(list, flip, lvk_divide_up(count, 64));
    return lvk_operand_scratch(LVK_CONV_SCRATCH_W);
}

bool lvk_conv_reads_transposed(const lvk_conv_forward *forward, lvk_conv_kernel kernel) {
    return lvk_conv_is_subgroup(kernel) && forward->transposed && forward->shape.in_c % 4 == 0;
}

void lvk_conv_transposed_params(const lvk_conv_forward *forward, lvk_conv2d_params *params) {
    const lvk_conv_phase *phase = forward->phase;
    if (phase) {
        params->stride_h = phase->strided.stride_h;
        params->stride_w = phase->strided.stride_w;
        params->tap = (int32_t)phase->last_tap;
        params->tap_down = -(int32_t)(params->stride_h * phase->strided.kernel_w);
        params->y_h = phase->strided.in_h;
        params->y_w = phase->strided.in_w;
        params->y_top = phase->top;
        params->y_left = phase->left;
    } else {
        const lvk_conv_shape *s = &forward->shape;
        params->stride_h = params->stride_w = 1;
        params->tap = (int32_t)(s->kernel_h * s->kernel_w) - 1;
        params->tap_down = -(int32_t)s->kernel_w;
        params->y_h = s->out_h;
        params->y_w = s->out_w;
        params->y_top = params->y_left = 0;
    }
    params->tap_right = -(int32_t)params->stride_w;
}
