/* clip_norm(g[P], squares[1]) = g min(1, max_norm / sqrt(squares)), in the place of g; see clip_norm.h. */
#include "ops/clip_norm.h"

#include "ops/op.h"
#include "params/clip_norm.h"

#include <math.h>

static lvk_status infer(lvk_call *call) {
    const lvk_clip_norm_attributes *attributes = call->attributes;
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 1));
    LVK_TRY(lvk_op_expect(call, 1, LVK_F32, 1));
    if (call->inputs[1].dim[0] != 1)
        return lvk_op_fail(call, "a gradient has one norm, not %u", (unsigned)call->inputs[1].dim[0]);
    if (!isfinite(attributes->max_norm) || attributes->max_norm <= 0)
        return lvk_op_fail(call, "norm %g, expected a number above 0", (double)attributes->max_norm);
    call->outputs[0] = call->inputs[0];
    return LVK_OK;
}

static void launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    const lvk_clip_norm_attributes *attributes = call->attributes;
    const uint64_t count = lvk_type_count(&call->inputs[0]);
    lvk_launch *clip = lvk_launch_flat(list, "clip_norm", count);
    lvk_launch_output(clip, LVK_BIND_STORAGE, 0);
    lvk_launch_input(clip, LVK_BIND_STORAGE, 1);
    const lvk_clip_norm_params params = {.count = (uint32_t)count, .max_norm = attributes->max_norm};
    lvk_launch_parameters(clip, &params, sizeof params);
}

static const lvk_candidate candidates[] = {{.name = "flat", .launch = launch}};

const lvk_op lvk_op_clip_norm = {
    .name = "clip_norm",
    .summary = "g = g min(1, max / |g|)",
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 1,
    .attribute_size = sizeof(lvk_clip_norm_attributes),
    .batched_inputs = 1, /* dimension 0, the elements, is what can be sliced */
    .batched_outputs = 1,
    .alias = {1},
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 1,
};
