/* sgd(w[P], g[P], v[P], hyper[8]) = w', v', in the places of w and v; see sgd.h. */
#include "ops/sgd.h"

static lvk_status infer(lvk_call *call) {
    return lvk_optimizer_infer(call, 1);
}

static void launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    lvk_optimizer_launch(call, list, "sgd");
}

static const lvk_candidate candidates[] = {{.name = "flat", .launch = launch}};

const lvk_op lvk_op_sgd = {
    .name = "sgd",
    .summary = "v = momentum v - lr g; w = w + v",
    .min_inputs = 4,
    .max_inputs = 4,
    .output_count = 2,
    .batched_inputs = 7, /* dimension 0, the elements, is what can be sliced */
    .batched_outputs = 3,
    .alias = {1, 3},
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 1,
};
