/* accumulate(a[P], g[P], hyper[8]) = (0 where hyper[0] = 0, else a) + hyper[1] g, in the place of a; see
 * accumulate.h. With the first batch (hyper[0] = 0) the old a is not read, so that a NaN in it does no
 * harm. */
#include "ops/accumulate.h"

#include "params/elementwise.h"

static lvk_status infer(lvk_call *call) {
    return lvk_optimizer_infer(call, 0);
}

static void launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    lvk_optimizer_launch(call, list, "accumulate");
}

static const lvk_candidate candidates[] = {{.name = "flat", .launch = launch}};

const lvk_op lvk_op_accumulate = {
    .name = "accumulate",
    .summary = "a = (first: 0, else a) + scale g",
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
