#include "selftest/parity.h"

#include "selftest/parity_run.h"

#include <string.h>

typedef struct check {
    lvk_parity_run run;
    const lvk_parity_options *options;
    lvk_parity_report report;
    void *user;
    lvk_parity_result *result;
    uint64_t ran;  /* bit i: candidate i has run */
    uint64_t left; /* bit i: candidate i can run the case and has not yet failed on it */
} check;

static bool is_wanted(const check *k, const lvk_candidate *candidate) {
    const char *prefix = k->options->kernels;
    return !prefix || strncmp(candidate->name, prefix, strlen(prefix)) == 0;
}

static bool starts_many_groups(const lvk_parity_run *t, const lvk_candidate *candidate) {
    const uint64_t most = 65535; /* workgroups in one dimension that every device allows */
    if (!candidate->launch)
        return false;
    lvk_launch_list list = {.status = LVK_OK};
    memcpy(list.max_groups, t->backend->caps.max_groups, sizeof list.max_groups);
    candidate->launch(&t->call, &t->backend->caps, &list);
    bool found = false;
    for (int i = 0; i < list.count; ++i)
        found = found || (uint64_t)list.launches[i].groups[0] * list.launches[i].groups[1] > most;
    return found;
}

/* The candidates among the set bits of `among` that are to run the call. All of them can run it. For a case
 * that is large only so that there are many workgroups, only candidates that start many are taken, if there
 * are any on this device: for the others the case is slow and tests nothing new. */
static uint64_t able(const check *k, uint64_t among) {
    const lvk_parity_run *t = &k->run;
    uint64_t found = 0, many = 0;
    const lvk_candidate *candidate;
    for (int i = 0; (candidate = lvk_op_candidate(t->op, &t->backend->caps, i)); ++i)
        if ((among >> i & 1) && is_wanted(k, candidate) &&
            !(candidate->unsupported && candidate->unsupported(&t->call, &t->backend->caps))) {
            found |= UINT64_C(1) << i;
            if (t->c->many_groups && starts_many_groups(t, candidate))
                many |= UINT64_C(1) << i;
        }
    return many ? many : found;
}

/* The candidate among the set bits of `among` that a free choice takes (find_free in graph/lower.c), and nothing if it has run
 * already. */
static uint64_t chosen(const check *k, uint64_t among) {
    const lvk_candidate *candidate;
    uint64_t unsuited = 0;
    for (int i = 0; (candidate = lvk_op_candidate(k->run.op, &k->run.backend->caps, i)); ++i) {
        if (!(among >> i & 1))
            continue;
        if (!(candidate->unsuited && candidate->unsuited(&k->run.call, &k->run.backend->caps)))
            return UINT64_C(1) << i & ~k->ran;
        unsuited = unsuited ? unsuited : UINT64_C(1) << i;
    }
    return unsuited & ~k->ran;
}

/* The candidates that are to run a case. Software drivers compile for seconds, and are given the chosen ones only: those that
 * run where the candidates that have failed so far are set aside. */
static uint64_t candidates_of(const check *k) {
    const lvk_caps *caps = &k->run.backend->caps;
    const uint64_t all = able(k, UINT64_MAX);
    if (!k->options->brief)
        return all;
    return caps->is_cpu && caps->runs_launches ? chosen(k, all & ~k->result->wrong) : all & ~k->ran;
}

static lvk_status run_candidate(check *k, int i) {
    lvk_parity_run *t = &k->run;
    t->candidate = lvk_op_candidate(t->op, &t->backend->caps, i);
    const lvk_status status = lvk_parity_run_compare(t);
    if (status != LVK_OK)
        return lvk_fail_within(status, "%s/%s", lvk_op_get(t->op)->name, t->candidate->name);
    ++k->result->runs;
    if (t->failure[0]) {
        k->left &= ~(UINT64_C(1) << i);
        k->result->wrong |= UINT64_C(1) << i;
        ++k->result->failures;
        k->report(k->user, t->failure);
    }
    return LVK_OK;
}

/* Runs every candidate that is left on the same numbers, so that the reference computes only once for all of
 * them. */
static lvk_status run_candidates(check *k) {
    const uint64_t candidates = able(k, k->left);
    if (!candidates)
        return LVK_OK;
    lvk_status status = lvk_parity_run_prepare(&k->run);
    for (int i = 0; status == LVK_OK && i < 64; ++i)
        if (candidates >> i & 1)
            status = run_candidate(k, i);
    lvk_parity_run_finish(&k->run);
    return status;
}

/* The smallest batch that must be sliced into more than two slices: two of the smallest size that the
 * device's alignment allows, and one row more. */
static uint32_t sliced_batch(const lvk_parity_run *t) {
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

enum { MOST_SLICED = 2000000 }; /* elements of a batch that is sliced */

/* Changes the case's batch to `rows` rows. False if the operator has no batch, or if there would be too many
 * elements. */
static bool enlarge_batch(const lvk_op *op, lvk_case *c, uint32_t rows) {
    uint64_t elements = 0;
    for (int i = 0; i < c->input_count; ++i) {
        if (op->batched_inputs >> i & 1)
            c->inputs[i].dim[0] = rows;
        if (op->batched_inputs >> i & 1 && c->fill[i] == LVK_FILL_LISTED && c->listed_rows == 0)
            return false;
        elements += lvk_type_count(&c->inputs[i]);
    }
    return op->batched_inputs != 0 && elements < MOST_SLICED;
}

static lvk_status run_sliced(check *k, const lvk_case *c) {
    lvk_parity_run *t = &k->run;
    lvk_case larger = *c;
    if (!enlarge_batch(lvk_op_get(t->op), &larger, sliced_batch(t)))
        return LVK_OK;
    t->variant = LVK_VARIANT_SLICED;
    t->c = &larger;
    LVK_TRY(lvk_case_call(t->op, &larger, &t->call));
    const lvk_status status = run_candidates(k);
    t->c = c;
    return status;
}

/* Runs the case once more in place and in slices, where the operator allows it. Slices run with the first
 * pattern only, in which every row differs from the others. */
static lvk_status run_variants(check *k, const lvk_case *c, bool first) {
    lvk_parity_run *t = &k->run;
    t->variant = LVK_VARIANT_PLAIN;
    LVK_TRY(lvk_case_call(t->op, c, &t->call));
    LVK_TRY(run_candidates(k));
    if (c->large || k->options->quick || t->pattern->whole)
        return LVK_OK;
    if (lvk_op_get(t->op)->in_place) {
        t->variant = LVK_VARIANT_IN_PLACE;
        LVK_TRY(run_candidates(k));
    }
    return first ? run_sliced(k, c) : LVK_OK;
}

/* Whether a case runs with whole numbers, which find one wrong term among any number of terms (see is_exact
 * in parity_run.c). A large case does so only if the first pattern would not find one wrong term. */
static bool needs_whole(const check *k, const lvk_case *c) {
    const lvk_parity_run *t = &k->run;
    const lvk_case_table *table = lvk_case_table_get(t->op);
    bool sums = false;
    for (int o = 0; o < t->call.output_count; ++o)
        sums = sums || (table->tolerance[o] == LVK_SUM && !table->scaled);
    return sums && !k->options->quick && (!c->large || table->terms(&t->call) > 4096);
}

static lvk_status check_case(check *k, const lvk_case *c) {
    static const lvk_pattern whole = {.name = "whole", .whole = true};
    static const lvk_pattern linear_patterns[] = {{"mixed", 1, false, false},
                                                  {"zero", 0, true, false},
                                                  {"one", 1, true, false},
                                                  {"tiny", 1e-15, false, false},
                                                  {"large", 1e15, false, false}};
    /* "small" has variances so small that epsilon, which is added to them, matters. */
    static const lvk_pattern bounded_patterns[] = {{"mixed", 1, false, false},
                                                   {"zero", 0, true, false},
                                                   {"wide", 30, false, false},
                                                   {"small", 3e-3, false, false}};
    lvk_parity_run *t = &k->run;
    const bool linear = lvk_case_table_get(t->op)->tolerance[0] != LVK_BOUND;
    const int count = c->large || k->options->quick ? 1 : linear ? 5 : 4;
    if (c->large && k->options->skip_large)
        return LVK_OK;
    t->c = c;
    LVK_TRY(lvk_case_call(t->op, c, &t->call));
    k->left = candidates_of(k);
    k->ran |= k->left;
    for (int p = 0; p < count && k->left; ++p) {
        t->pattern = linear ? &linear_patterns[p] : &bounded_patterns[p];
        LVK_TRY(run_variants(k, c, p == 0));
    }
    t->pattern = &whole;
    return k->left && needs_whole(k, c) ? run_variants(k, c, false) : LVK_OK;
}

static lvk_status check_cases(check *k, const lvk_case_table *table) {
    const lvk_parity_options *options = k->options;
    for (int i = 0; i < table->count; ++i) {
        k->run.seed = options->seed + (uint64_t)i;
        LVK_TRY(check_case(k, &table->cases[i]));
    }
    for (uint32_t d = 0; table->draw && d < options->draws; ++d) {
        _Alignas(16) char attributes[64];
        const lvk_case c = lvk_case_drawn(table, options->seed, d, attributes);
        k->run.seed = options->seed + d;
        const lvk_status status = check_case(k, &c);
        k->run.c = NULL; /* the drawn case ends with this block */
        LVK_TRY(status);
    }
    return LVK_OK;
}

lvk_status lvk_parity_check(lvk_backend *backend, int op, const lvk_parity_options *options,
                            lvk_parity_report report, void *user, lvk_parity_result *result) {
    check k = {.run = {.backend = backend, .op = op, .suite_seed = options->seed, .twice = options->twice},
               .options = options,
               .report = report,
               .user = user,
               .result = result};
    uint64_t wrong;
    *result = (lvk_parity_result){0};
    do { /* a candidate that takes the place of a wrong one is to be checked as well */
        wrong = result->wrong;
        LVK_TRY(check_cases(&k, lvk_case_table_get(op)));
    } while (options->brief && result->wrong != wrong);
    for (; k.ran; k.ran &= k.ran - 1)
        ++result->candidates;
    return LVK_OK;
}
