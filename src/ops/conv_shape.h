/* The shape of a convolution, as conv2d, dense and their gradients use it: a dense layer is a 1x1 convolution
 * over 1x1 images. All of them thus share the kernels. conv_forward.h and conv_grad.h turn a shape into
 * launches. */
#ifndef LVK_OPS_CONV_SHAPE_H
#define LVK_OPS_CONV_SHAPE_H

#include "ops/conv2d.h"
#include "ops/op.h"
#include "params/conv2d.h"

typedef struct lvk_conv_shape {
    uint32_t batch;
    uint32_t in_h, in_w, in_c;    /* x [batch, in_h, in_w, in_c] */
    uint32_t out_h, out_w, out_c; /* y [batch, out_h, out_w, out_c] */
    uint32_t kernel_h, kernel_w;  /* w [kernel_h, kernel_w, in_c, out_c] */
    uint32_t stride_h, stride_w;
    int32_t pad_top, pad_left; /* negative: the first rows or columns of x are not read */
} lvk_conv_shape;

lvk_conv_shape lvk_conv_shape_conv2d(const lvk_type *x, const lvk_type *w, const lvk_type *y,
                                     const lvk_conv2d_attributes *attributes);
lvk_conv_shape lvk_conv_shape_dense(const lvk_type *x, const lvk_type *w);

/* The shape of the convolution of dy with the flipped, transposed kernel, whose result is the gradient with
 * respect to x. The stride must be 1. */
lvk_conv_shape lvk_conv_shape_transposed(const lvk_conv_shape *shape);

/* Elements of x, w and y. */
uint64_t lvk_conv_x_count(const lvk_conv_shape *shape);
uint64_t lvk_conv_w_count(const lvk_conv_shape *shape);
uint64_t lvk_conv_y_count(const lvk_conv_shape *shape);

/* Floating-point operations of the direct form, where a multiply-add counts 2. The forward sum and either
 * gradient have the same number. */
double lvk_conv_flops(const lvk_conv_shape *shape);

/* The parameters that all kernels with params/conv2d.h have in common, with one split. */
lvk_conv2d_params lvk_conv_params(const lvk_conv_shape *shape);

/* Adds the first six constants of kernels that include shaders/common/conv_shape.glsl. */
void lvk_conv_shape_constants(lvk_launch *launch, const lvk_conv_shape *shape);

/* Sets out_h and out_w to the size of the output for images of height x width. Fails where an attribute is
 * out of range or the kernel does not fit into the padded image. */
lvk_status lvk_conv2d_output_size(const lvk_call *call, const lvk_conv2d_attributes *attributes,
                                  uint32_t height, uint32_t width, uint32_t kernel_h, uint32_t kernel_w,
                                  uint32_t *out_h, uint32_t *out_w);

/* Fails unless the types of x (input 0), w (input 1) and, if there is one, the bias (input 2) fit each
 * other. */
lvk_status lvk_conv2d_check_kernel(const lvk_call *call);

/* A tensor that a kernel reads or writes: an input, an output or a scratch buffer, and its number among
 * these. */
typedef struct lvk_operand {
    lvk_binding_space space;
    int index;
} lvk_operand;

static inline lvk_operand lvk_operand_input(int index) {
    return (lvk_operand){LVK_SPACE_INPUT, index};
}
static inline lvk_operand lvk_operand_output(int index) {
    return (lvk_operand){LVK_SPACE_OUTPUT, index};
}
static inline lvk_operand lvk_operand_scratch(int index) {
    return (lvk_operand){LVK_SPACE_SCRATCH, index};
}

/* The scratch buffers of convolutions: x and w in the layout that a kernel reads, and the partial sums of all
 * splits. */
enum { LVK_CONV_SCRATCH_X, LVK_CONV_SCRATCH_W, LVK_CONV_SCRATCH_SUMS };

void lvk_launch_operand(lvk_launch *launch, lvk_binding_kind kind, lvk_operand operand);

/* The kinds of kernels, by how they share work and read memory. SUBGROUP kernels are for CPU devices, where
 * shared memory and barriers are slow: a workgroup is one subgroup of a known size, whose lanes read values
 * from each other. */
typedef enum lvk_conv_kernel {
    LVK_CONV_SUBGROUP_TEXEL,  /* texel fetches and subgroupShuffle: Mesa's lavapipe */
    LVK_CONV_SUBGROUP_BUFFER, /* storage buffers and subgroupBroadcast: SwiftShader */
    LVK_CONV_TILE,            /* tiles in shared memory (shaders/common/tile.glsl), for GPUs; any shape */
    LVK_CONV_WINOGRAD,        /* 3x3 at stride 1 with fewer products (conv_winograd.h), for GPUs */
    LVK_CONV_BLOCK,           /* an invocation computes 4 x 4 values from vec4s; channels are padded to 4 */
    LVK_CONV_DIRECT           /* an invocation computes one value from scalars; any shape on any device */
} lvk_conv_kernel;

static inline bool lvk_conv_is_subgroup(lvk_conv_kernel kernel) {
    return kernel == LVK_CONV_SUBGROUP_TEXEL || kernel == LVK_CONV_SUBGROUP_BUFFER;
}

/* Defines the two functions of a candidate, <name>_unsupported and <name>_launch. They call the including
 * file's unsupported(call, kernel, caps) and launch(call, kernel, caps, list) with a fixed `kernel`. */
#define LVK_CONV_CANDIDATE(name, kernel)                                                                     \
    static const char *name##_unsupported(const lvk_call *call, const lvk_caps *caps) {                      \
        return unsupported(call, kernel, caps);                                                              \
    }                                                                                                        \
    static void name##_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {           \
        launch(call, kernel, caps, list);                                                                    \
    }

/* The reason why a device cannot run kernels of this kind at all, or NULL. */
const char *lvk_conv_kernel_unsupported(lvk_conv_kernel kernel, const lvk_caps *caps);

/* `unsuited` of the candidates of kind LVK_CONV_SUBGROUP_TEXEL. */
const char *lvk_conv_texel_unsuited(const lvk_call *call, const lvk_caps *caps);

/* Rows x columns of the result that a workgroup of an LVK_CONV_TILE kernel computes; shaders/common/tile.glsl
 * has the same numbers. `columns` is a specialization constant of these kernels. */
typedef struct lvk_conv_tile {
    uint32_t rows, columns;
} lvk_conv_tile;
enum { LVK_CONV_TILE_DEPTH = 16, LVK_CONV_TILE_GROUPS = 512 /* enough to keep a large GPU busy */ };
lvk_conv_tile lvk_conv_tile_for(uint32_t columns);

/* Whether the device can bind a tensor of `count` floats in the way that `kernel` reads it. */
bool lvk_conv_fits(lvk_conv_kernel kernel, const lvk_caps *caps, uint64_t count);

/* The kind of binding of the float tensors that `kernel` reads. */
lvk_binding_kind lvk_conv_reads(lvk_conv_kernel kernel);

/* The shader of a subgroup kernel that suits the device, one of `names`: those for texel fetches with 16, 8
 * and 4 lanes, and that for storage buffers with 4 lanes. */
const char *lvk_conv_variant(lvk_conv_kernel kernel, const lvk_caps *caps, const char *const names[4]);

/* The number of splits, 1 to `most`, of a sum of `steps` steps. Each split is computed for each of `items`
 * tiles of the result. There are enough splits that splits * items reaches `wanted`, the number that keeps a
 * device busy, but no split has fewer than `least` steps. */
enum { LVK_CONV_MAX_SPLITS = 128 }; /* lvk_launch_sum_rows() adds so many in one launch, without scratch */
uint32_t lvk_conv_splits(uint64_t items, uint64_t wanted, uint64_t steps, uint64_t least, uint64_t most);

/* Returns where x lies with its channels padded to a multiple of 4, which kernels with vec4 loads need: x
 * itself where its channels are a multiple of 4, else scratch buffer LVK_CONV_SCRATCH_X. In the second case
 * the function adds the launch that fills the buffer, reading x in the way that `kernel` does. */
lvk_operand lvk_conv_pad_x(const lvk_conv_shape *shape, lvk_conv_kernel kernel, lvk_operand x,
                           lvk_launch_list *list);

/* Returns where w lies with its input channels padded to a multiple of 4: w itself, or scratch buffer
 * LVK_CONV_SCRATCH_W, for which the function adds a launch. */
lvk_operand lvk_conv_pad_w(const lvk_conv_shape *shape, lvk_operand w, lvk_launch_list *list);

static inline uint32_t lvk_pad4(uint32_t n) {
    return (n + 3) / 4 * 4;
}

#endif
