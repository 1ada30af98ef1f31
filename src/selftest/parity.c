#include "selftest/parity.h"

#include "selftest/trial.h"

#include <string.h>

typedef struct check {
    lvk_trial trial;
    const lvk_parity_options *options;
    lvk_parity_report report;
    void *user;
    lvk_parity_result *result;
} check;

static lvk_status run_trial(check *k, bool *good) {
    LVK_TRY(lvk_trial_run(&k->trial));
    ++k->result->trials;
    *good = k->trial.failure[0] == '\0';
    if (!*good) {
        ++k->result->failures;
        k->report(k->user, k->trial.failure);
    }
    return LVK_OK;
}

static const char *obstacle(const check *k) {
    const lvk_candidate *candidate = k->trial.candidate;
    return candidate->obstacle ? candidate->obstacle(&k->trial.call, &k->trial.backend->caps) : NULL;
}

/* The smallest batch that must be cut: two slices of the device's granularity and a part. */
static uint32_t sliced_batch(const lvk_trial *t) {
    uint64_t step = 1;
    const lvk_op *op = lvk_op_get(t->op);
    for (int i = 0; i < t->call.input_count + t->call.output_count; ++i) {
        const bool input = i < t->call.input_count;
        const int k = input ? i : i - t->call.input_count;
        const lvk_type *type = input ? &t->call.inputs[k] : &t->call.outputs[k];
        if (!((input ? op->batched_inputs : op->batched_outputs) >> k & 1))
            continue;
        const uint64_t row = lvk_type_row_count(type) * lvk_dtype_size(type->dtype);
        while (row * step % t->backend->caps.offset_alignment)
            step *= 2;
    }
    return (uint32_t)(2 * step + 1);
}

/* A batch of `rows` in place of the case's own; false when that cannot be or is too large. */
static bool enlarge_batch(const lvk_op *op, lvk_case *c, uint32_t rows) {
    uint64_t elements = 0;
    for (int i = 0; i < c->input_count; ++i) {
        if (op->batched_inputs >> i & 1)
            c->inputs[i].dim[0] = rows;
        if (op->batched_inputs >> i & 1 && c->fill[i] == LVK_FILL_LISTED && c->listed_rows == 0)
            return false;
        elements += lvk_type_count(&c->inputs[i]);
    }
    return op->batched_inputs != 0 && elements < 2000000;
}

static lvk_status run_sliced(check *k, const lvk_case *c) {
    lvk_trial *t = &k->trial;
    lvk_case larger = *c;
    bool good;
    if (!enlarge_batch(lvk_op_get(t->op), &larger, sliced_batch(t)))
        return LVK_OK;
    t->variant = LVK_VARIANT_SLICED;
    t->c = &larger;
    LVK_TRY(lvk_case_call(t->op, &larger, &t->call));
    const lvk_status status = obstacle(k) ? LVK_OK : run_trial(k, &good);
    t->c = c;
    return status;
}

static lvk_status run_variants(check *k, const lvk_case *c, bool *good) {
    lvk_trial *t = &k->trial;
    t->c = c;
    t->variant = LVK_VARIANT_PLAIN;
    LVK_TRY(lvk_case_call(t->op, c, &t->call));
    LVK_TRY(run_trial(k, good));
    if (c->large || !*good || k->options->quick)
        return LVK_OK;
    if (lvk_op_get(t->op)->in_place) {
        t->variant = LVK_VARIANT_IN_PLACE;
        LVK_TRY(run_trial(k, good));
    }
    return run_sliced(k, c);
}

static lvk_status check_case(check *k, const lvk_case *c, int *ran) {
    static const lvk_pattern linear_patterns[] = {{"mixed", 1, false},
                                                  {"zero", 0, true},
                                                  {"one", 1, true},
                                                  {"tiny", 1e-15, false},
                                                  {"large", 1e15, false}};
    static const lvk_pattern bounded_patterns[] = {
        {"mixed", 1, false}, {"zero", 0, true}, {"wide", 30, false}};
    lvk_trial *t = &k->trial;
    const bool linear = lvk_case_table_get(t->op)->tolerance[0] != LVK_BOUND;
    const int count = c->large || k->options->quick ? 1 : linear ? 5 : 3;
    t->c = c;
    LVK_TRY(lvk_case_call(t->op, c, &t->call));
    if (obstacle(k) || (c->large && k->options->skip_large))
        return LVK_OK;
    ++*ran;
    bool good = true;
    for (int p = 0; p < count && good; ++p) {
        t->pattern = linear ? &linear_patterns[p] : &bounded_patterns[p];
        LVK_TRY(run_variants(k, c, &good));
    }
    return LVK_OK;
}

static lvk_status check_candidate(check *k) {
    lvk_trial *t = &k->trial;
    const lvk_case_table *table = lvk_case_table_get(t->op);
    int ran = 0;
    for (int i = 0; i < table->count; ++i) {
        t->seed = t->suite_seed + (uint64_t)i;
        LVK_TRY(check_case(k, &table->cases[i], &ran));
    }
    for (uint32_t d = 0; table->draw && d < k->options->draws; ++d) {
        _Alignas(16) char attributes[64];
        const lvk_case c = lvk_case_drawn(table, t->suite_seed, d, attributes);
        t->seed = t->suite_seed + d;
        const lvk_status status = check_case(k, &c, &ran);
        t->c = NULL; /* it ends here */
        LVK_TRY(status);
    }
    k->result->candidates += ran > 0;
    return LVK_OK;
}

lvk_status lvk_parity_check(lvk_backend *backend, int op, const lvk_parity_options *options,
                            lvk_parity_report report, void *user, lvk_parity_result *result) {
    const lvk_op *descriptor = lvk_op_get(op);
    check k = {.trial = {.backend = backend, .op = op, .suite_seed = options->seed},
               .options = options,
               .report = report,
               .user = user,
               .result = result};
    *result = (lvk_parity_result){0};
    for (int i = 0; i < descriptor->candidate_count; ++i) {
        k.trial.candidate = &descriptor->candidates[i];
        if (options->kernels &&
            strncmp(k.trial.candidate->name, options->kernels, strlen(options->kernels)) != 0)
            continue;
        const lvk_status status = check_candidate(&k);
        if (status != LVK_OK)
            return lvk_fail_within(status, "%s/%s", descriptor->name, k.trial.candidate->name);
    }
    return LVK_OK;
}
