/* Recording of commands into a command buffer, with as few barriers and changes of state as possible. */
#include "vulkan/commands.h"

#include <string.h>

typedef struct recorder {
    const lvk_commands *commands;
    VkCommandBuffer buffer;
    lvk_hazards hazards;
    const lvk_command
        *previous; /* the command whose pipeline, set and parameters are bound; NULL: none yet */
} recorder;

static void barrier(recorder *self) {
    lvk_queue_barrier(self->buffer, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT,
                      VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                      VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_UNIFORM_READ_BIT);
    lvk_hazards_clear(&self->hazards);
}

static void set_state(recorder *self, const lvk_command *command) {
    const lvk_command *old = self->previous;
    const lvk_launch *launch = command->launch;
    const lvk_layout *layout = command->pipeline->layout;
    if (!old || old->pipeline != command->pipeline)
        vkCmdBindPipeline(self->buffer, VK_PIPELINE_BIND_POINT_COMPUTE, command->pipeline->handle);
    if (!old || old->set != command->set)
        vkCmdBindDescriptorSets(self->buffer, VK_PIPELINE_BIND_POINT_COMPUTE, layout->pipeline, 0, 1,
                                &self->commands->sets[command->set], 0, NULL);
    if (launch->parameter_size &&
        (!old || old->launch->parameter_size != launch->parameter_size ||
         memcmp(old->launch->parameters, launch->parameters, launch->parameter_size) != 0))
        vkCmdPushConstants(self->buffer, layout->pipeline, VK_SHADER_STAGE_COMPUTE_BIT, 0,
                           launch->parameter_size, launch->parameters);
    self->previous = command;
}

static lvk_status add(recorder *self, const lvk_command *command) {
    const lvk_launch *launch = command->launch;
    if (lvk_hazards_conflict(&self->hazards, command->accesses, launch->binding_count))
        barrier(self);
    LVK_TRY(lvk_hazards_add(&self->hazards, command->accesses, launch->binding_count));
    set_state(self, command);
    vkCmdDispatch(self->buffer, launch->groups[0], launch->groups[1], launch->groups[2]);
    return LVK_OK;
}

static void begin_label(const lvk_vulkan *vulkan, VkCommandBuffer buffer, const char *label) {
    if (!vulkan->instance->begin_label)
        return;
    const VkDebugUtilsLabelEXT info = {.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_LABEL_EXT, .pLabelName = label};
    vulkan->instance->begin_label(buffer, &info);
}

static void end_label(const lvk_vulkan *vulkan, VkCommandBuffer buffer) {
    if (vulkan->instance->end_label)
        vulkan->instance->end_label(buffer);
}

lvk_status lvk_commands_record(lvk_vulkan *vulkan, const lvk_program *program, const lvk_commands *commands,
                               int first, int end, VkQueryPool queries, VkCommandBuffer buffer) {
    recorder self = {.commands = commands, .buffer = buffer};
    lvk_status status = LVK_OK;
    int next = 0;
    while (next < commands->count && commands->items[next].step < first)
        ++next;
    for (int step = first; step < end && status == LVK_OK; ++step) {
        if (queries) {
            barrier(&self);
            vkCmdWriteTimestamp(buffer, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, queries, 2 * (uint32_t)step);
        }
        begin_label(vulkan, buffer, program->steps[step].label);
        for (; status == LVK_OK && next < commands->count && commands->items[next].step == step; ++next)
            status = add(&self, &commands->items[next]);
        end_label(vulkan, buffer);
        if (queries)
            vkCmdWriteTimestamp(buffer, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, queries,
                                2 * (uint32_t)step + 1);
    }
    lvk_hazards_finish(&self.hazards);
    return status;
}
