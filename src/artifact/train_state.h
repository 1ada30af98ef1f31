/* Between a network on a device and its files: a training's checkpoint, and the model that it has become. */
#ifndef LVK_ARTIFACT_TRAIN_STATE_H
#define LVK_ARTIFACT_TRAIN_STATE_H

#include "artifact/backbone.h"
#include "runtime/network.h"

/* Reads parameters and moments from the device and writes a checkpoint. */
LVK_MUST_USE lvk_status lvk_train_state_save(const lvk_train_state *state, const lvk_model_info *info,
                                             lvk_network *network, const char *path);

/* The reverse. On entry `state` has the seed, the optimizer and the digest of the settings, and nothing else;
 * LVK_ERROR_FORMAT when the checkpoint's are others. After a failure *state is {0}. */
LVK_MUST_USE lvk_status lvk_train_state_load(lvk_train_state *state, lvk_network *network, const char *path);

/* Writes the device's parameters as a model file; of a network that is a head, behind those of its `backbone`
 * (else NULL). */
LVK_MUST_USE lvk_status lvk_network_save_model(lvk_network *network, const lvk_model_info *info,
                                               const lvk_backbone *backbone, const char *path);

/* Writes the parameters of a checkpoint or a model to the device, for predicting. */
LVK_MUST_USE lvk_status lvk_network_load_parameters(lvk_network *network, const lvk_checkpoint *checkpoint);

#endif
