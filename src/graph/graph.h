/* The compute graph: tensors, and nodes in the order in which they run. A node is one use of an operator.
 *
 * A graph is built by functions that append tensors and nodes; each checks the types of its operands. After
 * the first failure all further calls do nothing and return LVK_NONE, and lvk_graph_status() returns that
 * failure. Code that builds a model thus needs one check at the end. A tensor's handle is a small integer,
 * valid for the graph that returned it. Graphs are not thread-safe. */
#ifndef LVK_GRAPH_GRAPH_H
#define LVK_GRAPH_GRAPH_H

#include "backend/program.h"
#include "core/memory.h"
#include "core/string_map.h"
#include "ops/op.h"

typedef enum lvk_role {
    LVK_ROLE_VALUE,     /* an operator's output */
    LVK_ROLE_INPUT,     /* the host writes it before a run */
    LVK_ROLE_CONSTANT,  /* all elements have one value, which is set once */
    LVK_ROLE_PARAMETER, /* a part of LVK_BLOCK_PARAMETERS */
    LVK_ROLE_FUSED,     /* was between the nodes that a fused node replaces; no longer computed or usable */
    LVK_ROLE_BLOCK      /* a block or a part of one as a flat tensor, on which optimizers work */
} lvk_role;

typedef struct lvk_tensor {
    const char *name;
    lvk_type type;
    lvk_role role;
    lvk_block_id block; /* parameters and blocks: the block in which they lie */
    uint64_t offset;    /* parameters and blocks: bytes from the beginning of the block */
    bool trainable;     /* parameters: whether the loss is differentiated with respect to them */
    double constant;    /* constants: the value of all elements */
    bool is_output;     /* whether the host reads it after a run */
    bool is_checkpoint; /* whether lvk_graph_recompute keeps it for the gradients */
    int producer;       /* the node that computes it; LVK_NONE for all but values */
    int output_index;   /* its number among the producer's outputs */
    int gradient;       /* d loss / d this tensor, set by lvk_graph_backward; LVK_NONE: none */
    int gradient_of;    /* the parameter whose gradient, in LVK_BLOCK_GRADIENTS, it is; LVK_NONE: none */
} lvk_tensor;

typedef struct lvk_node {
    const char *label;
    lvk_call call;
    int inputs[LVK_MAX_INPUTS];
    int outputs[LVK_MAX_OUTPUTS];
    bool recomputed; /* it computes the same bits as an earlier node (lvk_graph_recompute) */
} lvk_node;

typedef struct lvk_graph {
    lvk_arena arena; /* owns names and attributes */
    lvk_status status;
    lvk_tensor *tensors;
    size_t tensor_count, tensor_capacity;
    lvk_node *nodes;
    size_t node_count, node_capacity;
    size_t forward_count;    /* the number of nodes before the first gradient node; 0: no gradient yet */
    uint64_t parameter_size; /* bytes of the parameter block so far */
    bool parameters_closed;  /* no parameter can be added, since a tensor of a whole block exists */
} lvk_graph;

/* Every tensor starts at a multiple of this many bytes, the largest alignment that Vulkan lets a device
 * require. */
enum { LVK_ALIGNMENT = 256 };

void lvk_graph_init(lvk_graph *graph);
void lvk_graph_finish(lvk_graph *graph);

/* The first failure, or LVK_OK. If it happened on this thread, this thread's error line tells it. */
LVK_MUST_USE lvk_status lvk_graph_status(const lvk_graph *graph);

int lvk_graph_input(lvk_graph *graph, const char *name, lvk_type type);
int lvk_graph_constant(lvk_graph *graph, const char *name, lvk_type type, double value);
int lvk_graph_parameter(lvk_graph *graph, const char *name, lvk_type type, bool trainable);

/* Returns a flat tensor of all elements of `block` (parameters, gradients or a moment), padding between the
 * parameters included. The padding is zero and stays zero. No parameter can be added afterwards. */
int lvk_graph_block(lvk_graph *graph, lvk_block_id block);

/* Returns a flat tensor of the bytes from `begin` to before `end` of a block. A parameter begins at `begin`;
 * at `end`, another parameter begins or the block ends. */
int lvk_graph_block_part(lvk_graph *graph, lvk_block_id block, uint64_t begin, uint64_t end);

/* Appends a node of operator `op`. `label` names the node in messages and profiles; NULL stands for the
 * operator's name. The attributes are copied. Returns the node's first output; lvk_graph_output gives the
 * other outputs. */
int lvk_graph_apply(lvk_graph *graph, const char *label, int op, const void *attributes, int input_count,
                    const int *inputs);
int lvk_graph_output(const lvk_graph *graph, int first_output, int index);

#define LVK_APPLY(graph, label, op, attributes, ...)                                                         \
    lvk_graph_apply((graph), (label), (op), (attributes), (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), \
                    (int[]){__VA_ARGS__})

/* Declares that the host reads this tensor after a run. */
void lvk_graph_mark_output(lvk_graph *graph, int tensor);

/* Declares that lvk_graph_recompute keeps this value for the gradients. */
void lvk_graph_mark_checkpoint(lvk_graph *graph, int tensor);

/* Replaces chains of nodes by fused nodes:
 *   conv2d, relu, maxpool2d   conv2d_relu_pool
 *   conv2d, relu              conv2d_relu
 *   dense, relu               dense_relu
 *   conv2d, add, relu         conv2d_add_relu
 * A chain is fused where the device (`caps`) allows it and neither another node nor the host reads a tensor
 * in between, and where a kernel of the fused operator, and of its gradients, is left that `choices` does not set aside
 * (graph/kernel_choices.h; NULL: none is). Results are the same up to rounding. The function must be called before lvk_graph_backward, so
 * that the gradients are those of the fused operators. */
void lvk_graph_fuse(lvk_graph *graph, const lvk_caps *caps, const lvk_string_map *choices);

/* Appends the nodes that compute d loss / d parameter for every trainable parameter, by reverse-mode
 * differentiation: the function applies the operators' gradient rules to the nodes, from the last to the
 * first. `loss` has one element. Afterwards tensors[p].gradient is the gradient of parameter p, or LVK_NONE
 * where the loss does not depend on p. */
void lvk_graph_backward(lvk_graph *graph, int loss);

/* The same for a loss outside of the graph: `gradient`, of the type of `output`, is d loss / d output. */
void lvk_graph_backward_from(lvk_graph *graph, int output, int gradient);

/* Appends the nodes that compute d loss / d source alone, for any tensor of the graph with elements of LVK_F32, an input
 * or a value between two nodes; parameters get no gradients. Afterwards tensors[source].gradient is that gradient, a value of
 * its own. `gradient` as above. LVK_ERROR_ARGUMENT: the output does not depend on `source`. */
void lvk_graph_backward_to(lvk_graph *graph, int output, int gradient, int source);

/* Gradient checkpointing (Chen et al., "Training deep nets with sublinear memory cost", 2016): activations
 * between two checkpoints are not kept after the forward pass. Right before the gradient nodes that read
 * them, appended nodes compute them again by the same operators from the same inputs, and thus with the same
 * bits. Activations after the last checkpoint are kept. Nodes that update a tensor in place, such as the
 * averages of batch norms, are not repeated. The function must be called after lvk_graph_backward, and before
 * nodes that work on the gradients are appended. */
void lvk_graph_recompute(lvk_graph *graph);

/* Drops only activations that are computed again in about the time that fetching them from memory takes: those of ReLUs, sums,
 * batch norms, and the largest one, that of the convolution of the images. For devices on which batchnorm and batchnorm_inference compute the same
 * bits from the same statistics. */
void lvk_graph_recompute_cheap(lvk_graph *graph);

#endif
