/* Parameter blocks are written once, in shaders/params/<operator>.h, and read by C as a struct and by GLSL as
 * push constants:
 *
 *     LVK_PARAMS_BEGIN(relu)
 *     lvk_u32 count;
 *     LVK_PARAMS_END(relu)
 *
 * is `typedef struct lvk_relu_params {...}` in C, and the block `params` in a shader. A block holds 32-bit
 * scalars only, whose layout is the same in both, and at most 128 bytes, the push constants that every Vulkan
 * device has. */
#ifndef LVK_PARAMS_PARAMS_H
#define LVK_PARAMS_PARAMS_H

#ifdef GL_core_profile
#define lvk_u32                uint
#define lvk_i32                int
#define lvk_f32                float
#define LVK_PARAMS_BEGIN(name) layout(push_constant, std430) uniform name##_params {
#define LVK_PARAMS_END(name)                                                                                 \
    }                                                                                                        \
    params;
#else
#include <stdint.h>
typedef uint32_t lvk_u32;
typedef int32_t lvk_i32;
typedef float lvk_f32;
#define LVK_PARAMS_BEGIN(name) typedef struct lvk_##name##_params {
#define LVK_PARAMS_END(name)                                                                                 \
    }                                                                                                        \
    lvk_##name##_params;
#endif

#endif
