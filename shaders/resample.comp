#version 450
#extension GL_GOOGLE_include_directive : require
/* An invocation computes one output pixel; the invocations of a workgroup belong to one image.
 * src/core/resample.h has the formula. */
#extension GL_EXT_control_flow_attributes : require
#include "common/bytes.glsl"
#include "common/index.glsl"
#include "common/vectors.glsl"
#include "params/resample.h"
layout(local_size_x = 64) in;

layout(constant_id = 0) const int OUTPUT = 224;
layout(constant_id = 1) const int TAPS = 3;
layout(constant_id = 2) const uint GROUPS = 784u; /* workgroups of an image */

#if LVK_TEXELS
layout(binding = 0) uniform usamplerBuffer crops;
#define LOAD_PIXEL(at) vec4(texelFetch(crops, at))
#else
layout(binding = 0) readonly buffer Crops {
    uint crops[];
};
#define LOAD_PIXEL(at) vec4(lvk_unpack_bytes(crops[at]))
#endif
LVK_VECTORS(1, rows); /* an lvk_resampling is eight vectors */
layout(binding = 2) writeonly buffer Y {
    float y[];
};

int first_pixel(float u, float radius) {
    return int(floor(u - radius - 0.5)) + 1;
}

void main() {
    const uint n = LVK_GROUP_INDEX / GROUPS;
    const int pixel = int((LVK_GROUP_INDEX % GROUPS) * 64u + gl_LocalInvocationID.x);
    if (n >= params.images || pixel >= OUTPUT * OUTPUT)
        return;
    const vec4 first = LVK_LOAD(rows, n * 8u), second = LVK_LOAD(rows, n * 8u + 1u);
    const int side = int(first.x);
    const float radius = first.y, inverse = 1.0 / max(radius, 1.0);
    const float half_output = 0.5 * float(OUTPUT);
    const float i = float(pixel % OUTPUT) + 0.5 - half_output, j = float(pixel / OUTPUT) + 0.5 - half_output;
    /* `precise` forbids fused multiply-adds, so that every device reads the same points. */
    precise const float u = first.z * i + first.w * j + second.z, v = second.x * i + second.y * j + second.w;
    const int x0 = first_pixel(u, radius), y0 = first_pixel(v, radius);

    /* The weights along x, one for each column of the crop that the point reads. A weight of a column outside
     * the crop is part of the sum of weights, by which the result is divided, but has no pixel. */
    float weights[TAPS];
    int columns[TAPS];
    float sum_x = 0.0, sum_y = 0.0;
    [[unroll]] for (int k = 0; k < TAPS; ++k) {
        const int x = x0 + k;
        const float w = max(0.0, 1.0 - abs(float(x) + 0.5 - u) * inverse);
        const bool inside = x >= 0 && x < side;
        sum_x += w;
        weights[k] = inside ? w : 0.0;
        columns[k] = inside ? x : 0;
    }
    vec4 sum = vec4(0.0);
    [[unroll]] for (int k = 0; k < TAPS; ++k) {
        const int row = y0 + k;
        const float w = max(0.0, 1.0 - abs(float(row) + 0.5 - v) * inverse);
        const bool inside = row >= 0 && row < side;
        const int at = int(n * params.room) + (inside ? row * side : 0);
        sum_y += w;
        vec4 line = vec4(0.0);
        [[unroll]] for (int c = 0; c < TAPS; ++c)
            line += weights[c] * LOAD_PIXEL(at + columns[c]);
        sum += (inside ? w : 0.0) * line;
    }
    const vec4 mean = sum / (255.0 * max(sum_x * sum_y, 1e-30));

    vec4 color = vec4(0.0, 0.0, 0.0, 1.0);
    [[unroll]] for (int c = 0; c < 3; ++c)
        color[c] = clamp(dot(LVK_LOAD(rows, n * 8u + 2u + uint(c)), mean), 0.0, 1.0);
    const uint place = (n * uint(OUTPUT * OUTPUT) + uint(pixel)) * 3u;
    [[unroll]] for (int c = 0; c < 3; ++c)
        y[place + uint(c)] = dot(LVK_LOAD(rows, n * 8u + 5u + uint(c)), color);
}
