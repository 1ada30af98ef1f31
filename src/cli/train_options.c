#include "train_options.h"

#include "options.h"
#include "verb.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_DATA = 4096,
    OPTION_RECIPE,
    OPTION_GROUP,
    OPTION_MODEL,
    OPTION_WEIGHTS,
    OPTION_HEAD,
    OPTION_FREEZE,
    OPTION_UNFREEZE,
    OPTION_BN,
    OPTION_VIEWS,
    OPTION_CROP,
    OPTION_IMAGE_SIZE,
    OPTION_AUGMENT,
    OPTION_NO_AUGMENT,
    OPTION_SHIFT,
    OPTION_ZOOM,
    OPTION_COLOR,
    OPTION_NORMALIZE,
    OPTION_BALANCE,
    OPTION_STRICT,
    OPTION_OPTIMIZER,
    OPTION_RATE,
    OPTION_SCHEDULE,
    OPTION_WARMUP,
    OPTION_RATE_SCALE,
    OPTION_CLIP_NORM,
    OPTION_EMA,
    OPTION_MOMENTUM,
    OPTION_DECAY,
    OPTION_L2,
    OPTION_DROPOUT,
    OPTION_BATCH,
    OPTION_ACCUMULATE,
    OPTION_RECOMPUTE,
    OPTION_EPOCHS,
    OPTION_PATIENCE,
    OPTION_SEED,
    OPTION_THREADS,
    OPTION_SAVE_SECONDS
};

static const struct argp_option options[] = {
    {"data", OPTION_DATA, "DIR", 0, "A C-NMC tree, or a folder with a folder per class", 1},
    {"group", OPTION_GROUP, "subject|none", 0,
     "subject: keep the cells of a person on one side of the split; none: deal cell by cell, as work with high figures often did, so that the figures say nothing about new people (subject)",
     1},
    {"strict", OPTION_STRICT, NULL, 0, "Stop at an unreadable image, do not leave it out", 1},
    {"recipe", OPTION_RECIPE, "NAME", 0, "Settings that belong together, which any option overrides", 2},
    {"model", OPTION_MODEL, "NAME", 0,
     "Architecture: cnn-gap, cnn, resnet50 and others; leukvk summary NAME shows it (cnn-gap)", 2},
    {"dropout", OPTION_DROPOUT, "X", 0, "Dropout rate of the cnn and cnn-gap (0.25)", 2},
    {"weights", OPTION_WEIGHTS, "FILE", 0,
     "Of resnets: start from this file of leukvk import; none: from chance (what leukvk-fetch-weights keeps)",
     2},
    {"head", OPTION_HEAD, "LAYERS", 0,
     "Of resnets: layers on the backbone's features, before the logit (dense:64,dropout:0.25)", 2},
    {"freeze", OPTION_FREEZE, "all|none", 0, "Of resnets: train only the head, or everything (all)", 2},
    {"unfreeze", OPTION_UNFREEZE, "STAGE", 0,
     "Of resnets: train from this stage on: conv5_x, conv4_x, conv3_x, conv2_x, all; none (none)", 2},
    {"bn", OPTION_BN, "frozen|train", 0,
     "Of the stages that are trained: batch norms keep their averages, or take the batch's (frozen)", 2},
    {"views", OPTION_VIEWS, "N", 0,
     "With a frozen backbone: train on N of the eight ways an image can lie, quarter turns and mirrored (1)",
     2},
    {"crop", OPTION_CROP, "CROP", 0, "center:N pixels at the source's scale, bbox or none (center:300)", 3},
    {"image-size", OPTION_IMAGE_SIZE, "N", 0,
     "Of cnn-gap and resnets: resample crops to N × N pixels, 32 to 1024; half the side is a quarter of the work (112 of cnn-gap, 224 of resnets)",
     3},
    {"augment", OPTION_AUGMENT, NULL, 0, "Flips and rotations, as by default, where a recipe has none", 3},
    {"no-augment", OPTION_NO_AUGMENT, NULL, 0, "No flips and rotations", 3},
    {"shift", OPTION_SHIFT, "X", 0,
     "Augment also by moving: at most the share X of the crop's side, 0 to 0.5 (0)", 3},
    {"zoom", OPTION_ZOOM, "X", 0,
     "Augment also by scaling: at most 1 + X times larger or smaller, 0 to 1 (0)", 3},
    {"color", OPTION_COLOR, "X", 0,
     "Augment also the colours: brightness, contrast and saturation times 1 - X to 1 + X, channels a quarter of that, 0 "
     "to 0.5 (0)",
     3},
    {"normalize", OPTION_NORMALIZE, "HOW", 0,
     "train: pixels less their mean, divided by their standard deviation, both of the training images; none: 0..1; auto: as "
     "pretrained weights want it, else train (auto)",
     3},
    {"balance", OPTION_BALANCE, "HOW", 0,
     "weight: weight the training loss so that both classes count the same; oversample: draw the smaller class's training images "
     "more often, each time augmented anew; none (weight)",
     3},
    {"epochs", OPTION_EPOCHS, "N", 0, "At most so many times through the images (10)", 4},
    {"batch", OPTION_BATCH, "N", 0, "Images at once (32)", 4},
    {"accumulate", OPTION_ACCUMULATE, "K", 0,
     "Average the gradients of K batches in each step: K times the batch in the memory of one (1)", 4},
    {"recompute", OPTION_RECOMPUTE, "auto|on|off", 0,
     "Drop activations and compute them again for the gradients: the same result in less memory and more time; auto: where "
     "the batch fits only so (auto)",
     4},
    {"patience", OPTION_PATIENCE, "N", 0, "Stop after N epochs without a lower validation loss; 0: never (3)",
     4},
    {"optimizer", OPTION_OPTIMIZER, "NAME", 0, "adam, adamw or sgd (adam)", 4},
    {"learning-rate", OPTION_RATE, "X", 0, "(0.0003)", 4},
    {"schedule", OPTION_SCHEDULE, "NAME", 0,
     "Of the learning rate: cosine, down to 0 over all epochs; step, times 0.1 at 1/2 and 3/4 of them; step:10,15, times 0.1 "
     "after these epochs; or constant (cosine)",
     4},
    {"warmup", OPTION_WARMUP, "N", 0,
     "Let the learning rate rise from 0 over the first N epochs, as in 0.5, before the schedule (0)", 4},
    {"rate-scale", OPTION_RATE_SCALE, "NAME=X,...", 0,
     "Multiply the learning rate of parameters whose names begin with NAME (the longest counts), or of a stage as in "
     "--unfreeze, by X: conv5_x=0.1,res4=0.01",
     4},
    {"clip-norm", OPTION_CLIP_NORM, "X", 0,
     "Scale a step's whole gradient down to the norm X where it is longer; 0: never (0)", 4},
    {"ema", OPTION_EMA, "D", 0,
     "Validate and save a moving average of the weights that keeps the share D at each step, as in 0.999; 0: the weights "
     "themselves (0)",
     4},
    {"momentum", OPTION_MOMENTUM, "X", 0, "Of sgd (0.9)", 4},
    {"weight-decay", OPTION_DECAY, "X", 0, "Of adamw (0.01)", 4},
    {"l2", OPTION_L2, "X", 0, "Penalty on the squares of kernels (0)", 4},
    {"seed", OPTION_SEED, "N", 0, "Of split, first weights, order, augmentation and dropout (1)", 5},
    {"threads", OPTION_THREADS, "N", 0, "Threads that read images (as many as processors that may be used)",
     5},
    {"checkpoint-seconds", OPTION_SAVE_SECONDS, "N", 0,
     "Save the position at least so often, and features of a frozen backbone each minute or so often (300)",
     5},
    {0}};

/* Where an option's value goes, and what it may be. */
typedef enum value_kind { TEXT, NUMBER, COUNT, SEED, SWITCH_ON, SWITCH_OFF } value_kind;
typedef struct place {
    int key;
    value_kind kind;
    size_t offset;        /* in lvk_train_options */
    uint64_t least, most; /* of COUNT */
} place;
#define PLACE(key, kind, member, least, most)                                                                \
    { key, kind, offsetof(lvk_train_options, member), least, most }
static const place places[] = {PLACE(OPTION_GROUP, TEXT, group, 0, 0),
                               PLACE(OPTION_STRICT, SWITCH_ON, strict, 0, 0),
                               PLACE(OPTION_MODEL, TEXT, model, 0, 0),
                               PLACE(OPTION_DROPOUT, NUMBER, dropout, 0, 0),
                               PLACE(OPTION_WEIGHTS, TEXT, weights, 0, 0),
                               PLACE(OPTION_HEAD, TEXT, head, 0, 0),
                               PLACE(OPTION_UNFREEZE, TEXT, unfreeze, 0, 0),
                               PLACE(OPTION_BN, TEXT, batch_norm, 0, 0),
                               PLACE(OPTION_VIEWS, COUNT, views, 1, 8),
                               PLACE(OPTION_CROP, TEXT, crop, 0, 0),
                               PLACE(OPTION_IMAGE_SIZE, COUNT, image_size, 32, 1024),
                               PLACE(OPTION_AUGMENT, SWITCH_ON, augment, 0, 0),
                               PLACE(OPTION_NO_AUGMENT, SWITCH_OFF, augment, 0, 0),
                               PLACE(OPTION_SHIFT, NUMBER, shift, 0, 0),
                               PLACE(OPTION_ZOOM, NUMBER, zoom, 0, 0),
                               PLACE(OPTION_COLOR, NUMBER, color, 0, 0),
                               PLACE(OPTION_NORMALIZE, TEXT, normalize, 0, 0),
                               PLACE(OPTION_BALANCE, TEXT, balance, 0, 0),
                               PLACE(OPTION_EPOCHS, COUNT, epochs, 1, 1000000),
                               PLACE(OPTION_BATCH, COUNT, batch, 1, 1024),
                               PLACE(OPTION_ACCUMULATE, COUNT, accumulate, 1, 1024),
                               PLACE(OPTION_RECOMPUTE, TEXT, recompute, 0, 0),
                               PLACE(OPTION_PATIENCE, COUNT, patience, 0, 1000000),
                               PLACE(OPTION_OPTIMIZER, TEXT, optimizer, 0, 0),
                               PLACE(OPTION_RATE, NUMBER, learning_rate, 0, 0),
                               PLACE(OPTION_SCHEDULE, TEXT, schedule, 0, 0),
                               PLACE(OPTION_WARMUP, NUMBER, warmup, 0, 0),
                               PLACE(OPTION_RATE_SCALE, TEXT, rate_scale, 0, 0),
                               PLACE(OPTION_CLIP_NORM, NUMBER, clip_norm, 0, 0),
                               PLACE(OPTION_EMA, NUMBER, ema, 0, 0),
                               PLACE(OPTION_MOMENTUM, NUMBER, momentum, 0, 0),
                               PLACE(OPTION_DECAY, NUMBER, weight_decay, 0, 0),
                               PLACE(OPTION_L2, NUMBER, l2, 0, 0),
                               PLACE(OPTION_SEED, SEED, seed, 0, 0),
                               PLACE(OPTION_SAVE_SECONDS, NUMBER, checkpoint_seconds, 0, 0)};
enum { PLACE_COUNT = sizeof places / sizeof *places };
_Static_assert(PLACE_COUNT <= 64, "train_choices.given has no bit for the last options");

static const char *option_name(int key) {
    for (const struct argp_option *option = options; option->name; ++option)
        if (option->key == key)
            return option->name;
    return "?";
}

static void take(const place *p, const char *text, struct argp_state *state, lvk_train_options *o) {
    const char *name = option_name(p->key);
    void *at = (char *)o + p->offset;
    switch (p->kind) {
    case TEXT:
        *(const char **)at = text;
        break;
    case NUMBER:
        *(double *)at = option_number(state, name, text);
        break;
    case COUNT:
        *(uint32_t *)at = (uint32_t)option_count(state, name, text, p->least, p->most);
        break;
    case SEED:
        *(uint64_t *)at = option_count(state, name, text, 0, INT64_MAX);
        break;
    case SWITCH_ON:
    case SWITCH_OFF:
        *(bool *)at = p->kind == SWITCH_ON;
        break;
    }
}

/* The row of an option; -1: it has none. --freeze is another way to say --unfreeze. */
static int row_of(int key) {
    for (int i = 0; i < PLACE_COUNT; ++i)
        if (places[i].key == (key == OPTION_FREEZE ? OPTION_UNFREEZE : key))
            return i;
    return -1;
}

static error_t parse_setting(int key, char *text, struct argp_state *state, train_choices *c) {
    lvk_train_options *o = &c->options;
    const int row = row_of(key);
    if (row < 0)
        return ARGP_ERR_UNKNOWN;
    c->given |= (uint64_t)1 << row;
    if (key == OPTION_FREEZE) {
        if (strcmp(text, "all") != 0 && strcmp(text, "none") != 0)
            argp_failure(state, EXIT_USAGE, 0,
                         "--freeze %s: there is all and none; --unfreeze STAGE thaws a part", text);
        o->unfreeze = strcmp(text, "all") == 0 ? "none" : "all";
        return 0;
    }
    take(&places[row], text, state, o);
    return 0;
}

/* ---- recipes ---- */

static void choose_recipe(const char *name, struct argp_state *state, train_choices *c) {
    c->recipe = recipe_find(name);
    if (!c->recipe)
        argp_failure(state, EXIT_USAGE, 0, "--recipe %s: there is no such recipe; --help lists them", name);
    if (!c->first_setting)
        c->first_setting = "recipe";
}

static int key_of(const char *name) {
    for (const struct argp_option *option = options; option->name; ++option)
        if (strcmp(option->name, name) == 0)
            return option->key;
    return 0;
}

static bool is_given(const train_choices *c, size_t offset) {
    for (int i = 0; i < PLACE_COUNT; ++i)
        if (places[i].offset == offset && c->given >> i & 1)
            return true;
    return false;
}

/* When all arguments are known, so that their order has no effect. */
static void apply_recipe(struct argp_state *state, train_choices *c) {
    for (const recipe_setting *s = c->recipe->settings; s->option; ++s) {
        const int row = row_of(key_of(s->option));
        if (row < 0)
            argp_failure(state, EXIT_FAILED, 0, "recipe %s: there is no option --%s", c->recipe->name,
                         s->option);
        if (!is_given(c, places[row].offset))
            take(&places[row], s->value, state, &c->options);
    }
}

/* The help of --recipe with all recipes, freed by argp; other help as it is. */
static char *list_recipes(int key, const char *text, void *input) {
    enum { SIZE = 2048 };
    (void)input;
    char *list = key == OPTION_RECIPE ? calloc(SIZE, 1) : NULL;
    if (!list)
        return (char *)text;
    int used = snprintf(list, SIZE, "%s:", text);
    const recipe *r;
    for (int i = 0; (r = recipe_at(i)) && used < SIZE; ++i)
        used += snprintf(list + used, (size_t)(SIZE - used), "%s %s, %s", i ? ";" : "", r->name, r->summary);
    if (used < SIZE)
        snprintf(list + used, (size_t)(SIZE - used), " (default)");
    return list;
}

/* ---- parsing ---- */

static error_t parse_option(int key, char *text, struct argp_state *state) {
    train_choices *c = state->input;
    switch (key) {
    case OPTION_DATA:
        c->options.data = text;
        return 0;
    case OPTION_RECIPE:
        choose_recipe(text, state, c);
        return 0;
    case ARGP_KEY_END:
        if (c->recipe)
            apply_recipe(state, c);
        return 0;
    case OPTION_THREADS:
        c->options.threads = (unsigned)option_count(state, "threads", text, 0, 256);
        return 0;
    default: {
        const error_t error = parse_setting(key, text, state, c);
        c->epochs_given = c->epochs_given || key == OPTION_EPOCHS;
        c->recompute_given = c->recompute_given || key == OPTION_RECOMPUTE;
        if (error == 0 && key != OPTION_EPOCHS && key != OPTION_RECOMPUTE && !c->first_setting)
            c->first_setting = option_name(key);
        return error;
    }
    }
}

/* ---- printing ---- */

void train_options_print_word(const char *word, FILE *out) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+:,./%@";
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

/* Nothing where the value is the default's. */
static void print_place(FILE *out, const place *p, const lvk_train_options *o,
                        const lvk_train_options *defaults) {
    const char *name = option_name(p->key);
    const void *at = (const char *)o + p->offset, *by_default = (const char *)defaults + p->offset;
    switch (p->kind) {
    case TEXT:
        if (strcmp(*(const char *const *)at, *(const char *const *)by_default) != 0)
            print_text(out, name, *(const char *const *)at);
        break;
    case NUMBER:
        if (*(const double *)at != *(const double *)by_default)
            fprintf(out, " --%s %.15g", name, *(const double *)at);
        break;
    case COUNT:
        if (*(const uint32_t *)at != *(const uint32_t *)by_default)
            fprintf(out, " --%s %" PRIu32, name, *(const uint32_t *)at);
        break;
    case SEED:
        if (*(const uint64_t *)at != *(const uint64_t *)by_default)
            fprintf(out, " --%s %" PRIu64, name, *(const uint64_t *)at);
        break;
    case SWITCH_ON:
    case SWITCH_OFF:
        if (*(const bool *)at != *(const bool *)by_default && *(const bool *)at == (p->kind == SWITCH_ON))
            fprintf(out, " --%s", name);
        break;
    }
}

void train_options_print(const lvk_train_options *o, FILE *out) {
    const lvk_train_options defaults = lvk_train_defaults();
    print_text(out, "data", o->data);
    if (o->split)
        print_text(out, "split", o->split);
    if (o->validation != defaults.validation || o->test != defaults.test)
        fprintf(out, " --fractions %.15g,%.15g", o->validation, o->test);
    for (int i = 0; i < PLACE_COUNT; ++i)
        if (places[i].key != OPTION_SAVE_SECONDS && places[i].key != OPTION_RECOMPUTE)
            print_place(out, &places[i], o, &defaults);
}

const struct argp train_options_argp = {options, parse_option, NULL, NULL, NULL, list_recipes, NULL};
