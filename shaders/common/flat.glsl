/* Flat elementwise kernels: an invocation handles elements 4*i .. 4*i+3. Storage is whole 16-byte vectors: the last one
 * may reach past the last element, into padding of the same tensor. Launched by lvk_launch_flat(). */
#include "common/index.glsl"
layout(local_size_x = 64) in;
#define LVK_FLAT_INDEX (LVK_GROUP_INDEX * 64u + gl_LocalInvocationID.x)
