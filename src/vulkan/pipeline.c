#include "vulkan/pipeline.h"

#include "core/memory.h"
#include "vulkan/broadcast.h"
#include "vulkan/device.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

lvk_status lvk_pipelines_init(lvk_vulkan *vulkan, bool use_file) {
    lvk_pipelines *pipelines = &vulkan->pipelines;
    void *data = NULL;
    size_t size = 0;
    if (use_file)
        pipelines->cache_path = lvk_pipeline_file_path(&vulkan->adapter.properties);
    if (pipelines->cache_path)
        data = lvk_pipeline_file_read(pipelines->cache_path, &vulkan->adapter.properties, &size,
                                      &pipelines->cache_digest);
    const VkPipelineCacheCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO, .initialDataSize = size, .pInitialData = data};
    const lvk_status status =
        VK_STATUS(vkCreatePipelineCache(vulkan->device, &info, NULL, &pipelines->cache));
    lvk_free(data);
    return status;
}

static void save(lvk_vulkan *vulkan) {
    const lvk_pipelines *pipelines = &vulkan->pipelines;
    size_t size = 0;
    if (!pipelines->cache_path || !pipelines->cache || vulkan->lost || pipelines->count == 0 ||
        vkGetPipelineCacheData(vulkan->device, pipelines->cache, &size, NULL) != VK_SUCCESS || size == 0)
        return;
    void *data = lvk_alloc(size, 1);
    if (data && vkGetPipelineCacheData(vulkan->device, pipelines->cache, &size, data) == VK_SUCCESS)
        lvk_pipeline_file_write(pipelines->cache_path, data, size, pipelines->cache_digest);
    lvk_free(data);
}

void lvk_pipelines_finish(lvk_vulkan *vulkan) {
    lvk_pipelines *pipelines = &vulkan->pipelines;
    if (vulkan->device)
        save(vulkan);
    const bool idle = lvk_queue_settle(vulkan);
    for (size_t i = 0; i < pipelines->count; ++i) {
        if (idle)
            vkDestroyPipeline(vulkan->device, pipelines->items[i]->handle, NULL);
        lvk_free(pipelines->items[i]);
    }
    for (size_t i = 0; i < pipelines->layout_count; ++i) {
        if (idle) {
            vkDestroyPipelineLayout(vulkan->device, pipelines->layouts[i]->pipeline, NULL);
            vkDestroyDescriptorSetLayout(vulkan->device, pipelines->layouts[i]->set, NULL);
        }
        lvk_free(pipelines->layouts[i]);
    }
    if (pipelines->cache && idle)
        vkDestroyPipelineCache(vulkan->device, pipelines->cache, NULL);
    lvk_free(pipelines->items);
    lvk_free(pipelines->layouts);
    lvk_free(pipelines->cache_path);
    *pipelines = (lvk_pipelines){0};
}

/* ---- layouts ---- */

static VkDescriptorType descriptor_type(lvk_binding_kind kind) {
    return kind == LVK_BIND_STORAGE   ? VK_DESCRIPTOR_TYPE_STORAGE_BUFFER
           : kind == LVK_BIND_UNIFORM ? VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER
                                      : VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER;
}

static lvk_status create_layout(lvk_vulkan *vulkan, lvk_layout *layout) {
    VkDescriptorSetLayoutBinding bindings[LVK_MAX_BINDINGS];
    for (int i = 0; i < layout->binding_count; ++i)
        bindings[i] = (VkDescriptorSetLayoutBinding){.binding = (uint32_t)i,
                                                     .descriptorType = descriptor_type(layout->kinds[i]),
                                                     .descriptorCount = 1,
                                                     .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
    const VkDescriptorSetLayoutCreateInfo set = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
                                                 .bindingCount = (uint32_t)layout->binding_count,
                                                 .pBindings = bindings};
    LVK_TRY(VK_STATUS(vkCreateDescriptorSetLayout(vulkan->device, &set, NULL, &layout->set)));
    /* Every layout has the whole guaranteed size, so that push constants stay valid when the layout
     * changes. */
    const VkPushConstantRange range = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
                                       .size = LVK_MAX_PARAMETER_SIZE};
    const VkPipelineLayoutCreateInfo pipeline = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                                 .setLayoutCount = 1,
                                                 .pSetLayouts = &layout->set,
                                                 .pushConstantRangeCount = 1,
                                                 .pPushConstantRanges = &range};
    return VK_STATUS(vkCreatePipelineLayout(vulkan->device, &pipeline, NULL, &layout->pipeline));
}

static bool layout_fits(const lvk_layout *layout, const lvk_reflection *reflection) {
    bool fits = layout->binding_count == reflection->binding_count;
    for (int i = 0; fits && i < layout->binding_count; ++i)
        fits = layout->kinds[i] == reflection->bindings[i].kind;
    return fits;
}

static lvk_status get_layout(lvk_vulkan *vulkan, const lvk_reflection *reflection, const lvk_layout **found) {
    lvk_pipelines *pipelines = &vulkan->pipelines;
    for (size_t i = 0; i < pipelines->layout_count; ++i)
        if (layout_fits(pipelines->layouts[i], reflection)) {
            *found = pipelines->layouts[i];
            return LVK_OK;
        }
    LVK_TRY(LVK_GROW(&pipelines->layouts, &pipelines->layout_capacity, pipelines->layout_count));
    lvk_layout *layout = lvk_alloc(1, sizeof *layout);
    if (!layout)
        return LVK_ERROR_MEMORY;
    pipelines->layouts[pipelines->layout_count++] =
        layout; /* now, so that it is destroyed even if unfinished */
    layout->binding_count = reflection->binding_count;
    for (int i = 0; i < reflection->binding_count; ++i)
        layout->kinds[i] = reflection->bindings[i].kind;
    const lvk_status status = create_layout(vulkan, layout);
    if (status != LVK_OK)
        layout->binding_count = -1; /* so that no shader matches the unfinished layout */
    *found = layout;
    return status;
}

/* ---- checks ---- */

static int compare_shader(const void *name, const void *shader) {
    return strcmp(name, ((const lvk_shader *)shader)->name);
}

static const char *kind_name(lvk_binding_kind kind) {
    return kind == LVK_BIND_STORAGE   ? "storage buffer"
           : kind == LVK_BIND_UNIFORM ? "uniform buffer"
           : kind == LVK_BIND_TEXELS  ? "texel buffer"
                                      : "texel buffer of bytes";
}

/* Fails unless the launch agrees with the shader: bindings, parameters, constants. */
static lvk_status check_launch(const lvk_launch *launch, const lvk_reflection *shader, const lvk_caps *caps) {
    if (launch->binding_count != shader->binding_count)
        return lvk_fail(LVK_ERROR_ARGUMENT, "has %d bindings, the launch %d", shader->binding_count,
                        launch->binding_count);
    for (int i = 0; i < shader->binding_count; ++i)
        if (launch->bindings[i].kind != shader->bindings[i].kind)
            return lvk_fail(LVK_ERROR_ARGUMENT, "binding %d is a %s, in the launch a %s", i,
                            kind_name(shader->bindings[i].kind), kind_name(launch->bindings[i].kind));
    if (launch->parameter_size != shader->parameter_size)
        return lvk_fail(LVK_ERROR_ARGUMENT, "has %" PRIu32 " bytes of parameters, the launch %" PRIu32,
                        shader->parameter_size, launch->parameter_size);
    if (launch->constant_count != shader->constant_count)
        return lvk_fail(LVK_ERROR_ARGUMENT, "has %d specialization constants, the launch %d",
                        shader->constant_count, launch->constant_count);
    for (int i = 0; i < 3; ++i)
        if (launch->groups[i] == 0 || launch->groups[i] > caps->max_groups[i])
            return lvk_fail(LVK_ERROR_LIMIT,
                            "%" PRIu32 " groups in dimension %d, the device allows 1 to %" PRIu32,
                            launch->groups[i], i, caps->max_groups[i]);
    return LVK_OK;
}

/* Fails unless the device has what the shader needs. */
static lvk_status check_limits(const lvk_vulkan *vulkan, const lvk_reflection *shader) {
    const lvk_caps *caps = &vulkan->base.caps;
    uint64_t invocations = 1;
    for (int i = 0; i < 3; ++i) {
        invocations *= shader->group_size[i];
        if (shader->group_size[i] > caps->max_group_size[i] || invocations > caps->max_invocations)
            return lvk_fail(LVK_ERROR_LIMIT,
                            "a group of %" PRIu32 "×%" PRIu32 "×%" PRIu32
                            " is more than the device allows (%" PRIu32 " invocations)",
                            shader->group_size[0], shader->group_size[1], shader->group_size[2],
                            caps->max_invocations);
    }
    uint32_t storage_buffers = 0;
    for (int i = 0; i < shader->binding_count; ++i)
        storage_buffers += shader->bindings[i].kind == LVK_BIND_STORAGE;
    if (storage_buffers > caps->max_storage_buffers)
        return lvk_fail(LVK_ERROR_LIMIT, "has %" PRIu32 " storage buffers, the device allows %" PRIu32,
                        storage_buffers, caps->max_storage_buffers);
    if (shader->parameter_size > caps->max_parameter_size)
        return lvk_fail(LVK_ERROR_LIMIT, "has %" PRIu32 " bytes of parameters, the device allows %" PRIu32,
                        shader->parameter_size, caps->max_parameter_size);
    if (shader->shared_memory != UINT64_MAX && shader->shared_memory > caps->max_shared_memory)
        return lvk_fail(LVK_ERROR_LIMIT, "has %" PRIu64 " bytes of shared memory, the device allows %" PRIu32,
                        shader->shared_memory, caps->max_shared_memory);
    const VkSubgroupFeatureFlags missing = shader->subgroup_features & ~vulkan->adapter.subgroup_features;
    if (missing)
        return lvk_fail(LVK_ERROR_UNSUPPORTED,
                        "needs subgroup operations (0x%" PRIx32 ") that the device lacks", missing);
    return LVK_OK;
}

/* ---- pipelines ---- */

static lvk_status create_handle(lvk_vulkan *vulkan, const uint32_t *words, lvk_pipeline *pipeline) {
    const VkShaderModuleCreateInfo module_info = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                                  .codeSize = 4 * (size_t)pipeline->shader->word_count,
                                                  .pCode = words};
    VkShaderModule module;
    LVK_TRY(VK_STATUS(vkCreateShaderModule(vulkan->device, &module_info, NULL, &module)));
    VkSpecializationMapEntry entries[LVK_MAX_CONSTANTS];
    for (uint32_t i = 0; i < LVK_MAX_CONSTANTS; ++i)
        entries[i] = (VkSpecializationMapEntry){.constantID = i, .offset = 4 * i, .size = 4};
    const VkSpecializationInfo constants = {.mapEntryCount = (uint32_t)pipeline->constant_count,
                                            .pMapEntries = entries,
                                            .dataSize = 4 * (size_t)pipeline->constant_count,
                                            .pData = pipeline->constants};
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = module,
                  .pName = "main",
                  .pSpecializationInfo = pipeline->constant_count ? &constants : NULL},
        .layout = pipeline->layout->pipeline};
    const lvk_status status = VK_STATUS(
        vkCreateComputePipelines(vulkan->device, vulkan->pipelines.cache, 1, &info, NULL, &pipeline->handle));
    vkDestroyShaderModule(vulkan->device, module, NULL);
    if (status == LVK_OK && vulkan->instance->set_name) {
        const VkDebugUtilsObjectNameInfoEXT name = {.sType =
                                                        VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT,
                                                    .objectType = VK_OBJECT_TYPE_PIPELINE,
                                                    .objectHandle = (uint64_t)(uintptr_t)pipeline->handle,
                                                    .pObjectName = pipeline->shader->name};
        return VK_STATUS(vulkan->instance->set_name(vulkan->device, &name));
    }
    return status;
}

/* From the words that the driver is given: the shader's own, or those with broadcasts. */
static lvk_status create_from(lvk_vulkan *vulkan, const uint32_t *words, const lvk_launch *launch,
                              lvk_pipeline *pipeline) {
    LVK_TRY(lvk_reflection_read(pipeline->shader->name, words, pipeline->shader->word_count,
                                pipeline->constants, pipeline->constant_count, &pipeline->reflection));
    LVK_TRY(check_launch(launch, &pipeline->reflection, &vulkan->base.caps));
    LVK_TRY(check_limits(vulkan, &pipeline->reflection));
    LVK_TRY(get_layout(vulkan, &pipeline->reflection, &pipeline->layout));
    return create_handle(vulkan, words, pipeline);
}

static lvk_status create_pipeline(lvk_vulkan *vulkan, const lvk_launch *launch, lvk_pipeline *pipeline) {
    pipeline->shader =
        bsearch(launch->shader, lvk_shaders, lvk_shader_count, sizeof *lvk_shaders, compare_shader);
    if (!pipeline->shader)
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "there is no such shader, neither in shaders/variants.txt nor as a file of shaders/");
    pipeline->constant_count = launch->constant_count;
    memcpy(pipeline->constants, launch->constants, sizeof pipeline->constants);
    uint32_t *broadcasting = NULL;
    if (vulkan->adapter.broadcasts)
        LVK_TRY(lvk_broadcast_words(pipeline->shader, &broadcasting));
    const lvk_status status =
        create_from(vulkan, broadcasting ? broadcasting : pipeline->shader->words, launch, pipeline);
    lvk_free(broadcasting);
    return status;
}

lvk_status lvk_pipeline_get(lvk_vulkan *vulkan, const lvk_launch *launch, const lvk_pipeline **found) {
    lvk_pipelines *pipelines = &vulkan->pipelines;
    *found = NULL;
    if (launch->binding_count > LVK_MAX_BINDINGS || launch->constant_count > LVK_MAX_CONSTANTS ||
        launch->parameter_size > LVK_MAX_PARAMETER_SIZE)
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "%d bindings, %d constants and %" PRIu32
                        " bytes of parameters are more than a launch may have",
                        launch->binding_count, launch->constant_count, launch->parameter_size);
    for (size_t i = 0; i < pipelines->count; ++i) {
        const lvk_pipeline *old = pipelines->items[i];
        if (strcmp(old->shader->name, launch->shader) == 0 && old->constant_count == launch->constant_count &&
            memcmp(old->constants, launch->constants, 4 * (size_t)old->constant_count) == 0) {
            *found = old;
            return check_launch(launch, &old->reflection, &vulkan->base.caps);
        }
    }
    LVK_TRY(LVK_GROW(&pipelines->items, &pipelines->capacity, pipelines->count));
    lvk_pipeline *pipeline = lvk_alloc(1, sizeof *pipeline);
    if (!pipeline)
        return LVK_ERROR_MEMORY;
    const lvk_status status = create_pipeline(vulkan, launch, pipeline);
    if (status != LVK_OK) {
        if (pipeline->handle)
            vkDestroyPipeline(vulkan->device, pipeline->handle, NULL);
        lvk_free(pipeline);
        return status;
    }
    pipelines->items[pipelines->count++] = pipeline;
    *found = pipeline;
    return LVK_OK;
}
