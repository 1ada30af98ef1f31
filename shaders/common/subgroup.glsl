/* Kernels for CPU devices: a workgroup is one subgroup, whose lanes read values from each other. The
 * including shader defines
 *   LVK_LANES    the size of the subgroup
 *   LVK_TEXELS   1: reads memory by texel fetches, exchanges values by shuffles, which are fast in older
 *                versions of Mesa; for newer ones src/vulkan/broadcast.c replaces them by broadcasts;
 *                0: reads memory from storage buffers, exchanges values by broadcasts, which are fast in
 *                SwiftShader
 *
 * This file defines
 *   LVK_VECTORS(slot, name)   declares a read-only tensor of vec4s
 *   LVK_LOAD(name, i)         vec4 number i, which must exist
 *   LVK_LOAD_OR_0(name, i)    vec4 number i, or 0 when i is negative
 *   LVK_BYTES(slot, name)     declares a read-only tensor of bytes
 *   LVK_LOAD_BYTES(name, i)   bytes 4i .. 4i + 3 as a uvec4; any bytes when i is negative
 *   LVK_SHARE(v, lane)        in every lane, the value that v has in lane `lane`, a constant
 *   LVK_LANE                  the number of this lane
 *
 * A loop that adds to sums tests its condition at the end (do while), since Mesa copies all sums twice in
 * every iteration of a loop that tests at the start. The first iteration of such a loop always runs. */
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
#define LVK_LOAD_OR_0(name, i) mix(name[max(i, 0)], vec4(0.0), bvec4((i) < 0)) /* branches compile slowly */
#define LVK_BYTES(slot, name) layout(binding = slot) readonly buffer name##_block { uint name[]; }
#define LVK_LOAD_BYTES(name, i) lvk_unpack_bytes(name[max(i, 0)])
/* glslc wants a literal as the lane, even where `lane` becomes a constant once a loop is unrolled. After
 * unrolling, the optimizer keeps only one of these branches. */
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
