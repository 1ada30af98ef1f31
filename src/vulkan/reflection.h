/* What a compiled shader expects, read from its SPIR-V, so that a launch can be compared with it. The modules
 * are this program's own, but a mistake in the build must end in an error line and not in a driver. */
#ifndef LVK_VULKAN_REFLECTION_H
#define LVK_VULKAN_REFLECTION_H

#include "backend/launch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lvk_reflected_binding {
    lvk_binding_kind kind;
    bool writes; /* the shader may write to it: a storage buffer that is not declared `readonly` */
} lvk_reflected_binding;

typedef struct lvk_reflection {
    int binding_count; /* descriptor set 0, bindings 0 to binding_count - 1, each present */
    lvk_reflected_binding bindings[LVK_MAX_BINDINGS];
    uint32_t parameter_size; /* bytes of the push constant block; 0: there is none */
    int constant_count; /* specialization constants 0 to constant_count - 1, 32 bits each; unused ones may be
                           missing */
    uint32_t group_size[3]; /* invocations, with the constants applied */
    uint64_t
        shared_memory; /* bytes of shared variables with the constants applied; UINT64_MAX: cannot be told */
    uint32_t subgroup_features; /* VkSubgroupFeatureFlagBits that it needs */
} lvk_reflection;

/* Reads module `name` (for error lines) for the given values of its specialization constants; constants
 * beyond those keep the module's defaults. LVK_ERROR_FORMAT: damaged, or not of the form that this project's
 * shaders have: one compute entry point "main", descriptor set 0 alone, numbering without gaps.
 * LVK_ERROR_UNSUPPORTED: it needs a capability that devices are not asked for. */
LVK_MUST_USE lvk_status lvk_reflection_read(const char *name, const uint32_t *words, size_t word_count,
                                            const uint32_t *constants, int constant_count,
                                            lvk_reflection *reflection);

#endif
