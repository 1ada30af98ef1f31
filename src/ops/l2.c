/* l2(w of any shape) = lambda times the sum of w², [1]; see l2.h. */
#include "ops/l2.h"

#include "ops/op.h"
#include "ops/sum_rows.h"
#include "params/l2.h"

#include <math.h>

static lvk_status infer(lvk_call *call) {
    const lvk_l2_attributes *attributes = call->attributes;
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 0));
    if (!isfinite(attributes->lambda) || attributes->lambda < 0)
        return lvk_op_fail(call, "lambda %g, expected a number that is not negative",
                           (double)attributes->lambda);
    call->outputs[0] = lvk_type_1d(LVK_F32, 1);
    return LVK_OK;
}

/* The first launch computes partial sums of lambda w²; further launches add them. */
static void launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    const lvk_l2_attributes *attributes = call->attributes;
    const uint64_t count = lvk_type_count(&call->inputs[0]);
    const uint32_t splits = lvk_sum_splits(lvk_divide_up(count, 4));
    lvk_launch *squares = lvk_launch_add(list, "l2");
    lvk_launch_input(squares, LVK_BIND_STORAGE, 0);
    lvk_launch_scratch(squares, LVK_BIND_STORAGE, 0);
    const lvk_l2_params params = {.count = (uint32_t)count, .splits = splits, .lambda = attributes->lambda};
    lvk_launch_parameters(squares, &params, sizeof params);
    lvk_launch_groups(list, squares, lvk_divide_up(splits, LVK_FLAT_GROUP));
    list->scratch_size[0] = splits * sizeof(float);
    lvk_launch_sum_rows(list, LVK_SPACE_SCRATCH, 0, splits, 1, 0, call->accumulate, 1);
}

static void gradient(lvk_backprop *backprop) {
    backprop->input_gradients[0] = LVK_EMIT(backprop, LVK_OP_l2_grad, backprop->call->attributes,
                                            backprop->inputs[0], backprop->output_gradients[0]);
}

static const lvk_candidate candidates[] = {{.name = "splits", .launch = launch}};

const lvk_op lvk_op_l2 = {
    .name = "l2",
    .summary = "loss = lambda sum of w²",
    .min_inputs = 1,
    .max_inputs = 1,
    .output_count = 1,
    .attribute_size = sizeof(lvk_l2_attributes),
    .batched_inputs = 1,
    .summed_outputs = 1,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 1,
    .gradient = gradient,
};
