#include "search/search_space.h"

#include "core/memory.h"
#include "core/random.h"
#include "core/text.h"
#include "models/model.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { DRAWN_DIGITS = 4 };

/* ---- axes ---- */

/* Whether the numbers of an option are drawn uniformly in the logarithm. */
static bool is_logarithmic(const lvk_train_option *option) {
    return option->offset == offsetof(lvk_train_options, learning_rate) ||
           option->offset == offsetof(lvk_train_options, weight_decay) ||
           option->offset == offsetof(lvk_train_options, l2);
}

static const lvk_train_option *option_of_number(uint32_t grid) {
    const lvk_train_option *table = lvk_train_option_table();
    for (int i = 0; i < LVK_TRAIN_OPTION_COUNT; ++i)
        if (table[i].grid == grid)
            return &table[i];
    return NULL;
}

static lvk_status unknown_key(const char *axis) {
    lvk_text names = {0};
    char *list;
    for (uint32_t grid = 1; grid <= LVK_SEARCH_MAX_AXES; ++grid)
        lvk_text_add(&names, "%s%s", grid > 1 ? ", " : "", option_of_number(grid)->key);
    LVK_TRY(lvk_text_take(&names, &list, NULL));
    const lvk_status status = lvk_fail(
        LVK_ERROR_ARGUMENT, "--grid %s: must be NAME=VALUE,... with one of these names: %s", axis, list);
    lvk_free(list);
    return status;
}

/* The option that an axis names, also by an alias. */
static const lvk_train_option *find_key(const char *axis) {
    const lvk_train_option *table = lvk_train_option_table();
    const size_t length = strcspn(axis, "=");
    for (int i = 0; i < LVK_TRAIN_OPTION_COUNT && axis[length] == '='; ++i)
        for (int n = 0; n < 2 && table[i].grid; ++n) {
            const char *name = n ? table[i].alias : table[i].key;
            if (name && strlen(name) == length && memcmp(name, axis, length) == 0)
                return &table[i];
        }
    return NULL;
}

/* The axis of an option. If there is none yet, it is added, in the order of the options' numbers. */
static lvk_axis *axis_of(lvk_search_space *space, const lvk_train_option *key) {
    uint32_t i = 0;
    while (i < space->axis_count && space->axes[i].key->grid < key->grid)
        ++i;
    if (i == space->axis_count || space->axes[i].key != key) {
        memmove(&space->axes[i + 1], &space->axes[i], (space->axis_count - i) * sizeof *space->axes);
        space->axes[i] = (lvk_axis){.key = key};
        ++space->axis_count;
    }
    return &space->axes[i];
}

/* Whether the text is of the setting's type; lvk_settings_init checks its range. */
static bool is_value(const lvk_train_option *key, const char *text) {
    double number;
    uint64_t count;
    if (key->type == LVK_OPTION_COUNT)
        return lvk_number_parse_u64(text, UINT32_MAX, &count);
    return key->type == LVK_OPTION_TEXT ? *text != '\0' : lvk_number_parse(text, &number);
}

/* Adds a value to the axis, which takes over `text`. */
static lvk_status add_value(lvk_axis *axis, char *text) {
    lvk_status status = text ? LVK_OK : LVK_ERROR_MEMORY;
    const char *name = axis->key->key;
    if (status == LVK_OK && !*text)
        status = lvk_fail(LVK_ERROR_ARGUMENT, "--grid %s: a value is empty", name);
    if (status == LVK_OK && !is_value(axis->key, text))
        status = lvk_fail(LVK_ERROR_ARGUMENT, "--grid %s: '%s' is not a %snumber", name, text,
                          axis->key->type == LVK_OPTION_COUNT ? "whole " : "");
    if (status == LVK_OK && axis->count == LVK_SEARCH_MAX_VALUES)
        status = lvk_fail(LVK_ERROR_ARGUMENT, "--grid %s: more than %d values", name, LVK_SEARCH_MAX_VALUES);
    for (uint32_t i = 0; i < axis->count && status == LVK_OK; ++i)
        if (strcmp(axis->values[i], text) == 0)
            status = lvk_fail(LVK_ERROR_ARGUMENT, "--grid %s: %s is there twice", name, text);
    if (status == LVK_OK)
        axis->values[axis->count++] = text;
    else
        lvk_free(text);
    return status;
}

/* The length of the first value of a list. A comma before a digit belongs to a schedule, as in step:10,15. */
static size_t value_length(const lvk_train_option *key, const char *list) {
    if (strcmp(key->key, "head") == 0)
        return strlen(list);
    size_t length = strcspn(list, ",");
    if (strcmp(key->key, "schedule") == 0)
        while (list[length] && list[length + 1] >= '0' && list[length + 1] <= '9')
            length += 1 + strcspn(list + length + 1, ",");
    return length;
}

static lvk_status add_range(lvk_axis *axis, const char *text, const char *dots) {
    double low, high;
    const char *name = axis->key->key;
    if (axis->count)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--grid %s=%s: a range has no other values beside it", name,
                        text);
    LVK_TRY(add_value(axis, lvk_format("%.*s", (int)(dots - text), text)));
    LVK_TRY(add_value(axis, lvk_strdup(dots + 2)));
    axis->range = lvk_number_parse(axis->values[0], &low) && lvk_number_parse(axis->values[1], &high);
    if (!axis->range || !(low < high))
        return lvk_fail(LVK_ERROR_ARGUMENT, "--grid %s=%s: the second end must be above the first", name,
                        text);
    if (is_logarithmic(axis->key) && low <= 0)
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "--grid %s=%s: is drawn log-uniformly, so that it must begin above 0", name, text);
    return LVK_OK;
}

static lvk_status add_axis(lvk_search_space *space, const char *text) {
    const lvk_train_option *key = find_key(text);
    if (!key)
        return unknown_key(text);
    lvk_axis *axis = axis_of(space, key);
    const char *list = strchr(text, '=') + 1, *dots = strstr(list, "..");
    if (axis->range)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--grid %s: a range has no other values beside it", text);
    if (dots && key->type != LVK_OPTION_TEXT)
        return add_range(axis, list, dots);
    for (;;) {
        const size_t length = value_length(key, list);
        LVK_TRY(add_value(axis, lvk_format("%.*s", (int)length, list)));
        if (!list[length])
            return LVK_OK;
        list += length + 1;
    }
}

static lvk_status add_defaults(lvk_search_space *space, const lvk_search_options *o, bool backbone) {
    static const char *const heads[] = {"head=dense:64", "head=dense:64,dropout:0.25",
                                        "head=dense:64,dropout:0.5"};
    const bool random = o->kind == LVK_SEARCH_RANDOM;
    if (o->kind == LVK_SEARCH_GRID)
        LVK_TRY(add_axis(space, "epochs=10,15,20"));
    LVK_TRY(add_axis(space, random ? "learning-rate=0.0001..0.1" : "learning-rate=0.001,0.01,0.1"));
    if (!backbone)
        return add_axis(space, random ? "dropout=0..0.5" : "dropout=0,0.25,0.5");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; ++i)
        LVK_TRY(add_axis(space, heads[i]));
    return LVK_OK;
}

static bool searches_optimizer(const lvk_search_space *space) {
    for (uint32_t i = 0; i < space->axis_count; ++i)
        if (space->axes[i].key->offset == offsetof(lvk_train_options, optimizer))
            return true;
    return false;
}

/* Whether an option belongs to one optimizer, while points may have several. */
static bool is_optimizers(const lvk_train_option *option) {
    return option->used_by == LVK_OPTION_USED_BY_SGD || option->used_by == LVK_OPTION_USED_BY_ADAMW;
}

static lvk_status check_axes(const lvk_search_space *space, const lvk_search_options *o) {
    for (uint32_t i = 0; i < space->axis_count; ++i) {
        const lvk_axis *axis = &space->axes[i];
        const char *name = axis->key->key;
        if (axis->range && !o->trials)
            return lvk_fail(LVK_ERROR_ARGUMENT, "--grid %s=%s..%s: a range needs --search random --trials N",
                            name, axis->values[0], axis->values[1]);
        if (strcmp(name, "epochs") == 0 && o->kind == LVK_SEARCH_HALVING)
            return lvk_fail(LVK_ERROR_ARGUMENT,
                            "--grid epochs: --search halving chooses the epochs itself, up to --epochs");
        if (!(is_optimizers(axis->key) && searches_optimizer(space)) &&
            lvk_train_option_check_use(axis->key, &o->train) != LVK_OK)
            return lvk_fail_within(LVK_ERROR_ARGUMENT, "--grid %s", name);
    }
    return LVK_OK;
}

/* ---- points ---- */

/* Draws a number in the range, with so few digits that its text is the number exactly. */
static char *draw_number(const lvk_axis *axis, double u) {
    double low = 0, high = 0, value;
    (void)lvk_number_parse(axis->values[0], &low);
    (void)lvk_number_parse(axis->values[1], &high);
    if (axis->key->type == LVK_OPTION_COUNT)
        return lvk_format("%.0f", low + floor(u * (high - low + 1)));
    value = is_logarithmic(axis->key) ? low * pow(high / low, u) : low + u * (high - low);
    lvk_text text = {0};
    char *string = NULL;
    lvk_text_add_number(&text, value, DRAWN_DIGITS);
    if (lvk_text_take(&text, &string, NULL) != LVK_OK || !lvk_number_parse(string, &value) ||
        (value >= low && value <= high))
        return string;
    lvk_free(string); /* rounding has moved the number out of the range */
    return lvk_strdup(axis->values[value > high]);
}

static char *draw(const lvk_axis *axis, uint64_t seed, uint32_t point) {
    const lvk_random_key key = {
        .seed = seed, .epoch = point, .sample = axis->key->grid - 1, .purpose = LVK_PURPOSE_SEARCH};
    const double u = lvk_random_uniform(&key, 0);
    return axis->range ? draw_number(axis, u) : lvk_strdup(axis->values[(uint32_t)(u * axis->count)]);
}

static lvk_status draw_points(lvk_search_space *space, uint64_t seed) {
    for (uint32_t point = 0; point < space->point_count; ++point)
        for (uint32_t axis = 0; axis < space->axis_count; ++axis) {
            char **value = &space->values[point * space->axis_count + axis];
            *value = draw(&space->axes[axis], seed, point);
            if (!*value)
                return LVK_ERROR_MEMORY;
        }
    return LVK_OK;
}

/* Lays out the points of a grid, in which the last axis changes fastest. */
static lvk_status lay_points(lvk_search_space *space) {
    for (uint32_t point = 0; point < space->point_count; ++point) {
        uint32_t rest = point;
        for (uint32_t axis = space->axis_count; axis-- > 0;) {
            const lvk_axis *a = &space->axes[axis];
            char **value = &space->values[point * space->axis_count + axis];
            *value = lvk_strdup(a->values[rest % a->count]);
            if (!*value)
                return LVK_ERROR_MEMORY;
            rest /= a->count;
        }
    }
    return LVK_OK;
}

static lvk_status count_points(lvk_search_space *space, uint32_t trials) {
    uint64_t count = trials ? trials : 1;
    for (uint32_t i = 0; i < space->axis_count && !trials && count <= LVK_SEARCH_MAX_TRIALS; ++i)
        count *= space->axes[i].count;
    if (count > LVK_SEARCH_MAX_TRIALS)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--grid: more than %d trials; --search random draws from them",
                        LVK_SEARCH_MAX_TRIALS);
    space->point_count = (uint32_t)count;
    return LVK_OK;
}

static lvk_status fill(lvk_search_space *space, const lvk_search_options *o) {
    const lvk_model *model = lvk_model_find(o->train.model);
    if (!model)
        return lvk_fail_within(LVK_ERROR_ARGUMENT, "--model");
    if (o->kind == LVK_SEARCH_RANDOM && !o->trials)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--search random: how many points? --trials N");
    if (o->kind == LVK_SEARCH_GRID && o->trials)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--trials %u: is for --search random and halving", o->trials);
    for (size_t i = 0; i < o->axis_count; ++i)
        LVK_TRY(add_axis(space, o->axes[i]));
    if (o->axis_count == 0)
        LVK_TRY(add_defaults(space, o, model->features));
    LVK_TRY(check_axes(space, o));
    LVK_TRY(count_points(space, o->trials));
    space->values = lvk_alloc((size_t)space->point_count * space->axis_count, sizeof *space->values);
    if (!space->values)
        return LVK_ERROR_MEMORY;
    return o->trials ? draw_points(space, o->train.seed) : lay_points(space);
}

lvk_status lvk_search_space_init(lvk_search_space *space, const lvk_search_options *options) {
    *space = (lvk_search_space){0};
    const lvk_status status = fill(space, options);
    if (status != LVK_OK)
        lvk_search_space_finish(space);
    return status;
}

void lvk_search_space_finish(lvk_search_space *space) {
    for (size_t i = 0; space->values && i < (size_t)space->point_count * space->axis_count; ++i)
        lvk_free(space->values[i]);
    lvk_free(space->values);
    for (uint32_t axis = 0; axis < space->axis_count; ++axis)
        for (uint32_t i = 0; i < space->axes[axis].count; ++i)
            lvk_free(space->axes[axis].values[i]);
    *space = (lvk_search_space){0};
}

const char *lvk_search_space_name(const lvk_search_space *space, uint32_t axis) {
    return space->axes[axis].key->key;
}

const char *lvk_search_space_value(const lvk_search_space *space, uint32_t point, uint32_t axis) {
    return space->values[(size_t)point * space->axis_count + axis];
}

void lvk_search_space_apply(const lvk_search_space *space, uint32_t point, lvk_train_options *options) {
    for (uint32_t axis = 0; axis < space->axis_count; ++axis) {
        const lvk_train_option *key = space->axes[axis].key;
        const char *text = lvk_search_space_value(space, point, axis);
        void *place = (char *)options + key->offset;
        uint64_t count = 0;
        if (key->type == LVK_OPTION_TEXT)
            *(const char **)place = text;
        else if (key->type == LVK_OPTION_NUMBER)
            (void)lvk_number_parse(text, place);
        else if (lvk_number_parse_u64(text, UINT32_MAX, &count))
            *(uint32_t *)place = (uint32_t)count;
    }
}

void lvk_search_space_trim(const lvk_search_space *space, lvk_train_options *options) {
    const lvk_train_option *table = lvk_train_option_table();
    const lvk_train_options defaults = lvk_train_defaults();
    for (int i = 0; i < LVK_TRAIN_OPTION_COUNT && searches_optimizer(space); ++i)
        if (is_optimizers(&table[i]) && lvk_train_option_check_use(&table[i], options) != LVK_OK)
            memcpy((char *)options + table[i].offset, (const char *)&defaults + table[i].offset,
                   sizeof(double)); /* options of an optimizer are numbers */
}

/* ---- successive halving ---- */

uint32_t lvk_halving_rounds(uint32_t points) {
    uint32_t rounds = 1;
    for (; points > 1; points = (points + 1) / 2)
        ++rounds;
    return rounds;
}

uint32_t lvk_halving_epochs(uint32_t epochs, uint32_t round, uint32_t rounds) {
    for (; round + 1 < rounds; ++round)
        epochs = (epochs + 1) / 2;
    return epochs;
}
