/* The geometry that conv2d, dense and their gradients share: a dense layer is a 1x1 convolution over 1x1
 * images. Kernels are written once for this shape; conv_forward.h and conv_grad.h turn it into launches. */
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

/* The convolution of dy with the flipped, transposed kernel, which is the gradient with respect to x. Stride
 * 1 only. */
lvk_conv_shape lvk_conv_shape_transposed(const lvk_conv_shape *shape);

/* Elements of x, w and y. */
uint64_t lvk_conv_x_count(const lvk_conv_shape *shape);
uint64_t lvk_conv_w_count(const lvk_conv_shape *shape);
uint64_t lvk_conv_y_count(const lvk_conv_shape *shape);

/* Arithmetic of the direct form, a multiply-add counting 2; the same for the forward sum and either gradient.
 */
double lvk_conv_flops(const lvk_conv_shape *shape);

/* The parameters common to all kernels of params/conv2d.h, for one split. */
lvk_conv2d_params lvk_conv_params(const lvk_conv_shape *shape);

/* Adds the first six constants of kernels that include shaders/common/conv_shape.glsl. */
void lvk_conv_shape_constants(lvk_launch *launch, const lvk_conv_shape *shape);

/* Checks attributes and kernel against images of height x width and gives the size of the output. */
lvk_status lvk_conv2d_output_size(const lvk_call *call, const lvk_conv2d_attributes *attributes,
                                  uint32_t height, uint32_t width, uint32_t kernel_h, uint32_t kernel_w,
                                  uint32_t *out_h, uint32_t *out_w);

/* Checks the types of x (input 0), w (1) and, if there is one, the bias (2) against each other. */
lvk_status lvk_conv2d_check_kernel(const lvk_call *call);

/* Where a tensor that a kernel reads or writes lies. */
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

/* Scratch buffers of convolutions: x and w as a kernel wants them, and the partial sums of a split sum. */
enum { LVK_CONV_SCRATCH_X, LVK_CONV_SCRATCH_W, LVK_CONV_SCRATCH_SUMS };

void lvk_launch_operand(lvk_launch *launch, lvk_binding_kind kind, lvk_operand operand);

/* The kinds of kernels, by how they share work and read memory. In a SUBGROUP kernel, a workgroup is one subgroup of a known
 * size, and the lanes read values from each other: for CPU devices, where shared memory and barriers are slow. */
typedef enum lvk_conv_kernel {
    LVK_CONV_SUBGROUP_TEXEL,  /* texel fetches and subgroupShuffle: Mesa's lavapipe */
    LVK_CONV_SUBGROUP_BUFFER, /* storage buffers and subgroupBroadcast: SwiftShader */
    LVK_CONV_TILE,            /* tiles in shared memory, for GPUs: shaders/common/tile.glsl; any shape */
    LVK_CONV_WINOGRAD,        /* 3x3 at stride 1 with fewer products, for GPUs: conv_winograd.h */
    LVK_CONV_BLOCK,           /* 4 x 4 values an invocation, vec4 loads; channels padded to 4 */
    LVK_CONV_DIRECT           /* one value an invocation; any shape */
} lvk_conv_kernel;

static inline bool lvk_conv_is_subgroup(lvk_conv_kernel kernel) {
    return kernel == LVK_CONV_SUBGROUP_TEXEL || kernel == LVK_CONV_SUBGROUP_BUFFER;
}

/* Defines <name>_unsupported and <name>_launch, the two functions of a candidate, from a file's own
 * unsupported(call, kernel, caps) and launch(call, kernel, caps, list). */
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

/* Rows x columns of the matrix that a workgroup of an LVK_CONV_TILE kernel computes, as in
 * shaders/common/tile.glsl. `columns` is a constant of those kernels. */
typedef struct lvk_conv_tile {
    uint32_t rows, columns;
} lvk_conv_tile;
enum { LVK_CONV_TILE_DEPTH = 16, LVK_CONV_TILE_GROUPS = 512 /* enough to keep a large GPU busy */ };
lvk_conv_tile lvk_conv_tile_for(uint32_t columns);

/* Whether the device can bind a tensor of `count` floats in the way that `kernel` reads it. */
bool lvk_conv_fits(lvk_conv_kernel kernel, const lvk_caps *caps, uint64_t count);

/* The kind of binding of the float tensors that `kernel` reads. */
lvk_binding_kind lvk_conv_reads(lvk_conv_kernel kernel);

/* The variant of a subgroup kernel for the device, out of `names`: for texel fetches with 16, 8 and 4 lanes,
 * for buffers with 4 lanes. */
const char *lvk_conv_variant(lvk_conv_kernel kernel, const lvk_caps *caps, const char *const names[4]);

/* The number of splits of a sum of `steps` steps, 1 to `most`: enough that `items` items of work, once for each split, reach
 * the number `wanted`, but no split has fewer than `least` steps. */
enum { LVK_CONV_MAX_SPLITS = 128 }; /* lvk_launch_sum_rows() then needs one launch and no scratch */
uint32_t lvk_conv_splits(uint64_t items, uint64_t wanted, uint64_t steps, uint64_t least, uint64_t most);

/* x with its channels padded to a multiple of 4, as kernels with vec4 loads read it, by a launch that suits `kernel`: x
 * itself, or scratch LVK_CONV_SCRATCH_X, filled by a launch that is added. */
lvk_operand lvk_conv_pad_x(const lvk_conv_shape *shape, lvk_conv_kernel kernel, lvk_operand x,
                           lvk_launch_list *list);

/* w with its input channels padded likewise: w itself, or scratch LVK_CONV_SCRATCH_W. */
lvk_operand lvk_conv_pad_w(const lvk_conv_shape *shape, lvk_operand w, lvk_launch_list *list);

static inline uint32_t lvk_pad4(uint32_t n) {
    return (n + 3) / 4 * 4;
}

#endif
