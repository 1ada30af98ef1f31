/* The compute graph: tensors and the operators between them, in the order in which they run.
 *
 * A graph is built by appending. Every call checks the types of its operands. After the first failure all
 * further calls do nothing and return LVK_NONE, and lvk_graph_status() returns that failure: a model can be
 * written without a check on each line. Handles are small integers, valid for the graph that gave them. Not
 * thread-safe. */
#ifndef LVK_GRAPH_GRAPH_H
#define LVK_GRAPH_GRAPH_H

#include "backend/program.h"
#include "core/memory.h"
#include "ops/op.h"

typedef enum lvk_role {
    LVK_ROLE_VALUE,     /* an operator's output */
    LVK_ROLE_INPUT,     /* written by the host before a run */
    LVK_ROLE_CONSTANT,  /* every element has one value, set once */
    LVK_ROLE_PARAMETER, /* a part of LVK_BLOCK_PARAMETERS */
    LVK_ROLE_FUSED,     /* between the parts of a fused operator: never in memory, not to be used any more */
    LVK_ROLE_BLOCK      /* a block, or a part of it, seen as one flat tensor: what optimizers work on */
} lvk_role;

typedef struct lvk_tensor {
    const char *name;
    lvk_type type;
    lvk_role role;
    lvk_block_id block; /* of parameters and blocks */
    uint64_t offset;    /* bytes, of parameters and blocks */
    bool trainable;     /* of parameters */
    double constant;    /* of constants */
    bool is_output;     /* the host reads it */
    bool is_checkpoint; /* kept where activations are computed again (lvk_graph_recompute) */
    int producer;       /* node; LVK_NONE for all but values */
    int output_index;   /* which of the producer's outputs */
    int gradient;       /* d loss / d this, after lvk_graph_backward; LVK_NONE */
    int gradient_of;    /* the parameter whose gradient this is: it lies in LVK_BLOCK_GRADIENTS; LVK_NONE */
} lvk_tensor;

typedef struct lvk_node {
    const char *label;
    lvk_call call;
    int inputs[LVK_MAX_INPUTS];
    int outputs[LVK_MAX_OUTPUTS];
    bool recomputed; /* computes the same bits as a node before it */
} lvk_node;

typedef struct lvk_graph {
    lvk_arena arena; /* names, attributes */
    lvk_status status;
    lvk_tensor *tensors;
    size_t tensor_count, tensor_capacity;
    lvk_node *nodes;
    size_t node_count, node_capacity;
    size_t forward_count;    /* of these, the nodes before the first gradient's; 0: there are none yet */
    uint64_t parameter_size; /* bytes of the parameter block so far */
    bool parameters_closed;  /* a block tensor exists: its size is fixed */
} lvk_graph;

/* Every tensor starts at a multiple of this many bytes: the largest alignment that Vulkan lets a device ask
 * for. */
enum { LVK_ALIGNMENT = 256 };

void lvk_graph_init(lvk_graph *graph);
void lvk_graph_finish(lvk_graph *graph);

/* The first failure, with its text as this thread's error line when it happened on this thread; LVK_OK. */
LVK_MUST_USE lvk_status lvk_graph_status(const lvk_graph *graph);

int lvk_graph_input(lvk_graph *graph, const char *name, lvk_type type);
int lvk_graph_constant(lvk_graph *graph, const char *name, lvk_type type, double value);
int lvk_graph_parameter(lvk_graph *graph, const char *name, lvk_type type, bool trainable);

/* `block` (parameters, gradients or a moment) as one flat tensor of all parameters' elements, padding
 * included. Padding is zero and stays zero. No parameter can be added afterwards. */
int lvk_graph_block(lvk_graph *graph, lvk_block_id block);

/* A part of it: bytes `begin` to `end`, where a parameter begins and where one, or the block, ends. */
int lvk_graph_block_part(lvk_graph *graph, lvk_block_id block, uint64_t begin, uint64_t end);

/* Appends an operator. `label` names the node in messages and profiles; NULL: the operator's name. Attributes
 * are copied. Returns the first output; lvk_graph_output gives the others from it. */
int lvk_graph_apply(lvk_graph *graph, const char *label, int op, const void *attributes, int input_count,
                    const int *inputs);
int lvk_graph_output(const lvk_graph *graph, int first_output, int index);

#define LVK_APPLY(graph, label, op, attributes, ...)                                                         \
    lvk_graph_apply((graph), (label), (op), (attributes), (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), \
                    (int[]){__VA_ARGS__})

/* The host will read this tensor after a run. */
void lvk_graph_mark_output(lvk_graph *graph, int tensor);

/* The value is kept for the gradients where others are computed again. */
void lvk_graph_mark_checkpoint(lvk_graph *graph, int tensor);

/* Replaces chains of operators by fused ones where `caps` allows it and nobody else, the host included, reads
 * what lies between: conv2d, relu, maxpool2d become conv2d_relu_pool; conv2d or dense, relu become
 * conv2d_relu or dense_relu; conv2d, add, relu become conv2d_add_relu. Results are the same up to rounding.
 * To be called before lvk_graph_backward, so that the gradients are those of the fused operators. */
void lvk_graph_fuse(lvk_graph *graph, const lvk_caps *caps);

/* Appends the nodes that compute d loss / d parameter for every trainable parameter, by walking the nodes
 * backwards through their operators' gradient rules (reverse-mode differentiation). `loss` has one element.
 * Afterwards tensors[p].gradient is the gradient of parameter p, LVK_NONE where the loss does not depend on
 * it. */
void lvk_graph_backward(lvk_graph *graph, int loss);

/* The same from any tensor on: `gradient` is d loss / d output, of the output's type. */
void lvk_graph_backward_from(lvk_graph *graph, int output, int gradient);

/* Drops the activations between one checkpoint and the next after the forward pass and has them computed
 * again by the same operators from the same inputs, so to the same bits, right before the gradients that read
 * them (Chen et al., "Training deep nets with sublinear memory cost", 2016). Not those behind the last
 * checkpoint. Operators that update something, as batch norms' averages, are not repeated. To be called after
 * lvk_graph_backward, before operators that work on the gradients are appended. */
void lvk_graph_recompute(lvk_graph *graph);

#endif
