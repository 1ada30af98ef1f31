/* Kernels for CPU devices: one subgroup is a workgroup, and its lanes read values from each other. The including shader defines
 *   LVK_LANES    the size of the subgroup
 *   LVK_TEXELS   how memory is read: 1 by texel fetches, with shuffles from a constant lane, which are fast in Mesa;
 *                0 from storage buffers, with broadcasts, which are fast in SwiftShader
 *
 *   LVK_VECTORS(slot, name)   declares a read-only tensor of vec4s
 *   LVK_LOAD(name, i)         vec4 number i, which must exist
 *   LVK_LOAD_OR_0(name, i)    the same; 0 when i is negative
 *   LVK_BYTES(slot, name)     declares a read-only tensor of bytes
 *   LVK_LOAD_BYTES(name, i)   uvec4 of bytes 4i .. 4i + 3; any bytes when i is negative
 *   LVK_SHARE(v, lane)        the v of lane `lane` (a constant), in every lane
 *   LVK_LANE                  the number of this lane
 *
 * A loop that adds to sums tests its condition at the end (do while). With the test at the start, Mesa copies all sums twice in
 * every iteration. The first iteration of such a loop runs unconditionally. */
#extension GL_EXT_control_flow_attributes : require
#extension GL_KHR_shader_subgroup_basic : require
#if LVK_TEXELS
#extension GL_KHR_shader_subgroup_shuffle : require
#define LVK_VECTORS(slot, name) layout(binding = slot) uniform samplerBuffer name
#define LVK_LOAD(name, i) texelFetch(name, i)
#define LVK_LOAD_OR_0(name, i) texelFetch(name, i) /* a texel outside of the view is 0 */
#define LVK_BYTES(slot, name) layout(binding = slot) uniform usamplerBuffer name
#define LVK_LOAD_BYTES(name, i) texelFetch(name, i)
#define LVK_SHARE(v, lane) subgroupShuffle(v, lane)
#else
#include "common/bytes.glsl"
#extension GL_KHR_shader_subgroup_ballot : require
#define LVK_VECTORS(slot, name) layout(binding = slot) readonly buffer name##_block { vec4 name[]; }
#define LVK_LOAD(name, i) name[i]
#define LVK_LOAD_OR_0(name, i) mix(name[max(i, 0)], vec4(0.0), bvec4((i) < 0)) /* a select: branches compile slowly */
#define LVK_BYTES(slot, name) layout(binding = slot) readonly buffer name##_block { uint name[]; }
#define LVK_LOAD_BYTES(name, i) lvk_unpack_bytes(name[max(i, 0)])
/* The compiler asks for a literal lane before it unrolls loops. After that only one of these branches is left. */
#define LVK_SHARE(v, lane)                                                                                   \
    ((lane) == 0   ? subgroupBroadcast(v, 0u)                                                                \
     : (lane) == 1 ? subgroupBroadcast(v, 1u)                                                                \
     : (lane) == 2 ? subgroupBroadcast(v, 2u)                                                                \
                   : subgroupBroadcast(v, 3u))
#if LVK_LANES != 4
#error "storage buffers: 4 lanes"
#endif
#endif
#define LVK_LANE int(gl_SubgroupInvocationID)
#define LVK_OUTSIDE (-1)
layout(local_size_x = LVK_LANES) in;
