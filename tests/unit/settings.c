/* Training settings: what is checked, and config.json, also that of runs from before a setting existed. */
#include "train/settings.h"
#include "core/memory.h"
#include "search/search_space.h"
#include "train/refit.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static lvk_settings valid(const lvk_train_options *options) {
    lvk_settings settings;
    cr_assert_eq(lvk_settings_init(&settings, options), LVK_OK, "%s", lvk_error_message());
    return settings;
}

static void refused(const lvk_train_options *options, const char *says) {
    lvk_settings settings;
    cr_expect_eq(lvk_settings_init(&settings, options), LVK_ERROR_ARGUMENT, "%s", says);
    cr_expect_not_null(strstr(lvk_error_message(), says), "'%s' does not say '%s'", lvk_error_message(),
                       says);
}

static lvk_train_options defaults(void) {
    lvk_train_options options = lvk_train_defaults();
    options.data = "cells";
    return options;
}

static void set_later(lvk_train_options *o) {
    o->warmup = 1.0 / 3;
    o->rate_scale = "conv2d=0.1";
    o->clip_norm = 2.5;
    o->ema = 0.99;
    o->group = "none";
    o->accumulate = 3;
    o->shift = 0.1;
    o->zoom = 0.25;
    o->color = 1.0 / 7;
    o->stain = 0.2;
    o->model = "cnn-gap";
    o->image_size = 96;
}

static const char *const later[] = {"warmup", "rate_scale", "clip_norm", "accumulate", "ema",       "group",
                                    "shift",  "zoom",       "color",     "stain",      "image_size"};
enum { LATER_COUNT = sizeof later / sizeof *later };

Test(settings, come_back_from_json) {
    lvk_train_options options = defaults();
    options.schedule = "step:3,7";
    set_later(&options);
    lvk_settings settings = valid(&options), read;
    json_t *json = lvk_settings_to_json(&settings);
    cr_assert_eq(lvk_settings_from_json(&read, json, "config.json"), LVK_OK, "%s", lvk_error_message());
    json_t *again = lvk_settings_to_json(&read);
    cr_expect(json_equal(json, again));
    cr_expect_eq(read.options.warmup, settings.options.warmup, "to the bit");
    cr_expect_eq(read.schedule.drop_count, 2);
    cr_expect_eq(read.rates.count, 1);
    cr_expect_eq(lvk_settings_network(&read).model.image_size, 96);
    cr_expect_eq(read.augment.color, settings.options.color, "to the bit");
    for (int i = 0; i < LATER_COUNT; ++i)
        cr_expect_not_null(json_object_get(json, later[i]), "%s", later[i]);
    json_decref(json);
    json_decref(again);
    lvk_settings_finish(&settings);
    lvk_settings_finish(&read);
}

/* A run from before these settings reads as one that does not use them and has its digest still; one that
 * uses them has another. */
Test(settings, older_runs_are_understood) {
    lvk_train_options options = defaults();
    options.model = "cnn"; /* images of 224 pixels, then and now */
    options.stain = 0;
    lvk_settings settings = valid(&options), read;
    json_t *old = lvk_settings_to_json(&settings), *identity = lvk_settings_identity(&settings);
    for (int i = 0; i < LATER_COUNT; ++i) {
        cr_expect_eq(json_object_del(old, later[i]), 0, "%s", later[i]);
        cr_expect_null(json_object_get(identity, later[i]), "%s", later[i]);
    }
    cr_expect_null(json_object_get(identity, "epochs"));
    cr_expect_eq(json_object_del(old, "recompute"), 0);
    cr_expect_null(json_object_get(identity, "recompute"), "the same bits with and without");
    cr_expect_not_null(json_object_get(identity, "learning_rate"));
    cr_assert_eq(lvk_settings_from_json(&read, old, "config.json"), LVK_OK, "%s", lvk_error_message());
    json_t *same = lvk_settings_identity(&read);
    cr_expect(json_equal(identity, same));
    lvk_settings_finish(&read);
    set_later(&options);
    read = valid(&options);
    json_t *other = lvk_settings_identity(&read);
    for (int i = 0; i < LATER_COUNT; ++i)
        cr_expect_not_null(json_object_get(other, later[i]), "%s", later[i]);
    json_object_del(old, "learning_rate");
    lvk_settings_finish(&read);
    cr_expect_eq(lvk_settings_from_json(&read, old, "config.json"), LVK_ERROR_FORMAT);
    cr_expect_not_null(strstr(lvk_error_message(), "learning_rate"), "%s", lvk_error_message());
    json_decref(old);
    json_decref(identity);
    json_decref(same);
    json_decref(other);
    lvk_settings_finish(&settings);
}

/* Runs from before there was a third way say true or false, and so does their digest. */
Test(settings, balance_is_what_it_was) {
    static const char *const names[] = {"none", "weight", "oversample"};
    for (int i = 0; i < 3; ++i) {
        lvk_train_options options = defaults();
        options.balance = names[i];
        lvk_settings settings = valid(&options), read;
        cr_expect_eq(settings.balance, (lvk_balance)i);
        json_t *json = lvk_settings_to_json(&settings), *identity = lvk_settings_identity(&settings);
        const json_t *value = json_object_get(identity, "balance");
        cr_expect(json_equal(json_object_get(json, "balance"), value));
        cr_expect(i == 2 ? json_is_string(value) : i == 1 ? json_is_true(value) : json_is_false(value));
        cr_assert_eq(lvk_settings_from_json(&read, json, "config.json"), LVK_OK, "%s", lvk_error_message());
        cr_expect_str_eq(read.options.balance, names[i]);
        json_object_set_new(json, "balance", json_integer(1));
        lvk_settings_finish(&read);
        cr_expect_eq(lvk_settings_from_json(&read, json, "config.json"), LVK_ERROR_FORMAT);
        json_decref(json);
        json_decref(identity);
        lvk_settings_finish(&settings);
    }
    lvk_train_options options = defaults();
    options.balance = "copies";
    refused(&options, "--balance copies");
}

Test(settings, what_is_out_of_range_is_named) {
    lvk_train_options options = defaults();
    options.warmup = 20;
    refused(&options, "--warmup 20");
    options.warmup = -0.5;
    refused(&options, "--warmup -0.5");
    options.warmup = 9.5;
    options.ema = 1;
    refused(&options, "--ema 1");
    options.ema = 0;
    options.model = "cnn";
    options.image_size = 112; /* the cnn's dense layer is made for 224 */
    refused(&options, "--image-size 112");
    options.model = "cnn-gap";
    options.image_size = 31;
    refused(&options, "--image-size 31");
    options.image_size = 1025;
    refused(&options, "--image-size 1025");
    options.image_size = 0;
    options.accumulate = 0;
    refused(&options, "--accumulate 0");
    options.accumulate = 1;
    options.clip_norm = -1;
    refused(&options, "--clip-norm -1");
    options.clip_norm = NAN;
    refused(&options, "--clip-norm nan");
    options.clip_norm = 0;
    options.recompute = "never";
    refused(&options, "--recompute never");
    options.recompute = "on";
    options.shift = 0.51;
    refused(&options, "--shift 0.51");
    options.shift = 0;
    options.zoom = -0.1;
    refused(&options, "--zoom -0.1");
    options.zoom = 0;
    options.color = NAN;
    refused(&options, "--color nan");
    options.color = 0.5;
    options.augment = false;
    refused(&options, "--color: is a part of the augmentation");
    options.color = 0;
    options.schedule = "step:20";
    refused(&options, "--schedule step:20");
    options.schedule = "step:9";
    lvk_settings settings = valid(&options);
    lvk_settings_finish(&settings);
}

/* Keys of config.json, and those that a run's digest is taken over, as they were before options had one list.
 */
static const char *const recorded[] = {
    "data",     "model",   "crop",       "normalize",     "augment",  "balance",      "strict",
    "weights",  "head",    "unfreeze",   "batch_norm",    "views",    "optimizer",    "schedule",
    "l2",       "dropout", "batch",      "learning_rate", "momentum", "weight_decay", "epochs",
    "patience", "test",    "validation", "seed",          "warmup",   "rate_scale",   "clip_norm",
    "ema",      "group",   "recompute",  "accumulate",    "shift",    "zoom",         "color",
    "stain",    "area",    "hue",        "keep",          "refit",    "image_size",   "checkpoint_seconds"};
static const char *const changeable[] = {
    "data", "epochs", "patience", "keep", "refit", "strict", "weights", "recompute", "checkpoint_seconds"};

Test(settings, the_list_keeps_the_keys_of_files) {
    lvk_train_options options = defaults();
    set_later(&options);
    lvk_settings settings = valid(&options);
    json_t *json = lvk_settings_to_json(&settings), *identity = lvk_settings_identity(&settings);
    for (size_t i = 0; i < sizeof recorded / sizeof *recorded; ++i)
        cr_expect_not_null(json_object_get(json, recorded[i]), "%s", recorded[i]);
    cr_expect_eq(json_object_size(json), sizeof recorded / sizeof *recorded);
    for (size_t i = 0; i < sizeof changeable / sizeof *changeable; ++i)
        json_object_del(json, changeable[i]);
    cr_expect(json_equal(json, identity));
    json_decref(json);
    json_decref(identity);
    lvk_settings_finish(&settings);
}

/* Their order numbers the trials of a search, and each number seeds what is drawn. */
Test(settings, the_list_keeps_the_order_of_a_search) {
    static const char *const grid[] = {
        "epochs",     "batch",  "patience",  "learning-rate", "dropout",  "momentum", "weight-decay",
        "l2",         "warmup", "clip-norm", "optimizer",     "schedule", "head",     "crop",
        "image-size", "shift",  "zoom",      "color",         "balance",  "ema",      "stain"};
    const lvk_train_option *table = lvk_train_option_table();
    size_t searched = 0;
    for (int i = 0; i < LVK_TRAIN_OPTION_COUNT; ++i)
        searched += table[i].grid > 0;
    cr_expect_eq(searched, sizeof grid / sizeof *grid);
    cr_expect_eq(searched, LVK_SEARCH_MAX_AXES, "room for an axis of each");
    for (size_t i = 0; i < sizeof grid / sizeof *grid; ++i)
        cr_expect_eq(lvk_train_option_find(grid[i])->grid, i + 1, "%s", grid[i]);
}

Test(settings, the_list_agrees_with_the_modules_that_read_its_values) {
    const lvk_train_options options = lvk_train_defaults();
    lvk_optimizer_kind kind;
    for (uint32_t stage = LVK_RESNET_FIRST_STAGE; stage <= LVK_RESNET_LAST_STAGE; ++stage)
        cr_expect_not_null(strstr(lvk_train_option_find("features")->choices, lvk_resnet_stage_name(stage)));
    cr_expect_str_eq(lvk_train_option_find("optimizer")->choices, "adam|adamw|sgd");
    cr_expect(lvk_optimizer_find("adam", &kind) && lvk_optimizer_find("adamw", &kind) &&
              lvk_optimizer_find("sgd", &kind));
    cr_expect_eq(lvk_train_option_find("image-size")->least, LVK_LEAST_IMAGE_SIZE);
    cr_expect_eq(lvk_train_option_find("image-size")->most, LVK_MOST_IMAGE_SIZE);
    cr_expect_eq(lvk_train_option_find("views")->most, LVK_VIEW_COUNT);
    for (int i = 0; i < LVK_TRAIN_OPTION_COUNT; ++i)
        if (lvk_train_option_table()[i].offset != offsetof(lvk_train_options, validation) &&
            lvk_train_option_table()[i].offset != offsetof(lvk_train_options, test))
            cr_expect_eq(lvk_train_option_check(&lvk_train_option_table()[i], &options), LVK_OK, "%s",
                         lvk_error_message());
}

static void expect_head(const char *model, const char *unfreeze, const char *features, const char *head) {
    lvk_train_options options = defaults();
    options.model = model;
    options.unfreeze = unfreeze;
    lvk_settings settings = valid(&options), read;
    json_t *json = lvk_settings_to_json(&settings);
    cr_expect_str_eq(settings.options.features, features, "%s, %s", model, unfreeze);
    cr_expect_str_eq(settings.options.head, head, "%s, %s", model, unfreeze);
    const json_t *kept = json_object_get(json, "features");
    cr_expect_eq(kept != NULL, strcmp(features, "conv5_x") != 0, "as runs were before there was the option");
    cr_assert_eq(lvk_settings_from_json(&read, json, "config.json"), LVK_OK, "%s", lvk_error_message());
    cr_expect_str_eq(read.options.features, features);
    cr_expect_str_eq(read.options.head, head);
    cr_expect_eq(lvk_settings_network(&read).model.feature_stage, settings.feature_stage);
    cr_expect_eq(read.on_features, settings.on_features);
    json_decref(json);
    lvk_settings_finish(&settings);
    lvk_settings_finish(&read);
}

/* What is chosen where nothing is said depends on whether the backbone is frozen. */
Test(settings, features_and_head_of_a_backbone) {
    expect_head("resnet50", "none", "conv4_x", "standardize");
    expect_head("resnet50", "conv5_x", "conv5_x", "dense:64,dropout:0.25");
    expect_head("cnn-gap", "none", "conv5_x", "dense:64,dropout:0.25");
    lvk_train_options options = defaults();
    options.model = "resnet50";
    options.features = "conv3_x";
    options.head = "standardize,dense:8";
    lvk_settings settings = valid(&options);
    cr_expect(settings.on_features && settings.standardize);
    cr_expect_eq(settings.feature_stage, 3);
    cr_expect_eq(settings.frozen_stages, 3);
    lvk_settings_finish(&settings);
    options.unfreeze = "conv3_x";
    refused(&options, "--head standardize,dense:8: standardize needs a frozen backbone");
    options.head = "dense:8";
    settings = valid(&options);
    cr_expect_not(settings.on_features);
    cr_expect_eq(settings.frozen_stages, 2);
    lvk_settings_finish(&settings);
    options.unfreeze = "conv4_x";
    refused(&options, "--unfreeze conv4_x: the backbone ends with --features conv3_x");
    options.unfreeze = "none";
    options.features = "conv1";
    refused(&options, "--features conv1");
}

static void refused_use(const lvk_train_options *options, const char *says) {
    cr_expect_eq(lvk_train_options_check(options), LVK_ERROR_ARGUMENT, "%s", says);
    cr_expect_not_null(strstr(lvk_error_message(), says), "'%s' does not say '%s'", lvk_error_message(),
                       says);
}

/* A second training, on the images of all parts, begins with the options that the first has resolved. */
Test(settings, resolved_options_are_accepted_again) {
    static const char *const models[] = {"cnn", "cnn-gap", "resnet50"};
    for (size_t i = 0; i < sizeof models / sizeof *models; ++i) {
        lvk_train_options options = defaults();
        options.model = models[i];
        lvk_settings settings = valid(&options);
        cr_expect_eq(lvk_train_options_check(&settings.options), LVK_OK, "%s: %s", models[i],
                     lvk_error_message());
        lvk_settings_finish(&settings);
    }
}

/* What is taken must have an effect; a line says whose option it is. Older runs may have such values. */
Test(settings, options_without_effect_are_refused) {
    lvk_train_options o = defaults();
    cr_expect_eq(lvk_train_options_check(&o), LVK_OK, "%s", lvk_error_message());
    o.momentum = 0.5;
    refused_use(&o, "--momentum: has no effect with adam; it is an option of --optimizer sgd");
    lvk_settings settings = valid(&o), read;
    json_t *json = lvk_settings_to_json(&settings);
    cr_expect_eq(lvk_settings_from_json(&read, json, "config.json"), LVK_OK, "%s", lvk_error_message());
    json_decref(json);
    lvk_settings_finish(&settings);
    lvk_settings_finish(&read);
    o.optimizer = "sgd";
    cr_expect_eq(lvk_train_options_check(&o), LVK_OK, "%s", lvk_error_message());
    o.weight_decay = 0.1;
    refused_use(&o, "--weight-decay: has no effect with sgd; it is an option of --optimizer adamw");
    o = defaults();
    o.head = "dense:32";
    refused_use(&o, "--head: has no effect on a cnn-gap; it is an option of resnet18, ");
    o = defaults();
    o.features = "conv4_x";
    refused_use(&o, "--features: has no effect on a cnn-gap; it is an option of resnet18, ");
    o = defaults();
    o.unfreeze = "garbage";
    refused_use(&o, "--unfreeze: has no effect on a cnn-gap");
    o = defaults();
    o.weights = "nosuch";
    refused_use(&o, "--weights: has no effect on a cnn-gap");
    o = defaults();
    o.views = 3;
    refused_use(&o, "--views: has no effect on a cnn-gap");
    o = defaults();
    o.batch_norm = "train";
    refused_use(&o, "--bn: has no effect on a cnn-gap");
    o.model = "resnet50";
    refused_use(&o, "--bn: has no effect on a frozen backbone");
    o.unfreeze = "conv5_x";
    cr_expect_eq(lvk_train_options_check(&o), LVK_OK, "%s", lvk_error_message());
    o.views = 3;
    refused_use(&o, "--views 3: needs a frozen backbone");
    o.views = 1;
    o.dropout = 0.5;
    refused_use(&o, "--dropout: has no effect on a resnet50; it is an option of cnn and cnn-gap");
}

/* ---- a refit's ---- */

/* As many as the evaluated model, whichever allocation fails; else the refit would be another model. */
Test(settings, a_refit_has_the_evaluated_epochs_or_memory_is_out) {
    lvk_train_options o = lvk_train_defaults();
    lvk_status status = LVK_ERROR_MEMORY;
    uint64_t n = 1;
    o.data = "cells";
    o.epochs = 20;
    for (; status != LVK_OK && n < 1000; ++n) {
        (void)lvk_alloc_fail_after(n);
        status = lvk_refit_choose_epochs(&o, 7);
        (void)lvk_alloc_fail_after(0);
        cr_assert(status == LVK_OK ? o.epochs == 7 : status == LVK_ERROR_MEMORY && o.epochs == 20,
                  "allocation %d: status %d, %u epochs", (int)n, (int)status, o.epochs);
    }
    cr_expect_eq(status, LVK_OK);
    o.epochs = 20;
    o.schedule = "step:10";
    cr_assert_eq(lvk_refit_choose_epochs(&o, 7), LVK_OK);
    cr_expect_eq(o.epochs, 20, "the schedule needs them");
}

Test(settings, the_estimate_of_a_refit_needs_no_memory) {
    char text[LVK_ESTIMATE_SIZE];
    lvk_evaluation_report report = {.metrics = {.auc = 0.874, .f1_weighted = (double)NAN, .count = 120},
                                    .low = {.auc = 0.734},
                                    .high = {.auc = 0.928},
                                    .subjects = 9};
    (void)lvk_alloc_fail_after(1);
    lvk_refit_estimate("test", &report, text);
    cr_expect_eq(lvk_alloc_fail_after(0), 0, "no allocation");
    cr_expect_str_eq(text, "test: AUC 0.874 (0.734 to 0.928), on 120 images of 9 subjects who were held out");
}
