/* A program's launches, checked and bound to memory: what is then recorded into command buffers. */
#ifndef LVK_VULKAN_COMMANDS_H
#define LVK_VULKAN_COMMANDS_H

#include "vulkan/device.h"
#include "vulkan/hazard.h"

typedef struct lvk_command {
    const lvk_launch *launch;
    const lvk_pipeline *pipeline;
    int step;
    int set; /* number of its descriptor set in the list below; equal bindings share one */
    lvk_access accesses[LVK_MAX_BINDINGS]; /* one per binding */
} lvk_command;

typedef struct lvk_commands {
    lvk_command *items; /* in the order of the steps */
    int count;
    VkDescriptorPool pool;
    VkDescriptorSet *sets;
    int set_count;
    VkBufferView *views; /* texel buffers of the sets */
    int view_count;
} lvk_commands;

/* Checks every launch of `program` against its shader, the device's limits and the blocks, and makes
 * pipelines and descriptor sets. Failures name the step and the shader. */
LVK_MUST_USE lvk_status lvk_commands_init(lvk_vulkan *vulkan, const lvk_program *program,
                                          lvk_buffer *const blocks[LVK_BLOCK_COUNT], lvk_commands *commands);
void lvk_commands_finish(lvk_vulkan *vulkan,
                         lvk_commands *commands); /* also after a failed init, also of {0} */

/* Appends the commands of steps `first` to `end - 1` to a command buffer that is being recorded, with
 * barriers where one reads or overwrites what another has written. Nothing is assumed about what ran before:
 * the caller puts a barrier in front. With `queries` two timestamps a step are written, 2 * step and 2 * step
 * + 1, and the steps do not overlap. */
LVK_MUST_USE lvk_status lvk_commands_record(lvk_vulkan *vulkan, const lvk_program *program,
                                            const lvk_commands *commands, int first, int end,
                                            VkQueryPool queries, VkCommandBuffer buffer);

#endif
