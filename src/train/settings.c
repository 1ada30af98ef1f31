#include "train/settings.h"

#include "core/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

lvk_train_options lvk_train_defaults(void) {
    return (lvk_train_options){.model = "cnn",
                               .crop = "center:300",
                               .augment = true,
                               .normalize = "train",
                               .balance = true,
                               .optimizer = "adam",
                               .learning_rate = 0.0003,
                               .schedule = "cosine",
                               .momentum = 0.9,
                               .weight_decay = 0.01,
                               .dropout = 0.25,
                               .batch = 32,
                               .epochs = 20,
                               .patience = 3,
                               .validation = 0.15,
                               .test = 0.15,
                               .seed = 1,
                               .checkpoint_seconds = 300};
}

static lvk_status check_range(const char *option, double value, double least, double below,
                              const char *range) {
    if (!(value >= least && value < below)) /* false for NaN as well */
        return lvk_fail(LVK_ERROR_ARGUMENT, "--%s %g: must be %s", option, value, range);
    return LVK_OK;
}

static lvk_status check_numbers(const lvk_train_options *o) {
    if (!(o->learning_rate > 0 && o->learning_rate <= 100))
        return lvk_fail(LVK_ERROR_ARGUMENT, "--learning-rate %g: must be above 0, at most 100",
                        o->learning_rate);
    LVK_TRY(check_range("dropout", o->dropout, 0, 1, "0 or more and below 1"));
    LVK_TRY(check_range("momentum", o->momentum, 0, 1, "0 or more and below 1"));
    LVK_TRY(check_range("weight-decay", o->weight_decay, 0, 1000, "0 or more"));
    LVK_TRY(check_range("l2", o->l2, 0, 1000, "0 or more"));
    LVK_TRY(check_range("batch", o->batch, 1, 1025, "1 to 1024"));
    LVK_TRY(check_range("epochs", o->epochs, 1, 1000001, "1 to 1,000,000"));
    if (!(o->validation > 0 && o->test >= 0 && o->validation + o->test < 1))
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "--fractions %g,%g: the validation part, which chooses the best epoch, needs images, the test part may "
            "be 0, and together they must leave images to train on",
            o->validation, o->test);
    return LVK_OK;
}

/* To the 15 digits that config.json holds, so that a resumed run has the very same number. */
static void round_to_text(double *value) {
    char text[40];
    snprintf(text, sizeof text, "%.15g", *value);
    *value = strtod(text, NULL);
}

static lvk_status copy_text(char **copy, const char **text) {
    *copy = lvk_strdup(*text);
    *text = *copy;
    return *copy ? LVK_OK : LVK_ERROR_MEMORY;
}

static lvk_status resolve(lvk_settings *s) {
    lvk_train_options *o = &s->options;
    if (!o->data || !*o->data)
        return lvk_fail(LVK_ERROR_ARGUMENT, "no data set was named: --data DIR");
    LVK_TRY(copy_text(&s->data, &o->data));
    LVK_TRY(copy_text(&s->model, &o->model));
    LVK_TRY(copy_text(&s->crop_text, &o->crop));
    LVK_TRY(copy_text(&s->optimizer_name, &o->optimizer));
    LVK_TRY(copy_text(&s->normalize_text, &o->normalize));
    LVK_TRY(copy_text(&s->schedule_name, &o->schedule));
    double *const numbers[] = {&o->learning_rate, &o->momentum,   &o->weight_decay, &o->l2,
                               &o->dropout,       &o->validation, &o->test,         &o->checkpoint_seconds};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i)
        round_to_text(numbers[i]);
    LVK_TRY(check_numbers(o));
    if (!lvk_model_find(o->model))
        return LVK_ERROR_ARGUMENT;
    LVK_TRY(lvk_crop_parse(o->crop, &s->crop));
    s->optimizer = (lvk_optimizer_settings){
        .learning_rate = o->learning_rate, .momentum = o->momentum, .weight_decay = o->weight_decay};
    if (!lvk_optimizer_find(o->optimizer, &s->optimizer.kind))
        return lvk_fail(LVK_ERROR_ARGUMENT, "--optimizer %s: there is adam, adamw and sgd", o->optimizer);
    if (!lvk_schedule_find(o->schedule, &s->optimizer.schedule))
        return lvk_fail(LVK_ERROR_ARGUMENT, "--schedule %s: there is cosine and constant", o->schedule);
    s->normalize = strcmp(o->normalize, "train") == 0;
    if (!s->normalize && strcmp(o->normalize, "none") != 0)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--normalize %s: there is train and none", o->normalize);
    return LVK_OK;
}

lvk_status lvk_settings_init(lvk_settings *settings, const lvk_train_options *options) {
    *settings = (lvk_settings){.options = *options};
    const lvk_status status = resolve(settings);
    if (status != LVK_OK)
        lvk_settings_finish(settings);
    return status;
}

void lvk_settings_finish(lvk_settings *settings) {
    lvk_free(settings->data);
    lvk_free(settings->model);
    lvk_free(settings->crop_text);
    lvk_free(settings->optimizer_name);
    lvk_free(settings->normalize_text);
    lvk_free(settings->schedule_name);
    *settings = (lvk_settings){0};
}

json_t *lvk_settings_to_json(const lvk_settings *settings) {
    const lvk_train_options *o = &settings->options;
    char crop[32];
    lvk_crop_format(&settings->crop, crop);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:s, s:s, s:f, s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:f, s:f, s:I, s:f}",
        "data", o->data, "model", o->model, "crop", crop, "normalize", o->normalize, "augment", o->augment,
        "balance", o->balance, "strict", o->strict, "optimizer", o->optimizer, "schedule", o->schedule,
        "learning_rate", o->learning_rate, "momentum", o->momentum, "weight_decay", o->weight_decay, "l2",
        o->l2, "dropout", o->dropout, "batch", (json_int_t)o->batch, "epochs", (json_int_t)o->epochs,
        "patience", (json_int_t)o->patience, "validation", o->validation, "test", o->test, "seed",
        (json_int_t)o->seed, "checkpoint_seconds", o->checkpoint_seconds);
}

lvk_status lvk_settings_from_json(lvk_settings *settings, const json_t *json, const char *name) {
    lvk_train_options o = lvk_train_defaults();
    int augment, balance, strict;
    json_int_t batch, epochs, patience, seed;
    json_error_t error;
    *settings = (lvk_settings){0};
    if (json_unpack_ex(
            (json_t *)json, &error, 0,
            "{s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:s, s:s, s:F, s:F, s:F, s:F, s:F, s:I, s:I, s:I, s:F, s:F, s:I, s:F}",
            "data", &o.data, "model", &o.model, "crop", &o.crop, "normalize", &o.normalize, "augment",
            &augment, "balance", &balance, "strict", &strict, "optimizer", &o.optimizer, "schedule",
            &o.schedule, "learning_rate", &o.learning_rate, "momentum", &o.momentum, "weight_decay",
            &o.weight_decay, "l2", &o.l2, "dropout", &o.dropout, "batch", &batch, "epochs", &epochs,
            "patience", &patience, "validation", &o.validation, "test", &o.test, "seed", &seed,
            "checkpoint_seconds", &o.checkpoint_seconds) != 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: %s", name, error.text);
    if (batch < 0 || batch > UINT32_MAX || epochs < 0 || epochs > UINT32_MAX || patience < 0 ||
        patience > UINT32_MAX)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: batch, epochs or patience is out of range", name);
    o.augment = augment != 0;
    o.balance = balance != 0;
    o.strict = strict != 0;
    o.batch = (uint32_t)batch;
    o.epochs = (uint32_t)epochs;
    o.patience = (uint32_t)patience;
    o.seed = (uint64_t)seed;
    const lvk_status status = lvk_settings_init(settings, &o);
    return status == LVK_OK ? LVK_OK : lvk_fail_within(status, "%s", name);
}

lvk_network_config lvk_settings_network(const lvk_settings *settings) {
    return (lvk_network_config){
        .model = {.architecture = settings->options.model, .dropout = settings->options.dropout},
        .batch = settings->options.batch,
        .training = true,
        .optimizer = settings->optimizer.kind,
        .l2 = settings->options.l2};
}
