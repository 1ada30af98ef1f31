/* Checks, before a network is made, that it fits into the memory of a device. */
#ifndef LVK_RUNTIME_MEMORY_CHECK_H
#define LVK_RUNTIME_MEMORY_CHECK_H

#include "runtime/network.h"

/* Whether gradients read activations that are computed again, so that they need not be kept
 * (lvk_graph_recompute). */
typedef enum lvk_recompute { LVK_RECOMPUTE_OFF, LVK_RECOMPUTE_ON, LVK_RECOMPUTE_AUTO } lvk_recompute;

/* Bytes of device memory. */
typedef struct lvk_memory_need {
    uint64_t bytes; /* what the network takes, by its plan */
    uint64_t kept;  /* what it would take with all activations kept; 0 if they are kept */
} lvk_memory_need;

/* Sets config->recompute as `recompute` asks for; LVK_RECOMPUTE_AUTO turns it on if the network would not fit
 * otherwise. LVK_ERROR_MEMORY says that the network takes more memory than the device has or can allocate in
 * one piece, LVK_ERROR_LIMIT that a tensor is larger than the device can bind. The error line tells the
 * largest batch that fits. Creating the network may still fail, since other programs may use the memory. */
LVK_MUST_USE lvk_status lvk_memory_check(const lvk_backend *backend, lvk_recompute recompute,
                                         lvk_network_config *config, lvk_memory_need *need);

/* Creates a network that keeps all activations, after lvk_memory_check. */
LVK_MUST_USE lvk_status lvk_network_create_checked(lvk_backend *backend, const lvk_network_config *config,
                                                   lvk_network **network);

#endif
