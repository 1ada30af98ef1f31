#include "cpu/tail.h"

#include "ops/op.h"

enum {
    NEAR = 8 /* steps between a kernel and its tail, such as the moving averages behind a batch norm */
};

static bool reads(const lvk_step *step, const lvk_region *region) {
    bool found = false;
    for (int i = 0; i < step->call.input_count; ++i)
        found = found || lvk_regions_overlap(&step->inputs[i], region);
    return found;
}

static bool writes(const lvk_step *step, const lvk_region *region) {
    bool found = false;
    for (int o = 0; o < step->call.output_count; ++o)
        found = found || lvk_regions_overlap(&step->outputs[o], region);
    return found;
}

/* The first step after number `after` that has to do with `region`; -1: none is near. */
static int next_use(const lvk_program *program, int after, const lvk_region *region) {
    for (int s = after + 1; s < program->step_count && s <= after + NEAR; ++s)
        if (reads(&program->steps[s], region) || writes(&program->steps[s], region))
            return s;
    return -1;
}

/* Whether `outer` holds all of `inner`. */
static bool contains(const lvk_region *outer, const lvk_region *inner) {
    return outer->block == inner->block && outer->offset <= inner->offset &&
           inner->offset + inner->size <= outer->offset + outer->size;
}

/* Whether a step after number `after` writes all of what step number `reader` reads in `region`. */
static bool is_new(const lvk_program *program, int after, int reader, const lvk_region *region) {
    for (int s = reader - 1; s > after; --s)
        for (int o = 0; o < program->steps[s].call.output_count; ++o)
            if (contains(&program->steps[s].outputs[o], region))
                return true;
    return false;
}

/* Whether nothing reads what `region` holds after step number `after`. */
static bool is_dead(const lvk_program *program, int after, const lvk_region *region) {
    for (int s = after + 1; s < program->step_count; ++s) {
        const lvk_step *step = &program->steps[s];
        for (int i = 0; i < step->call.input_count; ++i)
            if (lvk_regions_overlap(&step->inputs[i], region) && !is_new(program, after, s, &step->inputs[i]))
                return false;
    }
    return true;
}

static bool is_part(const lvk_cpu_tail *tail, int step) {
    bool found = false;
    for (int i = 0; i < tail->count; ++i)
        found = found || tail->steps[i] == step;
    return found;
}

/* Whether `a` and `b` are one place, or have nothing in common. */
static bool is_elementwise(const lvk_region *a, const lvk_region *b) {
    return lvk_regions_equal(a, b) || !lvk_regions_overlap(a, b);
}

/* Whether step number `step` can write to the tail's output at once, instead of the tail's last step. */
static bool can_write(const lvk_program *program, int step, const lvk_cpu_tail *tail, uint64_t scratch) {
    const lvk_step *kernel = &program->steps[step];
    const lvk_region own = {kernel->idle.block, kernel->idle.offset, scratch}, *output = &tail->output;
    if ((scratch <= kernel->idle.size && lvk_regions_overlap(&own, output)) ||
        !is_elementwise(&kernel->inputs[0], output) ||
        (tail->adds && !is_elementwise(&tail->summand, output)))
        return false;
    for (int i = 1; i < kernel->call.input_count; ++i)
        if (lvk_regions_overlap(&kernel->inputs[i], output))
            return false;
    for (int o = 1; o < kernel->call.output_count; ++o)
        if (lvk_regions_overlap(&kernel->outputs[o], output))
            return false;
    for (int s = step + 1; s < tail->steps[tail->count - 1]; ++s)
        if (!is_part(tail, s) && (reads(&program->steps[s], output) || writes(&program->steps[s], output)))
            return false;
    return true;
}

/* Whether `summand` holds already, while step number `step` runs, what step number `last` adds. */
static bool is_there(const lvk_program *program, int step, int last, const lvk_region *summand) {
    for (int s = step; s < last; ++s)
        if (writes(&program->steps[s], summand))
            return false;
    return true;
}

/* Takes step number `next`, which is the next to use what is computed so far, into the tail; false: it does not fit. */
static bool take(const lvk_program *program, int step, int next, lvk_cpu_tail *tail) {
    const lvk_step *taken = &program->steps[next];
    const lvk_region value = tail->output;
    const bool first = lvk_regions_equal(&taken->inputs[0], &value);
    if (taken->call.op == LVK_OP_relu && first) {
        tail->relu = true;
    } else if (taken->call.op == LVK_OP_add && tail->count == 0 &&
               first != lvk_regions_equal(&taken->inputs[1], &value)) {
        tail->adds = true;
        tail->summand = taken->inputs[first];
        if (lvk_regions_overlap(&tail->summand, &value) || !is_there(program, step, next, &tail->summand))
            return false;
    } else {
        return false;
    }
    tail->output = taken->outputs[0];
    tail->steps[tail->count++] = next;
    return lvk_regions_equal(&tail->output, &value) || is_dead(program, next, &value);
}

lvk_cpu_tail lvk_cpu_find_tail(const lvk_program *program, int step, uint64_t scratch) {
    lvk_cpu_tail tail = {.output = program->steps[step].outputs[0]}, longer = tail;
    while (tail.count < LVK_CPU_TAIL_STEPS && !tail.relu && tail.output.block == LVK_BLOCK_ARENA) {
        const int next = next_use(program, tail.count ? tail.steps[tail.count - 1] : step, &tail.output);
        if (next < 0 || !take(program, step, next, &longer) || !can_write(program, step, &longer, scratch))
            break;
        tail = longer;
    }
    return tail;
}
