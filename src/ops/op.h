/* Operators. An operator is a struct of data and a few small functions: the shape rule, which checks inputs
 * and gives the types of the outputs; the kernel candidates, each with a function that fills launches; the
 * gradient rule, which adds further operators to the graph; and the cost. An operator depends neither on the
 * graph nor on Vulkan. src/reference/<name>.c defines in plain C what it computes. README.md in this folder
 * tells how to add one. */
#ifndef LVK_OPS_OP_H
#define LVK_OPS_OP_H

#include "backend/caps.h"
#include "backend/launch.h"

enum {
#define LVK_OP(name) LVK_OP_##name,
#include "ops/op_list.h"
#undef LVK_OP
    LVK_OP_COUNT
};

/* A kernel candidate: one way of computing an operator on a device. */
typedef struct lvk_candidate {
    const char *name;

    /* Returns NULL when the candidate can compute this call on this device, else the reason why not, static
     * text. A NULL function means that the candidate always can. The types of the call are those of the batch
     * slice to be computed. */
    const char *(*unsupported)(const lvk_call *call, const lvk_caps *caps);

    /* Returns NULL when the candidate may be the fastest for this call on this device, else the reason why it
     * is not, static text. A free choice passes over an unsuited candidate; a caller who asks for the
     * candidate by name, as the parity suite does, gets it. A NULL function means that the candidate always
     * may be the fastest. */
    const char *(*unsuited)(const lvk_call *call, const lvk_caps *caps);

    /* Fills the launches. The shapes of the call have been checked, and unsupported() has returned NULL. */
    void (*launch)(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list);
} lvk_candidate;

/* What a gradient rule works with. Tensors are handles of the graph; LVK_NONE stands for no tensor. */
enum { LVK_NONE = -1 };
typedef struct lvk_backprop {
    const lvk_call *call;
    const int *inputs;                   /* the operator's inputs */
    const int *outputs;                  /* the operator's outputs */
    const int *output_gradients;         /* d loss / d output; at least one is not LVK_NONE */
    bool wanted[LVK_MAX_INPUTS];         /* whether the gradient of each input is needed */
    int input_gradients[LVK_MAX_INPUTS]; /* set by the rule: d loss / d input, or LVK_NONE for none */

    /* Appends an operator to the graph and returns the handle of its first output. */
    int (*emit)(struct lvk_backprop *self, int op, const void *attributes, int input_count,
                const int *inputs);
    /* Returns the handle of output number `index` of the operator whose first output is `first_output`. */
    int (*output)(const struct lvk_backprop *self, int first_output, int index);
    void *graph;
} lvk_backprop;

#define LVK_EMIT(backprop, op, attributes, ...)                                                              \
    (backprop)->emit((backprop), (op), (attributes), (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)),      \
                     (int[]){__VA_ARGS__})

typedef struct lvk_op {
    const char *name;
    const char *summary; /* the formula in one line */
    int min_inputs, max_inputs, output_count;
    size_t attribute_size;

    /* Batch slices. A set bit i says that the first dimension of input or output i is the batch, whose rows
     * are independent, so that the operator may run on a slice of the batch. The outputs in summed_outputs
     * are sums over the batch, to which each slice but the first adds (call->accumulate). If all are zero,
     * the operator always runs on the whole batch. */
    uint32_t batched_inputs, batched_outputs, summed_outputs;

    /* Storage. in_place says that output 0 may take the place of input 0 when no later call reads input 0.
     * alias[i] = 1 + k says that output i is input k, updated in place (optimizers) or with another shape
     * (views); alias[i] = 0 says that output i has a place of its own. */
    bool in_place;
    int alias[LVK_MAX_OUTPUTS];

    /* The shape rule: checks input types and attributes, and fills the output types. Its error line names the
     * operator and the reason. */
    lvk_status (*infer)(lvk_call *call);

    /* The best comes first: where no tuned choice is known, the plan takes the first candidate that is
     * neither unsupported nor unsuited. The last one is always supported and suited. */
    const lvk_candidate *candidates;
    int candidate_count; /* 0 for a view, which computes nothing */

    void (*gradient)(lvk_backprop *backprop); /* NULL: not differentiable */
    double (*flops)(
        const lvk_call *call); /* floating-point operations of the direct form; NULL: negligible */
} lvk_op;

#define LVK_OP(name) extern const lvk_op lvk_op_##name;
#include "ops/op_list.h"
#undef LVK_OP

/* The descriptor of operator `op`, which must be one of LVK_OP_... */
const lvk_op *lvk_op_get(int op);

/* Candidate number `index` of an operator on a device; NULL past the last. It is one of the operator's own
 * candidates, which fill launches, or, for a backend that walks the calls itself (caps.own_candidate), one of
 * this backend's kernels. Views have no candidate, and neither has the reference backend. */
const lvk_candidate *lvk_op_candidate(int op, const lvk_caps *caps, int index);

/* The number LVK_OP_... of the operator `name`, LVK_NONE if there is none. */
int lvk_op_find(const char *name);

/* Fails with the error line "<operator>: <message>". */
lvk_status lvk_op_fail(const lvk_call *call, const char *format, ...) LVK_PRINTF(2, 3);

/* Fails unless input number `input` has element type `dtype` and rank `rank` (0: any rank). */
lvk_status lvk_op_expect(const lvk_call *call, int input, lvk_dtype dtype, int rank);

/* Fails unless inputs a and b have the same type. */
lvk_status lvk_op_expect_equal(const lvk_call *call, int a, int b);

/* Shape rule of operators whose inputs are all float tensors of one shape, which is also the type of their
 * one output. */
lvk_status lvk_op_infer_same(lvk_call *call);

/* Adds a launch of a flat elementwise kernel, with enough workgroups for `count` elements, four an
 * invocation. Kernels of this kind include shaders/common/flat.glsl and have LVK_FLAT_GROUP invocations in a
 * workgroup. */
enum { LVK_FLAT_GROUP = 64 };
lvk_launch *lvk_launch_flat(lvk_launch_list *list, const char *shader, uint64_t count);

/* Adds the flat launch of an elementwise operator: it binds all inputs in order, read as `reads`, then output
 * 0, and has the parameters of params/elementwise.h. */
void lvk_launch_elementwise(const lvk_call *call, lvk_launch_list *list, const char *shader,
                            lvk_binding_kind reads);

/* `unsupported` of candidates that read their float inputs as texels (shaders/common/vectors.glsl): no input
 * may be larger than the device's largest texel buffer. */
const char *lvk_op_texels_unsupported(const lvk_call *call, const lvk_caps *caps);

/* `unsuited` of candidates that are made for one kind of device. */
const char *lvk_op_for_cpus(const lvk_call *call, const lvk_caps *caps);
const char *lvk_op_for_gpus(const lvk_call *call, const lvk_caps *caps);

/* Two candidates from one function. Most operators have a pair of kernels from one shader source:
 * `<name>_texels` reads float inputs through texel buffers, which is fast on CPU devices; `<name>` reads
 * storage buffers and runs on every device. An operator of this kind defines
 *
 *     static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads)
 *
 * where `reads` is LVK_BIND_TEXELS for the first kernel and LVK_BIND_STORAGE for the second. The function
 * binds inputs as `reads` and picks the shader by LVK_TEXELS_OR_PLAIN(reads, "<name>").
 * LVK_TEXELS_PAIR(plain, why_unsupported) then defines the array `candidates` with two candidates: "texels",
 * whose `unsupported` is why_unsupported, and one named `plain`. An operator with further candidates defines
 * only the functions texels_launch and plain_launch, by LVK_TEXELS_LAUNCHES. */
#define LVK_TEXELS_OR_PLAIN(reads, name) ((reads) == LVK_BIND_TEXELS ? name "_texels" : (name))

#define LVK_TEXELS_LAUNCHES                                                                                  \
    static void texels_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {           \
        (void)caps;                                                                                          \
        add_launches(call, list, LVK_BIND_TEXELS);                                                           \
    }                                                                                                        \
    static void plain_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {            \
        (void)caps;                                                                                          \
        add_launches(call, list, LVK_BIND_STORAGE);                                                          \
    }

#define LVK_TEXELS_PAIR(plain, why_unsupported)                                                              \
    LVK_TEXELS_LAUNCHES                                                                                      \
    static const lvk_candidate candidates[] = {{.name = "texels",                                            \
                                                .unsupported = (why_unsupported),                            \
                                                .unsuited = lvk_op_for_cpus,                                 \
                                                .launch = texels_launch},                                    \
                                               {.name = (plain), .launch = plain_launch}};

#endif
