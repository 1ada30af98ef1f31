/* global_average_pool_grad(dy[N,C]) = dx[N,H,W,C]: every pixel has its share, dy / (H W). */
#include "ops/global_average_pool.h"
#include "ops/op.h"

static lvk_status infer(lvk_call *call) {
    const lvk_global_average_pool_grad_attributes *image = call->attributes;
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 2));
    if (image->height < 1 || image->width < 1 || (uint64_t)image->height * image->width > UINT32_MAX)
        return lvk_op_fail(call, "images of %u×%u are no use", (unsigned)image->height,
                           (unsigned)image->width);
    call->outputs[0] =
        lvk_type_4d(LVK_F32, call->inputs[0].dim[0], image->height, image->width, call->inputs[0].dim[1]);
    return LVK_OK;
}

static void texels_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    lvk_global_average_pool_add(call, &call->outputs[0], list, "global_average_pool_grad_texels",
                                LVK_BIND_TEXELS);
}

static void flat_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    lvk_global_average_pool_add(call, &call->outputs[0], list, "global_average_pool_grad", LVK_BIND_STORAGE);
}

static const lvk_candidate candidates[] = {
    {.name = "texels", .obstacle = lvk_op_texels_obstacle, .launch = texels_launch},
    {.name = "flat", .launch = flat_launch},
};

const lvk_op lvk_op_global_average_pool_grad = {
    .name = "global_average_pool_grad",
    .summary = "dx[n,y,x,c] = dy[n,c] / (H W)",
    .min_inputs = 1,
    .max_inputs = 1,
    .output_count = 1,
    .attribute_size = sizeof(lvk_global_average_pool_grad_attributes),
    .batched_inputs = 1,
    .batched_outputs = 1,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 2,
};
