/* bias_grad(dy[..., C]) = db[C], the sum of dy over all but the last dimension. It is the gradient with
 * respect to the bias for every operator that adds a bias along the last dimension. */
#include "ops/op.h"
#include "ops/sum_rows.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 0));
    if (call->inputs[0].rank < 2)
        return lvk_op_fail(call, "input 0 has one dimension, expected at least two");
    call->outputs[0] = lvk_type_1d(LVK_F32, call->inputs[0].dim[call->inputs[0].rank - 1]);
    return LVK_OK;
}

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    const uint32_t channels = call->outputs[0].dim[0];
    const uint64_t rows = lvk_type_count(&call->inputs[0]) / channels;
    if (reads == LVK_BIND_TEXELS)
        lvk_launch_sum_rows_texels(list, LVK_SPACE_INPUT, 0, rows, channels, 0, call->accumulate, 0);
    else
        lvk_launch_sum_rows(list, LVK_SPACE_INPUT, 0, rows, channels, 0, call->accumulate, 0);
}

LVK_TEXELS_PAIR("rows", lvk_op_texels_unsupported)

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
