/* The table of training options, and the checks of a single option. */
#include "leukvk/train_options.h"

#include "core/error.h"
#include "models/model.h"
#include "train/settings.h"

#include <stdio.h>
#include <string.h>

lvk_train_options lvk_train_defaults(void) {
    return (lvk_train_options){
#define LVK_TRAIN_OPTION(type, member, default, check, key, alias, argument, group, used_by, grid, record,   \
                         help)                                                                               \
    .member = (default),
#include "leukvk/train_option_list.h"
#undef LVK_TRAIN_OPTION
    };
}

#define LVK_CHECK_ANY                   LVK_OPTION_ANY
#define LVK_CHECK_ONE_OF(names)         LVK_OPTION_ONE_OF, .choices = (names)
#define LVK_CHECK_ONE_OF_OR_AUTO(names) LVK_OPTION_ONE_OF_OR_AUTO, .choices = (names)
#define LVK_CHECK_FROM_TO(a, b)         LVK_OPTION_FROM_TO, .least = (a), .most = (b)
#define LVK_CHECK_FROM_BELOW(a, b)      LVK_OPTION_FROM_BELOW, .least = (a), .most = (b)
#define LVK_CHECK_ABOVE_TO(a, b)        LVK_OPTION_ABOVE_TO, .least = (a), .most = (b)
#define LVK_CHECK_ZERO_OR_FROM_TO(a, b) LVK_OPTION_ZERO_OR_FROM_TO, .least = (a), .most = (b)

static const lvk_train_option table[LVK_TRAIN_OPTION_COUNT] = {
#define LVK_TRAIN_OPTION(type_, member, default, check_, key_, alias_, argument_, group_, used_by_, grid_,   \
                         record_, help_)                                                                     \
    {.name = #member,                                                                                        \
     .key = (key_),                                                                                          \
     .alias = (alias_),                                                                                      \
     .argument = (argument_),                                                                                \
     .help = (help_),                                                                                        \
     .type = LVK_OPTION_##type_,                                                                             \
     .offset = offsetof(lvk_train_options, member),                                                          \
     .check = LVK_CHECK_##check_,                                                                            \
     .group = LVK_OPTION_GROUP_##group_,                                                                     \
     .used_by = LVK_OPTION_USED_BY_##used_by_,                                                               \
     .grid = (grid_),                                                                                        \
     .record = LVK_OPTION_##record_},
#include "leukvk/train_option_list.h"
#undef LVK_TRAIN_OPTION
};

const lvk_train_option *lvk_train_option_table(void) {
    return table;
}

const lvk_train_option *lvk_train_option_find(const char *key) {
    for (int i = 0; i < LVK_TRAIN_OPTION_COUNT; ++i)
        if (strcmp(table[i].key, key) == 0)
            return &table[i];
    return NULL;
}

/* ---- values ---- */

static const void *place_in(const lvk_train_options *options, const lvk_train_option *option) {
    return (const char *)options + option->offset;
}

static const char *text_of(const lvk_train_option *option, const lvk_train_options *options) {
    const char *text = *(const char *const *)place_in(options, option);
    return text ? text : "";
}

static double number_of(const lvk_train_option *option, const lvk_train_options *options) {
    const void *place = place_in(options, option);
    return option->type == LVK_OPTION_NUMBER ? *(const double *)place : *(const uint32_t *)place;
}

bool lvk_train_option_equal(const lvk_train_option *option, const lvk_train_options *a,
                            const lvk_train_options *b) {
    const void *first = place_in(a, option), *second = place_in(b, option);
    switch (option->type) {
    case LVK_OPTION_TEXT:
        return strcmp(text_of(option, a), text_of(option, b)) == 0;
    case LVK_OPTION_FLAG:
        return *(const bool *)first == *(const bool *)second;
    case LVK_OPTION_NUMBER:
    case LVK_OPTION_COUNT:
        return number_of(option, a) == number_of(option, b);
    case LVK_OPTION_SEED:
        break;
    }
    return *(const uint64_t *)first == *(const uint64_t *)second;
}

char *lvk_train_option_format(const lvk_train_option *option, const lvk_train_options *options, char *text,
                              size_t size) {
    const void *place = place_in(options, option);
    switch (option->type) {
    case LVK_OPTION_TEXT:
        snprintf(text, size, "%s", text_of(option, options));
        break;
    case LVK_OPTION_FLAG:
        snprintf(text, size, "%s", *(const bool *)place ? "on" : "off");
        break;
    case LVK_OPTION_NUMBER:
    case LVK_OPTION_COUNT:
        snprintf(text, size, "%.15g", number_of(option, options));
        break;
    case LVK_OPTION_SEED:
        snprintf(text, size, "%llu", (unsigned long long)*(const uint64_t *)place);
        break;
    }
    return text;
}

/* ---- checking ---- */

static bool is_among(const char *text, const char *choices) {
    const size_t length = strlen(text);
    for (;;) {
        const size_t choice = strcspn(choices, "|");
        if (choice == length && memcmp(text, choices, length) == 0)
            return true;
        if (!choices[choice])
            return false;
        choices += choice + 1;
    }
}

/* Turns "a|b|c" into "a, b and c", where `last` is " and ". */
static void list_choices(const char *choices, const char *last, char *text, size_t size) {
    size_t used = 0;
    for (const char *at = choices; *at && used + 8 < size; ++at) {
        const char *separator = strchr(at + 1, '|') ? ", " : last;
        if (*at == '|')
            used += (size_t)snprintf(text + used, size - used, "%s", separator);
        else
            text[used++] = *at;
    }
    text[used] = '\0';
}

static lvk_status check_text(const lvk_train_option *option, const char *text) {
    char choices[128];
    if (!option->choices || is_among(text, option->choices) ||
        (option->check == LVK_OPTION_ONE_OF_OR_AUTO && strcmp(text, "auto") == 0))
        return LVK_OK;
    list_choices(option->choices, " or ", choices, sizeof choices);
    return lvk_fail(LVK_ERROR_ARGUMENT, "--%s %s: must be %s", option->key, text, choices);
}

/* Whether the value is in the option's range; false for NaN. */
static bool is_within(const lvk_train_option *option, double value) {
    switch (option->check) {
    case LVK_OPTION_FROM_TO:
        return value >= option->least && value <= option->most;
    case LVK_OPTION_FROM_BELOW:
        return value >= option->least && value < option->most;
    case LVK_OPTION_ABOVE_TO:
        return value > option->least && value <= option->most;
    case LVK_OPTION_ZERO_OR_FROM_TO:
        return value == 0 || (value >= option->least && value <= option->most);
    case LVK_OPTION_ANY:
    case LVK_OPTION_ONE_OF:
    case LVK_OPTION_ONE_OF_OR_AUTO:
        break;
    }
    return true;
}

static lvk_status check_number(const lvk_train_option *option, double value) {
    static const char *const ranges[] = {
        [LVK_OPTION_FROM_TO] = "from %.15g to %.15g",
        [LVK_OPTION_FROM_BELOW] = "%.15g or more and below %.15g",
        [LVK_OPTION_ABOVE_TO] = "above %.15g, at most %.15g",
        [LVK_OPTION_ZERO_OR_FROM_TO] = "0, or from %.15g to %.15g",
    };
    char range[96];
    if (is_within(option, value))
        return LVK_OK;
    snprintf(range, sizeof range, ranges[option->check], option->least, option->most);
    return lvk_fail(LVK_ERROR_ARGUMENT, "--%s %.15g: must be %s", option->key, value, range);
}

lvk_status lvk_train_option_check(const lvk_train_option *option, const lvk_train_options *options) {
    if (option->type == LVK_OPTION_TEXT)
        return check_text(option, text_of(option, options));
    return option->type == LVK_OPTION_NUMBER || option->type == LVK_OPTION_COUNT
               ? check_number(option, number_of(option, options))
               : LVK_OK;
}

/* ---- what makes use of an option ---- */

/* Lists the models with a backbone, or those without: "resnet18, resnet34 and resnet50". */
static void list_models(bool with_backbone, char *text, size_t size) {
    char names[256] = "";
    const char *name;
    for (size_t i = 0; (name = lvk_architecture_name(i)); ++i)
        if ((lvk_model_find(name)->features > 0) == with_backbone) {
            strncat(names, *names ? "|" : "", sizeof names - strlen(names) - 1);
            strncat(names, name, sizeof names - strlen(names) - 1);
        }
    list_choices(names, " and ", text, size);
}

static lvk_status check_model(const lvk_train_option *option, const lvk_model *model) {
    const bool with_backbone = option->used_by != LVK_OPTION_USED_BY_CNNS,
               is_dropout = option->offset == offsetof(lvk_train_options, dropout);
    char names[256];
    if ((model->features > 0) == with_backbone)
        return LVK_OK;
    list_models(with_backbone, names, sizeof names);
    return lvk_fail(LVK_ERROR_ARGUMENT, "--%s: has no effect on a %s; it is an option of %s%s", option->key,
                    model->architecture, names,
                    is_dropout ? " (ResNets have dropout in the head: --head dense:64,dropout:0.25)" : "");
}

/* Fails if the model does not use an option of backbones. The option's default is accepted, since it changes
 * nothing. lvk_settings_init checks options of frozen backbones, since no run can have them with another
 * backbone. */
static lvk_status check_backbone(const lvk_train_option *option, const lvk_train_options *o) {
    const bool frozen = strcmp(o->unfreeze, "none") == 0;
    const lvk_train_options defaults = lvk_train_defaults();
    if (lvk_train_option_equal(option, o, &defaults))
        return LVK_OK;
    if (option->used_by == LVK_OPTION_USED_BY_THAWED && frozen)
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "--%s: has no effect on a frozen backbone; --unfreeze STAGE trains a part of it",
                        option->key);
    return LVK_OK;
}

static lvk_status check_optimizer(const lvk_train_option *option, const char *optimizer) {
    const char *user = option->used_by == LVK_OPTION_USED_BY_SGD ? "sgd" : "adamw";
    return strcmp(optimizer, user) == 0
               ? LVK_OK
               : lvk_fail(LVK_ERROR_ARGUMENT,
                          "--%s: has no effect with %s; it is an option of --optimizer %s", option->key,
                          optimizer, user);
}

/* Fails if an option for trainings on images is set in a training on features. A flag that is off is
 * accepted, since it changes nothing. */
static lvk_status check_images(const lvk_train_option *option, const lvk_train_options *o,
                               const lvk_model *model) {
    const bool on = *(const bool *)place_in(o, option);
    return model->features && strcmp(o->unfreeze, "none") == 0 && on
               ? lvk_fail(LVK_ERROR_ARGUMENT,
                          "--%s: has no effect on the features of a frozen backbone; "
                          "--views N also takes them of rotated and mirrored images",
                          option->key)
               : LVK_OK;
}

lvk_status lvk_train_option_check_use(const lvk_train_option *option, const lvk_train_options *options) {
    const lvk_model *model;
    switch (option->used_by) {
    case LVK_OPTION_USED_BY_ALL:
        return LVK_OK;
    case LVK_OPTION_USED_BY_SGD:
    case LVK_OPTION_USED_BY_ADAMW:
        return check_optimizer(option, options->optimizer);
    case LVK_OPTION_USED_BY_CNNS:
    case LVK_OPTION_USED_BY_RESNETS:
    case LVK_OPTION_USED_BY_FROZEN:
    case LVK_OPTION_USED_BY_THAWED:
    case LVK_OPTION_USED_BY_IMAGES:
        break;
    }
    model = lvk_model_find(options->model);
    if (model && option->used_by == LVK_OPTION_USED_BY_IMAGES)
        return check_images(option, options, model);
    LVK_TRY(model ? check_model(option, model) : LVK_ERROR_ARGUMENT);
    return check_backbone(option, options);
}

/* Checks options that name parameters, for which the network must be planned. */
static lvk_status check_names(const lvk_settings *settings) {
    const lvk_network_config config = lvk_settings_network(settings);
    lvk_footprint footprint;
    return lvk_network_estimate(&(lvk_caps){0}, &config, &footprint);
}

lvk_status lvk_train_options_check(const lvk_train_options *options) {
    lvk_settings settings;
    LVK_TRY(lvk_settings_init(&settings, options));
    lvk_status status = lvk_settings_check_use(options);
    if (status == LVK_OK && settings.rates.count)
        status = check_names(&settings);
    lvk_settings_finish(&settings);
    return status;
}
