/* Operators. An operator is a row of data and a few small functions: what it takes and gives (shape rule),
 * the kernels that compute it (candidates, each a rule that fills launches), its gradient (a rule that adds
 * further operators to the graph) and its cost. An operator knows no graph and no Vulkan. Its meaning in
 * plain C is src/reference/<name>.c. README.md beside this file tells how to add one. */
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

/* One way of computing an operator on a device. */
typedef struct lvk_candidate {
    const char *name;

    /* NULL when the candidate can compute this call on this device; else the reason why not, static text. A
     * NULL function means that it always can. Types are those of the batch slice to be computed. */
    const char *(*unsupported)(const lvk_call *call, const lvk_caps *caps);

    /* NULL when the candidate may well be the fastest for this call on this device; else the reason why it is
     * not, static text. A free choice passes an unsuited candidate over; who asks for it by name, as the parity
     * suite does, gets it. A NULL function means that it always may. */
    const char *(*unsuited)(const lvk_call *call, const lvk_caps *caps);

    /* Fills the launches. May assume that shapes are right and that unsupported() gave NULL. */
    void (*launch)(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list);
} lvk_candidate;

/* What a gradient rule works with. Tensors are handles of the graph; LVK_NONE: there is none. */
enum { LVK_NONE = -1 };
typedef struct lvk_backprop {
    const lvk_call *call;
    const int *inputs;                   /* the operator's inputs */
    const int *outputs;                  /* and outputs */
    const int *output_gradients;         /* d loss / d output; at least one is not LVK_NONE */
    bool wanted[LVK_MAX_INPUTS];         /* which inputs' gradients are needed */
    int input_gradients[LVK_MAX_INPUTS]; /* the rule's result, of the input's type; LVK_NONE: no gradient */

    /* Appends an operator to the graph and returns the handle of its first output. */
    int (*emit)(struct lvk_backprop *self, int op, const void *attributes, int input_count,
                const int *inputs);
    /* A later output of an operator, from the handle of its first. */
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

    /* Batch slices. Bit i set: the first dimension of operand i is the batch, and rows are independent, so that the
     * operator may run on a slice of the batch. summed_outputs are sums over the batch, to which a later slice adds
     * (call->accumulate). All zero: the operator always runs on the whole batch. */
    uint32_t batched_inputs, batched_outputs, summed_outputs;

    /* Storage. in_place: output 0 may take the place of input 0 when nobody reads input 0 afterwards. alias[i] = 1 +
     * k: output i is input k, updated where it lies (optimizers) or only seen with another shape (views). 0: output i has
     * a place of its own. */
    bool in_place;
    int alias[LVK_MAX_OUTPUTS];

    /* Checks input types and attributes, fills the output types. Failures name the operator and the reason.
     */
    lvk_status (*infer)(lvk_call *call);

    const lvk_candidate *candidates; /* best first: without a tuned choice the first is taken that is neither
                                        unsupported nor unsuited. The last is always supported and suited */
    int candidate_count;             /* 0: a view, nothing to compute */

    void (*gradient)(lvk_backprop *backprop); /* NULL: not differentiable */
    double (*flops)(const lvk_call *call);    /* of the direct form; NULL: none worth counting */
} lvk_op;

#define LVK_OP(name) extern const lvk_op lvk_op_##name;
#include "ops/op_list.h"
#undef LVK_OP

/* The descriptor of LVK_OP_... `op`; op must be one. */
const lvk_op *lvk_op_get(int op);

/* Candidate `index` of an operator on a device: one of the operator's own, which fill launches, or of the kernels of a backend
 * that walks the calls itself (caps.own_candidate). NULL past the last; a view has none, nor has the reference. */
const lvk_candidate *lvk_op_candidate(int op, const lvk_caps *caps, int index);

/* The operator of that name, LVK_NONE if there is none. */
int lvk_op_find(const char *name);

/* "<operator>: <message>" as an error line. */
lvk_status lvk_op_fail(const lvk_call *call, const char *format, ...) LVK_PRINTF(2, 3);

/* Fails unless input `input` has that element type and rank (0: any rank). */
lvk_status lvk_op_expect(const lvk_call *call, int input, lvk_dtype dtype, int rank);

/* Fails unless inputs a and b have the same type. */
lvk_status lvk_op_expect_equal(const lvk_call *call, int a, int b);

/* Shape rule of operators whose inputs are numbers of one shape, the type of their one output. */
lvk_status lvk_op_infer_same(lvk_call *call);

/* One kernel for flat elementwise work, four elements an invocation: adds `shader` with groups for `count`
 * elements. Kernels of this kind have a local size of LVK_FLAT_GROUP and start from
 * shaders/common/flat.glsl. */
enum { LVK_FLAT_GROUP = 64 };
lvk_launch *lvk_launch_flat(lvk_launch_list *list, const char *shader, uint64_t count);

/* A whole elementwise operator: a flat launch that binds all inputs in order, read as `reads`, then output 0,
 * with the parameters of params/elementwise.h. */
void lvk_launch_elementwise(const lvk_call *call, lvk_launch_list *list, const char *shader,
                            lvk_binding_kind reads);

/* `unsupported` of candidates that read their float inputs as texels (shaders/common/vectors.glsl): inputs
 * may be as large as the device's largest texel buffer. */
const char *lvk_op_texels_unsupported(const lvk_call *call, const lvk_caps *caps);

/* `unsuited` of candidates that are made for one kind of device. */
const char *lvk_op_for_cpus(const lvk_call *call, const lvk_caps *caps);
const char *lvk_op_for_gpus(const lvk_call *call, const lvk_caps *caps);

/* Two candidates from one function. Most operators have a pair of kernels made of one shader source: `<name>_texels` reads
 * float inputs through texel buffers, which is fast on CPU devices; `<name>` reads storage buffers and runs on every device.
 * An operator of this kind defines
 *
 *     static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads)
 *
 * where `reads` is LVK_BIND_TEXELS for the first and LVK_BIND_STORAGE for the second: it binds inputs as `reads` and picks
 * the shader by LVK_TEXELS_OR_PLAIN(reads, "<name>"). LVK_TEXELS_PAIR(plain, why_unsupported) then defines the array
 * `candidates` with two candidates, "texels" and the one named `plain`; why_unsupported is the first one's `unsupported`.
 * An operator with further candidates takes the functions alone, texels_launch and plain_launch, by LVK_TEXELS_LAUNCHES. */
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
