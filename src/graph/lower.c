#include "graph/lower.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *why_unsupported(const lvk_candidate *candidate, const lvk_call *call,
                                   const lvk_caps *caps) {
    return candidate->unsupported ? candidate->unsupported(call, caps) : NULL;
}

/* Sets `chosen` to the candidate named `preferred` if it can run the call; returns whether it did.
 * `preferred` may be NULL. */
static bool take_preferred(const lvk_call *call, const lvk_caps *caps, const lvk_string_map *choices,
                           const char *preferred, const lvk_candidate **chosen) {
    for (int i = 0; preferred && (*chosen = lvk_op_candidate(call->op, caps, i)); ++i)
        if (strcmp((*chosen)->name, preferred) == 0)
            return !why_unsupported(*chosen, call, caps) &&
                   !lvk_kernel_choices_is_aside(choices, lvk_op_get(call->op)->name, preferred);
    return false;
}

static bool is_unsuited(const lvk_candidate *candidate, const lvk_call *call, const lvk_caps *caps) {
    return candidate->unsuited && candidate->unsuited(call, caps);
}

/* The first candidate that can run the call and is not set aside; NULL if there is none, and *reason says why. One that is
 * unsuited is taken only where those that are suited are set aside. */
static const lvk_candidate *find_free(const lvk_call *call, const lvk_caps *caps,
                                      const lvk_string_map *choices, const char **reason) {
    const lvk_candidate *candidate;
    bool aside = false;
    *reason = "there is no such candidate";
    for (int unsuited = 0; unsuited < 2; ++unsuited)
        for (int i = 0; (candidate = lvk_op_candidate(call->op, caps, i)); ++i) {
            const char *why = why_unsupported(candidate, call, caps);
            if (why)
                *reason = why;
            else if (lvk_kernel_choices_is_aside(choices, lvk_op_get(call->op)->name, candidate->name))
                aside = true;
            else if (is_unsuited(candidate, call, caps) == (unsuited == 1))
                return candidate;
        }
    if (aside)
        *reason = "those that could are set aside, since the self-test found them wrong";
    return NULL;
}

bool lvk_lower_is_possible(const lvk_call *call, const lvk_caps *caps, const lvk_string_map *choices) {
    const lvk_candidate *candidate;
    const char *reason;
    bool aside = false;
    for (int i = 0; (candidate = lvk_op_candidate(call->op, caps, i)); ++i)
        aside = aside || lvk_kernel_choices_is_aside(choices, lvk_op_get(call->op)->name, candidate->name);
    return !aside || find_free(call, caps, choices, &reason);
}

static const lvk_candidate *find_forced(const lvk_call *call, const lvk_caps *caps, const char *name,
                                        const char **reason) {
    const lvk_candidate *candidate;
    *reason = "there is no such candidate";
    for (int i = 0; (candidate = lvk_op_candidate(call->op, caps, i)); ++i)
        if (strcmp(candidate->name, name) == 0 && !(*reason = why_unsupported(candidate, call, caps)))
            return candidate;
    return NULL;
}

static lvk_status choose(const lvk_node *node, const lvk_call *call, const lvk_caps *caps,
                         const lvk_plan_options *options, const char *preferred,
                         const lvk_candidate **chosen) {
    const bool forced = options->forced_candidate && options->forced_op == call->op;
    const char *reason;
    if (!forced && take_preferred(call, caps, options->kernel_choices, preferred, chosen))
        return LVK_OK;
    *chosen = forced ? find_forced(call, caps, options->forced_candidate, &reason)
                     : find_free(call, caps, options->kernel_choices, &reason);
    return *chosen ? LVK_OK
                   : lvk_fail(LVK_ERROR_UNSUPPORTED, "%s: no kernel of %s%s%s can run here: %s", node->label,
                              lvk_op_get(call->op)->name, forced ? "/" : "",
                              forced ? options->forced_candidate : "", reason);
}

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b) {
    while (b) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Lowers `most` to the number of rows of a tensor of type `type` that fit one binding, and raises `step` to
 * the number of rows at whose multiples a slice may start, so that the slice's offset in the tensor is
 * aligned. */
static void measure_rows(const lvk_type *type, const lvk_caps *caps, uint64_t *most, uint64_t *step) {
    const uint64_t row = lvk_type_row_count(type) * lvk_dtype_size(type->dtype);
    const uint64_t own_step = caps->offset_alignment / greatest_common_divisor(row, caps->offset_alignment);
    if (*most > caps->max_storage_range / row)
        *most = caps->max_storage_range / row;
    if (own_step > *step)
        *step = own_step; /* steps are powers of two, so that the larger is a multiple of the smaller */
}

/* Sets `rows` to the rows of one slice. Fails when even the smallest slice is too large. */
static lvk_status slice_rows(const lvk_node *node, const lvk_caps *caps, const lvk_plan_options *options,
                             uint64_t *rows) {
    const lvk_op *op = lvk_op_get(node->call.op);
    const lvk_call *call = &node->call;
    uint64_t most = UINT64_MAX, step = 1, batch = UINT64_MAX;
    const lvk_type *types[LVK_MAX_INPUTS + LVK_MAX_OUTPUTS];
    bool batched[LVK_MAX_INPUTS + LVK_MAX_OUTPUTS];
    int count = 0;
    for (int i = 0; i < call->input_count; ++i, ++count) {
        types[count] = &call->inputs[i];
        batched[count] = op->batched_inputs >> i & 1;
    }
    for (int i = 0; i < call->output_count; ++i, ++count) {
        types[count] = &call->outputs[i];
        batched[count] = op->batched_outputs >> i & 1;
    }
    for (int i = 0; i < count; ++i) {
        char text[LVK_TYPE_TEXT];
        if (batched[i]) {
            measure_rows(types[i], caps, &most, &step);
            batch = types[i]->dim[0];
        } else if (lvk_type_size(types[i]) > caps->max_storage_range) {
            return lvk_fail(LVK_ERROR_LIMIT,
                            "%s: a tensor of %s is larger than the device's %" PRIu64 " bytes a binding",
                            node->label, lvk_type_text(types[i], text), caps->max_storage_range);
        }
    }
    if (options->slice_rows && most > options->slice_rows)
        most = options->slice_rows < step ? step : options->slice_rows;
    if (batch <= most)
        *rows = batch == UINT64_MAX ? 0 : batch;
    else if (most < step)
        return lvk_fail(LVK_ERROR_LIMIT,
                        "%s: %" PRIu64 " images at once do not fit a binding of %" PRIu64 " bytes",
                        node->label, step, caps->max_storage_range);
    else
        *rows = most / step * step;
    return LVK_OK;
}

static void take_rows(lvk_call *call, uint32_t row, uint32_t rows) {
    const lvk_op *op = lvk_op_get(call->op);
    for (int i = 0; i < call->input_count; ++i)
        if (op->batched_inputs >> i & 1)
            call->inputs[i].dim[0] = rows;
    for (int i = 0; i < call->output_count; ++i)
        if (op->batched_outputs >> i & 1)
            call->outputs[i].dim[0] = rows;
    call->accumulate = row > 0 && op->summed_outputs != 0;
}

static lvk_status launch(const lvk_node *node, const lvk_candidate *candidate, const lvk_caps *caps,
                         lvk_arena *arena, lvk_lowered *lowered, lvk_lowered_slice *slice) {
    lvk_launch_list list = {.status = LVK_OK};
    memcpy(list.max_groups, caps->max_groups, sizeof list.max_groups);
    candidate->launch(&slice->call, caps, &list);
    if (list.status != LVK_OK)
        return lvk_fail_within(list.status, "%s", node->label);
    slice->launches = lvk_arena_alloc(arena, (size_t)list.count, sizeof *slice->launches);
    if (!slice->launches)
        return LVK_ERROR_MEMORY;
    memcpy(slice->launches, list.launches, sizeof *slice->launches * (size_t)list.count);
    slice->launch_count = list.count;
    for (int i = 0; i < LVK_MAX_SCRATCH; ++i)
        if (lowered->scratch_size[i] < list.scratch_size[i])
            lowered->scratch_size[i] = list.scratch_size[i];
    return LVK_OK;
}

lvk_status lvk_lower(const lvk_node *node, const lvk_caps *caps, const lvk_plan_options *options,
                     lvk_arena *arena, lvk_lowered *lowered) {
    *lowered = (lvk_lowered){.slice_count = 1};
    const lvk_op *op = lvk_op_get(node->call.op);
    const bool launches = caps->runs_launches && op->candidate_count > 0;
    const bool chooses = lvk_op_candidate(node->call.op, caps, 0) != NULL;
    uint32_t batch = 0;
    for (int i = 0; i < node->call.input_count; ++i)
        if (op->batched_inputs >> i & 1)
            batch = node->call.inputs[i].dim[0];
    uint64_t rows = batch;
    const char *preferred = NULL;
    if (launches)
        LVK_TRY(slice_rows(node, caps, options, &rows));
    if (chooses)
        LVK_TRY(lvk_kernel_choices_find(options->kernel_choices, &node->call, &preferred));
    lowered->slice_count = rows ? (int)lvk_divide_up(batch, rows) : 1;
    lowered->slices = lvk_arena_alloc(arena, (size_t)lowered->slice_count, sizeof *lowered->slices);
    if (!lowered->slices)
        return LVK_ERROR_MEMORY;
    for (int i = 0; i < lowered->slice_count; ++i) {
        lvk_lowered_slice *slice = &lowered->slices[i];
        slice->call = node->call;
        slice->candidate = "";
        slice->row = (uint32_t)(rows * (uint64_t)i);
        slice->rows = batch - slice->row < rows ? batch - slice->row : (uint32_t)rows;
        if (lowered->slice_count > 1)
            take_rows(&slice->call, slice->row, slice->rows);
        if (!chooses)
            continue;
        const lvk_candidate *candidate = NULL;
        LVK_TRY(choose(node, &slice->call, caps, options, preferred, &candidate));
        slice->candidate = candidate->name;
        if (launches)
            LVK_TRY(launch(node, candidate, caps, arena, lowered, slice));
    }
    return LVK_OK;
}
