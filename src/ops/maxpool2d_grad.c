/* maxpool2d_grad(dy[N,OH,OW,C], index u8[N,OH,OW,C]) = dx[N,H,W,C]: an element of dx is the sum of the dy of
 * those windows whose maximum is at this element. */
#include "ops/maxpool2d.h"
#include "ops/op.h"
#include "params/maxpool2d.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 4));
    LVK_TRY(lvk_op_expect(call, 1, LVK_U8, 4));
    const lvk_maxpool2d_grad_attributes *attributes = call->attributes;
    const lvk_type *dy = &call->inputs[0];
    const lvk_type x = lvk_type_4d(LVK_F32, dy->dim[0], attributes->input_h, attributes->input_w, dy->dim[3]);
    lvk_type pooled, index = call->inputs[1];
    LVK_TRY(lvk_maxpool2d_infer(call, &attributes->pool, &x, &pooled));
    index.dtype = LVK_F32;
    if (!lvk_type_equal(dy, &pooled) || !lvk_type_equal(dy, &index)) {
        char text[3][LVK_TYPE_TEXT];
        return lvk_op_fail(call, "gradient %s and index %s do not belong to pooling %s",
                           lvk_type_text(dy, text[0]), lvk_type_text(&index, text[1]),
                           lvk_type_text(&x, text[2]));
    }
    call->outputs[0] = x;
    return LVK_OK;
}

static const lvk_maxpool2d_attributes *pool_of(const lvk_call *call) {
    return &((const lvk_maxpool2d_grad_attributes *)call->attributes)->pool;
}

static lvk_maxpool2d_params params_of(const lvk_maxpool2d_attributes *pool, const lvk_type *dx,
                                      uint64_t count) {
    return (lvk_maxpool2d_params){
        .count = (uint32_t)count,
        .channels = dx->dim[3],
        .in_h = dx->dim[1],
        .in_w = dx->dim[2],
        .out_h = (dx->dim[1] + pool->pad_top + pool->pad_bottom - pool->window_h) / pool->stride_h + 1,
        .out_w = (dx->dim[2] + pool->pad_left + pool->pad_right - pool->window_w) / pool->stride_w + 1,
        .stride_h = pool->stride_h,
        .stride_w = pool->stride_w,
        .pad_top = pool->pad_top,
        .pad_left = pool->pad_left,
    };
}

static void bind_operands(lvk_launch *launch, lvk_binding_kind reads) {
    lvk_launch_input(launch, reads, 0);
    lvk_launch_input(launch, LVK_BIND_STORAGE, 1);
    lvk_launch_output(launch, LVK_BIND_STORAGE, 0);
}

static const char *scatter_unsupported(const lvk_call *call, const lvk_caps *caps) {
    (void)caps;
    const lvk_maxpool2d_attributes *pool = pool_of(call);
    if (pool->stride_h < pool->window_h || pool->stride_w < pool->window_w)
        return "windows overlap";
    return call->outputs[0].dim[3] % 4 ? "channels are not a multiple of 4" : NULL;
}

lvk_launch *lvk_maxpool2d_add_scatter(lvk_launch_list *list, const char *shader,
                                      const lvk_maxpool2d_attributes *pool, const lvk_type *dx) {
    const uint64_t rows = lvk_divide_up((uint64_t)dx->dim[1] + pool->pad_top, pool->stride_h);
    const uint64_t columns = lvk_divide_up((uint64_t)dx->dim[2] + pool->pad_left, pool->stride_w);
    const uint64_t count = dx->dim[0] * rows * columns * dx->dim[3];
    lvk_launch *scatter = lvk_launch_flat(list, shader, count);
    lvk_launch_constant(scatter, pool->window_h);
    lvk_launch_constant(scatter, pool->window_w);
    lvk_launch_constant(scatter, pool->stride_h);
    lvk_launch_constant(scatter, pool->stride_w);
    const lvk_maxpool2d_params params = params_of(pool, dx, count);
    lvk_launch_parameters(scatter, &params, sizeof params);
    return scatter;
}

static const char *texels_unsupported(const lvk_call *call, const lvk_caps *caps) {
    const char *reason = scatter_unsupported(call, caps);
    return reason ? reason : lvk_op_texels_unsupported(call, caps);
}

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    bind_operands(lvk_maxpool2d_add_scatter(list, LVK_TEXELS_OR_PLAIN(reads, "maxpool2d_grad_scatter"),
                                            pool_of(call), &call->outputs[0]),
                  reads);
}

LVK_TEXELS_LAUNCHES

static void gather_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    const lvk_maxpool2d_attributes *pool = pool_of(call);
    const uint64_t count = lvk_type_count(&call->outputs[0]);
    lvk_launch *gather = lvk_launch_flat(list, "maxpool2d_grad", count);
    bind_operands(gather, LVK_BIND_STORAGE);
    lvk_launch_constant(gather, call->outputs[0].dim[3] % 4 == 0);
    lvk_launch_constant(gather, pool->window_h);
    lvk_launch_constant(gather, pool->window_w);
    const lvk_maxpool2d_params params = params_of(pool, &call->outputs[0], count);
    lvk_launch_parameters(gather, &params, sizeof params);
}

static const lvk_candidate candidates[] = {
    {.name = "scatter_texels",
     .unsupported = texels_unsupported,
     .unsuited = lvk_op_for_cpus,
     .launch = texels_launch},
    {.name = "scatter", .unsupported = scatter_unsupported, .launch = plain_launch},
    {.name = "gather", .launch = gather_launch},
};

const lvk_op lvk_op_maxpool2d_grad = {
    .name = "maxpool2d_grad",
    .summary = "dx = sum of dy over the windows that chose x",
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 1,
    .attribute_size = sizeof(lvk_maxpool2d_grad_attributes),
    .batched_inputs = 3,
    .batched_outputs = 1,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 3,
};
