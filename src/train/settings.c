#include "train/settings.h"

#include "core/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

lvk_train_options lvk_train_defaults(void) {
    return (lvk_train_options){.model = "cnn-gap",
                               .group = "subject",
                               .crop = "center:300",
                               .augment = true,
                               .normalize = "auto",
                               .balance = "weight",
                               .weights = "auto",
                               .head = LVK_HEAD_DEFAULT,
                               .unfreeze = "none",
                               .batch_norm = "frozen",
                               .views = 1,
                               .optimizer = "adam",
                               .learning_rate = 0.0003,
                               .schedule = "cosine",
                               .rate_scale = "",
                               .recompute = "auto",
                               .momentum = 0.9,
                               .weight_decay = 0.01,
                               .dropout = 0.25,
                               .batch = 32,
                               .accumulate = 1,
                               .epochs = 10,
                               .patience = 3,
                               .validation = 0.15,
                               .test = 0.15,
                               .seed = 1,
                               .checkpoint_seconds = 300};
}

/* What runs did before there were the later settings: nothing of them, on images of 224 pixels. */
static lvk_train_options before_later(void) {
    lvk_train_options o = lvk_train_defaults();
    o.warmup = o.clip_norm = o.ema = o.shift = o.zoom = o.color = 0;
    o.rate_scale = "";
    o.accumulate = 1;
    o.group = "subject";
    o.recompute = "auto";
    o.image_size = 224;
    return o;
}

/* Every option that config.json keeps, by its place in the struct. A later one is not in the config.json of
 * older runs. */
typedef enum entry_kind {
    TEXT,
    FLAG,
    NUMBER,
    COUNT,
    SEED,
    BALANCE /* a text, of which JSON has "weight" as true and "none" as false */
} entry_kind;
typedef struct entry {
    const char *key;
    size_t offset;
    entry_kind kind;
    bool later;
} entry;
#define ENTRY(name, kind)                                                                                    \
    { #name, offsetof(lvk_train_options, name), kind, false }
#define LATER(name, kind)                                                                                    \
    { #name, offsetof(lvk_train_options, name), kind, true }
static const entry entries[] = {ENTRY(data, TEXT),
                                ENTRY(model, TEXT),
                                ENTRY(crop, TEXT),
                                ENTRY(normalize, TEXT),
                                ENTRY(augment, FLAG),
                                ENTRY(balance, BALANCE),
                                ENTRY(strict, FLAG),
                                ENTRY(weights, TEXT),
                                ENTRY(head, TEXT),
                                ENTRY(unfreeze, TEXT),
                                ENTRY(batch_norm, TEXT),
                                ENTRY(views, COUNT),
                                ENTRY(optimizer, TEXT),
                                ENTRY(schedule, TEXT),
                                ENTRY(learning_rate, NUMBER),
                                ENTRY(momentum, NUMBER),
                                ENTRY(weight_decay, NUMBER),
                                ENTRY(l2, NUMBER),
                                ENTRY(dropout, NUMBER),
                                ENTRY(batch, COUNT),
                                ENTRY(epochs, COUNT),
                                ENTRY(patience, COUNT),
                                ENTRY(validation, NUMBER),
                                ENTRY(test, NUMBER),
                                ENTRY(seed, SEED),
                                ENTRY(checkpoint_seconds, NUMBER),
                                LATER(warmup, NUMBER),
                                LATER(rate_scale, TEXT),
                                LATER(clip_norm, NUMBER),
                                LATER(accumulate, COUNT),
                                LATER(ema, NUMBER),
                                LATER(group, TEXT),
                                LATER(recompute, TEXT),
                                LATER(shift, NUMBER),
                                LATER(zoom, NUMBER),
                                LATER(color, NUMBER),
                                LATER(image_size, COUNT)};
#define ENTRY_COUNT ((int)(sizeof entries / sizeof *entries))
_Static_assert(ENTRY_COUNT <= (int)LVK_SETTINGS_MAX_ENTRIES, "no room for the texts of all entries");

static bool is_text(const entry *e) {
    return e->kind == TEXT || e->kind == BALANCE;
}

static void *place_of(lvk_train_options *options, const entry *e) {
    return (char *)options + e->offset;
}

/* ---- checking ---- */

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
    LVK_TRY(check_range("ema", o->ema, 0, 1, "0 or more and below 1"));
    LVK_TRY(check_range("l2", o->l2, 0, 1000, "0 or more"));
    if (o->clip_norm != 0)
        LVK_TRY(check_range("clip-norm", o->clip_norm, 1e-30, 1e30, "0, for never, or 1e-30 to below 1e30"));
    LVK_TRY(check_range("batch", o->batch, 1, 1025, "1 to 1024"));
    LVK_TRY(check_range("accumulate", o->accumulate, 1, 1025, "1 to 1024"));
    LVK_TRY(check_range("epochs", o->epochs, 1, 1000001, "1 to 1,000,000"));
    LVK_TRY(check_range("views", o->views, 1, LVK_VIEW_COUNT + 1, "1 to 8"));
    LVK_TRY(check_range("warmup", o->warmup, 0, o->epochs, "0 or more and below --epochs"));
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

static lvk_status own_values(lvk_settings *s) {
    for (int i = 0; i < ENTRY_COUNT; ++i) {
        void *place = place_of(&s->options, &entries[i]);
        if (entries[i].kind == NUMBER)
            round_to_text(place);
        if (!is_text(&entries[i]))
            continue;
        const char **text = place;
        *text = s->texts[i] = lvk_strdup(*text);
        if (!*text)
            return LVK_ERROR_MEMORY;
    }
    return LVK_OK;
}

/* "none", "conv5_x" … "conv2_x", "conv1" or "all": the first stage that is trained, and all behind it. */
static lvk_status resolve_stages(lvk_settings *s, const lvk_model *model) {
    const char *text = s->options.unfreeze;
    s->frozen_stages = model->stages;
    if (strcmp(text, "none") == 0)
        return LVK_OK;
    for (uint32_t stage = 1; stage <= model->stages; ++stage) {
        char name[16];
        snprintf(name, sizeof name, stage == 1 ? "conv%u" : "conv%u_x", stage);
        if (strcmp(text, name) == 0 || (stage == 1 && strcmp(text, "all") == 0)) {
            s->frozen_stages = stage - 1;
            return LVK_OK;
        }
    }
    return lvk_fail(LVK_ERROR_ARGUMENT, "--unfreeze %s: there is none, all, conv1 and conv2_x to conv%u_x",
                    text, model->stages);
}

static lvk_status resolve_backbone(lvk_settings *s, const lvk_model *model) {
    const lvk_train_options *o = &s->options;
    lvk_head head;
    LVK_TRY(lvk_head_parse(o->head, &head));
    LVK_TRY(resolve_stages(s, model));
    s->batch_statistics = strcmp(o->batch_norm, "train") == 0;
    if (!s->batch_statistics && strcmp(o->batch_norm, "frozen") != 0)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--bn %s: there is frozen and train", o->batch_norm);
    s->pretrained = strcmp(o->weights, "none") != 0;
    if (!s->pretrained && (s->frozen_stages || !s->batch_statistics))
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "--weights none: a %s that starts from chance must be trained whole: --unfreeze all --bn train",
            model->architecture);
    s->on_features = s->frozen_stages == model->stages;
    if (!s->on_features && o->views != 1)
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "--views %u: is for a frozen backbone; this one is trained, on images turned freely",
                        o->views);
    return LVK_OK;
}

static lvk_status resolve_normalize(lvk_settings *s) {
    const char *text = s->options.normalize;
    s->normalize = s->pretrained ? LVK_NORMALIZE_WEIGHTS : LVK_NORMALIZE_TRAIN;
    if (strcmp(text, "auto") == 0)
        return LVK_OK;
    if (s->pretrained)
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "--normalize %s: pretrained weights say how pixels are normalized: auto", text);
    if (strcmp(text, "none") == 0)
        s->normalize = LVK_NORMALIZE_NONE;
    else if (strcmp(text, "train") != 0)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--normalize %s: there is auto, train and none", text);
    return LVK_OK;
}

/* Which of three names it is; -1: none. */
static int number_of(const char *text, const char *const names[3]) {
    for (int i = 0; i < 3; ++i)
        if (strcmp(text, names[i]) == 0)
            return i;
    return -1;
}

static lvk_status resolve_names(lvk_settings *s) {
    static const char *const balances[] = {[LVK_BALANCE_NONE] = "none",
                                           [LVK_BALANCE_WEIGHT] = "weight",
                                           [LVK_BALANCE_OVERSAMPLE] = "oversample"};
    static const char *const recomputes[] = {
        [LVK_RECOMPUTE_OFF] = "off", [LVK_RECOMPUTE_ON] = "on", [LVK_RECOMPUTE_AUTO] = "auto"};
    const lvk_train_options *o = &s->options;
    const int balance = number_of(o->balance, balances), recompute = number_of(o->recompute, recomputes);
    if (balance < 0)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--balance %s: there is weight, oversample and none", o->balance);
    if (recompute < 0)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--recompute %s: there is auto, on and off", o->recompute);
    s->balance = (lvk_balance)balance;
    s->recompute = (lvk_recompute)recompute;
    return LVK_OK;
}

/* What of the augmentation goes beyond flips and rotation. */
static lvk_status resolve_augment(lvk_settings *s) {
    const lvk_train_options *o = &s->options;
    s->augment = (lvk_augment_strength){o->shift, o->zoom, o->color};
    LVK_TRY(lvk_augment_check(&s->augment));
    if (o->shift == 0 && o->zoom == 0 && o->color == 0)
        return LVK_OK;
    const char *first = o->shift > 0 ? "shift" : o->zoom > 0 ? "zoom" : "color";
    if (!o->augment)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--%s: is augmentation, which is off: --augment", first);
    if (s->on_features)
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "--%s: changes images; this training sees a frozen backbone's features (--views turns "
            "them)",
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
        return lvk_fail(LVK_ERROR_ARGUMENT, "--schedule %s: the last drop comes after all of the %u epochs",
                        o->schedule, o->epochs);
    return LVK_OK;
}

static lvk_status resolve(lvk_settings *s) {
    lvk_train_options *o = &s->options;
    if (!o->data || !*o->data)
        return lvk_fail(LVK_ERROR_ARGUMENT, "no data set was named: --data DIR");
    LVK_TRY(own_values(s));
    LVK_TRY(check_numbers(o));
    const lvk_model *model = lvk_model_find(o->model);
    if (!model)
        return LVK_ERROR_ARGUMENT;
    if (lvk_model_check_size(model, o->image_size) != LVK_OK)
        return lvk_fail_within(LVK_ERROR_ARGUMENT, "--image-size %u", o->image_size);
    if (o->image_size == 0)
        o->image_size = model->image_size;
    s->batch_statistics = model->batch_norm;
    if (model->features)
        LVK_TRY(resolve_backbone(s, model));
    s->by_image = strcmp(o->group, "none") == 0;
    if (!s->by_image && strcmp(o->group, "subject") != 0)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--group %s: there is subject and none", o->group);
    LVK_TRY(resolve_normalize(s));
    LVK_TRY(resolve_names(s));
    LVK_TRY(lvk_crop_parse(o->crop, &s->crop));
    LVK_TRY(resolve_augment(s));
    s->optimizer =
        (lvk_optimizer_settings){.momentum = o->momentum, .weight_decay = o->weight_decay, .average = o->ema};
    if (!lvk_optimizer_find(o->optimizer, &s->optimizer.kind))
        return lvk_fail(LVK_ERROR_ARGUMENT, "--optimizer %s: there is adam, adamw and sgd", o->optimizer);
    LVK_TRY(lvk_rate_scales_parse(o->rate_scale, &s->rates));
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
    for (int i = 0; i < ENTRY_COUNT; ++i)
        lvk_free(settings->texts[i]);
    *settings = (lvk_settings){0};
}

/* ---- JSON ---- */

static json_t *balance_value(const char *text) {
    const bool weight = strcmp(text, "weight") == 0;
    return weight || strcmp(text, "none") == 0 ? json_boolean(weight) : json_string(text);
}

static json_t *value_of(const entry *e, const void *place) {
    switch (e->kind) {
    case TEXT:
        return json_string(*(const char *const *)place);
    case BALANCE:
        return balance_value(*(const char *const *)place);
    case FLAG:
        return json_boolean(*(const bool *)place);
    case NUMBER:
        return json_real(*(const double *)place);
    case COUNT:
        return json_integer(*(const uint32_t *)place);
    case SEED:
        break;
    }
    return json_integer((json_int_t) * (const uint64_t *)place);
}

json_t *lvk_settings_to_json(const lvk_settings *settings) {
    json_t *json = json_object();
    lvk_train_options options = settings->options;
    for (int i = 0; json && i < ENTRY_COUNT; ++i) {
        if (json_object_set_new(json, entries[i].key,
                                value_of(&entries[i], place_of(&options, &entries[i]))) != 0) {
            json_decref(json);
            json = NULL;
        }
    }
    return json;
}

json_t *lvk_settings_identity(const lvk_settings *settings) {
    static const char *const free_to_change[] = {
        "data", "epochs", "patience", "strict", "weights", "checkpoint_seconds", "recompute"};
    json_t *json = lvk_settings_to_json(settings);
    for (size_t i = 0; json && i < sizeof free_to_change / sizeof *free_to_change; ++i)
        json_object_del(json, free_to_change[i]);
    lvk_train_options before = before_later();
    for (int i = 0; json && i < ENTRY_COUNT; ++i) {
        json_t *none = entries[i].later ? value_of(&entries[i], place_of(&before, &entries[i])) : NULL;
        if (none && json_equal(none, json_object_get(json, entries[i].key)))
            json_object_del(json, entries[i].key);
        json_decref(none);
    }
    return json;
}

/* False: the value is not of the entry's kind. */
static bool take_value(const entry *e, const json_t *value, void *place) {
    const json_int_t integer = json_integer_value(value);
    switch (e->kind) {
    case TEXT:
        *(const char **)place = json_string_value(value);
        return json_is_string(value);
    case BALANCE:
        *(const char **)place =
            json_is_boolean(value) ? json_is_true(value) ? "weight" : "none" : json_string_value(value);
        return json_is_boolean(value) || json_is_string(value);
    case FLAG:
        *(bool *)place = json_is_true(value);
        return json_is_boolean(value);
    case NUMBER:
        *(double *)place = json_number_value(value);
        return json_is_number(value);
    case COUNT:
        *(uint32_t *)place = (uint32_t)integer;
        return json_is_integer(value) && integer >= 0 && integer <= UINT32_MAX;
    case SEED:
        break;
    }
    *(uint64_t *)place = (uint64_t)integer;
    return json_is_integer(value);
}

lvk_status lvk_settings_from_json(lvk_settings *settings, const json_t *json, const char *name) {
    lvk_train_options options = before_later();
    *settings = (lvk_settings){0};
    for (int i = 0; i < ENTRY_COUNT; ++i) {
        const json_t *value = json_object_get(json, entries[i].key);
        if (!value && entries[i].later)
            continue;
        if (!value)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: there is no \"%s\"", name, entries[i].key);
        if (!take_value(&entries[i], value, place_of(&options, &entries[i])))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: \"%s\" is out of range or not of the right kind", name,
                            entries[i].key);
    }
    const lvk_status status = lvk_settings_init(settings, &options);
    return status == LVK_OK ? LVK_OK : lvk_fail_within(status, "%s", name);
}

lvk_network_config lvk_settings_network(const lvk_settings *settings) {
    const lvk_train_options *o = &settings->options;
    return (lvk_network_config){.model = {.architecture = o->model,
                                          .image_size = o->image_size,
                                          .dropout = o->dropout,
                                          .part = settings->on_features ? LVK_MODEL_HEAD : LVK_MODEL_WHOLE,
                                          .head = o->head,
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
