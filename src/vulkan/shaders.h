/* The compiled shaders, embedded by tools/embed-shaders.c. */
#ifndef LVK_VULKAN_SHADERS_H
#define LVK_VULKAN_SHADERS_H

#include <stdint.h>

typedef struct lvk_shader {
    const char *name; /* the name of a kernel in shaders/variants.txt, or of a file in shaders/ */
    const uint32_t *words;
    uint32_t word_count;
} lvk_shader;

extern const lvk_shader lvk_shaders[]; /* sorted by name */
extern const uint32_t lvk_shader_count;

/* The digest of all shaders, FNV-1a of 64 bits. It is part of the names of cache files that depend on the
 * shaders. */
extern const uint64_t lvk_shader_digest;

#endif
