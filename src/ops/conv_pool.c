#include "ops/conv_pool.h"
#include "ops/maxpool2d.h"

#include <string.h>

const lvk_maxpool2d_attributes lvk_conv_pool_window = {2, 2, 2, 2, 0, 0, 0, 0};

lvk_status lvk_conv_pool_infer(const lvk_call *call, const lvk_conv2d_attributes *attributes,
                               const lvk_type *x, const uint32_t kernel[4], lvk_type *y) {
    if (attributes->stride_h != 1 || attributes->stride_w != 1)
        return lvk_op_fail(call, "the convolution's stride is not 1");
    uint32_t out_h, out_w;
    LVK_TRY(
        lvk_conv2d_output_size(call, attributes, x->dim[1], x->dim[2], kernel[0], kernel[1], &out_h, &out_w));
    const lvk_type before = lvk_type_4d(LVK_F32, x->dim[0], out_h, out_w, kernel[3]);
    return lvk_maxpool2d_infer(call, &lvk_conv_pool_window, &before, y);
}

lvk_status lvk_conv_pool_expect(const lvk_call *call, int dy, int index, const lvk_type *y) {
    LVK_TRY(lvk_op_expect(call, dy, LVK_F32, 4));
    LVK_TRY(lvk_op_expect(call, index, LVK_U8, 4));
    lvk_type index_type = call->inputs[index];
    index_type.dtype = LVK_F32;
    if (lvk_type_equal(&call->inputs[dy], y) && lvk_type_equal(&index_type, y))
        return LVK_OK;
    char text[3][LVK_TYPE_TEXT];
    return lvk_op_fail(call, "gradient %s and index %s, the pooled tensor is %s",
                       lvk_type_text(&call->inputs[dy], text[0]), lvk_type_text(&index_type, text[1]),
                       lvk_type_text(y, text[2]));
}

lvk_conv_shape lvk_conv_pool_shape(const lvk_type *x, const lvk_type *w,
                                   const lvk_conv2d_attributes *attributes) {
    const lvk_type y = lvk_type_4d(
        LVK_F32, x->dim[0], x->dim[1] + attributes->pad_top + attributes->pad_bottom - w->dim[0] + 1,
        x->dim[2] + attributes->pad_left + attributes->pad_right - w->dim[1] + 1, w->dim[3]);
    return lvk_conv_shape_conv2d(x, w, &y, attributes);
}

const char *lvk_conv_pool_unsupported(const lvk_conv_shape *shape, lvk_conv_kernel kernel,
                                      const lvk_caps *caps) {
    const char *reason = lvk_conv_kernel_unsupported(kernel, caps);
    if (reason)
        return reason;
    if (shape->kernel_h != 3 || shape->kernel_w != 3)
        return "the kernel is not 3x3";
    if (shape->out_c % 4)
        return "output channels are not a multiple of 4";
    lvk_conv_shape s = *shape;
    s.in_c = lvk_pad4(s.in_c);
    const uint64_t pooled = (uint64_t)s.batch * (s.out_h / 2) * (s.out_w / 2) * s.out_c;
    return lvk_conv_fits(kernel, caps, lvk_conv_x_count(&s)) &&
                   lvk_conv_fits(kernel, caps, lvk_conv_w_count(&s)) && lvk_conv_fits(kernel, caps, pooled)
               ? NULL
               : "a tensor is too large for one binding";
}

lvk_binding_kind lvk_conv_pool_reads_bytes(lvk_conv_kernel kernel) {
    return kernel == LVK_CONV_SUBGROUP_TEXEL ? LVK_BIND_BYTES : LVK_BIND_STORAGE;
}

void lvk_conv_pool_add_unpool(const lvk_conv_shape *s, lvk_operand dy, lvk_operand index,
                              lvk_launch_list *list) {
    const lvk_type before = lvk_type_4d(LVK_F32, s->batch, s->out_h, s->out_w, s->out_c);
    list->scratch_size[3] = lvk_type_size(&before);
    lvk_launch *launch =
        lvk_maxpool2d_add_scatter(list, "maxpool2d_grad_scatter", &lvk_conv_pool_window, &before);
    lvk_launch_operand(launch, LVK_BIND_STORAGE, dy);
    lvk_launch_operand(launch, LVK_BIND_STORAGE, index);
    lvk_launch_scratch(launch, LVK_BIND_STORAGE, 3);
}
