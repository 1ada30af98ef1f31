/* Flat elementwise kernels, which lvk_launch_flat() launches: invocation i handles elements 4i .. 4i + 3. A
 * tensor's memory is a multiple of 16 bytes, so that the last vector may reach past the last element, into
 * the tensor's own padding. */
#include "common/index.glsl"
layout(local_size_x = 64) in;
#define LVK_FLAT_INDEX (LVK_GROUP_INDEX * 64u + gl_LocalInvocationID.x)
