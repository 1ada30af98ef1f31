/* The last step of conv2d_relu_pool for four channels: ReLU, and the largest value of a 2x2 window. a0 to a3
 * are the values at the window's positions in row-major order. Among equal values the first wins. NaN counts
 * as 0. `where` packs the four channels' positions as bytes. */
#include "common/bytes.glsl"
#define LVK_POOL_DEAD 255u /* LVK_MAXPOOL2D_PADDING: no value of the window is above 0, no gradient passes */

void lvk_relu_pool(vec4 a0, vec4 a1, vec4 a2, vec4 a3, out vec4 best, out uint where) {
    const vec4 zero = vec4(0.0);
    best = mix(zero, a0, greaterThan(a0, zero));
    uvec4 position = mix(uvec4(LVK_POOL_DEAD), uvec4(0u), greaterThan(a0, zero));
    position = mix(position, uvec4(1u), greaterThan(a1, best));
    best = mix(best, a1, greaterThan(a1, best));
    position = mix(position, uvec4(2u), greaterThan(a2, best));
    best = mix(best, a2, greaterThan(a2, best));
    position = mix(position, uvec4(3u), greaterThan(a3, best));
    best = mix(best, a3, greaterThan(a3, best));
    where = lvk_pack_bytes(position);
}
