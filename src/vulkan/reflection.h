/* Reflection: what a compiled shader expects, read from its SPIR-V, so that a launch can be compared with it.
 * Although the modules are part of this program, they are checked, so that a mistake in the build gives an
 * error line and does not reach a driver. */
#ifndef LVK_VULKAN_REFLECTION_H
#define LVK_VULKAN_REFLECTION_H

#include "backend/launch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lvk_reflected_binding {
    lvk_binding_kind kind;
    bool writes; /* whether the shader may write to it: a storage buffer not declared `readonly` */
} lvk_reflected_binding;

typedef struct lvk_reflection {
    int binding_count; /* bindings 0 to binding_count - 1 of descriptor set 0 are all present */
    lvk_reflected_binding bindings[LVK_MAX_BINDINGS];
    uint32_t parameter_size; /* bytes of the push constant block; 0: there is none */
    /* Specialization constants 0 to constant_count - 1, of 32 bits each; unused ones may be missing. */
    int constant_count;
    uint32_t group_size[3]; /* invocations, with the constants applied */
    uint64_t shared_memory; /* bytes of shared variables with the constants applied; UINT64_MAX: not known */
    uint32_t subgroup_features; /* the VkSubgroupFeatureFlagBits that the shader needs */
} lvk_reflection;

/* Reads a module with the given values of its first specialization constants; further constants keep the
 * module's defaults. `name` is for error lines. LVK_ERROR_FORMAT says that the module is damaged, or lacks
 * the form of this project's shaders: one compute entry point "main", no other descriptor set than 0,
 * bindings numbered without gaps. LVK_ERROR_UNSUPPORTED says that it needs a capability that this backend
 * does not enable. */
LVK_MUST_USE lvk_status lvk_reflection_read(const char *name, const uint32_t *words, size_t word_count,
                                            const uint32_t *constants, int constant_count,
                                            lvk_reflection *reflection);

#endif
