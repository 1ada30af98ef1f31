/* Whether a network has room on a device, asked before it is made. */
#ifndef LVK_RUNTIME_MEMORY_CHECK_H
#define LVK_RUNTIME_MEMORY_CHECK_H

#include "runtime/network.h"

/* Whether activations are computed again in place of being kept. */
typedef enum lvk_recompute { LVK_RECOMPUTE_OFF, LVK_RECOMPUTE_ON, LVK_RECOMPUTE_AUTO } lvk_recompute;

/* Device memory, bytes. */
typedef struct lvk_memory_need {
    uint64_t bytes; /* what the network takes by plan */
    uint64_t kept;  /* what it would take with all activations kept, where that is more; else 0 */
} lvk_memory_need;

/* Sets config->recompute as asked for; with LVK_RECOMPUTE_AUTO where the network does not fit without it.
 * LVK_ERROR_MEMORY when it takes more than the device has or gives in one piece, LVK_ERROR_LIMIT when a
 * tensor is larger than the device can bind; the line tells the largest batch that fits. That there is room
 * does not mean that nobody else uses it: making the network may still fail. */
LVK_MUST_USE lvk_status lvk_memory_check(const lvk_backend *backend, lvk_recompute recompute,
                                         lvk_network_config *config, lvk_memory_need *need);

/* Makes a network that keeps all activations, after lvk_memory_check. */
LVK_MUST_USE lvk_status lvk_network_create_checked(lvk_backend *backend, const lvk_network_config *config,
                                                   lvk_network **network);

#endif
