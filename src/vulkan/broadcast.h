/* How a lane reads the value of another one, the same for all lanes: subgroupShuffle and subgroupBroadcast
 * give the same value then, but drivers compile only one of them to one instruction, and the other to a loop
 * over the lanes. The kernels that read texels shuffle. */
#ifndef LVK_VULKAN_BROADCAST_H
#define LVK_VULKAN_BROADCAST_H

#include "vulkan/api.h"
#include "vulkan/shaders.h"

#include "core/error.h"

#include <stdbool.h>

/* Whether a driver is known to compute subgroupBroadcast faster than subgroupShuffle from a constant lane.
 * `info` is its VkPhysicalDeviceDriverProperties.driverInfo. In Mesa's software driver a broadcast is one
 * instruction from version 23.1 on; a shuffle is one up to 22.3, and in 25.0 no longer. */
bool lvk_broadcast_is_faster(VkDriverId driver, const char *info);

/* A copy of a shader's words that broadcasts instead of shuffling; NULL where the shader does not shuffle, or
 * where the lane of a shuffle is not constant. Freed with lvk_free. */
LVK_MUST_USE lvk_status lvk_broadcast_words(const lvk_shader *shader, uint32_t **words);

#endif
