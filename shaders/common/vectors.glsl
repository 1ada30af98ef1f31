/* Read-only tensors of floats, seen as vec4s: LVK_TEXELS 0 by storage buffers, 1 by texel buffers, which Mesa's software
 * driver reads several times faster (it turns each storage access into a loop over the lanes).
 *
 *   LVK_VECTORS(slot, name)       declares one
 *   LVK_LOAD(name, i)             elements 4i .. 4i + 3
 *   LVK_LOAD_ELEMENT(name, at)    element `at` alone */
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
