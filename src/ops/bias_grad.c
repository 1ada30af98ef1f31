/* bias_grad(dy[..., C]) = the sum of dy over all but the last dimension, [C]: the gradient of every operator
 * that adds a bias along the last dimension. */
#include "ops/op.h"
#include "ops/sum_rows.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 0));
    if (call->inputs[0].rank < 2)
        return lvk_op_fail(call, "input 0 has one dimension, expected at least two");
    call->outputs[0] = lvk_type_1d(LVK_F32, call->inputs[0].dim[call->inputs[0].rank - 1]);
    return LVK_OK;
}

static uint64_t rows(const lvk_call *call) {
    return lvk_type_count(&call->inputs[0]) / call->outputs[0].dim[0];
}

static void texels_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    lvk_launch_sum_rows_texels(list, LVK_SPACE_INPUT, 0, rows(call), call->outputs[0].dim[0], 0,
                               call->accumulate, 0);
}

static void rows_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    lvk_launch_sum_rows(list, LVK_SPACE_INPUT, 0, rows(call), call->outputs[0].dim[0], 0, call->accumulate,
                        0);
}

static const lvk_candidate candidates[] = {
    {.name = "texels",
     .unsupported = lvk_op_texels_unsupported,
     .unsuited = lvk_op_for_cpus,
     .launch = texels_launch},
    {.name = "rows", .launch = rows_launch},
};

const lvk_op lvk_op_bias_grad = {
    .name = "bias_grad",
    .summary = "db[c] = sum of dy[.., c]",
    .min_inputs = 1,
    .max_inputs = 1,
    .output_count = 1,
    .batched_inputs = 1,
    .summed_outputs = 1,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 2,
};
