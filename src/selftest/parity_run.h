/* One run of one kernel candidate on one case. Private to src/selftest. */
#ifndef LVK_SELFTEST_PARITY_RUN_H
#define LVK_SELFTEST_PARITY_RUN_H

#include "selftest/inputs.h"
#include "selftest/parity.h"

typedef enum lvk_variant { LVK_VARIANT_PLAIN, LVK_VARIANT_SLICED, LVK_VARIANT_IN_PLACE } lvk_variant;

typedef struct lvk_parity_run {
    lvk_backend *backend;
    int op;
    const lvk_candidate *candidate;
    const lvk_case *c;
    const lvk_pattern *pattern;
    lvk_variant variant;
    uint64_t seed, suite_seed; /* of this trial's numbers; of the suite, for messages */
    lvk_call call;

    /* The trial's own memory. */
    void *inputs[LVK_MAX_INPUTS];
    void *outputs[LVK_MAX_OUTPUTS];  /* the device's */
    void *expected[LVK_MAX_OUTPUTS]; /* the reference's */
    void *absolute[LVK_MAX_OUTPUTS]; /* the reference's on absolute inputs */
    float *own_sums;                 /* the candidate's in their place, for output 0; NULL: none */
    double own_terms;
    char failure[1024]; /* what was wrong; "" when nothing was */
} lvk_parity_run;

/* Draws the inputs of `call` and runs the reference, once for all candidates that are tried on them. Whatever
 * it returns, lvk_parity_run_finish is called at the end. */
LVK_MUST_USE lvk_status lvk_parity_run_prepare(lvk_parity_run *trial);
void lvk_parity_run_finish(lvk_parity_run *trial);

/* Runs `candidate` on them and compares. LVK_OK with a text in `failure` when the numbers differ. */
LVK_MUST_USE lvk_status lvk_parity_run_compare(lvk_parity_run *trial);

#endif
