#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/bytes.glsl"
#include "common/flat.glsl"
#include "params/scaled.h"

/* The buffers are not `restrict`, since dx and dy may be the same tensor (in place). */
layout(binding = 0) readonly buffer DY {
    vec4 dy[];
};
layout(binding = 1) readonly buffer Mask {
    uint mask[];
};
layout(binding = 2) writeonly buffer DX {
    vec4 dx[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u < params.count)
        dx[i] = mix(vec4(0.0), dy[i] * params.factor, notEqual(lvk_unpack_bytes(mask[i]), uvec4(0u)));
}
