/* Compute pipelines. There is one for each shader and set of specialization constants, created when first
 * needed; it lives as long as the device. */
#ifndef LVK_VULKAN_PIPELINE_H
#define LVK_VULKAN_PIPELINE_H

#include "vulkan/api.h"
#include "vulkan/reflection.h"
#include "vulkan/shaders.h"

struct lvk_vulkan;

/* A pipeline layout. All shaders with the same kinds of bindings in the same order share one, so that
 * descriptor sets and push constants stay valid when the pipeline changes. */
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
    char *cache_path;      /* the cache file; NULL: none is read or written */
    uint64_t cache_digest; /* digest of the data that the file held when it was read; 0: no file */
} lvk_pipelines;

/* Creates the pipeline cache, with the data of the cache file for this device, driver and set of shaders if
 * use_file. */
LVK_MUST_USE lvk_status lvk_pipelines_init(struct lvk_vulkan *vulkan, bool use_file);

/* Writes the cache file if its data has changed, and destroys all pipelines. It may be called after a failed
 * init, and for {0}. */
void lvk_pipelines_finish(struct lvk_vulkan *vulkan);

/* Sets `pipeline` to the pipeline for a launch, which is created if there is none yet, and lives as long as
 * the device. Fails unless everything but the launch's buffers agrees with the shader and the device's
 * limits: number and kinds of bindings, size of the parameters, constants, size and number of workgroups,
 * shared memory, subgroup operations. */
LVK_MUST_USE lvk_status lvk_pipeline_get(struct lvk_vulkan *vulkan, const lvk_launch *launch,
                                         const lvk_pipeline **pipeline);

/* pipeline_file.c: the cache on disk. */

/* The path of the cache file for this device, driver and set of shaders, whose folder is created. NULL if the
 * user has no cache folder. The caller frees it with lvk_free. */
char *lvk_pipeline_file_path(const VkPhysicalDeviceProperties *properties);

/* The data of a cache file, which the caller frees with lvk_free. NULL if there is no file, or if it is
 * damaged or belongs to another device. */
void *lvk_pipeline_file_read(const char *path, const VkPhysicalDeviceProperties *properties, size_t *size,
                             uint64_t *digest);

/* Writes data into the cache file unless the data's digest is `old_digest`. Failures are only logged, since
 * the cache does nothing but save time. */
void lvk_pipeline_file_write(const char *path, const void *data, size_t size, uint64_t old_digest);

#endif
