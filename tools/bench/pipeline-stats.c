#include "pipeline-stats.h"

#include "core/memory.h"
#include "vulkan/reflection.h"

#include <string.h>

static lvk_status create_device(compiler *c) {
    const float priority = 1;
    const char *const extension = VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME;
    const VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                           .queueFamilyIndex = c->adapter.queue_family,
                                           .queueCount = 1,
                                           .pQueuePriorities = &priority};
    const VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR feature = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR,
        .pipelineExecutableInfo = VK_TRUE};
    const VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                     .pNext = &feature,
                                     .queueCreateInfoCount = 1,
                                     .pQueueCreateInfos = &queue,
                                     .enabledExtensionCount = 1,
                                     .ppEnabledExtensionNames = &extension};
    LVK_TRY(VK_STATUS(vkCreateDevice(c->adapter.handle, &info, NULL, &c->device)));
    volkLoadDevice(c->device);
    return LVK_OK;
}

lvk_status compiler_open(compiler *c) {
    lvk_adapter *adapters = NULL;
    const lvk_adapter *found = NULL;
    uint32_t count = 0;
    *c = (compiler){0};
    LVK_TRY(lvk_instance_create(false, &c->instance));
    LVK_TRY(lvk_adapter_list(c->instance, &adapters, &count));
    const lvk_status status = lvk_adapter_find(adapters, count, NULL, &found);
    if (status == LVK_OK)
        c->adapter = *found;
    lvk_free(adapters);
    LVK_TRY(status);
    return create_device(c);
}

void compiler_close(compiler *c) {
    if (c->device)
        vkDestroyDevice(c->device, NULL);
    lvk_instance_destroy(&c->instance);
    *c = (compiler){0};
}

/* A pipeline and the objects from which it is created. */
typedef struct parts {
    VkShaderModule module;
    VkDescriptorSetLayout set;
    VkPipelineLayout layout;
    VkPipeline pipeline;
} parts;

static lvk_status create_layout(const compiler *c, const lvk_reflection *reflection, parts *p) {
    VkDescriptorSetLayoutBinding bindings[LVK_MAX_BINDINGS];
    for (int i = 0; i < reflection->binding_count; ++i) {
        const lvk_binding_kind kind = reflection->bindings[i].kind;
        bindings[i] = (VkDescriptorSetLayoutBinding){
            .binding = (uint32_t)i,
            .descriptorType = kind == LVK_BIND_STORAGE   ? VK_DESCRIPTOR_TYPE_STORAGE_BUFFER
                              : kind == LVK_BIND_UNIFORM ? VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER
                                                         : VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER,
            .descriptorCount = 1,
            .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
    }
    const VkDescriptorSetLayoutCreateInfo set = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
                                                 .bindingCount = (uint32_t)reflection->binding_count,
                                                 .pBindings = bindings};
    LVK_TRY(VK_STATUS(vkCreateDescriptorSetLayout(c->device, &set, NULL, &p->set)));
    const VkPushConstantRange range = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
                                       .size = LVK_MAX_PARAMETER_SIZE};
    const VkPipelineLayoutCreateInfo layout = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                               .setLayoutCount = 1,
                                               .pSetLayouts = &p->set,
                                               .pushConstantRangeCount = 1,
                                               .pPushConstantRanges = &range};
    return VK_STATUS(vkCreatePipelineLayout(c->device, &layout, NULL, &p->layout));
}

static lvk_status create_pipeline(const compiler *c, const lvk_shader *shader, const uint32_t *constants,
                                  int constant_count, parts *p) {
    lvk_reflection reflection;
    LVK_TRY(lvk_reflection_read(shader->name, shader->words, shader->word_count, constants, constant_count,
                                &reflection));
    LVK_TRY(create_layout(c, &reflection, p));
    const VkShaderModuleCreateInfo module = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                             .codeSize = 4 * (size_t)shader->word_count,
                                             .pCode = shader->words};
    LVK_TRY(VK_STATUS(vkCreateShaderModule(c->device, &module, NULL, &p->module)));
    VkSpecializationMapEntry entries[LVK_MAX_CONSTANTS];
    for (uint32_t i = 0; i < LVK_MAX_CONSTANTS; ++i)
        entries[i] = (VkSpecializationMapEntry){.constantID = i, .offset = 4 * i, .size = 4};
    const VkSpecializationInfo specialization = {.mapEntryCount = (uint32_t)constant_count,
                                                 .pMapEntries = entries,
                                                 .dataSize = 4 * (size_t)constant_count,
                                                 .pData = constants};
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .flags = VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = p->module,
                  .pName = "main",
                  .pSpecializationInfo = &specialization},
        .layout = p->layout};
    return VK_STATUS(vkCreateComputePipelines(c->device, VK_NULL_HANDLE, 1, &info, NULL, &p->pipeline));
}

static void destroy_parts(const compiler *c, const parts *p) {
    vkDestroyPipeline(c->device, p->pipeline, NULL);
    vkDestroyShaderModule(c->device, p->module, NULL);
    vkDestroyPipelineLayout(c->device, p->layout, NULL);
    vkDestroyDescriptorSetLayout(c->device, p->set, NULL);
}

/* Copies a statistic into `stats` if its name is one of those that Mesa's RADV uses. */
static void note(pipeline_stats *stats, const VkPipelineExecutableStatisticKHR *s) {
    const struct {
        const char *name;
        uint32_t *value;
    } known[] = {{"VGPRs", &stats->vgprs},
                 {"SGPRs", &stats->sgprs},
                 {"Spilled VGPRs", &stats->spilled_vgprs},
                 {"Spilled SGPRs", &stats->spilled_sgprs},
                 {"Scratch size", &stats->scratch},
                 {"LDS size", &stats->lds},
                 {"Code size", &stats->code},
                 {"Subgroups per SIMD", &stats->waves}};
    for (size_t i = 0; i < sizeof known / sizeof *known; ++i)
        if (strcmp(s->name, known[i].name) == 0 &&
            s->format == VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_UINT64_KHR)
            *known[i].value = (uint32_t)s->value.u64;
}

static lvk_status read_stats(const compiler *c, VkPipeline pipeline, pipeline_stats *stats) {
    const VkPipelineInfoKHR of_pipeline = {.sType = VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR,
                                           .pipeline = pipeline};
    VkPipelineExecutablePropertiesKHR executable = {.sType =
                                                        VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR};
    uint32_t count = 1; /* a compute pipeline has one executable */
    LVK_TRY(VK_STATUS(vkGetPipelineExecutablePropertiesKHR(c->device, &of_pipeline, &count, &executable)));
    stats->subgroup = executable.subgroupSize;
    const VkPipelineExecutableInfoKHR of_executable = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, .pipeline = pipeline};
    VkPipelineExecutableStatisticKHR statistics[64];
    memset(statistics, 0, sizeof statistics);
    for (int i = 0; i < 64; ++i)
        statistics[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
    count = 64;
    LVK_TRY(VK_STATUS(vkGetPipelineExecutableStatisticsKHR(c->device, &of_executable, &count, statistics)));
    for (uint32_t i = 0; i < count; ++i)
        note(stats, &statistics[i]);
    return LVK_OK;
}

lvk_status compiler_run(const compiler *c, const lvk_shader *shader, const uint32_t *constants,
                        int constant_count, pipeline_stats *stats) {
    parts p = {0};
    memset(stats, 0xFF, sizeof *stats);
    lvk_status status = create_pipeline(c, shader, constants, constant_count, &p);
    if (status == LVK_OK)
        status = read_stats(c, p.pipeline, stats);
    destroy_parts(c, &p);
    return status == LVK_OK ? LVK_OK : lvk_fail_within(status, "%s", shader->name);
}
