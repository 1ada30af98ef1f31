/* Compute pipelines: made once per shader and set of constants, and kept as long as the device. */
#ifndef LVK_VULKAN_PIPELINE_H
#define LVK_VULKAN_PIPELINE_H

#include "vulkan/api.h"
#include "vulkan/reflection.h"
#include "vulkan/shaders.h"

struct lvk_vulkan;

/* One for all shaders that bind the same kinds in the same order, so that descriptor sets and push constants
 * survive a change of pipeline. */
typedef struct lvk_layout {
    int binding_count;
    lvk_binding_kind kinds[LVK_MAX_BINDINGS];
    VkDescriptorSetLayout set;
    VkPipelineLayout pipeline;
} lvk_layout;

typedef struct lvk_pipeline {
    VkPipeline handle;
    const lvk_layout *layout;
    const lvk_shader *shader;
    int constant_count;
    uint32_t constants[LVK_MAX_CONSTANTS];
    lvk_reflection reflection;
} lvk_pipeline;

typedef struct lvk_pipelines {
    lvk_pipeline **items;
    size_t count, capacity;
    lvk_layout **layouts;
    size_t layout_count, layout_capacity;
    VkPipelineCache cache;
    char *cache_path;      /* NULL: nothing is kept on disk */
    uint64_t cache_digest; /* of the file's data as it was read; 0: there was none */
} lvk_pipelines;

/* Starts with what the cache file of this device, driver and set of shaders holds, unless `use_file` is
 * false. */
LVK_MUST_USE lvk_status lvk_pipelines_init(struct lvk_vulkan *vulkan, bool use_file);

/* Writes the cache file if there is something new, destroys all pipelines. Also after a failed init, also of
 * {0}. */
void lvk_pipelines_finish(struct lvk_vulkan *vulkan);

/* The pipeline for a launch, made if need be. The launch is compared with the shader and with the device's
 * limits, in everything but its buffers: number and kinds of bindings, parameter size, constants, group size
 * and counts, shared memory, subgroup operations. The result lives as long as the device. */
LVK_MUST_USE lvk_status lvk_pipeline_get(struct lvk_vulkan *vulkan, const lvk_launch *launch,
                                         const lvk_pipeline **pipeline);

/* pipeline_file.c: the cache on disk. */

/* The file for this device, driver and set of shaders, its folder created; NULL where the user has no cache
 * folder. */
char *lvk_pipeline_file_path(const VkPhysicalDeviceProperties *properties);

/* The data that was stored, NULL when there is none or when it is damaged or of something else. Freed with
 * lvk_free. */
void *lvk_pipeline_file_read(const char *path, const VkPhysicalDeviceProperties *properties, size_t *size,
                             uint64_t *digest);

/* Stores data unless its digest is `old_digest`. Failures are logged: the cache only saves time. */
void lvk_pipeline_file_write(const char *path, const void *data, size_t size, uint64_t old_digest);

#endif
