#include "runtime/trace.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* ---- what a place in memory holds ---- */

typedef struct census {
    uint64_t count, bad; /* the number of elements, and of those that are not finite */
    float first;         /* the first that is not finite */
    float largest;       /* the largest finite absolute value */
} census;

static census count_values(const float *values, uint64_t count) {
    census c = {.count = count};
    for (uint64_t i = 0; i < count; ++i) {
        if (isfinite(values[i]))
            c.largest = fmaxf(c.largest, fabsf(values[i]));
        else if (c.bad++ == 0)
            c.first = values[i];
    }
    return c;
}

typedef struct tracer {
    lvk_pass *pass;
    const lvk_step *step;
    const lvk_node *node;
    const char *phase; /* "forward", "backward" or "update" */
    float *values;     /* room for the largest operand */
    char *text;
} tracer;

/* Sets *c to what an operand of the step holds; other elements than floats are always finite. */
static lvk_status look(const tracer *t, const lvk_region *region, const lvk_type *type, census *c) {
    const lvk_executable *e = &t->pass->executable;
    *c = (census){0};
    if (type->dtype != LVK_F32)
        return LVK_OK;
    LVK_TRY(e->backend->functions->buffer_read(e->backend, e->blocks[region->block], region->offset,
                                               t->values, lvk_type_size(type)));
    *c = count_values(t->values, lvk_type_count(type));
    return LVK_OK;
}

/* Whether the step updates input `i` in place, and may therefore leave unread what an earlier run left there. */
static bool is_overwritten(const tracer *t, int i) {
    const lvk_block_id block = t->step->inputs[i].block;
    const lvk_op *op = lvk_op_get(t->step->call.op);
    bool updated = false;
    for (int o = 0; o < t->step->call.output_count; ++o)
        updated = updated || op->alias[o] == i + 1;
    return updated && (block == LVK_BLOCK_ACCUMULATED || block == LVK_BLOCK_GRADIENTS);
}

/* ---- what is told ---- */

/* "d loss / d conv2d_1/kernel", or the tensor's own name. */
static void name_tensor(const tracer *t, int tensor, char name[160]) {
    const lvk_graph *graph = &t->pass->graph;
    const int of = graph->tensors[tensor].gradient_of;
    if (of != LVK_NONE)
        snprintf(name, 160, "d loss / d %s", graph->tensors[of].name);
    else
        snprintf(name, 160, "%s", graph->tensors[tensor].name);
}

/* Tells of an input that no step of the program has written. */
static void tell_input(const tracer *t, int i, const census *c) {
    char name[160];
    name_tensor(t, t->node->inputs[i], name);
    snprintf(t->text, LVK_TRACE_TEXT,
             "%s held %" PRIu64 " of %" PRIu64
             " values that are not finite (the first is %g) before operator %s "
             "of node %s read it",
             name, c->bad, c->count, (double)c->first, lvk_op_get(t->step->call.op)->name, t->step->label);
}

static void tell_output(const tracer *t, int o, const census *c, float largest) {
    char name[160], shape[LVK_TYPE_TEXT];
    name_tensor(t, t->node->outputs[o], name);
    snprintf(t->text, LVK_TRACE_TEXT,
             "operator %s%s%s of node %s (%s) made the first: %" PRIu64 " of %" PRIu64
             " values of its output %d, "
             "%s [%s], the first %g, from inputs that are finite and at most %.3g",
             lvk_op_get(t->step->call.op)->name, *t->step->candidate ? ", kernel " : "", t->step->candidate,
             t->step->label, t->phase, c->bad, c->count, o, name,
             lvk_type_text(&t->step->call.outputs[o], shape), (double)c->first, (double)largest);
}

/* ---- one step after the other ---- */

static lvk_status look_at_inputs(const tracer *t, float *largest) {
    for (int i = 0; i < t->step->call.input_count && !*t->text; ++i) {
        census c;
        if (is_overwritten(t, i))
            continue;
        LVK_TRY(look(t, &t->step->inputs[i], &t->step->call.inputs[i], &c));
        *largest = fmaxf(*largest, c.largest);
        if (c.bad)
            tell_input(t, i, &c);
    }
    return LVK_OK;
}

static lvk_status run_alone(const tracer *t) {
    const lvk_executable *e = &t->pass->executable;
    const lvk_backend_functions *functions = e->backend->functions;
    lvk_program program = t->pass->plan.program;
    lvk_exec *exec = NULL;
    program.steps = t->step;
    program.step_count = 1;
    LVK_TRY(functions->exec_create(e->backend, &program, e->blocks, &exec));
    const lvk_status status = functions->exec_run(e->backend, exec);
    functions->exec_destroy(e->backend, exec);
    return status;
}

static lvk_status trace_step(const tracer *t) {
    float largest = 0;
    LVK_TRY(look_at_inputs(t, &largest));
    if (*t->text)
        return LVK_OK;
    LVK_TRY(run_alone(t));
    for (int o = 0; o < t->step->call.output_count && !*t->text; ++o) {
        census c;
        LVK_TRY(look(t, &t->step->outputs[o], &t->step->call.outputs[o], &c));
        if (c.bad)
            tell_output(t, o, &c, largest);
    }
    return LVK_OK;
}

static uint64_t largest_operand(const lvk_program *program) {
    uint64_t size = 16;
    for (int s = 0; s < program->step_count; ++s) {
        const lvk_call *call = &program->steps[s].call;
        for (int i = 0; i < call->input_count; ++i)
            size = lvk_type_size(&call->inputs[i]) > size ? lvk_type_size(&call->inputs[i]) : size;
        for (int o = 0; o < call->output_count; ++o)
            size = lvk_type_size(&call->outputs[o]) > size ? lvk_type_size(&call->outputs[o]) : size;
    }
    return size;
}

static const char *phase_of(const lvk_graph *graph, int node, const lvk_step *step) {
    const lvk_block_id block = step->outputs[0].block;
    if (block != LVK_BLOCK_ARENA && block != LVK_BLOCK_IO && block != LVK_BLOCK_GRADIENTS)
        return "update";
    return graph->forward_count && (size_t)node >= graph->forward_count ? "backward" : "forward";
}

/* Runs the steps of a pass, whose inputs have been written, up to the first that writes such a number. */
static lvk_status trace_pass(lvk_pass *pass, char *text) {
    const lvk_program *program = &pass->plan.program;
    tracer t = {.pass = pass, .text = text, .values = lvk_alloc(largest_operand(program), 1)};
    lvk_status status = t.values ? LVK_OK : LVK_ERROR_MEMORY;
    for (int s = 0; s < program->step_count && status == LVK_OK && !*text; ++s) {
        const int node = pass->plan.nodes[s];
        t.step = &program->steps[s];
        t.node = &pass->graph.nodes[node];
        t.phase = phase_of(&pass->graph, node, t.step);
        status = trace_step(&t);
    }
    lvk_free(t.values);
    return status;
}

lvk_status lvk_network_trace_train(lvk_network *network, const lvk_train_batch *batch,
                                   char text[LVK_TRACE_TEXT]) {
    *text = '\0';
    LVK_TRY(lvk_network_write_batch(network, batch));
    LVK_TRY(trace_pass(&network->training, text));
    if (*text || !network->update.builder || network->config.shared ||
        batch->microbatch + 1 < batch->microbatches)
        return LVK_OK;
    return lvk_network_trace_update(network, batch->hyper, text);
}

lvk_status lvk_network_trace_update(lvk_network *network, const lvk_real *hyper, char text[LVK_TRACE_TEXT]) {
    *text = '\0';
    LVK_TRY(lvk_network_write_hyper(network, hyper));
    return trace_pass(&network->update, text);
}

lvk_status lvk_network_trace_infer(lvk_network *network, char text[LVK_TRACE_TEXT]) {
    *text = '\0';
    return trace_pass(&network->inference, text);
}

/* ---- what a training step changes ---- */

static const lvk_block_id changed[] = {LVK_BLOCK_PARAMETERS, LVK_BLOCK_AVERAGE, LVK_BLOCK_MOMENT1,
                                       LVK_BLOCK_MOMENT2};
enum { CHANGED = sizeof changed / sizeof *changed };

lvk_status lvk_network_values_read(lvk_network *network, lvk_network_values *values, bool *finite) {
    *finite = true;
    for (int i = 0; i < CHANGED; ++i) {
        float **block = &values->block[changed[i]];
        if (!network->shared[changed[i]])
            continue;
        if (!*block)
            *block = lvk_alloc(network->block_size, 1);
        if (!*block)
            return LVK_ERROR_MEMORY;
        LVK_TRY(lvk_network_read(network, changed[i], *block));
        *finite = *finite && count_values(*block, network->block_size / sizeof **block).bad == 0;
    }
    return LVK_OK;
}

lvk_status lvk_network_values_write(lvk_network *network, const lvk_network_values *values) {
    for (int i = 0; i < CHANGED; ++i)
        if (values->block[changed[i]])
            LVK_TRY(lvk_network_write(network, changed[i], values->block[changed[i]]));
    return LVK_OK;
}

void lvk_network_values_finish(lvk_network_values *values) {
    for (int b = 0; b < LVK_BLOCK_COUNT; ++b)
        lvk_free(values->block[b]);
    *values = (lvk_network_values){0};
}
