#include "graph/graph.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void lvk_graph_init(lvk_graph *graph) {
    *graph = (lvk_graph){.status = LVK_OK};
}

void lvk_graph_finish(lvk_graph *graph) {
    lvk_arena_finish(&graph->arena);
    lvk_free(graph->tensors);
    lvk_free(graph->nodes);
    lvk_graph_init(graph);
}

lvk_status lvk_graph_status(const lvk_graph *graph) {
    return graph->status;
}

static int fail(lvk_graph *graph, lvk_status status) {
    graph->status = status;
    return LVK_NONE;
}

static bool is_tensor(const lvk_graph *graph, int tensor) {
    return tensor >= 0 && (size_t)tensor < graph->tensor_count;
}

static lvk_status check_type(const char *name, const lvk_type *type) {
    char text[LVK_TYPE_TEXT];
    if (type->rank < 1 || type->rank > LVK_MAX_RANK)
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: rank %d, tensors have 1 to %d dimensions", name, type->rank,
                        LVK_MAX_RANK);
    uint64_t count = 1;
    for (int i = 0; i < type->rank; ++i) {
        if (type->dim[i] == 0)
            return lvk_fail(LVK_ERROR_ARGUMENT, "%s: dimension %d of %s is zero", name, i,
                            lvk_type_text(type, text));
        count *= type->dim[i];
        if (count > INT32_MAX) /* kernels index with 32 bits */
            return lvk_fail(LVK_ERROR_LIMIT, "%s: %s has more than %d elements", name,
                            lvk_type_text(type, text), INT32_MAX);
    }
    return LVK_OK;
}

static int add_tensor(lvk_graph *graph, const char *name, const lvk_tensor *prototype) {
    if (graph->status != LVK_OK)
        return LVK_NONE;
    lvk_status status = check_type(name, &prototype->type);
    if (status == LVK_OK)
        status = LVK_GROW(&graph->tensors, &graph->tensor_capacity, graph->tensor_count);
    char *own_name = status == LVK_OK ? lvk_arena_strdup(&graph->arena, name) : NULL;
    if (!own_name)
        return fail(graph, status != LVK_OK ? status : LVK_ERROR_MEMORY);
    lvk_tensor *tensor = &graph->tensors[graph->tensor_count];
    *tensor = *prototype;
    tensor->name = own_name;
    tensor->gradient = LVK_NONE;
    tensor->gradient_of = LVK_NONE;
    if (tensor->role != LVK_ROLE_VALUE)
        tensor->producer = LVK_NONE;
    return (int)graph->tensor_count++;
}

int lvk_graph_input(lvk_graph *graph, const char *name, lvk_type type) {
    return add_tensor(graph, name, &(lvk_tensor){.type = type, .role = LVK_ROLE_INPUT});
}

int lvk_graph_constant(lvk_graph *graph, const char *name, lvk_type type, double value) {
    return add_tensor(graph, name, &(lvk_tensor){.type = type, .role = LVK_ROLE_CONSTANT, .constant = value});
}

int lvk_graph_parameter(lvk_graph *graph, const char *name, lvk_type type, bool trainable) {
    if (graph->status == LVK_OK && graph->parameters_closed)
        return fail(graph, lvk_fail(LVK_ERROR_ARGUMENT, "%s: the parameter block is already in use", name));
    const int tensor = add_tensor(graph, name,
                                  &(lvk_tensor){.type = type,
                                                .role = LVK_ROLE_PARAMETER,
                                                .block = LVK_BLOCK_PARAMETERS,
                                                .offset = graph->parameter_size,
                                                .trainable = trainable});
    if (tensor != LVK_NONE)
        graph->parameter_size += lvk_divide_up(lvk_type_size(&type), LVK_ALIGNMENT) * LVK_ALIGNMENT;
    return tensor;
}

int lvk_graph_block(lvk_graph *graph, lvk_block_id block) {
    return lvk_graph_block_part(graph, block, 0, graph->parameter_size);
}

int lvk_graph_block_part(lvk_graph *graph, lvk_block_id block, uint64_t begin, uint64_t end) {
    static const char *const names[] = {"arena",       "io",      "parameters", "gradients",
                                        "accumulated", "average", "moment1",    "moment2"};
    const uint64_t count = (end - begin) / sizeof(lvk_real);
    if (graph->status == LVK_OK && count > UINT32_MAX)
        return fail(graph,
                    lvk_fail(LVK_ERROR_LIMIT,
                             "the model has %" PRIu64 " parameters, more than 32 bits can count", count));
    graph->parameters_closed = true;
    return add_tensor(graph, names[block],
                      &(lvk_tensor){.type = lvk_type_1d(LVK_F32, (uint32_t)count),
                                    .role = LVK_ROLE_BLOCK,
                                    .block = block,
                                    .offset = begin});
}

/* Checks the inputs, and calls the operator's shape rule, which fills the output types. */
static lvk_status infer(lvk_graph *graph, const char *label, lvk_call *call, const int *inputs) {
    const lvk_op *op = lvk_op_get(call->op);
    if (call->input_count < op->min_inputs || call->input_count > op->max_inputs)
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: %s takes %d to %d inputs, not %d", label, op->name,
                        op->min_inputs, op->max_inputs, call->input_count);
    if ((op->attribute_size != 0) != (call->attributes != NULL))
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: %s %s attributes", label, op->name,
                        op->attribute_size ? "needs" : "takes no");
    for (int i = 0; i < call->input_count; ++i) {
        if (!is_tensor(graph, inputs[i]))
            return lvk_fail(LVK_ERROR_ARGUMENT, "%s: input %d of %s is no tensor of this graph", label, i,
                            op->name);
        call->inputs[i] = graph->tensors[inputs[i]].type;
    }
    const lvk_status status = op->infer(call);
    return status == LVK_OK ? LVK_OK : lvk_fail_within(status, "%s", label);
}

int lvk_graph_apply(lvk_graph *graph, const char *label, int op_id, const void *attributes, int input_count,
                    const int *inputs) {
    if (graph->status != LVK_OK)
        return LVK_NONE;
    const lvk_op *op = lvk_op_get(op_id);
    const char *name = lvk_arena_strdup(&graph->arena, label ? label : op->name);
    void *own_attributes = op->attribute_size ? lvk_arena_alloc(&graph->arena, 1, op->attribute_size) : NULL;
    if (!name || (op->attribute_size && !own_attributes))
        return fail(graph, LVK_ERROR_MEMORY);
    if (own_attributes && attributes)
        memcpy(own_attributes, attributes, op->attribute_size);

    lvk_node node = {.label = name,
                     .call = {.op = op_id,
                              .attributes = attributes ? own_attributes : NULL,
                              .input_count = input_count,
                              .output_count = op->output_count}};
    lvk_status status = infer(graph, name, &node.call, inputs);
    if (status == LVK_OK)
        status = LVK_GROW(&graph->nodes, &graph->node_capacity, graph->node_count);
    if (status != LVK_OK)
        return fail(graph, status);
    memcpy(node.inputs, inputs, sizeof *inputs * (size_t)input_count);
    for (int i = 0; i < op->output_count; ++i) {
        char output_name[160];
        snprintf(output_name, sizeof output_name, i ? "%s:%d" : "%s", name, i);
        node.outputs[i] = add_tensor(graph, output_name,
                                     &(lvk_tensor){.type = node.call.outputs[i],
                                                   .role = LVK_ROLE_VALUE,
                                                   .producer = (int)graph->node_count,
                                                   .output_index = i});
    }
    if (graph->status != LVK_OK)
        return LVK_NONE;
    graph->nodes[graph->node_count++] = node;
    return node.outputs[0];
}

int lvk_graph_output(const lvk_graph *graph, int first_output, int index) {
    if (!is_tensor(graph, first_output) || graph->tensors[first_output].producer == LVK_NONE)
        return LVK_NONE;
    const lvk_node *node = &graph->nodes[graph->tensors[first_output].producer];
    return index < node->call.output_count ? node->outputs[index] : LVK_NONE;
}

void lvk_graph_mark_checkpoint(lvk_graph *graph, int tensor) {
    if (is_tensor(graph, tensor))
        graph->tensors[tensor].is_checkpoint = true;
}

void lvk_graph_mark_output(lvk_graph *graph, int tensor) {
    if (is_tensor(graph, tensor))
        graph->tensors[tensor].is_output = true;
    else if (graph->status == LVK_OK)
        fail(graph, lvk_fail(LVK_ERROR_ARGUMENT, "an output is no tensor of this graph"));
}
