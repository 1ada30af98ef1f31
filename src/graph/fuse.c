/* The graph pass that replaces a chain of operators by one operator, which computes the same without writing
 * the tensors in between. */
#include "graph/graph.h"
#include "graph/lower.h"
#include "ops/conv2d.h"
#include "ops/conv_pool.h"

#include <string.h>

typedef struct fuser {
    lvk_graph *graph;
    const lvk_caps *caps;
    const lvk_string_map *choices;
    int *uses;     /* [tensor] how many times nodes and the host read it */
    bool *dropped; /* [node] whether it has become part of a fused node */
} fuser;

static void count_uses(fuser *f) {
    for (size_t t = 0; t < f->graph->tensor_count; ++t)
        f->uses[t] = f->graph->tensors[t].is_output;
    for (size_t n = 0; n < f->graph->node_count; ++n)
        for (int i = 0; i < f->graph->nodes[n].call.input_count; ++i)
            ++f->uses[f->graph->nodes[n].inputs[i]];
}

/* The node that computes input number `input` of `node`, if it is of operator `op` and only `node` reads its
 * result; else LVK_NONE. */
static int before(const fuser *f, int node, int input, int op) {
    const int tensor = f->graph->nodes[node].inputs[input], producer = f->graph->tensors[tensor].producer;
    const bool fits = producer != LVK_NONE && f->graph->nodes[producer].call.op == op && f->uses[tensor] == 1;
    return fits ? producer : LVK_NONE;
}

static void drop(fuser *f, int node) {
    f->dropped[node] = true;
    const lvk_node *gone = &f->graph->nodes[node];
    for (int i = 0; i < gone->call.output_count; ++i) {
        f->graph->tensors[gone->outputs[i]].role = LVK_ROLE_FUSED;
        f->graph->tensors[gone->outputs[i]].producer = LVK_NONE;
    }
}

/* Whether the device has a kernel for the gradient `op` of a pooled convolution. */
static bool has_pool_gradient(const fuser *f, const lvk_call *pool, int op) {
    const lvk_conv2d_attributes *conv = pool->attributes;
    const lvk_type *x = &pool->inputs[0], *w = &pool->inputs[1], *y = &pool->outputs[0],
                   *index = &pool->outputs[1];
    const lvk_conv2d_grad_input_attributes input = {.conv = *conv, .height = x->dim[1], .width = x->dim[2]};
    const lvk_conv2d_grad_weight_attributes weight = {
        .conv = *conv, .kernel_h = w->dim[0], .kernel_w = w->dim[1]};
    const bool of_input = op == LVK_OP_conv2d_relu_pool_grad_input;
    lvk_call call = {.op = op,
                     .attributes = of_input ? (const void *)&input : &weight,
                     .input_count = 3,
                     .output_count = lvk_op_get(op)->output_count,
                     .inputs = {of_input ? *y : *x, of_input ? *index : *y, of_input ? *w : *index}};
    return lvk_op_get(op)->infer(&call) == LVK_OK && lvk_lower_is_possible(&call, f->caps, f->choices);
}

/* Whether the device has a kernel for the fused operator and for the gradients that only this operator has. */
static bool is_possible(const fuser *f, const lvk_call *call) {
    return lvk_lower_is_possible(call, f->caps, f->choices) &&
           (call->op != LVK_OP_conv2d_relu_pool ||
            (has_pool_gradient(f, call, LVK_OP_conv2d_relu_pool_grad_input) &&
             has_pool_gradient(f, call, LVK_OP_conv2d_relu_pool_grad_weight)));
}

/* Turns the last node of a chain into operator `op`, with the inputs and attributes of the first node, and behind them
 * `residual`, unless it is LVK_NONE. Returns false where the device cannot compute this operator. */
static bool become(fuser *f, int last, int first, int op, int residual) {
    lvk_node *node = &f->graph->nodes[last];
    const lvk_node *source = &f->graph->nodes[first];
    lvk_call call = source->call;
    call.op = op;
    if (residual != LVK_NONE)
        call.inputs[call.input_count++] = f->graph->tensors[residual].type;
    call.output_count = node->call.output_count;
    memcpy(call.outputs, node->call.outputs, sizeof call.outputs);
    if (!is_possible(f, &call))
        return false;
    memcpy(node->inputs, source->inputs, sizeof node->inputs);
    if (residual != LVK_NONE)
        node->inputs[call.input_count - 1] = residual;
    node->call = call;
    node->label = source->label;
    drop(f, first);
    return true;
}

/* Turns conv2d, relu, maxpool2d into conv2d_relu_pool. */
static void fuse_pool(fuser *f, int pool) {
    const lvk_node *node = &f->graph->nodes[pool];
    const int relu = before(f, pool, 0, LVK_OP_relu),
              conv = relu == LVK_NONE ? LVK_NONE : before(f, relu, 0, LVK_OP_conv2d);
    if (conv == LVK_NONE ||
        memcmp(node->call.attributes, &lvk_conv_pool_window, sizeof lvk_conv_pool_window) != 0)
        return;
    const lvk_conv2d_attributes *attributes = f->graph->nodes[conv].call.attributes;
    if (attributes->stride_h != 1 || attributes->stride_w != 1)
        return;
    if (become(f, pool, conv, LVK_OP_conv2d_relu_pool, LVK_NONE))
        drop(f, relu);
}

/* Turns conv2d, relu into conv2d_relu, and dense, relu into dense_relu. */
static void fuse_relu(fuser *f, int relu) {
    const int conv = before(f, relu, 0, LVK_OP_conv2d), dense = before(f, relu, 0, LVK_OP_dense);
    if (conv != LVK_NONE)
        (void)become(f, relu, conv, LVK_OP_conv2d_relu, LVK_NONE);
    else if (dense != LVK_NONE)
        (void)become(f, relu, dense, LVK_OP_dense_relu, LVK_NONE);
}

/* Turns conv2d with a bias, add, relu into conv2d_add_relu, whose residual is the other summand. Either
 * summand may be the convolution; where both are convolutions, the later one is fused. */
static void fuse_add_relu(fuser *f, int relu) {
    enum { RESIDUAL = 3 };
    const int add = before(f, relu, 0, LVK_OP_add);
    int conv = LVK_NONE, residual = LVK_NONE;
    for (int i = 0; add != LVK_NONE && i < 2; ++i) {
        const int node = before(f, add, i, LVK_OP_conv2d);
        if (node > conv && f->graph->nodes[node].call.input_count == RESIDUAL) {
            conv = node;
            residual = f->graph->nodes[add].inputs[1 - i];
        }
    }
    if (conv != LVK_NONE && become(f, relu, conv, LVK_OP_conv2d_add_relu, residual))
        drop(f, add);
}

static void fuse_all(fuser *f) {
    /* The last candidates of conv2d_relu_pool and conv2d_add_relu bind five buffers, but Vulkan guarantees
     * only four. */
    const bool five = !f->caps->runs_launches || f->caps->max_storage_buffers >= 5;
    for (size_t n = 0; five && n < f->graph->node_count; ++n)
        if (f->graph->nodes[n].call.op == LVK_OP_maxpool2d)
            fuse_pool(f, (int)n);
    for (size_t n = 0; n < f->graph->node_count; ++n) {
        if (f->graph->nodes[n].call.op != LVK_OP_relu || f->dropped[n])
            continue;
        fuse_relu(f, (int)n);
        if (five && f->graph->nodes[n].call.op == LVK_OP_relu)
            fuse_add_relu(f, (int)n);
    }
}

/* Removes the dropped nodes, and gives each tensor the new number of its producer. */
static void compact(fuser *f) {
    lvk_graph *graph = f->graph;
    size_t count = 0;
    for (size_t n = 0; n < graph->node_count; ++n) {
        if (f->dropped[n])
            continue;
        graph->nodes[count] = graph->nodes[n];
        for (int i = 0; i < graph->nodes[count].call.output_count; ++i)
            graph->tensors[graph->nodes[count].outputs[i]].producer = (int)count;
        ++count;
    }
    graph->node_count = count;
}

void lvk_graph_fuse(lvk_graph *graph, const lvk_caps *caps, const lvk_string_map *choices) {
    if (graph->status != LVK_OK || graph->tensor_count == 0 || graph->node_count == 0)
        return;
    fuser f = {.graph = graph,
               .caps = caps,
               .choices = choices,
               .uses = lvk_alloc(graph->tensor_count, sizeof *f.uses),
               .dropped = lvk_alloc(graph->node_count, sizeof *f.dropped)};
    if (f.uses && f.dropped) {
        count_uses(&f);
        fuse_all(&f);
        compact(&f);
    } else {
        graph->status = LVK_ERROR_MEMORY;
    }
    lvk_free(f.uses);
    lvk_free(f.dropped);
}
