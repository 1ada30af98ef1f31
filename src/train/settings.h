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
    LVK_NORMALIZE_NONE,   /* none: pixels stay in 0..1 */
    LVK_NORMALIZE_TRAIN,  /* from the training images */
    LVK_NORMALIZE_WEIGHTS /* those with which the pretrained weights were trained */
} lvk_normalize;

/* How a training compensates for classes with different numbers of training images. */
typedef enum lvk_balance { LVK_BALANCE_NONE, LVK_BALANCE_WEIGHT, LVK_BALANCE_OVERSAMPLE } lvk_balance;

/* Settings in the form that the training uses. They own their texts. */
typedef struct lvk_settings {
    lvk_train_options options; /* whose texts are in `texts` or static */
    char *texts[LVK_TRAIN_OPTION_COUNT];
    bool by_image;          /* split image by image (lvk_split_options) */
    lvk_cell_measures cell; /* as in lvk_model_config */
    bool keep_last;         /* the model of the last epoch is kept, whatever its validation loss */
    lvk_normalize normalize;
    lvk_balance balance;
    lvk_crop crop;
    lvk_augment_strength augment;
    lvk_optimizer_settings optimizer;
    lvk_schedule schedule;
    lvk_param_groups rates;
    lvk_recompute recompute;

    /* For a model with a backbone; otherwise zero. */
    bool pretrained;        /* the backbone starts from weights */
    bool on_features;       /* the whole backbone is frozen, and the head is trained on its features */
    bool standardize;       /* the head begins with the features standardized */
    uint32_t feature_stage; /* as in lvk_model_config */
    uint32_t frozen_stages; /* the same */

    bool batch_statistics; /* as in lvk_model_config */
} lvk_settings;

/* Checks every value. The error line names the first that is not allowed as the command line does: "--batch
 * 0: must be from 1 to 1024". Options that nothing uses are accepted, since older runs have some. */
LVK_MUST_USE lvk_status lvk_settings_init(lvk_settings *settings, const lvk_train_options *options);
void lvk_settings_finish(lvk_settings *settings);

/* Whether a training with these options keeps its best epoch, by validation images, and not the last: what --keep auto
 * stands for too. */
bool lvk_settings_keeps_best(const lvk_train_options *options);

/* Fails with LVK_ERROR_ARGUMENT if an option differs from its default although the model or the optimizer
 * does not use it. */
LVK_MUST_USE lvk_status lvk_settings_check_use(const lvk_train_options *options);

/* Returns every setting that has an effect on the result or on memory, with the defaults filled in. "balance"
 * is true for "weight" and false for "none", as in older runs, so that their digest stays valid. The caller
 * releases the object with json_decref. NULL when memory is out. */
json_t *lvk_settings_to_json(const lvk_settings *settings);

/* Fails with LVK_ERROR_ARGUMENT, which names the option, if config.json cannot hold the text. */
LVK_MUST_USE lvk_status lvk_settings_check_text(const char *option, const char *text);

/* Returns the settings on which the numbers of a run depend, for its digest: without the path of the data,
 * the number of epochs and the like. Later settings, which older runs do not have, are left out where they
 * have no effect, so that the digest of an older run stays valid. The caller releases the object with
 * json_decref. NULL when memory is out. */
json_t *lvk_settings_identity(const lvk_settings *settings);

/* The first key that only one of two objects of settings has, or whose values differ, but for the data set's path and
 * what has no effect on the result; NULL: none. It belongs to one of the objects. */
const char *lvk_settings_difference(json_t *a, json_t *b);

enum { LVK_SETTING_KEY_SIZE = 65 };

/* Sets `key` to the first setting of a run's `config` that `options` have otherwise; "": none. `describe` tells which
 * settings count: lvk_settings_to_json or lvk_settings_identity. `name` is the file's name, for error lines. */
LVK_MUST_USE lvk_status lvk_settings_compare(const lvk_train_options *options, const json_t *config,
                                             json_t *(*describe)(const lvk_settings *), const char *name,
                                             char key[LVK_SETTING_KEY_SIZE]);

/* The inverse of lvk_settings_to_json, for resuming; it checks values like lvk_settings_init. A later setting
 * may be missing, and then has no effect. `name` is the file's name, for error lines. */
LVK_MUST_USE lvk_status lvk_settings_from_json(lvk_settings *settings, const json_t *json, const char *name);

lvk_network_config lvk_settings_network(const lvk_settings *settings);

#endif
