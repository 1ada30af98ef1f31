#include "train_options.h"

#include "options.h"
#include "ui/format.h"
#include "ui/output.h"
#include "verb.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Keys of argp: an option's number in the library's table behind OPTION_FIRST, or behind OPTION_FIRST_NO for
 * --no-KEY. */
enum {
    OPTION_FIRST = 4096,
    OPTION_FIRST_NO = OPTION_FIRST + LVK_TRAIN_OPTION_COUNT,
    OPTION_RECIPE = OPTION_FIRST_NO + LVK_TRAIN_OPTION_COUNT,
    OPTION_FREEZE
};

/* An option, an alias or --no-KEY of each, the group's headings, --recipe, --freeze and the end. */
enum { MOST_ROWS = 2 * LVK_TRAIN_OPTION_COUNT + GROUP_OUTPUT + 4 };
_Static_assert(LVK_TRAIN_OPTION_COUNT <= 64, "train_choices.given has no bit for the last options");

static struct argp_option rows[MOST_ROWS];

const struct argp_option train_options_headings[] = {OPTION_HEADING("Data:", GROUP_DATA),
                                                     OPTION_HEADING("Model:", GROUP_MODEL),
                                                     OPTION_HEADING("Training:", GROUP_WORK),
                                                     OPTION_HEADING("Output:", GROUP_OUTPUT),
                                                     {0}};

static const struct argp_option own_rows[] = {
    {"recipe", OPTION_RECIPE, "NAME", 0, "Preset that other options override", GROUP_MODEL},
    {"freeze", OPTION_FREEZE, "all|none", 0,
     "ResNets only; all: train only the head; none: train the whole network (all)", GROUP_MODEL},
    {0}};

static void add_rows(struct argp_option **row, const lvk_train_option *o, int number, bool on_by_default) {
    const int key = OPTION_FIRST + number, group = OPTION_GROUP(o->group);
    *(*row)++ = (struct argp_option){o->key, key, o->argument, 0, o->help, group};
    if (o->alias)
        *(*row)++ = (struct argp_option){o->alias, 0, NULL, OPTION_ALIAS, NULL, group};
    if (on_by_default) {
        static char no[LVK_TRAIN_OPTION_COUNT][2][64];
        snprintf(no[number][0], sizeof no[number][0], "no-%s", o->key);
        snprintf(no[number][1], sizeof no[number][1], "The opposite of --%s", o->key);
        *(*row)++ =
            (struct argp_option){no[number][0], OPTION_FIRST_NO + number, NULL, 0, no[number][1], group};
    }
}

static const bool *flag_of(const lvk_train_option *o, const lvk_train_options *options) {
    return (const bool *)((const char *)options + o->offset);
}

train_choices train_choices_begin(void) {
    const lvk_train_option *table = lvk_train_option_table();
    const lvk_train_options defaults = lvk_train_defaults();
    struct argp_option *row = rows;
    for (const struct argp_option *own = train_options_headings; own->doc; ++own)
        *row++ = *own;
    for (const struct argp_option *own = own_rows; own->name; ++own)
        *row++ = *own;
    for (int i = 0; i < LVK_TRAIN_OPTION_COUNT; ++i)
        if (table[i].group != LVK_OPTION_GROUP_NONE)
            add_rows(&row, &table[i], i, table[i].type == LVK_OPTION_FLAG && *flag_of(&table[i], &defaults));
    *row = (struct argp_option){0};
    return (train_choices){.options = defaults};
}

/* ---- values ---- */

static void take(const lvk_train_option *p, const char *text, bool flag, struct argp_state *state,
                 lvk_train_options *o) {
    void *at = (char *)o + p->offset;
    switch (p->type) {
    case LVK_OPTION_TEXT:
        *(const char **)at = text;
        break;
    case LVK_OPTION_NUMBER:
        *(double *)at = option_number(state, p->key, text);
        break;
    case LVK_OPTION_COUNT:
        *(uint32_t *)at = (uint32_t)option_count(state, p->key, text, (uint64_t)p->least, (uint64_t)p->most);
        break;
    case LVK_OPTION_SEED:
        *(uint64_t *)at = option_count(state, p->key, text, 0, INT64_MAX);
        break;
    case LVK_OPTION_FLAG:
        *(bool *)at = flag;
        break;
    }
}

static int number_of(const char *key) {
    return (int)(lvk_train_option_find(key) - lvk_train_option_table());
}

static bool is_given(const train_choices *c, int number) {
    return c->given >> number & 1;
}

bool train_choices_given(const train_choices *choices, const char *key) {
    return is_given(choices, number_of(key));
}

/* Another way to say --unfreeze. */
static void take_freeze(const char *text, struct argp_state *state, train_choices *c) {
    if (strcmp(text, "all") != 0 && strcmp(text, "none") != 0)
        argp_failure(state, EXIT_USAGE, 0,
                     "--freeze %s: must be all or none; --unfreeze STAGE trains a part of the backbone",
                     text);
    c->options.unfreeze = strcmp(text, "all") == 0 ? "none" : "all";
    c->freeze = true;
    c->given |= (uint64_t)1 << number_of("unfreeze");
}

/* ---- presets ---- */

static void choose_preset(const char *name, struct argp_state *state, train_choices *c) {
    c->preset = preset_find(name);
    if (!c->preset)
        argp_failure(state, EXIT_USAGE, 0, "--recipe %s: there is no such preset; --help lists them", name);
    if (!c->first_setting)
        c->first_setting = "recipe";
}

/* When all arguments are known, so that their order has no effect. */
static void apply_preset(struct argp_state *state, train_choices *c) {
    for (const preset_setting *s = c->preset->settings; s->option; ++s) {
        const bool no = strncmp(s->option, "no-", 3) == 0;
        const lvk_train_option *option = lvk_train_option_find(s->option + (no ? 3 : 0));
        if (!option)
            argp_failure(state, EXIT_FAILED, 0, "recipe %s: there is no option --%s", c->preset->name,
                         s->option);
        else if (!is_given(c, number_of(option->key)))
            take(option, s->value, !no, state, &c->options);
    }
}

static void print_preset(FILE *out, const preset *p) {
    fprintf(out, " %s, %s", p->name, p->summary);
    for (const preset_setting *s = p->settings; s->option; ++s)
        fprintf(out, "%s--%s%s%s", s == p->settings ? " (" : " ", s->option, s->value ? " " : "",
                s->value ? s->value : "");
    if (p->settings->option)
        fputc(')', out);
}

static char *list_presets(const char *text) {
    char *list = NULL;
    size_t size;
    FILE *out = open_memstream(&list, &size);
    if (!out)
        return (char *)text;
    fprintf(out, "%s:", text);
    const preset *p;
    for (int i = 0; (p = preset_at(i)); ++i) {
        fputs(i ? ";" : "", out);
        print_preset(out, p);
    }
    fputs(" (default)", out);
    return fclose(out) == 0 ? list : (char *)text;
}

/* Help with the default behind it, where it does not end in brackets itself. */
static char *add_default(const lvk_train_option *o, const char *text) {
    const lvk_train_options defaults = lvk_train_defaults();
    char value[128];
    lvk_train_option_format(o, &defaults, value, sizeof value);
    const size_t length = strlen(text), size = length + sizeof value + 4;
    char *help = !*value || o->type == LVK_OPTION_FLAG || text[length - 1] == ')' ? NULL : malloc(size);
    if (!help)
        return (char *)text;
    snprintf(help, size, "%s (%s)", text, value);
    return help;
}

/* What it returns is freed by argp, unless it is `text`. */
static char *filter_help(int key, const char *text, void *input) {
    const int number = key - OPTION_FIRST;
    (void)input;
    if (key == OPTION_RECIPE)
        return list_presets(text);
    return text && number >= 0 && number < LVK_TRAIN_OPTION_COUNT
               ? add_default(&lvk_train_option_table()[number], text)
               : (char *)text;
}

/* ---- parsing ---- */

/* Options that a resumed run takes. */
static bool is_for_resuming(const char *key) {
    static const char *const keys[] = {"data", "epochs", "patience", "recompute", "threads"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; ++i)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

static void note_setting(train_choices *c, const char *key) {
    if (!c->first_setting && !is_for_resuming(key))
        c->first_setting = key;
}

static error_t parse_option(int key, char *text, struct argp_state *state) {
    train_choices *c = state->input;
    if (key == ARGP_KEY_END && c->preset)
        apply_preset(state, c);
    if (key == ARGP_KEY_END)
        return 0;
    if (key < OPTION_FIRST || key > OPTION_FREEZE)
        return ARGP_ERR_UNKNOWN;
    if (key == OPTION_RECIPE) {
        choose_preset(text, state, c);
    } else if (key == OPTION_FREEZE) {
        take_freeze(text, state, c);
        note_setting(c, "freeze");
    } else {
        const bool no = key >= OPTION_FIRST_NO;
        const int number = key - (no ? OPTION_FIRST_NO : OPTION_FIRST);
        const lvk_train_option *option = &lvk_train_option_table()[number];
        take(option, text, !no, state, &c->options);
        c->given |= (uint64_t)1 << number;
        c->freeze = c->freeze && number != number_of("unfreeze");
        note_setting(c, option->key);
    }
    return 0;
}

static bool is_optimizers(const lvk_train_option *option) {
    return option->used_by == LVK_OPTION_USED_BY_SGD || option->used_by == LVK_OPTION_USED_BY_ADAMW;
}

/* The library knows --unfreeze, which may have been given as --freeze. */
static void fail_usage(const train_choices *c, struct argp_state *state, lvk_status status) {
    static const char unfreeze[] = "--unfreeze:";
    const char *line = lvk_error_message();
    const bool renamed = c->freeze && strncmp(line, unfreeze, sizeof unfreeze - 1) == 0;
    if (status != LVK_OK)
        argp_failure(state, status == LVK_ERROR_ARGUMENT ? EXIT_USAGE : EXIT_FAILED, 0, "%s%s",
                     renamed ? "--freeze:" : "", line + (renamed ? sizeof unfreeze - 1 : 0));
}

void train_choices_check_use(const train_choices *c, bool several_optimizers, struct argp_state *state) {
    const lvk_train_option *table = lvk_train_option_table();
    if (!c->options.data)
        argp_failure(state, EXIT_USAGE, 0, "which data set? --data DIR (leukvk synth draws one to try with)");
    for (int i = 0; i < LVK_TRAIN_OPTION_COUNT; ++i)
        if (is_given(c, i) && !(several_optimizers && is_optimizers(&table[i])))
            fail_usage(c, state, lvk_train_option_check_use(&table[i], &c->options));
}

void train_choices_check(const train_choices *c, struct argp_state *state) {
    if (c->options.data)
        fail_usage(c, state, lvk_train_options_check(&c->options));
    train_choices_check_use(c, false, state);
}

/* ---- printing ---- */

void train_options_print_word(const char *word, FILE *out) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+:,./%@";
    word = shown(word); /* what a terminal could misread cannot be pasted either */
    if (*word && strspn(word, plain) == strlen(word)) {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word; ++word)
        if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    fputc('\'', out);
}

static void print_text(FILE *out, const char *name, const char *text) {
    fprintf(out, " --%s ", name);
    train_options_print_word(text, out);
}

void train_options_print_report(const char *folder) {
    printf("to see it all on a page: leukvk report ");
    train_options_print_word(folder, stdout);
    printf("\n");
}

void train_options_print_temperature(double temperature, const char *by) {
    char text[FORMAT_SIZE];
    if (temperature > 0)
        printf(
            "The training gave it the temperature %s, chosen by %s, where the people of a class count alike, and the "
            "threshold 0.5.\n",
            format_number(text, temperature, 2), by);
    else
        printf(
            "The training gave it no temperature, as no one fits %s, or they tell too little about new people, and the "
            "threshold 0.5.\n",
            by);
}

/* Nothing where the value is the default's. */
static void print_option(FILE *out, const lvk_train_option *option, const lvk_train_options *o,
                         const lvk_train_options *defaults) {
    char value[128];
    if (lvk_train_option_equal(option, o, defaults))
        return;
    if (option->type == LVK_OPTION_FLAG)
        fprintf(out, " --%s%s", *flag_of(option, o) ? "" : "no-", option->key);
    else if (option->type == LVK_OPTION_TEXT)
        print_text(out, option->key, *(const char *const *)((const char *)o + option->offset));
    else
        print_text(out, option->key, lvk_train_option_format(option, o, value, sizeof value));
}

/* Has no effect on the result. */
static bool is_unprinted(const lvk_train_option *option) {
    return option->group == LVK_OPTION_GROUP_NONE || option->offset == offsetof(lvk_train_options, data) ||
           option->offset == offsetof(lvk_train_options, threads) ||
           option->offset == offsetof(lvk_train_options, recompute) ||
           option->offset == offsetof(lvk_train_options, checkpoint_seconds);
}

void train_options_print(const lvk_train_options *o, FILE *out) {
    const lvk_train_option *table = lvk_train_option_table();
    const lvk_train_options defaults = lvk_train_defaults();
    print_text(out, "data", o->data);
    if (o->split)
        print_text(out, "split", o->split);
    if (o->validation != defaults.validation || o->test != defaults.test)
        fprintf(out, " --fractions %.15g,%.15g", o->validation, o->test);
    for (int i = 0; i < LVK_TRAIN_OPTION_COUNT; ++i)
        if (!is_unprinted(&table[i]) && lvk_train_option_check_use(&table[i], o) == LVK_OK)
            print_option(out, &table[i], o, &defaults);
}

const struct argp train_options_argp = {rows, parse_option, NULL, NULL, NULL, filter_help, NULL};
