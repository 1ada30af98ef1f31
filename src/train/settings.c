#include "train/settings.h"

#include "core/memory.h"
#include "core/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The values that runs used before there were the later settings: those without an effect, on images of 224
 * pixels. */
static lvk_train_options before_later(void) {
    lvk_train_options o = lvk_train_defaults();
    o.warmup = o.clip_norm = o.ema = o.shift = o.zoom = o.color = o.stain = 0;
    o.rate_scale = "";
    o.accumulate = 1;
    o.group = "subject";
    o.recompute = "auto";
    o.keep = "best";
    o.area = o.hue = "off";
    o.refit = false;
    o.features = "conv5_x";
    o.image_size = 224;
    return o;
}

static bool is_recorded(const lvk_train_option *option) {
    return option->record != LVK_OPTION_INPUT;
}

/* Whether older runs do not have the option in config.json. */
static bool is_later(const lvk_train_option *option) {
    return option->record == LVK_OPTION_LATER_KEPT || option->record == LVK_OPTION_LATER_IDENTITY;
}

static bool is_identity(const lvk_train_option *option) {
    return option->record == LVK_OPTION_IDENTITY || option->record == LVK_OPTION_LATER_IDENTITY;
}

static void *place_of(lvk_train_options *options, const lvk_train_option *option) {
    return (char *)options + option->offset;
}

bool lvk_settings_keeps_best(const lvk_train_options *options) {
    return strcmp(options->keep, "auto") == 0 ? options->patience > 0 : strcmp(options->keep, "best") == 0;
}

/* ---- checking ---- */

static lvk_status check_values(const lvk_train_options *o) {
    const lvk_train_option *table = lvk_train_option_table();
    for (int i = 0; i < LVK_TRAIN_OPTION_COUNT; ++i)
        LVK_TRY(lvk_train_option_check(&table[i], o));
    LVK_TRY(lvk_dataset_options_check(&(lvk_dataset_options){.columns = o->columns,
                                                             .subject_pattern = o->subject_pattern,
                                                             .microns_per_pixel = o->microns_per_pixel}));
    if (o->warmup >= o->epochs)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--warmup %g: must be below --epochs %u", o->warmup, o->epochs);
    if (!(o->validation >= 0 && o->test >= 0 && o->validation + o->test < 1))
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "--fractions %g,%g: both must be 0 or more, and their sum below 1", o->validation,
                        o->test);
    if (o->validation == 0 && (o->patience || lvk_settings_keeps_best(o)))
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "--fractions 0,%g: without validation images nothing tells which epoch is the best; leave out "
            "--patience and --keep best",
            o->test);
    if (o->patience && strcmp(o->keep, "last") == 0)
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "--keep last: with --patience %u the best epoch is kept; --patience 0 trains all epochs",
            o->patience);
    return LVK_OK;
}

lvk_status lvk_settings_check_use(const lvk_train_options *options) {
    const lvk_train_option *table = lvk_train_option_table();
    const lvk_train_options defaults = lvk_train_defaults();
    lvk_train_options resolved = defaults; /* what "auto" is resolved to where nothing uses the option */
    resolved.area = resolved.hue = "off";
    resolved.features = "conv5_x";
    resolved.head = LVK_HEAD_DEFAULT;
    for (int i = 0; i < LVK_TRAIN_OPTION_COUNT; ++i)
        if (!lvk_train_option_equal(&table[i], options, &defaults) &&
            !lvk_train_option_equal(&table[i], options, &resolved))
            LVK_TRY(lvk_train_option_check_use(&table[i], options));
    return LVK_OK;
}

/* Rounds a value to the 15 digits that config.json holds, so that a resumed run has exactly the same
 * number. */
static void round_to_text(double *value) {
    char text[40];
    snprintf(text, sizeof text, "%.15g", *value);
    *value = strtod(text, NULL);
}

lvk_status lvk_settings_check_text(const char *option, const char *text) {
    return lvk_text_is_utf8(text)
               ? LVK_OK
               : lvk_fail(
                     LVK_ERROR_ARGUMENT,
                     "--%s %s: is not UTF-8 text, and config.json can hold nothing else; give it another name",
                     option, text);
}

static lvk_status own_values(lvk_settings *s) {
    const lvk_train_option *table = lvk_train_option_table();
    for (int i = 0; i < LVK_TRAIN_OPTION_COUNT; ++i) {
        void *place = place_of(&s->options, &table[i]);
        if (is_recorded(&table[i]) && table[i].type == LVK_OPTION_NUMBER)
            round_to_text(place);
        if (!is_recorded(&table[i]) || table[i].type != LVK_OPTION_TEXT)
            continue;
        const char **text = place;
        *text = s->texts[i] = lvk_strdup(*text ? *text : "");
        if (!*text)
            return LVK_ERROR_MEMORY;
        LVK_TRY(lvk_settings_check_text(table[i].name, *text));
    }
    return LVK_OK;
}

/* What --features auto and --head auto stand for: the best in repeated cross-validation (docs/resnet.md). For
 * models without a backbone, what runs have recorded ever since. */
static void resolve_auto(lvk_settings *s, const lvk_model *model) {
    lvk_train_options *o = &s->options;
    const bool frozen = model->features && strcmp(o->unfreeze, "none") == 0;
    if (strcmp(o->features, "auto") == 0)
        o->features = frozen ? "conv4_x" : "conv5_x";
    if (strcmp(o->head, "auto") == 0)
        o->head = frozen ? LVK_HEAD_FROZEN : LVK_HEAD_DEFAULT;
}

/* Parses the first stage of the backbone that is trained, "none", "conv5_x" … "conv2_x", "conv1" or "all".
 * All stages after it are trained too. */
static lvk_status resolve_stages(lvk_settings *s, const lvk_model *model) {
    const char *text = s->options.unfreeze;
    s->feature_stage = lvk_resnet_stage_find(s->options.features);
    s->frozen_stages = s->feature_stage;
    if (strcmp(text, "none") == 0)
        return LVK_OK;
    for (uint32_t stage = 1; stage <= model->stages; ++stage) {
        char name[16];
        snprintf(name, sizeof name, stage == 1 ? "conv%u" : "conv%u_x", stage);
        if (strcmp(text, name) == 0 || (stage == 1 && strcmp(text, "all") == 0)) {
            s->frozen_stages = stage - 1;
            return stage <= s->feature_stage
                       ? LVK_OK
                       : lvk_fail(LVK_ERROR_ARGUMENT, "--unfreeze %s: the backbone ends with --features %s",
                                  text, s->options.features);
        }
    }
    return lvk_fail(LVK_ERROR_ARGUMENT,
                    "--unfreeze %s: must be none, all, conv1 or one of conv2_x to conv%u_x", text,
                    model->stages);
}

static lvk_status resolve_backbone(lvk_settings *s, const lvk_model *model) {
    const lvk_train_options *o = &s->options;
    lvk_head head;
    LVK_TRY(lvk_head_parse(o->head, &head));
    LVK_TRY(resolve_stages(s, model));
    s->batch_statistics = strcmp(o->batch_norm, "train") == 0;
    s->pretrained = strcmp(o->weights, "none") != 0;
    if (!s->pretrained && (s->frozen_stages || !s->batch_statistics))
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "--weights none: a %s with random weights must be trained as a whole: --unfreeze all --bn train",
            model->architecture);
    s->on_features = s->frozen_stages == s->feature_stage;
    if (!s->on_features && head.standardize)
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "--head %s: standardize needs a frozen backbone, whose features do not change",
                        o->head);
    s->standardize = head.standardize;
    if (!s->on_features && o->views != 1)
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "--views %u: needs a frozen backbone; this one is trained, on images that are flipped and rotated at random",
            o->views);
    return LVK_OK;
}

static lvk_status resolve_normalize(lvk_settings *s) {
    const char *text = s->options.normalize;
    s->normalize = s->pretrained ? LVK_NORMALIZE_WEIGHTS : LVK_NORMALIZE_TRAIN;
    if (strcmp(text, "auto") == 0)
        return LVK_OK;
    if (s->pretrained)
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "--normalize %s: pretrained weights require their own normalization: --normalize auto", text);
    if (strcmp(text, "none") == 0)
        s->normalize = LVK_NORMALIZE_NONE;
    return LVK_OK;
}

/* The number of `text` among `names`; check_values has made sure that it is one of them. */
static int number_of(const char *text, const char *const names[3]) {
    int i = 0;
    while (i < 2 && strcmp(text, names[i]) != 0)
        ++i;
    return i;
}

static void resolve_names(lvk_settings *s) {
    static const char *const balances[] = {[LVK_BALANCE_NONE] = "none",
                                           [LVK_BALANCE_WEIGHT] = "weight",
                                           [LVK_BALANCE_OVERSAMPLE] = "oversample"};
    static const char *const recomputes[] = {
        [LVK_RECOMPUTE_OFF] = "off", [LVK_RECOMPUTE_ON] = "on", [LVK_RECOMPUTE_AUTO] = "auto"};
    s->by_image = strcmp(s->options.group, "none") == 0;
    s->cell = strcmp(s->options.hue, "on") == 0    ? LVK_CELL_AREA_AND_HUE
              : strcmp(s->options.area, "on") == 0 ? LVK_CELL_AREA
                                                   : LVK_CELL_NONE;
    s->keep_last = strcmp(s->options.keep, "last") == 0;
    s->balance = (lvk_balance)number_of(s->options.balance, balances);
    s->recompute = (lvk_recompute)number_of(s->options.recompute, recomputes);
}

/* Sets the parts of the augmentation beyond flips and rotation. */
static lvk_status resolve_augment(lvk_settings *s) {
    lvk_train_options *o = &s->options;
    if ((!o->augment || s->on_features) && o->stain == lvk_train_defaults().stain)
        o->stain = 0;
    s->augment = (lvk_augment_strength){o->shift, o->zoom, o->color, o->stain};
    LVK_TRY(lvk_augment_check(&s->augment));
    if (o->shift == 0 && o->zoom == 0 && o->color == 0 && o->stain == 0)
        return LVK_OK;
    const char *first = o->shift > 0 ? "shift" : o->zoom > 0 ? "zoom" : o->color > 0 ? "color" : "stain";
    if (!o->augment)
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "--%s: is a part of the augmentation, which is off; --augment turns it on", first);
    if (s->on_features)
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "--%s: changes images, but this training sees the features of a frozen backbone; "
                        "--views N also takes them of rotated and mirrored images",
                        first);
    return LVK_OK;
}

static lvk_status resolve_schedule(lvk_settings *s) {
    const lvk_train_options *o = &s->options;
    lvk_schedule *schedule = &s->schedule;
    schedule->learning_rate = o->learning_rate;
    schedule->warmup = o->warmup;
    LVK_TRY(lvk_schedule_parse(o->schedule, schedule));
    if (schedule->drop_count && schedule->drops[schedule->drop_count - 1] >= o->epochs)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--schedule %s: its last epoch must be below --epochs %u",
                        o->schedule, o->epochs);
    return LVK_OK;
}

static lvk_status resolve(lvk_settings *s) {
    lvk_train_options *o = &s->options;
    if (!o->data || !*o->data)
        return lvk_fail(LVK_ERROR_ARGUMENT, "no data set was named: --data DIR");
    LVK_TRY(own_values(s));
    LVK_TRY(check_values(o));
    const lvk_model *model = lvk_model_find(o->model);
    if (!model)
        return lvk_fail_within(LVK_ERROR_ARGUMENT, "--model");
    if (lvk_model_check_size(model, o->image_size) != LVK_OK)
        return lvk_fail_within(LVK_ERROR_ARGUMENT, "--image-size %u", o->image_size);
    if (o->image_size == 0)
        o->image_size = model->image_size;
    s->batch_statistics = model->batch_norm;
    resolve_auto(s, model);
    if (model->features)
        LVK_TRY(resolve_backbone(s, model));
    if (strcmp(o->area, "auto") == 0)
        o->area = strcmp(o->model, "cnn-gap") == 0 ? "on" : "off";
    if (strcmp(o->hue, "auto") == 0)
        o->hue = o->area;
    if (!model->features && strcmp(o->hue, "on") == 0 && strcmp(o->area, "on") != 0)
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "--hue on: hue and area are a part of the model together; leave out --area off, or say --area on");
    o->keep = lvk_settings_keeps_best(o) ? "best" : "last";
    resolve_names(s);
    LVK_TRY(resolve_normalize(s));
    LVK_TRY(lvk_crop_parse(o->crop, &s->crop));
    LVK_TRY(resolve_augment(s));
    s->optimizer =
        (lvk_optimizer_settings){.momentum = o->momentum, .weight_decay = o->weight_decay, .average = o->ema};
    if (!lvk_optimizer_find(o->optimizer, &s->optimizer.kind))
        return lvk_fail(LVK_ERROR_ARGUMENT, "--optimizer %s: must be adam, adamw or sgd", o->optimizer);
    LVK_TRY(lvk_param_groups_parse(o->rate_scale, &s->rates));
    return resolve_schedule(s);
}

lvk_status lvk_settings_init(lvk_settings *settings, const lvk_train_options *options) {
    *settings = (lvk_settings){.options = *options};
    const lvk_status status = resolve(settings);
    if (status != LVK_OK)
        lvk_settings_finish(settings);
    return status;
}

void lvk_settings_finish(lvk_settings *settings) {
    for (int i = 0; i < LVK_TRAIN_OPTION_COUNT; ++i)
        lvk_free(settings->texts[i]);
    *settings = (lvk_settings){0};
}

/* ---- JSON ---- */

/* In JSON, "balance" is true for "weight" and false for "none", as it was when these were the only values. */
static bool is_balance(const lvk_train_option *option) {
    return option->offset == offsetof(lvk_train_options, balance);
}

static json_t *text_value(const lvk_train_option *option, const char *text) {
    const bool weight = strcmp(text, "weight") == 0;
    return is_balance(option) && (weight || strcmp(text, "none") == 0) ? json_boolean(weight)
                                                                       : json_string(text);
}

static json_t *value_of(const lvk_train_option *option, const void *place) {
    switch (option->type) {
    case LVK_OPTION_TEXT:
        return text_value(option, *(const char *const *)place);
    case LVK_OPTION_FLAG:
        return json_boolean(*(const bool *)place);
    case LVK_OPTION_NUMBER:
        return json_real(*(const double *)place);
    case LVK_OPTION_COUNT:
        return json_integer(*(const uint32_t *)place);
    case LVK_OPTION_SEED:
        break;
    }
    return json_integer((json_int_t) * (const uint64_t *)place);
}

/* Whether an option is left out of config.json: the positive class, which config.json holds as
 * "positive_class", options for reading a data set that needs none, and the features that are those of a run
 * without the entry. */
static bool is_unsaid(const lvk_train_option *option, const lvk_train_options *options) {
    return (option->offset == offsetof(lvk_train_options, positive) && !*options->positive) ||
           (option->offset == offsetof(lvk_train_options, columns) && !*options->columns) ||
           (option->offset == offsetof(lvk_train_options, subject_pattern) && !*options->subject_pattern) ||
           (option->offset == offsetof(lvk_train_options, microns_per_pixel) &&
            options->microns_per_pixel == 0) ||
           (option->offset == offsetof(lvk_train_options, features) &&
            strcmp(options->features, "conv5_x") == 0);
}

json_t *lvk_settings_to_json(const lvk_settings *settings) {
    const lvk_train_option *table = lvk_train_option_table();
    json_t *json = json_object();
    lvk_train_options options = settings->options;
    for (int i = 0; json && i < LVK_TRAIN_OPTION_COUNT; ++i) {
        if (is_recorded(&table[i]) && !is_unsaid(&table[i], &options) &&
            json_object_set_new(json, table[i].name, value_of(&table[i], place_of(&options, &table[i]))) !=
                0) {
            json_decref(json);
            json = NULL;
        }
    }
    return json;
}

json_t *lvk_settings_identity(const lvk_settings *settings) {
    const lvk_train_option *table = lvk_train_option_table();
    json_t *json = lvk_settings_to_json(settings);
    lvk_train_options options = settings->options, before = before_later();
    for (int i = 0; json && i < LVK_TRAIN_OPTION_COUNT; ++i)
        if (!is_identity(&table[i]) ||
            (is_later(&table[i]) && lvk_train_option_equal(&table[i], &options, &before)))
            json_object_del(json, table[i].name);
    return json;
}

/* The first key of `a` whose value in `b` is another one, but for what may change within a training. */
static const char *find_difference(json_t *a, const json_t *b) {
    const char *key;
    json_t *value;
    json_object_foreach(a, key, value) {
        if (strcmp(key, "data") != 0 && strcmp(key, "checkpoint_seconds") != 0 &&
            strcmp(key, "recompute") != 0 && !json_equal(value, json_object_get(b, key)))
            return key;
    }
    return NULL;
}

const char *lvk_settings_difference(json_t *a, json_t *b) {
    const char *key = find_difference(a, b);
    return key ? key : find_difference(b, a);
}

/* Writes a JSON value to `place`. False if it is not of the option's type. */
static bool take_value(const lvk_train_option *option, const json_t *value, void *place) {
    const json_int_t integer = json_integer_value(value);
    switch (option->type) {
    case LVK_OPTION_TEXT:
        *(const char **)place = json_string_value(value);
        if (is_balance(option) && json_is_boolean(value))
            *(const char **)place = json_is_true(value) ? "weight" : "none";
        return json_is_string(value) || (is_balance(option) && json_is_boolean(value));
    case LVK_OPTION_FLAG:
        *(bool *)place = json_is_true(value);
        return json_is_boolean(value);
    case LVK_OPTION_NUMBER:
        *(double *)place = json_number_value(value);
        return json_is_number(value);
    case LVK_OPTION_COUNT:
        *(uint32_t *)place = (uint32_t)integer;
        return json_is_integer(value) && integer >= 0 && integer <= UINT32_MAX;
    case LVK_OPTION_SEED:
        break;
    }
    *(uint64_t *)place = (uint64_t)integer;
    return json_is_integer(value);
}

lvk_status lvk_settings_from_json(lvk_settings *settings, const json_t *json, const char *name) {
    const lvk_train_option *table = lvk_train_option_table();
    lvk_train_options options = before_later();
    *settings = (lvk_settings){0};
    for (int i = 0; i < LVK_TRAIN_OPTION_COUNT; ++i) {
        const json_t *value = json_object_get(json, table[i].name);
        if (!is_recorded(&table[i]) || (!value && is_later(&table[i])))
            continue;
        if (!value)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: there is no \"%s\"", name, table[i].name);
        if (!take_value(&table[i], value, place_of(&options, &table[i])))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: \"%s\" is out of range or not of the right kind", name,
                            table[i].name);
    }
    const lvk_status status = lvk_settings_init(settings, &options);
    return status == LVK_OK ? LVK_OK : lvk_fail_within(status, "%s", name);
}

lvk_status lvk_settings_compare(const lvk_train_options *options, const json_t *config,
                                json_t *(*describe)(const lvk_settings *), const char *name,
                                char key[LVK_SETTING_KEY_SIZE]) {
    lvk_settings now, before;
    *key = '\0';
    LVK_TRY(lvk_settings_init(&now, options));
    const lvk_status status = lvk_settings_from_json(&before, config, name);
    if (status != LVK_OK) {
        lvk_settings_finish(&now);
        return status;
    }
    json_t *wanted = describe(&now), *found = describe(&before);
    const bool described = wanted && found;
    const char *differing = described ? lvk_settings_difference(wanted, found) : NULL;
    if (differing)
        snprintf(key, LVK_SETTING_KEY_SIZE, "%s", differing);
    json_decref(wanted);
    json_decref(found);
    lvk_settings_finish(&before);
    lvk_settings_finish(&now);
    return described ? LVK_OK : LVK_ERROR_MEMORY;
}

lvk_network_config lvk_settings_network(const lvk_settings *settings) {
    const lvk_train_options *o = &settings->options;
    return (lvk_network_config){.model = {.architecture = o->model,
                                          .image_size = o->image_size,
                                          .dropout = o->dropout,
                                          .part = settings->on_features ? LVK_MODEL_HEAD : LVK_MODEL_WHOLE,
                                          .feature_stage = settings->feature_stage,
                                          .head = o->head,
                                          .cell = settings->cell,
                                          .frozen_stages = settings->frozen_stages,
                                          .batch_statistics = settings->batch_statistics},
                                .batch = o->batch,
                                .zoom = o->zoom,
                                .training = true,
                                .optimizer = settings->optimizer.kind,
                                .accumulate = o->accumulate,
                                .average = o->ema > 0,
                                .clip_norm = o->clip_norm,
                                .rates = settings->rates,
                                .l2 = o->l2};
}
