#include "selftest/parity_run.h"

#include "graph/executable.h"
#include "reference/reference.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { GUARD = 512, POISON = 0xFF }; /* bytes 0xFF are NaN as floats */

static void note(lvk_parity_run *t, const char *format, ...) LVK_PRINTF(2, 3);

/* Writes the failure's text, with everything that is needed to repeat the run, unless the run has one
 * already. */
static void note(lvk_parity_run *t, const char *format, ...) {
    static const char *const variants[] = {"", ", sliced", ", in place"};
    char shape[LVK_TYPE_TEXT], what[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (!*t->failure)
        snprintf(t->failure, sizeof t->failure, "%s/%s, case '%s' (%s), pattern '%s'%s, seed %" PRIu64 ": %s",
                 lvk_op_get(t->op)->name, t->candidate->name, t->c->name,
                 lvk_type_text(&t->call.inputs[0], shape), t->pattern->name, variants[t->variant],
                 t->suite_seed, what);
}

static void run_reference(const lvk_parity_run *t, void *const inputs[], void *outputs[]) {
    lvk_reference_args args = {.call = &t->call};
    for (int i = 0; i < t->call.input_count; ++i)
        args.inputs[i] = inputs[i];
    for (int o = 0; o < t->call.output_count; ++o) {
        const int alias = lvk_op_get(t->op)->alias[o];
        args.outputs[o] = outputs[o];
        if (alias) { /* the operator updates the input in place, so that it works on a copy */
            memcpy(outputs[o], inputs[alias - 1], lvk_type_size(&t->call.outputs[o]));
            args.inputs[alias - 1] = outputs[o];
        }
    }
    lvk_reference_run(&args);
}

static lvk_status run_absolute(lvk_parity_run *t) {
    void *positive[LVK_MAX_INPUTS] = {0};
    lvk_status status = LVK_OK;
    for (int i = 0; i < t->call.input_count; ++i) {
        positive[i] = lvk_alloc(lvk_case_storage(&t->call.inputs[i]), 1);
        if (!positive[i]) {
            status = LVK_ERROR_MEMORY;
            break;
        }
        memcpy(positive[i], t->inputs[i], lvk_type_size(&t->call.inputs[i]));
        float *values = positive[i];
        for (uint64_t k = 0; t->call.inputs[i].dtype == LVK_F32 && k < lvk_type_count(&t->call.inputs[i]);
             ++k)
            values[k] = fabsf(values[k]);
    }
    if (status == LVK_OK)
        run_reference(t, positive, t->absolute);
    for (int i = 0; i < t->call.input_count; ++i)
        lvk_free(positive[i]);
    return status;
}

/* Whether an element must be exact because the inputs are whole numbers. Sums of products of whole numbers
 * are whole, and as long as no partial sum reaches 2^24 they are exact in any order. A single term that is
 * lost, doubled or misplaced thus shows among any number of terms. The bound for all numbers grows with the
 * root of the number of terms; from about 26,000 terms on, one lost average term is within it. Winograd's
 * transforms turn whole numbers into quarters, which are exact too. */
static bool is_exact(const lvk_parity_run *t, const lvk_case_table *table, int output, uint64_t element,
                     double sum) {
    const double expected = (double)((const float *)t->expected[output])[element];
    return t->pattern->whole && !table->scaled && sum < 0x1p22 && sum == floor(sum) &&
           expected == floor(expected);
}

static double allowed_error(const lvk_parity_run *t, const lvk_case_table *table, int output,
                            uint64_t element) {
    if (table->tolerance[output] == LVK_EXACT)
        return 0;
    if (table->tolerance[output] == LVK_SUM) {
        const bool own = t->own_sums && output == 0;
        const double products = table->terms(&t->call), terms = own ? t->own_terms : products;
        const double sum = (double)(own ? t->own_sums : (const float *)t->absolute[output])[element];
        if (is_exact(t, table, output, element, sum))
            return 0;
        /* Products and sums below FLT_MIN may be flushed to zero. */
        return 2 * sqrt(terms) * (double)FLT_EPSILON * sum + products * (double)FLT_MIN;
    }
    const lvk_case_run run = {&t->call, (const void *const *)t->inputs, (const void *const *)t->expected};
    return table->bound(&run, output, element);
}

static void drop_own_sums(lvk_parity_run *t) {
    lvk_free(t->own_sums);
    t->own_sums = NULL;
}

/* Sets own_sums and own_terms where the candidate has them. */
static lvk_status find_own_sums(lvk_parity_run *t, const lvk_case_table *table) {
    const lvk_case_run run = {&t->call, (const void *const *)t->inputs, (const void *const *)t->expected};
    if (!table->own_sums)
        return LVK_OK;
    t->own_sums = lvk_alloc(lvk_case_storage(&t->call.outputs[0]), 1);
    if (!t->own_sums)
        return LVK_ERROR_MEMORY;
    t->own_terms = table->own_sums(&run, t->candidate->name, t->own_sums);
    if (t->own_terms == 0)
        drop_own_sums(t);
    return LVK_OK;
}

static double element_of(const lvk_type *type, const void *data, uint64_t element) {
    switch (type->dtype) {
    case LVK_F32:
        return (double)((const lvk_real *)data)[element];
    case LVK_U32:
        return (double)((const uint32_t *)data)[element];
    case LVK_U8:
        return (double)((const uint8_t *)data)[element];
    }
    return (double)NAN;
}

static void compare_output(lvk_parity_run *t, const lvk_case_table *table, int o) {
    const lvk_type *type = &t->call.outputs[o];
    const uint64_t count = lvk_type_count(type);
    uint64_t wrong = 0, first = 0;
    for (uint64_t i = 0; i < count; ++i) {
        const double expected = element_of(type, t->expected[o], i), got = element_of(type, t->outputs[o], i);
        const bool same = expected == got || (isnan(expected) && isnan(got));
        if (!same && !(fabs(expected - got) <= allowed_error(t, table, o, i)) && wrong++ == 0)
            first = i;
    }
    if (wrong)
        note(t,
             "output %d, %" PRIu64 " of %" PRIu64 " elements wrong, first [%" PRIu64
             "]: %.9g, reference %.9g, allowed error %.3g",
             o, wrong, count, first, element_of(type, t->outputs[o], first),
             element_of(type, t->expected[o], first), allowed_error(t, table, o, first));
}

/* The graph of a run: the operator alone, or, for a run in place, the operator after a copy of input 0, which
 * no other node reads. */
typedef struct run_graph {
    lvk_graph graph;
    int inputs[LVK_MAX_INPUTS], outputs[LVK_MAX_OUTPUTS];
    int zeros[2]; /* inputs that are filled with zeros; LVK_NONE: none */
} run_graph;

/* Fails if an input has changed, unless the operator updates this input. */
static lvk_status check_inputs(lvk_parity_run *t, const run_graph *g, lvk_executable *executable) {
    const lvk_op *op = lvk_op_get(t->op);
    for (int i = 0; i < t->call.input_count; ++i) {
        bool updated = false;
        for (int o = 0; o < t->call.output_count; ++o)
            updated = updated || op->alias[o] == i + 1;
        if (updated || executable->plan->regions[g->inputs[i]].size == 0)
            continue;
        const uint64_t size = lvk_type_size(&t->call.inputs[i]);
        unsigned char *after = lvk_alloc(size, 1);
        if (!after)
            return LVK_ERROR_MEMORY;
        const lvk_status status = lvk_executable_read(executable, g->inputs[i], after);
        if (status == LVK_OK && memcmp(after, t->inputs[i], size) != 0)
            note(t, "wrote to input %d", i);
        lvk_free(after);
        LVK_TRY(status);
    }
    return LVK_OK;
}

/* Sets used[i] for the bytes of the block that belong to a tensor or to scratch. All other bytes are
 * guards. */
static void mark(unsigned char *used, const lvk_region *region, lvk_block_id block) {
    if (region->block == block && region->size)
        memset(used + region->offset, 1, region->size);
}

static lvk_status check_guards(lvk_parity_run *t, lvk_executable *executable, lvk_block_id block) {
    const lvk_program *program = &executable->plan->program;
    const uint64_t size = program->block_size[block];
    if (size == 0)
        return LVK_OK;
    unsigned char *bytes = lvk_alloc(size, 1), *used = lvk_alloc(size, 1);
    lvk_status status = bytes && used ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = t->backend->functions->buffer_read(t->backend, executable->blocks[block], 0, bytes, size);
    if (status == LVK_OK) {
        for (size_t i = 0; i < executable->plan->graph->tensor_count; ++i)
            mark(used, &executable->plan->regions[i], block);
        for (int s = 0; s < program->step_count; ++s)
            for (int i = 0; i < LVK_MAX_SCRATCH; ++i)
                mark(used, &program->steps[s].scratch[i], block);
        for (uint64_t i = 0; i < size && !*t->failure; ++i)
            if (!used[i] && bytes[i] != POISON)
                note(t, "wrote outside of its operands");
    }
    lvk_free(bytes);
    lvk_free(used);
    return status;
}

static lvk_status poison(const lvk_parity_run *t, lvk_executable *executable, lvk_block_id block) {
    const uint64_t size = executable->plan->program.block_size[block];
    if (size == 0)
        return LVK_OK;
    unsigned char *bytes = lvk_alloc(size, 1);
    if (!bytes)
        return LVK_ERROR_MEMORY;
    memset(bytes, POISON, size);
    const lvk_status status =
        t->backend->functions->buffer_write(t->backend, executable->blocks[block], 0, bytes, size);
    lvk_free(bytes);
    return status;
}

static lvk_status build(const lvk_parity_run *t, run_graph *g) {
    lvk_graph *graph = &g->graph;
    int operands[LVK_MAX_INPUTS];
    const bool in_place = t->variant == LVK_VARIANT_IN_PLACE;
    lvk_graph_init(graph);
    g->zeros[0] = g->zeros[1] = LVK_NONE;
    for (int i = 0; i < t->call.input_count; ++i)
        operands[i] = g->inputs[i] = lvk_graph_input(graph, "input", t->call.inputs[i]);
    if (in_place) {
        g->zeros[0] = lvk_graph_input(graph, "zero", t->call.inputs[0]);
        operands[0] = LVK_APPLY(graph, "copy", LVK_OP_add, NULL, g->inputs[0], g->zeros[0]);
    }
    const int first = lvk_graph_apply(graph, NULL, t->op, t->call.attributes, t->call.input_count, operands);
    for (int o = 0; o < t->call.output_count; ++o)
        g->outputs[o] = lvk_graph_output(graph, first, o);
    if (in_place) {
        /* A tensor that the host reads lies outside of the arena and takes over no other place. Therefore the
         * host reads a copy of the result. */
        g->zeros[1] = lvk_graph_input(graph, "zero", t->call.outputs[0]);
        g->outputs[0] = LVK_APPLY(graph, "result", LVK_OP_add, NULL, first, g->zeros[1]);
    }
    for (int o = 0; o < t->call.output_count; ++o)
        lvk_graph_mark_output(graph, g->outputs[o]);
    return lvk_graph_status(graph);
}

static lvk_status write_inputs(const lvk_parity_run *t, const run_graph *g, lvk_executable *executable) {
    for (int i = 0; i < t->call.input_count; ++i)
        if (executable->plan->regions[g->inputs[i]].size)
            LVK_TRY(lvk_executable_write(executable, g->inputs[i], t->inputs[i]));
    for (int i = 0; i < 2; ++i) {
        if (g->zeros[i] == LVK_NONE)
            continue;
        void *zeros = lvk_alloc(lvk_case_storage(&g->graph.tensors[g->zeros[i]].type), 1);
        if (!zeros)
            return LVK_ERROR_MEMORY;
        const lvk_status status = lvk_executable_write(executable, g->zeros[i], zeros);
        lvk_free(zeros);
        LVK_TRY(status);
    }
    return LVK_OK;
}

static lvk_status execute(lvk_parity_run *t, const run_graph *g, lvk_executable *executable, bool guarded) {
    LVK_TRY(poison(t, executable, LVK_BLOCK_ARENA));
    LVK_TRY(poison(t, executable, LVK_BLOCK_IO));
    LVK_TRY(write_inputs(t, g, executable));
    LVK_TRY(lvk_executable_run(executable));
    for (int o = 0; o < t->call.output_count; ++o)
        LVK_TRY(lvk_executable_read(executable, g->outputs[o], t->outputs[o]));
    LVK_TRY(check_inputs(t, g, executable));
    if (!guarded)
        return LVK_OK;
    LVK_TRY(check_guards(t, executable, LVK_BLOCK_ARENA));
    return check_guards(t, executable, LVK_BLOCK_IO);
}

/* Runs once more on the same numbers, and compares the bits. */
static lvk_status run_again(lvk_parity_run *t, const run_graph *g, lvk_executable *executable) {
    LVK_TRY(poison(t, executable, LVK_BLOCK_ARENA));
    LVK_TRY(poison(t, executable, LVK_BLOCK_IO));
    LVK_TRY(write_inputs(t, g, executable));
    LVK_TRY(lvk_executable_run(executable));
    for (int o = 0; o < t->call.output_count; ++o) {
        const uint64_t size = lvk_type_size(&t->call.outputs[o]);
        void *again = lvk_alloc(size, 1);
        const lvk_status status =
            again ? lvk_executable_read(executable, g->outputs[o], again) : LVK_ERROR_MEMORY;
        if (status == LVK_OK && memcmp(again, t->outputs[o], size) != 0)
            note(t, "output %d: a second run on the same numbers gave other bits", o);
        lvk_free(again);
        LVK_TRY(status);
    }
    return LVK_OK;
}

static lvk_status run_on_device(lvk_parity_run *t) {
    const lvk_plan_options options = {.forced_op = t->op,
                                      .forced_candidate = t->candidate->name,
                                      .guard = t->variant == LVK_VARIANT_IN_PLACE ? 0 : GUARD,
                                      /* the plan raises one row to the least that the device's alignment
                                       * allows */
                                      .slice_rows = t->variant == LVK_VARIANT_SLICED ? 1 : 0};
    run_graph g;
    lvk_plan plan = {0};
    lvk_executable executable = {0};
    lvk_status status = build(t, &g);
    if (status == LVK_OK)
        status = lvk_plan_init(&plan, &g.graph, &t->backend->caps, &options);
    if (status == LVK_OK)
        status = lvk_executable_init(&executable, t->backend, &plan, NULL);
    if (status == LVK_OK)
        status = execute(t, &g, &executable, options.guard > 0);
    if (status == LVK_OK && t->twice)
        status = run_again(t, &g, &executable);
    if (executable.backend)
        lvk_executable_finish(&executable);
    lvk_plan_finish(&plan);
    lvk_graph_finish(&g.graph);
    return status;
}

static lvk_status allocate(lvk_parity_run *t) {
    for (int i = 0; i < t->call.input_count; ++i) {
        t->inputs[i] = lvk_case_draw_input(t->c, i, t->pattern, t->seed);
        if (!t->inputs[i])
            return LVK_ERROR_MEMORY;
    }
    for (int o = 0; o < t->call.output_count; ++o) {
        const uint64_t size = lvk_case_storage(&t->call.outputs[o]);
        t->outputs[o] = lvk_alloc(size, 1);
        t->expected[o] = lvk_alloc(size, 1);
        t->absolute[o] = lvk_alloc(size, 1);
        if (!t->outputs[o] || !t->expected[o] || !t->absolute[o])
            return LVK_ERROR_MEMORY;
    }
    return LVK_OK;
}

lvk_status lvk_parity_run_prepare(lvk_parity_run *t) {
    const lvk_case_table *table = lvk_case_table_get(t->op);
    LVK_TRY(allocate(t));
    run_reference(t, t->inputs, t->expected);
    bool sums = false;
    for (int o = 0; o < t->call.output_count; ++o)
        sums = sums || table->tolerance[o] == LVK_SUM;
    return sums ? run_absolute(t) : LVK_OK;
}

lvk_status lvk_parity_run_compare(lvk_parity_run *t) {
    t->failure[0] = '\0';
    for (int o = 0; o < t->call.output_count; ++o) /* so that no result of an earlier candidate is left */
        memset(t->outputs[o], 0, lvk_case_storage(&t->call.outputs[o]));
    LVK_TRY(run_on_device(t));
    LVK_TRY(find_own_sums(t, lvk_case_table_get(t->op)));
    for (int o = 0; o < t->call.output_count; ++o)
        compare_output(t, lvk_case_table_get(t->op), o);
    drop_own_sums(t);
    return LVK_OK;
}

void lvk_parity_run_finish(lvk_parity_run *t) {
    for (int i = 0; i < LVK_MAX_INPUTS; ++i) {
        lvk_free(t->inputs[i]);
        t->inputs[i] = NULL;
    }
    for (int o = 0; o < LVK_MAX_OUTPUTS; ++o) {
        lvk_free(t->outputs[o]);
        lvk_free(t->expected[o]);
        lvk_free(t->absolute[o]);
        t->outputs[o] = t->expected[o] = t->absolute[o] = NULL;
    }
}
