/* One run of one kernel candidate on one case. Only src/selftest includes this header. */
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
    bool twice;                /* run once more, and compare the bits */
    uint64_t seed, suite_seed; /* the seed of this run's numbers, and that of the suite, for messages */
    lvk_call call;

    /* Memory that the run owns. */
    void *inputs[LVK_MAX_INPUTS];
    void *outputs[LVK_MAX_OUTPUTS];  /* what the device computed */
    void *expected[LVK_MAX_OUTPUTS]; /* what the reference computed */
    void *absolute[LVK_MAX_OUTPUTS]; /* what the reference computed from absolute inputs */
    float *own_sums; /* what replaces absolute[0] if the candidate has own_sums; NULL: nothing */
    double own_terms;
    char failure[1024]; /* the text of the first failure; "" if there was none */
} lvk_parity_run;

/* Draws the inputs of the call and runs the reference, once for all candidates that run on these inputs.
 * lvk_parity_run_finish is called in any case, also after a failure. */
LVK_MUST_USE lvk_status lvk_parity_run_prepare(lvk_parity_run *run);
void lvk_parity_run_finish(lvk_parity_run *run);

/* Runs the candidate on the drawn inputs and compares its results with the reference's. If they differ, the
 * result is LVK_OK, and `failure` has a text. */
LVK_MUST_USE lvk_status lvk_parity_run_compare(lvk_parity_run *run);

#endif
