/* The texts of options, as the command line hands them to the library: lines "KEY VALUE" for the options of a training,
 * and the axes of a search, which begin with "+". Behind them, the same text as every other kind of option.
 * Covers: src/train/{settings,train_options}.c src/search/search_space.c src/models/head.c src/image/crop.c
 *         src/dataset/{table_columns,subject_pattern}.c src/runtime/{schedule,param_groups}.c */
#include "support.h"

#include "core/text.h"
#include "dataset/subject_pattern.h"
#include "image/crop.h"
#include "leukvk/predictions.h"
#include "leukvk/train_options.h"
#include "search/search_space.h"
#include "train/settings.h"

#include <string.h>

enum { MOST_LINES = 24 };

void fuzz_begin(void) {}

/* As the command line does it: numbers that are none are refused before the library sees them. */
static void take(const lvk_train_option *option, const char *text, lvk_train_options *options) {
    void *at = (char *)options + option->offset;
    uint64_t number = 0;
    switch (option->type) {
    case LVK_OPTION_TEXT:
        *(const char **)at = text;
        break;
    case LVK_OPTION_NUMBER:
        (void)lvk_number_parse(text, at);
        break;
    case LVK_OPTION_COUNT:
        if (lvk_number_parse_u64(text, UINT32_MAX, &number))
            *(uint32_t *)at = (uint32_t)number;
        break;
    case LVK_OPTION_SEED:
        if (lvk_number_parse_u64(text, INT64_MAX, &number))
            *(uint64_t *)at = number;
        break;
    case LVK_OPTION_FLAG:
        *(bool *)at = text[0] == '1';
        break;
    }
}

static void take_line(char *line, lvk_train_options *options) {
    char *space = strchr(line, ' ');
    if (!space)
        return;
    *space = '\0';
    const lvk_train_option *option = lvk_train_option_find(line);
    if (option)
        take(option, space + 1, options);
}

static void check(const lvk_train_options *options) {
    lvk_settings settings;
    (void)fuzz_ok(lvk_settings_check_use(options));
    if (!fuzz_ok(lvk_settings_init(&settings, options)))
        return;
    json_t *json = lvk_settings_to_json(&settings);
    lvk_settings again;
    REQUIRE(json && fuzz_ok(lvk_settings_from_json(&again, json, "again"))); /* a run can always be resumed */
    lvk_settings_finish(&again);
    json_decref(json);
    lvk_settings_finish(&settings);
}

static void search(const lvk_train_options *options, const char *const *axes, size_t count, uint32_t kind) {
    lvk_search_space space;
    const lvk_search_options wanted = {
        .train = *options, .kind = (lvk_search_kind)kind, .trials = 4, .axes = axes, .axis_count = count};
    if (!fuzz_ok(lvk_search_space_init(&space, &wanted)))
        return;
    for (uint32_t point = 0; point < space.point_count; ++point) {
        lvk_train_options chosen = *options;
        lvk_search_space_apply(&space, point, &chosen);
        lvk_search_space_trim(&space, &chosen);
    }
    lvk_search_space_finish(&space);
}

static void parse_other(const char *text) {
    static const char *const names[] = {"Early", "Pre", "Pro", "Benign"};
    const lvk_dataset_options dataset = {.columns = text, .subject_pattern = text};
    bool chosen[4];
    lvk_prediction_format format;
    lvk_head head;
    lvk_crop crop;
    (void)fuzz_ok(lvk_dataset_options_check(&dataset));
    (void)fuzz_ok(lvk_classes_choose(text, names, 4, chosen));
    (void)fuzz_ok(lvk_prediction_format_parse(text, &format));
    (void)fuzz_ok(lvk_head_parse(text, &head));
    if (fuzz_ok(lvk_crop_parse(text, &crop))) {
        char formatted[32];
        lvk_crop again;
        lvk_crop_format(&crop, formatted);
        REQUIRE(fuzz_ok(lvk_crop_parse(formatted, &again)) && again.kind == crop.kind);
    }
}

void fuzz_one(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    lvk_train_options options = lvk_train_defaults();
    char *lines[MOST_LINES];
    const char *axes[MOST_LINES];
    size_t count = 0, axis_count = 0;
    const uint32_t kind = fuzz_below(&input, 3);
    for (; count < MOST_LINES && input.left; ++count) {
        const fuzz_input line = fuzz_line(&input);
        lines[count] = fuzz_string(line.at, line.left);
        if (lines[count][0] == '+')
            axes[axis_count++] = lines[count] + 1;
        else
            take_line(lines[count], &options);
    }
    check(&options);
    search(&options, axes, axis_count, kind);
    if (count && strlen(lines[count - 1]) < 256)
        parse_other(lines[count - 1]);
    for (size_t i = 0; i < count; ++i)
        lvk_free(lines[i]);
}
