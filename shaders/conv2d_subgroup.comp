#version 450
#extension GL_GOOGLE_include_directive : require
/* conv2d by a subgroup whose lanes stand for pixels: the subgroup computes PIXELS x LVK_LANES pixels times
 * VECTORS x 4 output channels. Each lane reads the pixels of x that its own results need. All lanes need the
 * same weights: each lane reads some of the vec4s, and LVK_SHARE gives these to the other lanes.
 *
 * A step of the sum is 4 input channels of one tap. An iteration of the loop takes `steps` steps. A split is
 * a range of iterations, whose partial sums are a tensor of their own. src/ops/conv_tiling.c has the same
 * numbers.
 *
 * With LVK_RESIDUAL 1 the kernel adds a tensor of y's type, with the constant `relu` 1 it ends with a ReLU.
 * LVK_TRANSPOSED 1 is for the gradient with respect to x, where w has the layout [tap, out_c, in_c].
 *
 * A lane has more sums than the processor has vector registers. With 16 lanes it has few enough for one loop,
 * with iterations of up to 4 steps. With 4 or 8 lanes, more sums, iterations of one step, and an outer loop
 * over the taps are faster. */
#include "common/index.glsl"
#include "common/relu.glsl"
#include "common/subgroup.glsl"
#include "params/conv2d.h"

#if LVK_LANES == 16
#define PIXELS 2
#define VECTORS 8
#define MOST_STEPS 4
#elif LVK_LANES == 8
#define PIXELS 4
#define VECTORS 8
#define MOST_STEPS 1
#else
#define PIXELS 2
#define VECTORS 4
#define MOST_STEPS 1
#endif
#define FETCHES (4 * VECTORS / LVK_LANES)
#define OUTSIDE (-0x40000000) /* a vec4 number that stays negative when a step is added to it */

layout(constant_id = 0) const uint has_bias = 0u;
layout(constant_id = 1) const uint relu = 0u;
#if MOST_STEPS > 1
layout(constant_id = 2) const int steps = 1;        /* of an iteration; divides in_c / 4 */
layout(constant_id = 3) const bool has_taps = true; /* false: the kernel is 1x1, and no padding is read */
#else
const int steps = 1;
#endif
LVK_VECTORS(0, x);
LVK_VECTORS(1, w);
LVK_VECTORS(2, bias); /* not read when has_bias is 0 */
layout(binding = 3) writeonly buffer Y {
    vec4 y[];
};
#if LVK_RESIDUAL
LVK_VECTORS(4, residual);
#endif

/* The 4 x VECTORS x 4 weights of a step lie in 4 * VECTORS vec4s. Their numbers count from 0, in the order in
 * which the lanes read them.
 *   WEIGHT(i)                        the place of vec4 i in w, counted from the first weight of the step
 *   TAP_WEIGHTS(tap, ky, kx) + step * STEP_WEIGHTS   the place of the first weight of a step
 *   FETCHED(i, k)                    the number of the vec4 with the weight from channel i of x to channel k
 * of y
 *   FETCHED_AT(i, k)                 the component of that vec4, 0 to 3 */
#if LVK_TRANSPOSED /* a vec4 holds channels of x, for one of y */
#define WEIGHT(i) (min(k0 * 4 + (i), int(params.out_c) - 1) * in4)
#define STEP_WEIGHTS 1
#define TAP_WEIGHTS(tap_, ky, kx)                                                                                            \
    (((params.tap + (ky) * params.tap_down + (kx) * params.tap_right) * int(params.out_c) - (tap_)) * in4)
#define FETCHED(i, k) (k)
#define FETCHED_AT(i, k) (i)
#define STRIDE_H 1
#define STRIDE_W 1
#define IS_EMPTY (params.kernel_h == 0u) /* the sum has no term, although the loop has one iteration */
#else /* a vec4 holds channels of y, for one of x */
#define WEIGHT(i) ((i) / VECTORS * out4 + min(k0 + (i) % VECTORS, out4 - 1))
#define STEP_WEIGHTS (4 * out4)
#define TAP_WEIGHTS(tap_, ky, kx) 0
#define FETCHED(i, k) ((i) * VECTORS + (k) / 4)
#define FETCHED_AT(i, k) ((k) % 4)
#define STRIDE_H int(params.stride_h)
#define STRIDE_W int(params.stride_w)
#define IS_EMPTY false
#endif

vec4 sum[PIXELS * VECTORS];                                /* the results of this lane */
vec4 v[MOST_STEPS * PIXELS], weight[MOST_STEPS * FETCHES]; /* the vec4s of x and w that this lane has read for an iteration */

/* Reads this lane's share of the weights of step u of the iteration: the vec4s from + weights[f]. */
void load_weights(int from, int weights[FETCHES], int u) {
    [[unroll]] for (int f = 0; f < FETCHES; ++f)
        weight[u * FETCHES + f] = LVK_LOAD(w, from + weights[f]);
}

void multiply(int u) {
    [[unroll]] for (int k = 0; k < VECTORS * 4; ++k)
        [[unroll]] for (int i = 0; i < 4; ++i) {
            const int at = FETCHED(i, k);
            const float s = LVK_SHARE(weight[u * FETCHES + at / LVK_LANES][FETCHED_AT(i, k)], at % LVK_LANES);
            [[unroll]] for (int q = 0; q < PIXELS; ++q)
                sum[q * VECTORS + k / 4][k % 4] += v[u * PIXELS + q][i] * s;
        }
}

void main() {
    const int in4 = int(params.in_c) / 4, out4 = int(params.out_c) / 4;
    const int in_h = int(params.in_h), in_w = int(params.in_w), kernel_w = int(params.kernel_w);
    const int pixels = int(params.batch * params.out_h * params.out_w);
    const int columns = (out4 + VECTORS - 1) / VECTORS, rows = (pixels + PIXELS * LVK_LANES - 1) / (PIXELS * LVK_LANES);
    const int group = int(LVK_GROUP_INDEX), split = group / columns / rows;
    const int k0 = group % columns * VECTORS, p0 = group / columns % rows * PIXELS * LVK_LANES + LVK_LANE;
    if (split >= int(params.splits))
        return;

    int iy[PIXELS], ix[PIXELS], corner[PIXELS];
    [[unroll]] for (int q = 0; q < PIXELS; ++q) {
        const int pixel = min(p0 + q * LVK_LANES, pixels - 1), row = pixel / int(params.out_w);
        ix[q] = pixel % int(params.out_w) * STRIDE_W - params.pad_left;
        iy[q] = row % int(params.out_h) * STRIDE_H - params.pad_top;
        corner[q] = ((row / int(params.out_h) * in_h + iy[q]) * in_w + ix[q]) * in4;
    }
    [[unroll]] for (int j = 0; j < VECTORS; ++j) {
        vec4 start = vec4(0.0);
        if (has_bias != 0u && split == 0)
            start = LVK_LOAD(bias, min(k0 + j, out4 - 1));
        [[unroll]] for (int q = 0; q < PIXELS; ++q)
            sum[q * VECTORS + j] = start;
    }
#if LVK_RESIDUAL
    if (split == 0)
        [[unroll]] for (int q = 0; q < PIXELS; ++q)
            [[unroll]] for (int j = 0; j < VECTORS; ++j)
                sum[q * VECTORS + j] += LVK_LOAD(residual, min(p0 + q * LVK_LANES, pixels - 1) * out4 + min(k0 + j, out4 - 1));
#endif

    const int length = int(params.steps_per_split) * steps, first = split * length;
    const int last = min(first + length, int(params.kernel_h) * kernel_w * in4);
    /* The vec4s that this lane reads of the weights of each step. For output channels past the last one the
     * lane reads any other weights, since the sums of these channels are not stored. */
    int weights[FETCHES];
    [[unroll]] for (int f = 0; f < FETCHES; ++f) {
        const int i = f * LVK_LANES + LVK_LANE;
        weights[f] = WEIGHT(i);
    }
#if MOST_STEPS > 1
    int c = first % in4, kx = first / in4 % kernel_w, ky = first / in4 / kernel_w;
    int step = first;
    do {
        [[unroll]] for (int u = 0; u < MOST_STEPS; ++u)
            if (u < steps) {
                load_weights(TAP_WEIGHTS(ky * kernel_w + kx, ky, kx) + (step + u) * STEP_WEIGHTS, weights, u);
                [[unroll]] for (int q = 0; q < PIXELS; ++q) {
                    int at = corner[q] + step + u;
                    if (has_taps) {
                        const bool inside = uint(iy[q] + ky) < params.in_h && uint(ix[q] + kx) < params.in_w;
                        at = inside ? corner[q] + (ky * in_w + kx) * in4 + c + u : LVK_OUTSIDE;
                    }
                    v[u * PIXELS + q] = LVK_LOAD_OR_0(x, at);
                }
            }
        [[unroll]] for (int u = 0; u < MOST_STEPS; ++u)
            if (u < steps)
                multiply(u);
        c += steps;
        kx += c == in4 ? 1 : 0;
        c = c == in4 ? 0 : c;
        ky += kx == kernel_w ? 1 : 0;
        kx = kx == kernel_w ? 0 : kx;
        step += steps;
    } while (step < last);
#else
    int step = first;
    do {
        const int tap = step / in4, kx = tap % kernel_w, ky = tap / kernel_w;
        int from[PIXELS];
        [[unroll]] for (int q = 0; q < PIXELS; ++q) {
            const bool inside = uint(iy[q] + ky) < params.in_h && uint(ix[q] + kx) < params.in_w;
            from[q] = inside ? corner[q] + (ky * in_w + kx) * in4 - tap * in4 : OUTSIDE;
        }
        const int from_w = TAP_WEIGHTS(tap, ky, kx);
        const int end = min((tap + 1) * in4, last);
        do {
            load_weights(from_w + step * STEP_WEIGHTS, weights, 0);
            [[unroll]] for (int q = 0; q < PIXELS; ++q)
                v[q] = LVK_LOAD_OR_0(x, from[q] + step);
            multiply(0);
        } while (++step < end);
    } while (step < last);
#endif

    [[unroll]] for (int q = 0; q < PIXELS; ++q) {
        const int pixel = p0 + q * LVK_LANES;
#if LVK_TRANSPOSED
        const int row = pixel / int(params.out_w), n = row / int(params.out_h);
        const int oy = int(params.y_top + row % int(params.out_h) * params.stride_h);
        const int ox = int(params.y_left + pixel % int(params.out_w) * params.stride_w);
        const int at = (n * int(params.y_h) + oy) * int(params.y_w) + ox;
#else
        const int at = pixel;
#endif
        [[unroll]] for (int j = 0; j < VECTORS; ++j)
            if (pixel < pixels && k0 + j < out4) {
                const vec4 value = IS_EMPTY ? vec4(0.0) : sum[q * VECTORS + j];
                y[(split * pixels + at) * out4 + k0 + j] = relu != 0u ? lvk_relu(value) : value;
            }
    }
}
