/* Whether a network has room on a device, asked before it is made. */
#ifndef LVK_TRAIN_MEMORY_CHECK_H
#define LVK_TRAIN_MEMORY_CHECK_H

#include "train/network.h"

/* The device memory that a network takes by plan, in `bytes`. LVK_ERROR_MEMORY when that is more than the
 * device has or gives in one piece; the line tells the largest batch that fits. That there is room does not
 * mean that nobody else uses it: making the network may still fail. */
LVK_MUST_USE lvk_status lvk_memory_check(const lvk_backend *backend, const lvk_network_config *config,
                                         uint64_t *bytes);

#endif
