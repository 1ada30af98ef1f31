/* weight_average(e[P], w[P], hyper[8]) = e + (w - e) hyper[7], in the place of e; see weight_average.h. */
#include "ops/weight_average.h"

#include "params/elementwise.h"

static lvk_status infer(lvk_call *call) {
    return lvk_optimizer_infer(call, 0);
}

static void launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    lvk_optimizer_launch(call, list, "weight_average");
}

static const lvk_candidate candidates[] = {{.name = "flat", .launch = launch}};

const lvk_op lvk_op_weight_average = {
    .name = "weight_average",
    .summary = "e = e + (w - e) rate",
    .min_inputs = 3,
    .max_inputs = 3,
    .output_count = 1,
    .batched_inputs = 3, /* dimension 0, the elements, is what can be sliced */
    .batched_outputs = 1,
    .alias = {1},
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 1,
};
