/* The compiled shaders, embedded by tools/embed-shaders.c. */
#ifndef LVK_VULKAN_SHADERS_H
#define LVK_VULKAN_SHADERS_H

#include <stdint.h>

typedef struct lvk_shader {
    const char *name; /* a kernel of shaders/variants.txt, or a source of shaders/ */
    const uint32_t *words;
    uint32_t word_count;
} lvk_shader;

extern const lvk_shader lvk_shaders[]; /* sorted by name */
extern const uint32_t lvk_shader_count;

/* FNV-1a, 64 bits, over all shaders: part of the name of caches that depend on them. */
extern const uint64_t lvk_shader_digest;

#endif
