#include "graph/plan.h"

#include "graph/lower.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A place in the arena. It holds one value, or several values one after the other, each computed in place of
 * the one before, or a scratch buffer of a node. */
typedef struct place {
    uint64_t size;   /* bytes, guards included, a multiple of LVK_ALIGNMENT */
    int first, last; /* the first and the last node that uses it */
    lvk_block_id block;
    uint64_t offset;
} place;

/* The place of a gradient in the block of gradients. Until the gradient is computed it can hold values. */
typedef struct slot {
    uint64_t offset, size; /* bytes that are free, a multiple of LVK_ALIGNMENT */
    int born;              /* the node that computes the gradient */
} slot;

typedef struct planner {
    const lvk_graph *graph;
    const lvk_caps *caps;
    const lvk_plan_options *options;
    lvk_plan *plan;
    int *root;            /* [tensor] the tensor that owns the memory: itself but for views and updates */
    int *last_use;        /* [tensor that owns memory] the last node that reads or writes it */
    int *place_of;        /* [tensor that owns memory] index into places; LVK_NONE outside the arena */
    bool *needed;         /* [node] */
    lvk_lowered *lowered; /* [node] */
    int (*scratch)[LVK_MAX_SCRATCH]; /* [node] indices into places; LVK_NONE: not used */
    place *places;
    size_t place_count, place_capacity;
    lvk_region *regions; /* [tensor] */
    lvk_region *idle;    /* [node] */
} planner;

static uint64_t round_up(uint64_t value, uint64_t multiple) {
    return lvk_divide_up(value, multiple) * multiple;
}

static const lvk_op *op_of(const lvk_node *node) {
    return lvk_op_get(node->call.op);
}

static lvk_status allocate(planner *p) {
    const size_t tensors = p->graph->tensor_count, nodes = p->graph->node_count;
    lvk_arena *arena = &p->plan->arena;
    p->root = lvk_arena_alloc(arena, tensors, sizeof *p->root);
    p->last_use = lvk_arena_alloc(arena, tensors, sizeof *p->last_use);
    p->place_of = lvk_arena_alloc(arena, tensors, sizeof *p->place_of);
    p->regions = lvk_arena_alloc(arena, tensors, sizeof *p->regions);
    p->needed = lvk_arena_alloc(arena, nodes, sizeof *p->needed);
    p->lowered = lvk_arena_alloc(arena, nodes, sizeof *p->lowered);
    p->scratch = lvk_arena_alloc(arena, nodes, sizeof *p->scratch);
    return p->root && p->last_use && p->place_of && p->regions && p->needed && p->lowered && p->scratch
               ? LVK_OK
               : LVK_ERROR_MEMORY;
}

/* Sets root[t] of every tensor, by following views and in-place updates to the tensor that owns the
 * memory. */
static void find_roots(planner *p) {
    for (size_t t = 0; t < p->graph->tensor_count; ++t) {
        p->root[t] = (int)t;
        p->place_of[t] = LVK_NONE;
    }
    for (size_t n = 0; n < p->graph->node_count; ++n) {
        const lvk_node *node = &p->graph->nodes[n];
        for (int i = 0; i < node->call.output_count; ++i)
            if (op_of(node)->alias[i])
                p->root[node->outputs[i]] = p->root[node->inputs[op_of(node)->alias[i] - 1]];
    }
}

/* Sets needed[n] of every node. A node is needed when the host or a later needed node reads one of its
 * outputs, or when it updates a block of parameters, gradients or moments. */
static lvk_status find_needed(planner *p) {
    const lvk_graph *graph = p->graph;
    bool *wanted = lvk_arena_alloc(&p->plan->arena, graph->tensor_count, sizeof *wanted);
    if (!wanted)
        return LVK_ERROR_MEMORY;
    for (size_t n = graph->node_count; n-- > 0;) {
        const lvk_node *node = &graph->nodes[n];
        for (int i = 0; i < node->call.output_count; ++i) {
            const int t = node->outputs[i];
            const lvk_tensor *owner = &graph->tensors[p->root[t]];
            const bool updates = p->root[t] != t && op_of(node)->candidate_count > 0 &&
                                 (owner->role == LVK_ROLE_BLOCK || owner->role == LVK_ROLE_PARAMETER);
            const bool result = graph->tensors[t].is_output || graph->tensors[t].gradient_of != LVK_NONE;
            p->needed[n] = p->needed[n] || wanted[t] || updates || result;
        }
        for (int i = 0; p->needed[n] && i < node->call.input_count; ++i)
            wanted[node->inputs[i]] = true;
    }
    return LVK_OK;
}

static void find_last_uses(planner *p) {
    for (size_t t = 0; t < p->graph->tensor_count; ++t)
        p->last_use[t] = LVK_NONE;
    for (size_t n = 0; n < p->graph->node_count; ++n) {
        const lvk_node *node = &p->graph->nodes[n];
        for (int i = 0; p->needed[n] && i < node->call.input_count; ++i)
            p->last_use[p->root[node->inputs[i]]] = (int)n;
        for (int i = 0; p->needed[n] && i < node->call.output_count; ++i)
            p->last_use[p->root[node->outputs[i]]] = (int)n;
    }
}

static lvk_status add_place(planner *p, uint64_t size, int first, int last, int *index) {
    LVK_TRY(LVK_GROW(&p->places, &p->place_capacity, p->place_count));
    *index = (int)p->place_count;
    const bool reuse = p->options->guard == 0;
    p->places[p->place_count++] = (place){.size = round_up(size + 2 * p->options->guard, LVK_ALIGNMENT),
                                          .first = reuse ? first : 0,
                                          .last = reuse ? last : (int)p->graph->node_count};
    return LVK_OK;
}

/* Whether tensor `t`, which owns its memory, lies outside of the arena. */
static bool outside_arena(const planner *p, int t) {
    const lvk_tensor *tensor = &p->graph->tensors[t];
    bool output = tensor->is_output;
    for (size_t other = 0; !output && other < p->graph->tensor_count;
         ++other) /* the host may read a view of the tensor */
        output = p->root[other] == t && p->graph->tensors[other].is_output;
    return tensor->role != LVK_ROLE_VALUE || output || tensor->gradient_of != LVK_NONE;
}

/* The place of input 0, if output 0 of node number `n` may take it over because the node is the last that
 * reads input 0, and reads it as no other of its inputs; else LVK_NONE. */
static int inherited_place(const planner *p, const lvk_node *node, int n) {
    const int source = p->root[node->inputs[0]], target = node->outputs[0];
    for (int i = 1; i < node->call.input_count; ++i)
        if (p->root[node->inputs[i]] == source)
            return LVK_NONE;
    if (!op_of(node)->in_place || p->options->guard || p->place_of[source] == LVK_NONE ||
        p->last_use[source] != n ||
        lvk_type_size(&p->graph->tensors[source].type) != lvk_type_size(&p->graph->tensors[target].type))
        return LVK_NONE;
    return p->place_of[source];
}

static lvk_status collect_places(planner *p) {
    for (size_t n = 0; n < p->graph->node_count; ++n) {
        const lvk_node *node = &p->graph->nodes[n];
        for (int i = 0; i < LVK_MAX_SCRATCH; ++i)
            p->scratch[n][i] = LVK_NONE;
        for (int i = 0; p->needed[n] && i < LVK_MAX_SCRATCH; ++i)
            if (p->lowered[n].scratch_size[i])
                LVK_TRY(add_place(p, p->lowered[n].scratch_size[i], (int)n, (int)n, &p->scratch[n][i]));
        for (int i = 0; p->needed[n] && i < node->call.output_count; ++i) {
            const int t = node->outputs[i];
            if (p->root[t] != t || outside_arena(p, t))
                continue;
            const int inherited = i == 0 ? inherited_place(p, node, (int)n) : LVK_NONE;
            if (inherited != LVK_NONE) {
                p->place_of[t] = inherited;
                p->places[inherited].last = p->last_use[t];
            } else {
                LVK_TRY(add_place(p, lvk_type_size(&p->graph->tensors[t].type), (int)n, p->last_use[t],
                                  &p->place_of[t]));
            }
        }
    }
    return LVK_OK;
}

/* The bytes that places of the arena take during each node, [nodes + 1]; the end counts as one, for what lives to it. */
static uint64_t *measure_load(const planner *p) {
    const size_t nodes = p->graph->node_count;
    uint64_t *load = lvk_arena_alloc(&p->plan->arena, nodes + 1, sizeof *load);
    if (!load)
        return NULL;
    memset(load, 0, (nodes + 1) * sizeof *load);
    for (size_t i = 0; i < p->place_count; ++i)
        if (p->places[i].block == LVK_BLOCK_ARENA)
            for (int n = p->places[i].first; n <= p->places[i].last; ++n)
                load[n] += p->places[i].size;
    return load;
}

/* The first node with the largest load. */
static int fullest_node(const planner *p, const uint64_t *load) {
    int fullest = 0;
    for (size_t n = 1; n < p->graph->node_count; ++n)
        fullest = load[n] > load[fullest] ? (int)n : fullest;
    return fullest;
}

static size_t list_slots(const planner *p, slot *slots) {
    size_t count = 0;
    for (size_t t = 0; t < p->graph->tensor_count; ++t) {
        const lvk_tensor *tensor = &p->graph->tensors[t];
        const uint64_t size = lvk_type_size(&tensor->type) / LVK_ALIGNMENT * LVK_ALIGNMENT;
        if (tensor->gradient_of != LVK_NONE && size)
            slots[count++] = (slot){.offset = p->graph->tensors[tensor->gradient_of].offset,
                                    .size = size,
                                    .born = tensor->producer};
    }
    return count;
}

/* The smallest slot that the place fits and whose gradient is computed after the place's last use. */
static slot *find_slot(slot *slots, size_t count, const place *wanted) {
    slot *best = NULL;
    for (size_t i = 0; i < count; ++i)
        if (slots[i].size >= wanted->size && slots[i].born > wanted->last &&
            (!best || slots[i].size < best->size))
            best = &slots[i];
    return best;
}

/* Moves values from where the arena is fullest to the block of gradients, where nothing lies before the gradients are
 * computed. `order` lists the largest place first. */
static lvk_status borrow_gradients(planner *p, place *const *order) {
    slot *slots = lvk_arena_alloc(&p->plan->arena, p->graph->tensor_count, sizeof *slots);
    uint64_t *load = measure_load(p);
    if (!slots || !load)
        return LVK_ERROR_MEMORY;
    const size_t count = p->options->guard ? 0 : list_slots(p, slots);
    for (bool moved = count > 0; moved;) {
        const int fullest = fullest_node(p, load);
        moved = false;
        for (size_t i = 0; i < p->place_count && !moved; ++i) {
            place *candidate = order[i];
            const bool there = candidate->block == LVK_BLOCK_ARENA && candidate->first <= fullest &&
                               fullest <= candidate->last;
            slot *found = there ? find_slot(slots, count, candidate) : NULL;
            if (!found)
                continue;
            candidate->block = LVK_BLOCK_GRADIENTS;
            for (int n = candidate->first; n <= candidate->last; ++n)
                load[n] -= candidate->size;
            candidate->offset = found->offset;
            found->offset += candidate->size;
            found->size -= candidate->size;
            moved = true;
        }
    }
    return LVK_OK;
}

static int compare_places(const void *a, const void *b) {
    const place *x = *(place *const *)a, *y = *(place *const *)b;
    if (x->size != y->size)
        return x->size < y->size ? 1 : -1;
    return x < y ? -1 : x > y;
}

/* Gives every place its offset in the arena: the largest place first, each at the lowest offset that is free
 * during its whole lifetime ("greedy by size" of Pisarchyk and Lee, "Efficient memory management for deep
 * neural net inference", 2020). */
static lvk_status arrange(planner *p, uint64_t *arena_size) {
    place **order = lvk_arena_alloc(&p->plan->arena, p->place_count, sizeof(place *));
    if (!order)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < p->place_count; ++i)
        order[i] = &p->places[i];
    if (p->place_count)
        qsort(order, p->place_count, sizeof *order, compare_places);
    LVK_TRY(borrow_gradients(p, order));
    *arena_size = 0;
    for (size_t i = 0; i < p->place_count; ++i) {
        uint64_t offset = 0;
        if (order[i]->block != LVK_BLOCK_ARENA)
            continue;
        for (bool moved = true; moved;) { /* until no placed one that overlaps is used at the same time */
            moved = false;
            for (size_t k = 0; k < i; ++k) {
                const place *other = order[k];
                const bool in_time = other->block == LVK_BLOCK_ARENA && other->first <= order[i]->last &&
                                     order[i]->first <= other->last;
                const bool in_space =
                    other->offset < offset + order[i]->size && offset < other->offset + other->size;
                if (in_time && in_space) {
                    offset = other->offset + other->size;
                    moved = true;
                }
            }
        }
        order[i]->offset = offset;
        if (*arena_size < offset + order[i]->size)
            *arena_size = offset + order[i]->size;
    }
    return LVK_OK;
}

static int compare_offsets(const void *a, const void *b) {
    const place *x = *(place *const *)a, *y = *(place *const *)b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* The largest part of the arena that no place uses while node `n` runs; `order` lists the places by offset. */
static lvk_region idle_region(place *const *order, size_t count, uint64_t arena_size, int n) {
    lvk_region idle = {.block = LVK_BLOCK_ARENA};
    uint64_t end = 0; /* of the places so far */
    for (size_t i = 0; i <= count; ++i) {
        const uint64_t begin = i < count ? order[i]->offset : arena_size;
        if (i < count && (order[i]->block != LVK_BLOCK_ARENA || order[i]->first > n || order[i]->last < n))
            continue;
        if (begin > end && begin - end > idle.size)
            idle = (lvk_region){LVK_BLOCK_ARENA, end, begin - end};
        if (i < count && end < begin + order[i]->size)
            end = begin + order[i]->size;
    }
    return idle;
}

static lvk_status find_idle(planner *p) {
    place **order = lvk_arena_alloc(&p->plan->arena, p->place_count, sizeof(place *));
    p->idle = lvk_arena_alloc(&p->plan->arena, p->graph->node_count, sizeof *p->idle);
    if (!order || !p->idle)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < p->place_count; ++i)
        order[i] = &p->places[i];
    if (p->place_count)
        qsort(order, p->place_count, sizeof *order, compare_offsets);
    for (size_t n = 0; n < p->graph->node_count; ++n)
        p->idle[n] = idle_region(order, p->place_count, p->plan->program.block_size[LVK_BLOCK_ARENA], (int)n);
    return LVK_OK;
}

static lvk_region place_region(const planner *p, int index, uint64_t size) {
    const uint64_t guard = round_up(p->options->guard, LVK_ALIGNMENT);
    return (lvk_region){p->places[index].block, p->places[index].offset + guard, round_up(size, 16)};
}

static void assign_regions(planner *p) {
    lvk_program *program = &p->plan->program;
    const lvk_graph *graph = p->graph;
    const uint64_t guard = round_up(p->options->guard, LVK_ALIGNMENT);
    for (size_t t = 0; t < graph->tensor_count; ++t) {
        const lvk_tensor *tensor = &graph->tensors[t];
        const int root = p->root[t];
        const uint64_t size = round_up(lvk_type_size(&tensor->type), 16);
        if (root != (int)t) {
            p->regions[t] = p->regions[root];
            if (p->regions[t].size)
                p->regions[t].size = size;
        } else if (p->last_use[t] == LVK_NONE && tensor->role != LVK_ROLE_PARAMETER) {
            continue; /* no node uses it */
        } else if (tensor->role == LVK_ROLE_PARAMETER || tensor->role == LVK_ROLE_BLOCK) {
            p->regions[t] = (lvk_region){tensor->block, tensor->offset, size};
            program->block_size[tensor->block] = graph->parameter_size;
        } else if (tensor->gradient_of != LVK_NONE) {
            p->regions[t] =
                (lvk_region){LVK_BLOCK_GRADIENTS, graph->tensors[tensor->gradient_of].offset, size};
            program->block_size[LVK_BLOCK_GRADIENTS] = graph->parameter_size;
        } else if (p->place_of[t] != LVK_NONE) {
            p->regions[t] = place_region(p, p->place_of[t], size);
        } else {
            uint64_t *end = &program->block_size[LVK_BLOCK_IO];
            p->regions[t] = (lvk_region){LVK_BLOCK_IO, *end + guard, size};
            *end = round_up(*end + guard + size, LVK_ALIGNMENT) + guard;
        }
    }
}

/* The part of an operand's region that a batch slice uses: its rows if the operand is batched, else all. */
static lvk_region slice_region(lvk_region whole, bool batched, const lvk_type *full,
                               const lvk_lowered_slice *slice) {
    const uint64_t row = lvk_type_row_count(full) * lvk_dtype_size(full->dtype);
    if (!batched || slice->rows == full->dim[0])
        return whole;
    return (lvk_region){whole.block, whole.offset + slice->row * row, round_up(slice->rows * row, 16)};
}

static lvk_status fill_step(planner *p, size_t n, const lvk_lowered_slice *slice, lvk_step *step) {
    const lvk_node *node = &p->graph->nodes[n];
    const lvk_op *op = op_of(node);
    *step = (lvk_step){.label = node->label,
                       .recomputed = node->recomputed,
                       .candidate = slice->candidate,
                       .idle = p->idle[n],
                       .call = slice->call,
                       .launches = slice->launches,
                       .launch_count = slice->launch_count,
                       .flops = op->flops ? op->flops(&slice->call) : 0};
    if (p->lowered[n].slice_count > 1)
        step->label = lvk_arena_format(&p->plan->arena, "%s [%" PRIu32 "-%" PRIu32 "]", node->label,
                                       slice->row, slice->row + slice->rows - 1);
    for (int i = 0; i < node->call.input_count; ++i) {
        step->inputs[i] = slice_region(p->regions[node->inputs[i]], op->batched_inputs >> i & 1,
                                       &node->call.inputs[i], slice);
        step->bytes += (double)lvk_type_size(&slice->call.inputs[i]);
    }
    for (int i = 0; i < node->call.output_count; ++i) {
        step->outputs[i] = slice_region(p->regions[node->outputs[i]], op->batched_outputs >> i & 1,
                                        &node->call.outputs[i], slice);
        step->bytes += (double)lvk_type_size(&slice->call.outputs[i]);
    }
    for (int i = 0; i < LVK_MAX_SCRATCH; ++i)
        if (p->scratch[n][i] != LVK_NONE)
            step->scratch[i] = place_region(p, p->scratch[n][i], p->lowered[n].scratch_size[i]);
    return step->label ? LVK_OK : LVK_ERROR_MEMORY;
}

static lvk_status fill_steps(planner *p) {
    int count = 0;
    for (size_t n = 0; n < p->graph->node_count; ++n)
        count += p->needed[n] ? p->lowered[n].slice_count : 0;
    lvk_step *steps = lvk_arena_alloc(&p->plan->arena, (size_t)count, sizeof *steps);
    int *nodes = lvk_arena_alloc(&p->plan->arena, (size_t)count, sizeof *nodes);
    if (!steps || !nodes)
        return LVK_ERROR_MEMORY;
    p->plan->nodes = nodes;
    lvk_program *program = &p->plan->program;
    program->steps = steps;
    for (size_t n = 0; n < p->graph->node_count; ++n)
        for (int s = 0; p->needed[n] && s < p->lowered[n].slice_count; ++s) {
            nodes[program->step_count] = (int)n;
            LVK_TRY(fill_step(p, n, &p->lowered[n].slices[s], &steps[program->step_count++]));
        }
    return LVK_OK;
}

static lvk_status plan_graph(planner *p) {
    LVK_TRY(lvk_graph_status(p->graph));
    LVK_TRY(allocate(p));
    find_roots(p);
    LVK_TRY(find_needed(p));
    find_last_uses(p);
    for (size_t n = 0; n < p->graph->node_count; ++n)
        if (p->needed[n])
            LVK_TRY(lvk_lower(&p->graph->nodes[n], p->caps, p->options, &p->plan->arena, &p->lowered[n]));
    LVK_TRY(collect_places(p));
    LVK_TRY(arrange(p, &p->plan->program.block_size[LVK_BLOCK_ARENA]));
    LVK_TRY(find_idle(p));
    assign_regions(p);
    return fill_steps(p);
}

lvk_status lvk_plan_init(lvk_plan *plan, const lvk_graph *graph, const lvk_caps *caps,
                         const lvk_plan_options *options) {
    static const lvk_plan_options none = {0};
    *plan = (lvk_plan){.graph = graph};
    planner p = {.graph = graph, .caps = caps, .options = options ? options : &none, .plan = plan};
    lvk_status status = plan_graph(&p);
    plan->regions = p.regions;
    if (status == LVK_OK)
        status = lvk_program_verify(plan);
    lvk_free(p.places);
    return status;
}

void lvk_plan_finish(lvk_plan *plan) {
    lvk_arena_finish(&plan->arena);
    *plan = (lvk_plan){0};
}
