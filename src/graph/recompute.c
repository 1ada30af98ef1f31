/* The graph pass for gradient checkpointing: gradient nodes read activations that are computed again, so that
 * the activations of the forward pass need not be kept (see lvk_graph_recompute in graph.h). */
#include "graph/graph.h"

#include <stdio.h>
#include <string.h>

enum {
    FEW_CHANNELS = 4, /* those of images */
    MOST_AGAIN = 10   /* nodes one after the other that compute a cheap activation again */
};

typedef struct recomputer {
    lvk_graph *graph;
    bool cheap;        /* whether only activations that cost little are dropped */
    size_t forward;    /* the number of nodes before the first gradient node */
    uint32_t *segment; /* [forward node] the number of checkpoints that are computed before it */
    bool *kept;        /* [tensor] whether gradient nodes read the forward pass's tensor */
    int *chain;        /* [tensor] nodes one after the other that compute it again; 0: it is kept */
    int *recomputed;   /* [tensor] the tensor that gradient nodes read in its place; LVK_NONE: not made yet */
    size_t *order;     /* [node] the nodes' numbers in the order in which they are to run */
    size_t order_count;
} recomputer;

static bool is_checkpoint(const lvk_graph *graph, const lvk_node *node) {
    for (int i = 0; i < node->call.output_count; ++i)
        if (graph->tensors[node->outputs[i]].is_checkpoint)
            return true;
    return false;
}

/* Sets segment[n] of every forward node, and returns the number of segments that end with a checkpoint. The
 * segment after the last checkpoint is not recomputed: the first gradient nodes need it right away, so that
 * computing it again would save no memory. */
static uint32_t find_segments(recomputer *r) {
    uint32_t checkpoints = 0;
    for (size_t n = 0; n < r->forward; ++n) {
        r->segment[n] = checkpoints;
        checkpoints += is_checkpoint(r->graph, &r->graph->nodes[n]);
    }
    return checkpoints;
}

/* The tensor that owns the memory of `tensor`. */
static int root_of(const lvk_graph *graph, int tensor) {
    for (;;) {
        const lvk_tensor *t = &graph->tensors[tensor];
        const lvk_node *node = t->role == LVK_ROLE_VALUE ? &graph->nodes[t->producer] : NULL;
        const int alias = node ? lvk_op_get(node->call.op)->alias[t->output_index] : 0;
        if (!alias)
            return tensor;
        tensor = node->inputs[alias - 1];
    }
}

/* Sets updated[t] of the tensors that a forward node updates in place, such as the averages of batch
 * norms. */
static void find_updated(const recomputer *r, bool *updated) {
    for (size_t n = 0; n < r->forward; ++n) {
        const lvk_node *node = &r->graph->nodes[n];
        const lvk_op *op = lvk_op_get(node->call.op);
        for (int i = 0; i < node->call.output_count; ++i)
            if (op->alias[i] && op->candidate_count > 0)
                updated[root_of(r->graph, node->outputs[i])] = true;
    }
}

/* Whether the node updates a tensor in place, or reads one that is updated. It must not be repeated: the
 * first would update twice, the second would read another value. */
static bool touches_updated(const recomputer *r, const lvk_node *node, const bool *updated) {
    for (int i = 0; i < node->call.input_count; ++i)
        if (updated[root_of(r->graph, node->inputs[i])])
            return true;
    return false;
}

/* Whether to compute the tensor again costs about as little as to fetch it from memory. */
static bool is_cheap(const lvk_graph *graph, const lvk_tensor *tensor) {
    const lvk_call *call = &graph->nodes[tensor->producer].call;
    switch (call->op) {
    case LVK_OP_relu:
    case LVK_OP_add:
    case LVK_OP_batchnorm_inference:
        return true;
    case LVK_OP_batchnorm:
        return tensor->output_index == 0;
    case LVK_OP_conv2d:
        return call->inputs[0].dim[3] <= FEW_CHANNELS;
    default:
        return false;
    }
}

/* How many nodes one after the other would compute the output of `node` again; nodes before it are done. */
static int chain_to(const recomputer *r, const lvk_node *node) {
    int longest = 0;
    for (int i = 0; i < node->call.input_count; ++i)
        if (r->chain[node->inputs[i]] > longest)
            longest = r->chain[node->inputs[i]];
    return longest + 1;
}

/* Also keeps one activation of a long chain, such as the sums of a residual network's blocks: all of the chain would lie in
 * memory at once where its end is needed. */
static void keep_costly(recomputer *r, const bool *updated) {
    const lvk_graph *graph = r->graph;
    for (size_t t = 0; t < graph->tensor_count; ++t) {
        const lvk_tensor *tensor = &graph->tensors[t];
        const bool forward = tensor->role == LVK_ROLE_VALUE && (size_t)tensor->producer < r->forward;
        r->kept[t] = !forward || tensor->is_output || !is_cheap(graph, tensor) ||
                     touches_updated(r, &graph->nodes[tensor->producer], updated);
        r->chain[t] = r->kept[t] ? 0 : chain_to(r, &graph->nodes[tensor->producer]);
        if (r->chain[t] > MOST_AGAIN) {
            r->kept[t] = true;
            r->chain[t] = 0;
        }
    }
}

static void find_kept(recomputer *r, uint32_t checkpoints, const bool *updated) {
    const lvk_graph *graph = r->graph;
    for (size_t t = 0; t < graph->tensor_count; ++t) {
        const lvk_tensor *tensor = &graph->tensors[t];
        const bool forward = tensor->role == LVK_ROLE_VALUE && (size_t)tensor->producer < r->forward;
        r->kept[t] = !forward || tensor->is_checkpoint || tensor->is_output ||
                     r->segment[tensor->producer] == checkpoints ||
                     touches_updated(r, &graph->nodes[tensor->producer], updated);
    }
    for (size_t n = 0; n < r->forward; ++n) { /* what a later segment reads stays in memory in any case */
        const lvk_node *node = &graph->nodes[n];
        for (int i = 0; i < node->call.input_count; ++i) {
            const int producer = graph->tensors[node->inputs[i]].producer;
            if (producer != LVK_NONE && r->segment[producer] != r->segment[n])
                r->kept[node->inputs[i]] = true;
        }
    }
}

/* Makes of a batch norm with the batch's statistics one that reads the statistics which the forward pass has computed. */
static void normalize_again(const recomputer *r, lvk_node *node, int inputs[LVK_MAX_INPUTS]) {
    if (!r->cheap || node->call.op != LVK_OP_batchnorm)
        return;
    enum { MEAN = 3, VARIANCE };
    inputs[MEAN] = node->outputs[1];
    inputs[VARIANCE] = node->outputs[2];
    node->call.op = LVK_OP_batchnorm_inference;
    node->call.input_count = VARIANCE + 1;
    node->call.output_count = 1;
}

/* The input that takes the most nodes to compute again. It comes first: the others then need not wait in memory for it, and the
 * last one is at hand for the node. */
static int longest_chain(const recomputer *r, const lvk_node *node) {
    int longest = 0;
    for (int i = 1; i < node->call.input_count; ++i)
        if (r->chain[node->inputs[i]] > r->chain[node->inputs[longest]])
            longest = i;
    return longest;
}

/* Returns the tensor that gradient nodes read in place of `tensor`. Unless `tensor` is kept, the function
 * appends the node that computes it again, after the nodes for those of its inputs that are not kept. The
 * recursion is as deep as a segment. */
static int compute_again(recomputer *r, int tensor) { // NOLINT(misc-no-recursion)
    if (r->kept[tensor])
        return tensor;
    if (r->recomputed[tensor] != LVK_NONE)
        return r->recomputed[tensor];
    lvk_node node = r->graph->nodes[r->graph->tensors[tensor].producer]; /* a copy: the array may move */
    int inputs[LVK_MAX_INPUTS];
    const int longest = longest_chain(r, &node);
    inputs[longest] = compute_again(r, node.inputs[longest]);
    for (int i = 0; i < node.call.input_count; ++i)
        if (i != longest)
            inputs[i] = compute_again(r, node.inputs[i]);
    normalize_again(r, &node, inputs);
    char label[160];
    snprintf(label, sizeof label, "%s/again", node.label);
    const int first =
        lvk_graph_apply(r->graph, label, node.call.op, node.call.attributes, node.call.input_count, inputs);
    if (first == LVK_NONE)
        return tensor;
    r->graph->nodes[r->graph->node_count - 1].recomputed = true;
    r->order[r->order_count++] = r->graph->node_count - 1;
    for (int i = 0; i < node.call.output_count; ++i)
        r->recomputed[node.outputs[i]] = lvk_graph_output(r->graph, first, i);
    return r->recomputed[tensor];
}

/* Lets every gradient node read tensors that are kept or computed again, and fills `order`: a node that
 * computes a tensor again comes right before the first gradient node that reads it. */
static void rewire(recomputer *r) {
    lvk_graph *graph = r->graph;
    const size_t gradients_end = graph->node_count;
    for (size_t n = 0; n < r->forward; ++n)
        r->order[r->order_count++] = n;
    for (size_t n = r->forward; n < gradients_end && graph->status == LVK_OK; ++n) {
        for (int i = 0; i < graph->nodes[n].call.input_count; ++i) {
            const int input = compute_again(r, graph->nodes[n].inputs[i]);
            graph->nodes[n].inputs[i] = input;
        }
        r->order[r->order_count++] = n;
    }
}

/* Sorts the graph's nodes by `order`. */
static void reorder(recomputer *r) {
    lvk_graph *graph = r->graph;
    lvk_node *nodes = lvk_alloc(graph->node_capacity, sizeof *nodes);
    if (!nodes) {
        graph->status = LVK_ERROR_MEMORY;
        return;
    }
    for (size_t n = 0; n < r->order_count; ++n) {
        nodes[n] = graph->nodes[r->order[n]];
        for (int i = 0; i < nodes[n].call.output_count; ++i)
            graph->tensors[nodes[n].outputs[i]].producer = (int)n;
    }
    lvk_free(graph->nodes);
    graph->nodes = nodes;
}

static void recompute(recomputer *r, bool *updated) {
    const size_t tensors =
        r->graph->tensor_count; /* before nodes are appended, whose outputs need no entry */
    for (size_t t = 0; t < tensors; ++t)
        r->recomputed[t] = LVK_NONE;
    const uint32_t checkpoints = find_segments(r);
    find_updated(r, updated);
    if (r->cheap)
        keep_costly(r, updated);
    else
        find_kept(r, checkpoints, updated);
    rewire(r);
    if (r->graph->status == LVK_OK)
        reorder(r);
}

static void run(lvk_graph *graph, bool cheap) {
    if (graph->status != LVK_OK || graph->forward_count == 0)
        return;
    const size_t tensors = graph->tensor_count;
    recomputer r = {.graph = graph,
                    .cheap = cheap,
                    .forward = graph->forward_count,
                    .segment = lvk_alloc(graph->forward_count, sizeof *r.segment),
                    .kept = lvk_alloc(tensors, sizeof *r.kept),
                    .chain = lvk_alloc(tensors, sizeof *r.chain),
                    .recomputed = lvk_alloc(tensors, sizeof *r.recomputed),
                    .order = lvk_alloc(graph->node_count + graph->forward_count, sizeof *r.order)};
    bool *updated = lvk_alloc(tensors, sizeof *updated);
    if (r.segment && r.kept && r.chain && r.recomputed && r.order && updated)
        recompute(&r, updated);
    else
        graph->status = LVK_ERROR_MEMORY;
    lvk_free(r.segment);
    lvk_free(r.kept);
    lvk_free(r.chain);
    lvk_free(r.recomputed);
    lvk_free(r.order);
    lvk_free(updated);
}

void lvk_graph_recompute(lvk_graph *graph) {
    run(graph, false);
}

void lvk_graph_recompute_cheap(lvk_graph *graph) {
    run(graph, true);
}
