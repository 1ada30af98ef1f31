/* The graph pass that replaces chains of operators by one that computes the same without writing what lies
 * between. */
#include "graph/graph.h"
#include "ops/conv_pool.h"

#include <string.h>

typedef struct fuser {
    lvk_graph *graph;
    int *uses;     /* [tensor] how often it is read, by nodes and by the host */
    bool *dropped; /* [node] part of a fused one */
} fuser;

static void count_uses(fuser *f) {
    for (size_t t = 0; t < f->graph->tensor_count; ++t)
        f->uses[t] = f->graph->tensors[t].is_output;
    for (size_t n = 0; n < f->graph->node_count; ++n)
        for (int i = 0; i < f->graph->nodes[n].call.input_count; ++i)
            ++f->uses[f->graph->nodes[n].inputs[i]];
}

/* The node that makes input 0 of `node`, if it is of operator `op` and nobody else reads what it makes;
 * LVK_NONE. */
static int before(const fuser *f, int node, int op) {
    const int tensor = f->graph->nodes[node].inputs[0], producer = f->graph->tensors[tensor].producer;
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

/* conv2d, relu, maxpool2d: the pool's node becomes conv2d_relu_pool, with the convolution's inputs. */
static void fuse_pool(fuser *f, int pool) {
    lvk_node *node = &f->graph->nodes[pool];
    const int relu = before(f, pool, LVK_OP_relu),
              conv = relu == LVK_NONE ? LVK_NONE : before(f, relu, LVK_OP_conv2d);
    if (conv == LVK_NONE ||
        memcmp(node->call.attributes, &lvk_conv_pool_window, sizeof lvk_conv_pool_window) != 0)
        return;
    const lvk_node *first = &f->graph->nodes[conv];
    const lvk_conv2d_attributes *attributes = first->call.attributes;
    if (attributes->stride_h != 1 || attributes->stride_w != 1)
        return;
    lvk_call call = first->call;
    call.op = LVK_OP_conv2d_relu_pool;
    call.output_count = node->call.output_count;
    memcpy(call.outputs, node->call.outputs, sizeof call.outputs);
    memcpy(node->inputs, first->inputs, sizeof node->inputs);
    node->call = call;
    node->label = first->label;
    drop(f, relu);
    drop(f, conv);
}

/* Closes the gaps and renumbers the producers. */
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

void lvk_graph_fuse(lvk_graph *graph, const lvk_caps *caps) {
    if (graph->status != LVK_OK || graph->tensor_count == 0 || graph->node_count == 0)
        return;
    /* The fallback kernel of conv2d_relu_pool binds five buffers; Vulkan guarantees four. */
    if (caps->runs_launches && caps->max_storage_buffers < 5)
        return;
    fuser f = {.graph = graph,
               .uses = lvk_alloc(graph->tensor_count, sizeof *f.uses),
               .dropped = lvk_alloc(graph->node_count, sizeof *f.dropped)};
    if (f.uses && f.dropped) {
        count_uses(&f);
        for (size_t n = 0; n < graph->node_count; ++n)
            if (graph->nodes[n].call.op == LVK_OP_maxpool2d)
                fuse_pool(&f, (int)n);
        compact(&f);
    } else {
        graph->status = LVK_ERROR_MEMORY;
    }
    lvk_free(f.uses);
    lvk_free(f.dropped);
}
