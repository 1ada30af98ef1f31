/* Training settings: checked, and as JSON (config.json of a run folder). */
#ifndef LVK_TRAIN_SETTINGS_H
#define LVK_TRAIN_SETTINGS_H

#include "core/error.h"
#include "data/crop.h"
#include "leukvk/train.h"
#include "train/network.h"

#include <jansson.h>

/* The settings in the form that the training works with. Texts are owned. */
typedef struct lvk_settings {
    lvk_train_options options; /* its texts point to what follows, or are static */
    char *data, *model, *crop_text, *optimizer_name, *normalize_text, *schedule_name;
    bool normalize; /* by the training images; otherwise 0..1 */
    lvk_crop crop;
    lvk_optimizer_settings optimizer;
} lvk_settings;

/* Checks every value and names the first that cannot be, as the command line spells it: "--batch 0: 1 to
 * 1024". */
LVK_MUST_USE lvk_status lvk_settings_init(lvk_settings *settings, const lvk_train_options *options);
void lvk_settings_finish(lvk_settings *settings);

/* Every setting that has an effect on the result, resolved. A new reference; NULL when memory is out. */
json_t *lvk_settings_to_json(const lvk_settings *settings);

/* The reverse, for resuming; checks like lvk_settings_init. `name` is the file's, for messages. */
LVK_MUST_USE lvk_status lvk_settings_from_json(lvk_settings *settings, const json_t *json, const char *name);

lvk_network_config lvk_settings_network(const lvk_settings *settings);

#endif
