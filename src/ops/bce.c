/* bce(z[N, 1], labels[N, 2]) = loss[1], the weighted sum of the rows' cross-entropies; see bce.h. */
#include "ops/bce.h"

#include "ops/op.h"
#include "ops/sum_rows.h"
#include "params/bce.h"

lvk_status lvk_bce_expect(const lvk_call *call) {
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 2));
    LVK_TRY(lvk_op_expect(call, 1, LVK_F32, 2));
    const lvk_type *z = &call->inputs[0], *labels = &call->inputs[1];
    if (z->dim[1] != 1 || labels->dim[1] != 2 || labels->dim[0] != z->dim[0]) {
        char text[2][LVK_TYPE_TEXT];
        return lvk_op_fail(call, "logits %s and labels %s, expected N×1 and N×2", lvk_type_text(z, text[0]),
                           lvk_type_text(labels, text[1]));
    }
    return LVK_OK;
}

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_bce_expect(call));
    call->outputs[0] = lvk_type_1d(LVK_F32, 1);
    return LVK_OK;
}

/* The first launch adds a few rows' losses in each invocation; further launches add these partial sums. */
static void launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    const uint32_t rows = call->inputs[0].dim[0];
    const uint32_t splits = rows < 16384 ? rows : 16384;
    lvk_launch *bce = lvk_launch_add(list, "bce");
    lvk_launch_input(bce, LVK_BIND_STORAGE, 0);
    lvk_launch_input(bce, LVK_BIND_STORAGE, 1);
    lvk_launch_scratch(bce, LVK_BIND_STORAGE, 0);
    const lvk_bce_params params = {.rows = rows, .splits = splits};
    lvk_launch_parameters(bce, &params, sizeof params);
    lvk_launch_groups(list, bce, lvk_divide_up(splits, LVK_FLAT_GROUP));
    list->scratch_size[0] = splits * sizeof(float);
    lvk_launch_sum_rows(list, LVK_SPACE_SCRATCH, 0, splits, 1, 0, call->accumulate, 1);
}

static void gradient(lvk_backprop *backprop) {
    backprop->input_gradients[0] = LVK_EMIT(backprop, LVK_OP_bce_grad, NULL, backprop->inputs[0],
                                            backprop->inputs[1], backprop->output_gradients[0]);
}

static const lvk_candidate candidates[] = {{.name = "rows", .launch = launch}};

const lvk_op lvk_op_bce = {
    .name = "bce",
    .summary = "loss = sum of weight (max(z, 0) - z y + log(1 + exp(-|z|)))",
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 1,
    .batched_inputs = 3,
    .summed_outputs = 1,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 1,
    .gradient = gradient,
};
