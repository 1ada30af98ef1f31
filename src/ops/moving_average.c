/* moving_average(old, batch) = new, in the place of old, for tensors of any shape; see moving_average.h. */
#include "ops/moving_average.h"
#include "ops/op.h"
#include "params/moving_average.h"

#include <math.h>

static lvk_status infer(lvk_call *call) {
    const lvk_moving_average_attributes *attributes = call->attributes;
    if (!(attributes->decay >= 0 && attributes->decay <= 1) || !isfinite(attributes->scale))
        return lvk_op_fail(call, "decay %g and scale %g, expected 0 to 1 and a finite number",
                           (double)attributes->decay, (double)attributes->scale);
    return lvk_op_infer_same(call);
}

static void launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    const lvk_moving_average_attributes *attributes = call->attributes;
    const uint64_t count = lvk_type_count(&call->outputs[0]);
    lvk_launch *average = lvk_launch_flat(list, "moving_average", count);
    lvk_launch_output(average, LVK_BIND_STORAGE, 0);
    lvk_launch_input(average, LVK_BIND_STORAGE, 1);
    const lvk_moving_average_params params = {
        .count = (uint32_t)count,
        .decay = attributes->decay,
        .gain = (float)((1 - (double)attributes->decay) * (double)attributes->scale)};
    lvk_launch_parameters(average, &params, sizeof params);
}

static const lvk_candidate candidates[] = {{.name = "flat", .launch = launch}};

const lvk_op lvk_op_moving_average = {
    .name = "moving_average",
    .summary = "new = decay old + (1 - decay) scale batch, where old lies",
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 1,
    .attribute_size = sizeof(lvk_moving_average_attributes),
    .batched_inputs = 3, /* rows are independent, whatever dimension 0 is */
    .batched_outputs = 1,
    .alias = {1},
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 1,
};
