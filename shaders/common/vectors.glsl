/* Read-only tensors of floats, seen as vec4s: with LVK_TEXELS 0 in storage buffers, with 1 in texel buffers. Mesa's software
 * driver reads texel buffers several times faster, since it turns each access to a storage buffer into a loop over the lanes.
 *
 *   LVK_VECTORS(slot, name)       declares a tensor
 *   LVK_LOAD(name, i)             elements 4i .. 4i + 3
 *   LVK_LOAD_ELEMENT(name, at)    element `at` alone */
#ifndef LVK_TEXELS
#error a shader that includes common/vectors.glsl needs lines in shaders/variants.txt, which define LVK_TEXELS
#endif
#if LVK_TEXELS
#define LVK_VECTORS(slot, name) layout(binding = slot) uniform samplerBuffer name
#define LVK_LOAD(name, i) texelFetch(name, int(i))
#define LVK_LOAD_ELEMENT(name, at) texelFetch(name, int((at) >> 2))[(at) & 3u]
#else
#define LVK_VECTORS(slot, name)                                                                              \
    layout(binding = slot) readonly buffer name##_block {                                                    \
        vec4 name[];                                                                                         \
    }
#define LVK_LOAD(name, i) name[i]
#define LVK_LOAD_ELEMENT(name, at) name[(at) >> 2][(at) & 3u]
#endif
