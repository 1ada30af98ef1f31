/* Commands: a program's launches, checked and bound to memory, which are then recorded into command
 * buffers. */
#ifndef LVK_VULKAN_COMMANDS_H
#define LVK_VULKAN_COMMANDS_H

#include "vulkan/device.h"
#include "vulkan/hazard.h"

typedef struct lvk_command {
    const lvk_launch *launch;
    const lvk_pipeline *pipeline;
    int step;
    int set; /* index of its descriptor set in lvk_commands; commands with equal bindings share a set */
    lvk_access accesses[LVK_MAX_BINDINGS]; /* one for each binding */
} lvk_command;

typedef struct lvk_commands {
    lvk_command *items; /* in the order of the steps */
    int count;
    VkDescriptorPool pool;
    VkDescriptorSet *sets;
    int set_count;
    VkBufferView *views; /* the texel buffers in the descriptor sets */
    int view_count;
} lvk_commands;

/* Checks every launch of `program` against its shader, the device's limits and the sizes of the blocks, and
 * creates pipelines and descriptor sets. The error line of a failure names the step and the shader. */
LVK_MUST_USE lvk_status lvk_commands_init(lvk_vulkan *vulkan, const lvk_program *program,
                                          lvk_buffer *const blocks[LVK_BLOCK_COUNT], lvk_commands *commands);
void lvk_commands_finish(lvk_vulkan *vulkan,
                         lvk_commands *commands); /* also after a failed init, also of {0} */

/* Appends the commands of steps `first` to `end - 1` to a command buffer that is being recorded, with a
 * barrier wherever a command reads or overwrites what another has written. Before the first command the
 * caller has put a barrier against everything that ran before. With `queries`, each step writes two
 * timestamps, 2 * step and 2 * step + 1, and steps do not overlap on the device. */
LVK_MUST_USE lvk_status lvk_commands_record(lvk_vulkan *vulkan, const lvk_program *program,
                                            const lvk_commands *commands, int first, int end,
                                            VkQueryPool queries, VkCommandBuffer buffer);

#endif
