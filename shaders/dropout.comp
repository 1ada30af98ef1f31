#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/bytes.glsl"
#include "common/flat.glsl"
#include "common/philox.glsl"
#include "params/dropout.h"

/* True where the elements of a row are a multiple of four, so that one Philox block serves the four elements
 * of an invocation. */
layout(constant_id = 0) const bool VECTORS = true;

/* The buffers are not `restrict`, since y and x may be the same tensor (in place). */
layout(binding = 0) readonly buffer X {
    vec4 x[];
};
layout(binding = 1) readonly buffer Keys {
    uvec4 keys[]; /* one a row: low half of the seed, high half, epoch, sample */
};
layout(binding = 2) writeonly buffer Y {
    vec4 y[];
};
layout(binding = 3) writeonly buffer Mask {
    uint mask[];
};

/* The random numbers of the Philox block that holds element e of row n. */
vec4 draw(uint n, uint e) {
    const uvec4 key = keys[n];
    return lvk_uniform(lvk_philox(uvec4(e >> 2, key.w, key.z, params.purpose), key.xy));
}

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    vec4 uniforms = vec4(0.0);
    if (VECTORS) {
        uniforms = draw(i * 4u / params.row, i * 4u % params.row);
    } else {
        for (uint part = 0u; part < 4u && i * 4u + part < params.count; ++part) {
            const uint n = (i * 4u + part) / params.row, e = (i * 4u + part) % params.row;
            uniforms[part] = draw(n, e)[e & 3u];
        }
    }
    const bvec4 kept = greaterThanEqual(uniforms, vec4(params.rate));
    y[i] = mix(vec4(0.0), x[i] * params.scale, kept);
    mask[i] = lvk_pack_bytes(uvec4(kept));
}
