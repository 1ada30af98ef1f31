/* moving_average(average[..], value[..]) = decay average + (1 - decay) scale value, in the place of the
 * average: the running statistics of batch norms. */
#include "ops/moving_average.h"

#include "ops/op.h"
#include "params/moving_average.h"

static lvk_status infer(lvk_call *call) {
    const lvk_moving_average_attributes *a = call->attributes;
    LVK_TRY(lvk_op_infer_same(call));
    if (!(a->decay >= 0 && a->decay <= 1) || !(a->scale > 0))
        return lvk_op_fail(call, "decay %g and scale %g: 0 to 1, and above 0", (double)a->decay,
                           (double)a->scale);
    return LVK_OK;
}

static void launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    const lvk_moving_average_attributes *a = call->attributes;
    const uint64_t count = lvk_type_count(&call->inputs[0]);
    lvk_launch *move = lvk_launch_flat(list, "moving_average", count);
    lvk_launch_output(move, LVK_BIND_STORAGE, 0);
    lvk_launch_input(move, LVK_BIND_STORAGE, 1);
    const lvk_moving_average_params params = {.count = (uint32_t)count, .decay = a->decay, .scale = a->scale};
    lvk_launch_parameters(move, &params, sizeof params);
}

static const lvk_candidate candidates[] = {{.name = "flat", .launch = launch}};

const lvk_op lvk_op_moving_average = {
    .name = "moving_average",
    .summary = "a = decay a + (1 - decay) scale v",
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 1,
    .attribute_size = sizeof(lvk_moving_average_attributes),
    .batched_inputs = 3, /* rows are independent */
    .batched_outputs = 1,
    .alias = {1},
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 1,
};
