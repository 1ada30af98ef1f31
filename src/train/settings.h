/* Training settings: checked, and as JSON (config.json of a run folder). */
#ifndef LVK_TRAIN_SETTINGS_H
#define LVK_TRAIN_SETTINGS_H

#include "core/error.h"
#include "image/crop.h"
#include "image/resample.h"
#include "leukvk/train.h"
#include "models/head.h"
#include "runtime/memory_check.h"
#include "runtime/network.h"
#include "runtime/schedule.h"

#include <jansson.h>

/* Where mean and standard deviation of the input's pixels come from. */
typedef enum lvk_normalize {
    LVK_NORMALIZE_NONE,   /* pixels are 0..1 */
    LVK_NORMALIZE_TRAIN,  /* the training images */
    LVK_NORMALIZE_WEIGHTS /* what the pretrained weights were trained with */
} lvk_normalize;

/* What makes up for one class having more training images than the other. */
typedef enum lvk_balance { LVK_BALANCE_NONE, LVK_BALANCE_WEIGHT, LVK_BALANCE_OVERSAMPLE } lvk_balance;

/* The settings in the form that the training works with. Texts are owned. */
typedef struct lvk_settings {
    lvk_train_options options; /* its texts are `texts`, or static */
    char *texts[LVK_TRAIN_OPTION_COUNT];
    bool by_image; /* how a split is made */
    lvk_normalize normalize;
    lvk_balance balance;
    lvk_crop crop;
    lvk_augment_strength augment;
    lvk_optimizer_settings optimizer;
    lvk_schedule schedule;
    lvk_param_groups rates;
    lvk_recompute recompute;

    /* Of a model with a backbone; otherwise zero. */
    bool pretrained;        /* it starts from weights */
    bool on_features;       /* all of it is frozen: what is trained is the head, on its features */
    uint32_t frozen_stages; /* as in lvk_model_config */

    bool batch_statistics; /* as in lvk_model_config */
} lvk_settings;

/* Checks every value and names the first that cannot be, as the command line spells it: "--batch 0: must be
 * from 1 to 1024". Options that nothing makes use of are let through: older runs have some. */
LVK_MUST_USE lvk_status lvk_settings_init(lvk_settings *settings, const lvk_train_options *options);
void lvk_settings_finish(lvk_settings *settings);

/* LVK_ERROR_ARGUMENT: an option that is not as by default is one that the model, or the optimizer, makes no
 * use of. */
LVK_MUST_USE lvk_status lvk_settings_check_use(const lvk_train_options *options);

/* Every setting that has an effect on the result, and how memory is used, resolved. "balance" is true for
 * "weight" and false for "none", as it was before there was another, so that older runs have their digest
 * still. A new reference; NULL when memory is out. */
json_t *lvk_settings_to_json(const lvk_settings *settings);

/* A text that config.json cannot keep: LVK_ERROR_ARGUMENT names the option. */
LVK_MUST_USE lvk_status lvk_settings_check_text(const char *option, const char *text);

/* Those of them that the numbers of a run depend on, for its digest: without where the data lies, how long it
 * goes on and the like, and without later settings (which older runs do not have) where they have no effect,
 * so that an older run has its digest still. A new reference; NULL when memory is out. */
json_t *lvk_settings_identity(const lvk_settings *settings);

/* The reverse of lvk_settings_to_json, for resuming; checks like lvk_settings_init. A later setting may be
 * missing and then has no effect. `name` is the file's, for messages. */
LVK_MUST_USE lvk_status lvk_settings_from_json(lvk_settings *settings, const json_t *json, const char *name);

lvk_network_config lvk_settings_network(const lvk_settings *settings);

#endif
