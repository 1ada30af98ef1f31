/* Checks a finished plan by other means than those that made it: it follows the steps and keeps a list of
 * which bytes of which block hold which value. */
#include "graph/plan.h"

#include <inttypes.h>

/* Bytes of a block that hold the value of tensor `root`, which owns its memory. */
typedef struct held {
    lvk_region region;
    int root;
} held;

typedef struct verifier {
    const lvk_plan *plan;
    int step;
    held *items;
    size_t count, capacity;
} verifier;

static lvk_status complain(const verifier *v, const char *what) {
    return lvk_fail(LVK_ERROR_ARGUMENT, "the plan is wrong: step %d, %s, %s", v->step,
                    v->plan->program.steps[v->step].label, what);
}

static const lvk_node *node_of(const verifier *v) {
    return &v->plan->graph->nodes[v->plan->nodes[v->step]];
}

/* The tensor that owns the memory of `tensor`, found through views and in-place updates. */
static int root_of(const lvk_graph *graph, int tensor) {
    for (;;) {
        const lvk_tensor *t = &graph->tensors[tensor];
        const lvk_node *node = t->producer == LVK_NONE ? NULL : &graph->nodes[t->producer];
        const int alias = node ? lvk_op_get(node->call.op)->alias[t->output_index] : 0;
        if (!alias)
            return tensor;
        tensor = node->inputs[alias - 1];
    }
}

static lvk_status check_range(const verifier *v, const lvk_region *region) {
    const uint64_t size = v->plan->program.block_size[region->block];
    return region->offset <= size && region->size <= size - region->offset
               ? LVK_OK
               : complain(v, "has an operand beyond its block");
}

static lvk_status hold(verifier *v, lvk_region region, int root) {
    if (region.size == 0)
        return LVK_OK;
    LVK_TRY(LVK_GROW(&v->items, &v->capacity, v->count));
    v->items[v->count++] = (held){region, root};
    return LVK_OK;
}

/* Notes that the region no longer holds any value. */
static lvk_status drop(verifier *v, const lvk_region *region) {
    const uint64_t end = region->offset + region->size;
    for (size_t i = 0; i < v->count;) {
        const held old = v->items[i];
        if (!lvk_regions_overlap(&old.region, region)) {
            ++i;
            continue;
        }
        v->items[i] = v->items[--v->count];
        const uint64_t old_end = old.region.offset + old.region.size;
        if (old.region.offset < region->offset)
            LVK_TRY(hold(v,
                         (lvk_region){region->block, old.region.offset, region->offset - old.region.offset},
                         old.root));
        if (end < old_end)
            LVK_TRY(hold(v, (lvk_region){region->block, end, old_end - end}, old.root));
    }
    return LVK_OK;
}

/* Whether all bytes of the region hold the value. Since slices are written one after the other, several
 * entries of the list may make up the region. */
static bool holds(const verifier *v, const lvk_region *region, int root) {
    uint64_t found = 0;
    for (size_t i = 0; i < v->count; ++i) {
        const held *item = &v->items[i];
        if (item->root != root || !lvk_regions_overlap(&item->region, region))
            continue;
        const uint64_t begin = item->region.offset > region->offset ? item->region.offset : region->offset;
        const uint64_t end = item->region.offset + item->region.size, last = region->offset + region->size;
        found += (end < last ? end : last) - begin;
    }
    return found == region->size;
}

/* Whether the tensor is written outside of the program's steps: inputs, constants, parameters and blocks
 * are. */
static bool is_given(const lvk_graph *graph, int root) {
    return graph->tensors[root].role != LVK_ROLE_VALUE;
}

static lvk_status check_inputs(const verifier *v) {
    const lvk_step *step = &v->plan->program.steps[v->step];
    for (int i = 0; i < step->call.input_count; ++i) {
        const int root = root_of(v->plan->graph, node_of(v)->inputs[i]);
        LVK_TRY(check_range(v, &step->inputs[i]));
        if (step->inputs[i].size == 0)
            return complain(v, "has an input without a place");
        if (!is_given(v->plan->graph, root) && !holds(v, &step->inputs[i], root))
            return complain(v, "reads what was not written yet, or is overwritten");
    }
    return LVK_OK;
}

/* Fails where output number `o` overlaps an input, unless the operator allows it. */
static lvk_status check_output(const verifier *v, int o) {
    const lvk_step *step = &v->plan->program.steps[v->step];
    const lvk_op *op = lvk_op_get(step->call.op);
    const lvk_region *output = &step->outputs[o];
    LVK_TRY(check_range(v, output));
    for (int i = 0; i < step->call.input_count; ++i) {
        const bool alias = op->alias[o] == i + 1, in_place = op->in_place && o == 0 && i == 0;
        if (lvk_regions_overlap(output, &step->inputs[i]) && !alias &&
            !(in_place && lvk_regions_equal(output, &step->inputs[i])))
            return complain(v, "writes over an input");
    }
    for (int other = 0; other < o; ++other)
        if (lvk_regions_overlap(output, &step->outputs[other]))
            return complain(v, "has two outputs in one place");
    return LVK_OK;
}

/* Scratch memory number `s`; after the last one, the idle part of the arena. */
static const lvk_region *scratch_of(const lvk_step *step, int s) {
    return s < LVK_MAX_SCRATCH ? &step->scratch[s] : &step->idle;
}

static lvk_status check_scratch(const verifier *v, int s) {
    const lvk_step *step = &v->plan->program.steps[v->step];
    const lvk_region *scratch = scratch_of(step, s);
    bool clash = false;
    LVK_TRY(check_range(v, scratch));
    for (int i = 0; i < step->call.input_count; ++i)
        clash = clash || lvk_regions_overlap(scratch, &step->inputs[i]);
    for (int o = 0; o < step->call.output_count; ++o)
        clash = clash || lvk_regions_overlap(scratch, &step->outputs[o]);
    for (int other = 0; other < s; ++other)
        clash = clash || lvk_regions_overlap(scratch, &step->scratch[other]);
    return clash ? complain(v, "has scratch memory on an operand") : LVK_OK;
}

static lvk_status check_step(verifier *v) {
    const lvk_step *step = &v->plan->program.steps[v->step];
    const lvk_op *op = lvk_op_get(step->call.op);
    LVK_TRY(check_inputs(v));
    for (int o = 0; o < step->call.output_count; ++o)
        LVK_TRY(check_output(v, o));
    for (int s = 0; s <= LVK_MAX_SCRATCH; ++s) {
        LVK_TRY(check_scratch(v, s));
        LVK_TRY(drop(v, scratch_of(step, s)));
    }
    for (int o = 0; o < step->call.output_count && op->candidate_count > 0;
         ++o) { /* not for views: no write */
        LVK_TRY(drop(v, &step->outputs[o]));
        LVK_TRY(hold(v, step->outputs[o], root_of(v->plan->graph, node_of(v)->outputs[o])));
    }
    return LVK_OK;
}

/* Fails unless the tensors that the host reads hold their values at the end. */
static lvk_status check_results(const verifier *v) {
    const lvk_graph *graph = v->plan->graph;
    for (size_t t = 0; t < graph->tensor_count; ++t) {
        const int root = root_of(graph, (int)t);
        const lvk_region *region = &v->plan->regions[t];
        if (graph->tensors[t].is_output && region->size && !is_given(graph, root) && !holds(v, region, root))
            return lvk_fail(LVK_ERROR_ARGUMENT, "the plan is wrong: the output %s is overwritten",
                            graph->tensors[t].name);
    }
    return LVK_OK;
}

lvk_status lvk_program_verify(const lvk_plan *plan) {
    verifier v = {.plan = plan};
    lvk_status status = LVK_OK;
    for (; status == LVK_OK && v.step < plan->program.step_count; ++v.step)
        status = check_step(&v);
    if (status == LVK_OK)
        status = check_results(&v);
    lvk_free(v.items);
    return status;
}
