#include "ops/optimizer.h"

#include "params/elementwise.h"

lvk_status lvk_optimizer_infer(lvk_call *call, int state_count) {
    const int hyper = 2 + state_count;
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 1));
    for (int i = 1; i < hyper; ++i)
        LVK_TRY(lvk_op_expect_equal(call, 0, i));
    LVK_TRY(lvk_op_expect(call, hyper, LVK_F32, 1));
    if (call->inputs[hyper].dim[0] != LVK_HYPER_COUNT)
        return lvk_op_fail(call, "%u hyperparameters, expected %d", (unsigned)call->inputs[hyper].dim[0],
                           LVK_HYPER_COUNT);
    for (int i = 0; i <= state_count; ++i)
        call->outputs[i] = call->inputs[0];
    return LVK_OK;
}

void lvk_optimizer_launch(const lvk_call *call, lvk_launch_list *list, const char *shader) {
    const uint64_t count = lvk_type_count(&call->inputs[0]);
    lvk_launch *launch = lvk_launch_flat(list, shader, count);
    lvk_launch_output(launch, LVK_BIND_STORAGE, 0);
    lvk_launch_input(launch, LVK_BIND_STORAGE, 1);
    for (int i = 1; i < call->output_count; ++i)
        lvk_launch_output(launch, LVK_BIND_STORAGE, i);
    lvk_launch_input(launch, LVK_BIND_UNIFORM, call->input_count - 1);
    const lvk_elementwise_params params = {.count = (uint32_t)count};
    lvk_launch_parameters(launch, &params, sizeof params);
}
