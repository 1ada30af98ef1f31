/* Kernels for CPU devices in which one subgroup is a workgroup and its lanes hand values round. Before it is included:
 * LVK_LANES, the subgroup size; LVK_TEXELS, how memory is read: 1 by texel fetches with shuffles by a constant, cheap in
 * Mesa, 0 by storage buffers with broadcasts, cheap in SwiftShader.
 *
 *   LVK_VECTORS(slot, name)   declares a read-only tensor of vec4s
 *   LVK_LOAD(name, i)         vec4 number i, which must exist
 *   LVK_LOAD_OR_0(name, i)    the same; 0 when i is negative
 *   LVK_BYTES(slot, name)     declares a read-only tensor of bytes
 *   LVK_LOAD_BYTES(name, i)   uvec4 of bytes 4i .. 4i + 3; any bytes when i is negative
 *   LVK_SHARE(v, lane)        v of that lane (a constant), in every lane
 *   LVK_LANE                  the number of this lane
 *
 * A loop that carries sums has its condition at its end (do while): where it is at the start, Mesa copies all sums twice in
 * every turn. Loops run at least once. */
#extension GL_EXT_control_flow_attributes : require
#extension GL_KHR_shader_subgroup_basic : require
#if LVK_TEXELS
#extension GL_KHR_shader_subgroup_shuffle : require
#define LVK_VECTORS(slot, name) layout(binding = slot) uniform samplerBuffer name
#define LVK_LOAD(name, i) texelFetch(name, i)
#define LVK_LOAD_OR_0(name, i) texelFetch(name, i) /* 0 outside of the view */
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
/* The front end wants the lane as a literal, before it has unrolled loops: all but one of these fold away. */
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
