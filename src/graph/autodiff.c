/* Reverse-mode differentiation over the graph. The operators' gradient rules contain the calculus. This file
 * finds out which gradients are needed, and adds the gradients that a tensor gets from the nodes that read
 * it. */
#include "graph/graph.h"

#include <stdio.h>

typedef struct backward_pass {
    lvk_graph *graph;
    const char *label; /* of the forward node that is differentiated */
} backward_pass;

static int emit(lvk_backprop *backprop, int op, const void *attributes, int input_count, const int *inputs) {
    const backward_pass *pass = backprop->graph;
    char label[160];
    snprintf(label, sizeof label, "%s/%s", pass->label, lvk_op_get(op)->name);
    return lvk_graph_apply(pass->graph, label, op, attributes, input_count, inputs);
}

static int output(const lvk_backprop *backprop, int first_output, int index) {
    const backward_pass *pass = backprop->graph;
    return lvk_graph_output(pass->graph, first_output, index);
}

static bool has_gradient(const lvk_graph *graph, int tensor) {
    const lvk_tensor *t = &graph->tensors[tensor];
    return t->type.dtype == LVK_F32 && !(t->role == LVK_ROLE_PARAMETER && !t->trainable);
}

/* Returns an array in which needed[t] says whether tensor t is a trainable parameter or computed from
 * one; or, unless `source` is LVK_NONE, whether it is `source` or computed from that. */
static bool *find_needed(const lvk_graph *graph, int source) {
    bool *needed = lvk_alloc(graph->tensor_count, sizeof *needed);
    for (size_t t = 0; needed && t < graph->tensor_count; ++t)
        needed[t] = source == LVK_NONE
                        ? graph->tensors[t].role == LVK_ROLE_PARAMETER && graph->tensors[t].trainable
                        : (int)t == source;
    for (size_t n = 0; needed && n < graph->node_count; ++n) {
        const lvk_node *node = &graph->nodes[n];
        bool any = false;
        for (int i = 0; i < node->call.input_count; ++i)
            any = any || needed[node->inputs[i]];
        for (int i = 0; i < node->call.output_count; ++i)
            needed[node->outputs[i]] =
                needed[node->outputs[i]] || (any && has_gradient(graph, node->outputs[i]));
    }
    return needed;
}

static void accumulate(backward_pass *pass, int tensor, int gradient) {
    lvk_graph *graph = pass->graph;
    const int sum = graph->tensors[tensor].gradient;
    if (sum != LVK_NONE && gradient != LVK_NONE) {
        char label[160];
        snprintf(label, sizeof label, "%s/add", pass->label);
        gradient = LVK_APPLY(graph, label, LVK_OP_add, NULL, sum, gradient);
    }
    if (gradient != LVK_NONE)
        graph->tensors[tensor].gradient = gradient;
}

static void differentiate(backward_pass *pass, const lvk_node *node, const bool *needed) {
    lvk_graph *graph = pass->graph;
    int output_gradients[LVK_MAX_OUTPUTS];
    bool reached = false, wanted = false;
    lvk_backprop backprop = {.call = &node->call,
                             .inputs = node->inputs,
                             .outputs = node->outputs,
                             .output_gradients = output_gradients,
                             .emit = emit,
                             .output = output,
                             .graph = pass};
    for (int i = 0; i < node->call.output_count; ++i) {
        output_gradients[i] = graph->tensors[node->outputs[i]].gradient;
        reached = reached || output_gradients[i] != LVK_NONE;
    }
    for (int i = 0; i < node->call.input_count; ++i) {
        backprop.wanted[i] = needed[node->inputs[i]];
        backprop.input_gradients[i] = LVK_NONE;
        wanted = wanted || backprop.wanted[i];
    }
    if (!reached || !wanted)
        return;
    const lvk_op *op = lvk_op_get(node->call.op);
    pass->label = node->label;
    if (!op->gradient) {
        graph->status = lvk_fail(LVK_ERROR_UNSUPPORTED, "%s: %s has no gradient", node->label, op->name);
        return;
    }
    op->gradient(&backprop);
    for (int i = 0; i < node->call.input_count && graph->status == LVK_OK; ++i)
        if (backprop.wanted[i])
            accumulate(pass, node->inputs[i], backprop.input_gradients[i]);
}

/* Makes the gradient of a tensor a value of its own. A view, or a gradient that belongs to another tensor too
 * (the two inputs of an addition have one gradient), is copied, by adding zero. */
static void own_gradient(lvk_graph *graph, int of) {
    int gradient = graph->tensors[of].gradient;
    if (gradient == LVK_NONE)
        return;
    const lvk_tensor *tensor = &graph->tensors[gradient];
    const bool own = tensor->role == LVK_ROLE_VALUE && tensor->gradient_of == LVK_NONE &&
                     lvk_op_get(graph->nodes[tensor->producer].call.op)->alias[tensor->output_index] == 0;
    if (!own) {
        const int zero = lvk_graph_constant(graph, "zero", tensor->type, 0);
        gradient = LVK_APPLY(graph, graph->tensors[of].name, LVK_OP_add, NULL, zero, gradient);
    }
    if (graph->status == LVK_OK)
        graph->tensors[of].gradient = gradient;
}

/* Marks the gradient of a parameter as such. It must be a value of its own, since it gets a fixed place in
 * the block of gradients. */
static void place_gradient(lvk_graph *graph, int parameter) {
    own_gradient(graph, parameter);
    const int gradient = graph->tensors[parameter].gradient;
    if (graph->status == LVK_OK && gradient != LVK_NONE)
        graph->tensors[gradient].gradient_of = parameter;
}

/* Appends the gradient nodes that lead from `output` to all tensors that find_needed finds. */
static void differentiate_all(lvk_graph *graph, int output, int gradient, int source) {
    if (graph->status != LVK_OK)
        return;
    bool *needed = find_needed(graph, source);
    if (!needed) {
        graph->status = LVK_ERROR_MEMORY;
        return;
    }
    const size_t forward_nodes = graph->forward_count = graph->node_count;
    graph->tensors[output].gradient = gradient;
    backward_pass pass = {.graph = graph};
    for (size_t n = forward_nodes; n-- > 0 && graph->status == LVK_OK;) {
        const lvk_node node =
            graph->nodes[n]; /* a copy, since the rule appends nodes, which may move the array */
        differentiate(&pass, &node, needed);
    }
    lvk_free(needed);
}

void lvk_graph_backward_from(lvk_graph *graph, int output, int gradient) {
    const size_t forward_tensors = graph->tensor_count;
    differentiate_all(graph, output, gradient, LVK_NONE);
    for (size_t t = 0; t < forward_tensors && graph->status == LVK_OK; ++t)
        if (graph->tensors[t].role == LVK_ROLE_PARAMETER && graph->tensors[t].trainable)
            place_gradient(graph, (int)t);
}

void lvk_graph_backward_to(lvk_graph *graph, int output, int gradient, int source) {
    differentiate_all(graph, output, gradient, source);
    if (graph->status != LVK_OK)
        return;
    if (source == LVK_NONE || graph->tensors[source].gradient == LVK_NONE)
        graph->status =
            lvk_fail(LVK_ERROR_ARGUMENT, "the output does not depend on the tensor to differentiate by");
    else
        own_gradient(graph, source);
}

void lvk_graph_backward(lvk_graph *graph, int loss) {
    if (graph->status != LVK_OK)
        return;
    if (loss < 0 || lvk_type_count(&graph->tensors[loss].type) != 1) {
        graph->status = lvk_fail(LVK_ERROR_ARGUMENT, "the loss must be a tensor of one element");
        return;
    }
    const int seed = lvk_graph_constant(graph, "d_loss", graph->tensors[loss].type, 1);
    lvk_graph_backward_from(graph, loss, seed);
}
