/* adam(w[P], g[P], m[P], v[P], hyper[8]) = w', m', v', in the places of w, m and v; see adam.h. */
#include "ops/adam.h"

#include "params/elementwise.h"

#include <math.h>

void lvk_adam_hyper(const lvk_adam_options *options, uint64_t step, lvk_real hyper[LVK_HYPER_COUNT]) {
    const double t = (double)step;
    const double alpha =
        options->learning_rate * sqrt(1 - pow(options->beta2, t)) / (1 - pow(options->beta1, t));
    const double values[LVK_HYPER_COUNT] = {alpha, 1 - options->beta1, 1 - options->beta2, options->epsilon,
                                            options->learning_rate * options->weight_decay};
    for (int i = 0; i < LVK_HYPER_COUNT; ++i)
        hyper[i] = (lvk_real)values[i];
}

static lvk_status infer(lvk_call *call) {
    return lvk_optimizer_infer(call, 2);
}

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    if (reads == LVK_BIND_STORAGE) {
        lvk_optimizer_launch(call, list, "adam");
        return;
    }
    const uint64_t count = lvk_type_count(&call->inputs[0]);
    lvk_launch *launch = lvk_launch_flat(list, "adam_texels", count);
    for (int i = 0; i < 4; ++i)
        lvk_launch_input(launch, reads, i);
    for (int i = 0; i < 3; ++i)
        lvk_launch_output(launch, LVK_BIND_STORAGE, i);
    lvk_launch_input(launch, LVK_BIND_UNIFORM, 4);
    const lvk_elementwise_params params = {.count = (uint32_t)count};
    lvk_launch_parameters(launch, &params, sizeof params);
}

LVK_TEXELS_PAIR("flat", lvk_op_texels_unsupported)

const lvk_op lvk_op_adam = {
    .name = "adam",
    .summary = "m, v = running means of g, g²; w = w - alpha m / (sqrt(v) + epsilon)",
    .min_inputs = 5,
    .max_inputs = 5,
    .output_count = 3,
    .batched_inputs = 15, /* dimension 0, the elements, is what can be sliced */
    .batched_outputs = 7,
    .alias = {1, 3, 4},
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 2,
};
