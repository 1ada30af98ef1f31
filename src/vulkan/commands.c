#include "vulkan/commands.h"

#include "core/memory.h"

#include <inttypes.h>
#include <string.h>

typedef struct binder {
    lvk_vulkan *vulkan;
    const lvk_program *program;
    lvk_buffer *const *blocks;
    lvk_commands *commands;
} binder;

/* ---- from bindings to ranges of blocks ---- */

static lvk_status find_region(const lvk_step *step, const lvk_binding *binding, const lvk_region **region) {
    static const char *const spaces[] = {"input", "output", "scratch buffer"};
    const int index = binding->index;
    const lvk_region *regions = NULL;
    int count = 0;
    switch (binding->space) {
    case LVK_SPACE_INPUT:
        regions = step->inputs;
        count = step->call.input_count;
        break;
    case LVK_SPACE_OUTPUT:
        regions = step->outputs;
        count = step->call.output_count;
        break;
    case LVK_SPACE_SCRATCH:
        regions = step->scratch;
        count = LVK_MAX_SCRATCH;
        break;
    }
    if (index < 0 || index >= count || regions[index].size == 0)
        return lvk_fail(LVK_ERROR_ARGUMENT, "the step has no %s %d", spaces[binding->space], index);
    *region = &regions[index];
    return LVK_OK;
}

/* The bytes by which a kernel counts a buffer of this kind: those of a texel, or of a word of storage. */
static uint64_t texel_size(lvk_binding_kind kind) {
    return kind == LVK_BIND_TEXELS ? 16 : 4;
}

static bool is_texels(lvk_binding_kind kind) {
    return kind == LVK_BIND_TEXELS || kind == LVK_BIND_BYTES;
}

static lvk_status check_size(const lvk_caps *caps, lvk_binding_kind kind, uint64_t offset, uint64_t size) {
    const uint64_t most = kind == LVK_BIND_STORAGE   ? caps->max_storage_range
                          : kind == LVK_BIND_UNIFORM ? caps->max_uniform_range
                                                     : texel_size(kind) * caps->max_texels;
    if (size > most)
        return lvk_fail(LVK_ERROR_LIMIT,
                        "%" PRIu64 " bytes, the device allows %" PRIu64 " in a binding of this kind", size,
                        most);
    if (offset % caps->offset_alignment)
        return lvk_fail(LVK_ERROR_ARGUMENT, "offset %" PRIu64 " is not a multiple of %" PRIu32, offset,
                        caps->offset_alignment);
    if (size == 0 || size % texel_size(kind))
        return lvk_fail(LVK_ERROR_ARGUMENT, "a size of %" PRIu64 " bytes", size);
    return LVK_OK;
}

/* The first block that is the same buffer as `block`. Hazards are found by block, so that blocks which share
 * a buffer must count as one. */
static int canonical_block(const binder *self, int block) {
    int first = 0;
    while (self->blocks[first] != self->blocks[block])
        ++first;
    return first;
}

static lvk_status bind(const binder *self, const lvk_step *step, const lvk_binding *binding, bool writes,
                       lvk_access *access) {
    const lvk_region *region = NULL;
    LVK_TRY(find_region(step, binding, &region));
    if ((unsigned)region->block >= LVK_BLOCK_COUNT || !self->blocks[region->block])
        return lvk_fail(LVK_ERROR_ARGUMENT, "block %d is not there", (int)region->block);
    const uint64_t block_size = self->blocks[region->block]->size;
    if (region->offset > block_size || region->size > block_size - region->offset)
        return lvk_fail(LVK_ERROR_ARGUMENT, "the operand reaches past the end of block %d",
                        (int)region->block);
    const uint64_t size = binding->size ? binding->size : region->size - binding->offset;
    if (binding->offset >= region->size || size > region->size - binding->offset)
        return lvk_fail(LVK_ERROR_ARGUMENT, "it reaches past the end of the operand");
    const uint64_t offset = region->offset + binding->offset;
    LVK_TRY(check_size(&self->vulkan->base.caps, binding->kind, offset, size));
    *access = (lvk_access){.block = canonical_block(self, (int)region->block),
                           .begin = offset,
                           .end = offset + size,
                           .writes = writes};
    return LVK_OK;
}

static bool same_set(const lvk_command *a, const lvk_command *b) {
    bool same = a->pipeline->layout == b->pipeline->layout;
    for (int i = 0; same && i < a->launch->binding_count; ++i)
        same = a->accesses[i].block == b->accesses[i].block && a->accesses[i].begin == b->accesses[i].begin &&
               a->accesses[i].end == b->accesses[i].end;
    return same;
}

static lvk_status add_command(const binder *self, int step_index, const lvk_launch *launch) {
    const lvk_step *step = &self->program->steps[step_index];
    lvk_commands *commands = self->commands;
    lvk_command *command = &commands->items[commands->count];
    *command = (lvk_command){.launch = launch, .step = step_index, .set = commands->set_count};
    lvk_status status = lvk_pipeline_get(self->vulkan, launch, &command->pipeline);
    for (int i = 0; status == LVK_OK && i < launch->binding_count; ++i) {
        const bool writes = command->pipeline->reflection.bindings[i].writes;
        status = bind(self, step, &launch->bindings[i], writes, &command->accesses[i]);
        if (status != LVK_OK)
            (void)lvk_fail_within(status, "binding %d", i);
    }
    if (status != LVK_OK)
        return lvk_fail_within(status, "step %d, %s: shader %s", step_index, step->label, launch->shader);
    for (int i = commands->count - 1; i >= 0 && command->set == commands->set_count; --i)
        if (same_set(command, &commands->items[i]))
            command->set = commands->items[i].set;
    commands->set_count += command->set == commands->set_count;
    ++commands->count;
    return LVK_OK;
}

/* ---- descriptor sets ---- */

static lvk_status create_pool(const binder *self) {
    lvk_commands *commands = self->commands;
    uint32_t counts[LVK_BIND_KIND_COUNT] = {0};
    for (int i = 0, sets = 0; i < commands->count; ++i) {
        if (commands->items[i].set < sets)
            continue;
        ++sets;
        for (int k = 0; k < commands->items[i].launch->binding_count; ++k)
            ++counts[commands->items[i].launch->bindings[k].kind];
    }
    static const VkDescriptorType types[] = {[LVK_BIND_STORAGE] = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                             [LVK_BIND_UNIFORM] = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER,
                                             [LVK_BIND_TEXELS] = VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER,
                                             [LVK_BIND_BYTES] = VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER};
    VkDescriptorPoolSize sizes[LVK_BIND_KIND_COUNT];
    uint32_t size_count = 0;
    for (int kind = 0; kind < LVK_BIND_KIND_COUNT; ++kind)
        if (counts[kind])
            sizes[size_count++] =
                (VkDescriptorPoolSize){.type = types[kind], .descriptorCount = counts[kind]};
    commands->sets = lvk_alloc((size_t)commands->set_count, sizeof(VkDescriptorSet));
    commands->views = lvk_alloc(counts[LVK_BIND_TEXELS] + counts[LVK_BIND_BYTES], sizeof(VkBufferView));
    if (!commands->sets || !commands->views)
        return LVK_ERROR_MEMORY;
    const VkDescriptorPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                             .maxSets = (uint32_t)commands->set_count,
                                             .poolSizeCount = size_count,
                                             .pPoolSizes = sizes};
    return VK_STATUS(vkCreateDescriptorPool(self->vulkan->device, &info, NULL, &commands->pool));
}

static lvk_status create_view(const binder *self, lvk_binding_kind kind, const lvk_access *access,
                              VkBufferView *view) {
    const VkBufferViewCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
                                         .buffer = self->blocks[access->block]->place.buffer,
                                         .format = kind == LVK_BIND_BYTES ? VK_FORMAT_R8G8B8A8_UINT
                                                                          : VK_FORMAT_R32G32B32A32_SFLOAT,
                                         .offset = access->begin,
                                         .range = access->end - access->begin};
    return VK_STATUS(vkCreateBufferView(self->vulkan->device, &info, NULL, view));
}

static lvk_status write_set(const binder *self, const lvk_command *command) {
    lvk_commands *commands = self->commands;
    const lvk_layout *layout = command->pipeline->layout;
    VkDescriptorSet *set = &commands->sets[command->set];
    const VkDescriptorSetAllocateInfo allocate = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                                  .descriptorPool = commands->pool,
                                                  .descriptorSetCount = 1,
                                                  .pSetLayouts = &layout->set};
    LVK_TRY(VK_STATUS(vkAllocateDescriptorSets(self->vulkan->device, &allocate, set)));
    VkDescriptorBufferInfo buffers[LVK_MAX_BINDINGS];
    VkWriteDescriptorSet writes[LVK_MAX_BINDINGS];
    for (int i = 0; i < layout->binding_count; ++i) {
        const lvk_access *access = &command->accesses[i];
        writes[i] = (VkWriteDescriptorSet){.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                           .dstSet = *set,
                                           .dstBinding = (uint32_t)i,
                                           .descriptorCount = 1};
        if (is_texels(layout->kinds[i])) {
            VkBufferView *view = &commands->views[commands->view_count];
            LVK_TRY(create_view(self, layout->kinds[i], access, view));
            ++commands->view_count;
            writes[i].descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER;
            writes[i].pTexelBufferView = view;
        } else {
            buffers[i] = (VkDescriptorBufferInfo){.buffer = self->blocks[access->block]->place.buffer,
                                                  .offset = access->begin,
                                                  .range = access->end - access->begin};
            writes[i].descriptorType = layout->kinds[i] == LVK_BIND_UNIFORM
                                           ? VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER
                                           : VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
            writes[i].pBufferInfo = &buffers[i];
        }
    }
    vkUpdateDescriptorSets(self->vulkan->device, (uint32_t)layout->binding_count, writes, 0, NULL);
    return LVK_OK;
}

/* ---- all of it ---- */

static lvk_status check_blocks(const binder *self) {
    for (int i = 0; i < LVK_BLOCK_COUNT; ++i) {
        const uint64_t needed = self->program->block_size[i];
        const uint64_t given = self->blocks[i] ? self->blocks[i]->size : 0;
        if (needed > given)
            return lvk_fail(LVK_ERROR_ARGUMENT, "block %d has %" PRIu64 " bytes, the program needs %" PRIu64,
                            i, given, needed);
    }
    return LVK_OK;
}

static lvk_status init(const binder *self) {
    const lvk_program *program = self->program;
    LVK_TRY(check_blocks(self));
    size_t count = 0;
    for (int i = 0; i < program->step_count; ++i)
        count += (size_t)program->steps[i].launch_count;
    if (count == 0)
        return LVK_OK;
    self->commands->items = lvk_alloc(count, sizeof *self->commands->items);
    if (!self->commands->items)
        return LVK_ERROR_MEMORY;
    for (int i = 0; i < program->step_count; ++i)
        for (int k = 0; k < program->steps[i].launch_count; ++k)
            LVK_TRY(add_command(self, i, &program->steps[i].launches[k]));
    LVK_TRY(create_pool(self));
    for (int i = 0, sets = 0; i < self->commands->count; ++i)
        if (self->commands->items[i].set == sets) {
            LVK_TRY(write_set(self, &self->commands->items[i]));
            ++sets;
        }
    return LVK_OK;
}

lvk_status lvk_commands_init(lvk_vulkan *vulkan, const lvk_program *program,
                             lvk_buffer *const blocks[LVK_BLOCK_COUNT], lvk_commands *commands) {
    *commands = (lvk_commands){0};
    const binder self = {vulkan, program, blocks, commands};
    const lvk_status status = init(&self);
    if (status != LVK_OK)
        lvk_commands_finish(vulkan, commands);
    return status;
}

void lvk_commands_finish(lvk_vulkan *vulkan, lvk_commands *commands) {
    const bool idle = lvk_queue_settle(vulkan);
    if (commands->pool && idle)
        vkDestroyDescriptorPool(vulkan->device, commands->pool, NULL);
    for (int i = 0; idle && i < commands->view_count; ++i)
        vkDestroyBufferView(vulkan->device, commands->views[i], NULL);
    lvk_free(commands->views);
    lvk_free(commands->sets);
    lvk_free(commands->items);
    *commands = (lvk_commands){0};
}
