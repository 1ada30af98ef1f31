/* Saves a network on a device as a checkpoint or a model, and loads it. */
#ifndef LVK_ARTIFACT_TRAIN_STATE_H
#define LVK_ARTIFACT_TRAIN_STATE_H

#include "artifact/backbone.h"
#include "runtime/network.h"

/* Reads parameters and moments from the device and writes a checkpoint. */
LVK_MUST_USE lvk_status lvk_train_state_save(const lvk_train_state *state, const lvk_model_info *info,
                                             lvk_network *network, const char *path);

/* Reads a checkpoint, writes parameters and moments to the device, and fills `state`. On entry `state` holds
 * the seed, the optimizer and the digest of the settings, and nothing else; LVK_ERROR_FORMAT says that those
 * of the checkpoint differ. After a failure *state is {0}. */
LVK_MUST_USE lvk_status lvk_train_state_load(lvk_train_state *state, lvk_network *network, const char *path);

/* Writes the parameters on the device as a model file. If the network is only a head, the parameters of its
 * `backbone` come before (else `backbone` is NULL). */
LVK_MUST_USE lvk_status lvk_network_save_model(lvk_network *network, const lvk_model_info *info,
                                               const lvk_backbone *backbone, const char *path);

/* Writes the parameters of a checkpoint or a model to the device, for predicting. */
LVK_MUST_USE lvk_status lvk_network_load_parameters(lvk_network *network, const lvk_checkpoint *checkpoint);

#endif
