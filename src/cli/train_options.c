#include "train_options.h"

#include "options.h"
#include "verb.h"

#include <inttypes.h>
#include <string.h>

enum {
    OPTION_DATA = 4096,
    OPTION_GROUP,
    OPTION_MODEL,
    OPTION_WEIGHTS,
    OPTION_HEAD,
    OPTION_FREEZE,
    OPTION_UNFREEZE,
    OPTION_BN,
    OPTION_VIEWS,
    OPTION_CROP,
    OPTION_NO_AUGMENT,
    OPTION_NORMALIZE,
    OPTION_NO_BALANCE,
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
    {"model", OPTION_MODEL, "NAME", 0,
     "Architecture: cnn, resnet50 and others; leukvk summary NAME shows it (cnn)", 2},
    {"dropout", OPTION_DROPOUT, "X", 0, "Dropout rate of the cnn (0.25)", 2},
    {"weights", OPTION_WEIGHTS, "FILE", 0,
     "Of resnets: start from this file of leukvk import; none: from chance (what tools/fetch-weights.sh keeps)",
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
    {"no-augment", OPTION_NO_AUGMENT, NULL, 0, "No flips and rotations", 3},
    {"normalize", OPTION_NORMALIZE, "HOW", 0,
     "train: pixels less their mean, divided by their standard deviation, both of the training images; none: 0..1; auto: as "
     "pretrained weights want it, else train (auto)",
     3},
    {"no-balance", OPTION_NO_BALANCE, NULL, 0,
     "Do not weight the training loss so that both classes count the same", 3},
    {"epochs", OPTION_EPOCHS, "N", 0, "At most so many times through the images (20)", 4},
    {"batch", OPTION_BATCH, "N", 0, "Images at once (32)", 4},
    {"accumulate", OPTION_ACCUMULATE, "K", 0,
     "Average the gradients of K batches in each step: K times the batch in the memory of one (1)", 4},
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
    {"threads", OPTION_THREADS, "N", 0, "Threads that read images (as many as processors)", 5},
    {"checkpoint-seconds", OPTION_SAVE_SECONDS, "N", 0, "Save the position at least so often (300)", 5},
    {0}};

/* Of models with a backbone. */
static error_t parse_backbone(int key, char *text, struct argp_state *state, lvk_train_options *o) {
    switch (key) {
    case OPTION_WEIGHTS:
        o->weights = text;
        return 0;
    case OPTION_HEAD:
        o->head = text;
        return 0;
    case OPTION_FREEZE:
        if (strcmp(text, "all") != 0 && strcmp(text, "none") != 0)
            argp_failure(state, EXIT_USAGE, 0,
                         "--freeze %s: there is all and none; --unfreeze STAGE thaws a part", text);
        o->unfreeze = strcmp(text, "all") == 0 ? "none" : "all";
        return 0;
    case OPTION_UNFREEZE:
        o->unfreeze = text;
        return 0;
    case OPTION_BN:
        o->batch_norm = text;
        return 0;
    case OPTION_VIEWS:
        o->views = (uint32_t)option_count(state, "views", text, 1, 8);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* What shapes a step. */
static error_t parse_steps(int key, char *text, struct argp_state *state, lvk_train_options *o) {
    switch (key) {
    case OPTION_OPTIMIZER:
        o->optimizer = text;
        return 0;
    case OPTION_RATE:
        o->learning_rate = option_number(state, "learning-rate", text);
        return 0;
    case OPTION_SCHEDULE:
        o->schedule = text;
        return 0;
    case OPTION_WARMUP:
        o->warmup = option_number(state, "warmup", text);
        return 0;
    case OPTION_RATE_SCALE:
        o->rate_scale = text;
        return 0;
    case OPTION_CLIP_NORM:
        o->clip_norm = option_number(state, "clip-norm", text);
        return 0;
    case OPTION_EMA:
        o->ema = option_number(state, "ema", text);
        return 0;
    case OPTION_MOMENTUM:
        o->momentum = option_number(state, "momentum", text);
        return 0;
    case OPTION_DECAY:
        o->weight_decay = option_number(state, "weight-decay", text);
        return 0;
    case OPTION_L2:
        o->l2 = option_number(state, "l2", text);
        return 0;
    case OPTION_DROPOUT:
        o->dropout = option_number(state, "dropout", text);
        return 0;
    case OPTION_BATCH:
        o->batch = (uint32_t)option_count(state, "batch", text, 1, 1024);
        return 0;
    case OPTION_ACCUMULATE:
        o->accumulate = (uint32_t)option_count(state, "accumulate", text, 1, 1024);
        return 0;
    default:
        return parse_backbone(key, text, state, o);
    }
}

static error_t parse_settings(int key, char *text, struct argp_state *state, lvk_train_options *o) {
    switch (key) {
    case OPTION_GROUP:
        o->group = text;
        return 0;
    case OPTION_MODEL:
        o->model = text;
        return 0;
    case OPTION_CROP:
        o->crop = text;
        return 0;
    case OPTION_NO_AUGMENT:
        o->augment = false;
        return 0;
    case OPTION_NORMALIZE:
        o->normalize = text;
        return 0;
    case OPTION_NO_BALANCE:
        o->balance = false;
        return 0;
    case OPTION_STRICT:
        o->strict = true;
        return 0;
    case OPTION_PATIENCE:
        o->patience = (uint32_t)option_count(state, "patience", text, 0, 1000000);
        return 0;
    case OPTION_SEED:
        o->seed = option_count(state, "seed", text, 0, INT64_MAX);
        return 0;
    case OPTION_SAVE_SECONDS:
        o->checkpoint_seconds = option_number(state, "checkpoint-seconds", text);
        return 0;
    default:
        return parse_steps(key, text, state, o);
    }
}

static const char *option_name(int key) {
    for (const struct argp_option *option = options; option->name; ++option)
        if (option->key == key)
            return option->name;
    return "?";
}

static error_t parse_option(int key, char *text, struct argp_state *state) {
    train_choices *c = state->input;
    switch (key) {
    case OPTION_DATA:
        c->options.data = text;
        return 0;
    case OPTION_EPOCHS:
        c->options.epochs = (uint32_t)option_count(state, "epochs", text, 1, 1000000);
        c->epochs_given = true;
        return 0;
    case OPTION_THREADS:
        c->options.threads = (unsigned)option_count(state, "threads", text, 0, 256);
        return 0;
    default: {
        const error_t error = parse_settings(key, text, state, &c->options);
        if (error == 0 && !c->first_setting)
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

static void print_text(FILE *out, const char *name, const char *text, const char *unless) {
    if (!text || (unless && strcmp(text, unless) == 0))
        return;
    fprintf(out, " --%s ", name);
    train_options_print_word(text, out);
}

static void print_number(FILE *out, const char *name, double value, double unless) {
    if (value != unless)
        fprintf(out, " --%s %.15g", name, value);
}

static void print_flag(FILE *out, const char *name, bool given) {
    if (given)
        fprintf(out, " --%s", name);
}

void train_options_print(const lvk_train_options *o, FILE *out) {
    const lvk_train_options d = lvk_train_defaults();
    print_text(out, "data", o->data, NULL);
    print_text(out, "split", o->split, NULL);
    print_text(out, "group", o->group, d.group);
    if (o->validation != d.validation || o->test != d.test)
        fprintf(out, " --fractions %.15g,%.15g", o->validation, o->test);
    print_flag(out, "strict", o->strict);
    print_text(out, "model", o->model, d.model);
    print_text(out, "weights", o->weights, d.weights);
    print_text(out, "head", o->head, d.head);
    print_text(out, "unfreeze", o->unfreeze, d.unfreeze);
    print_text(out, "bn", o->batch_norm, d.batch_norm);
    print_number(out, "views", o->views, d.views);
    print_text(out, "crop", o->crop, d.crop);
    print_flag(out, "no-augment", !o->augment);
    print_text(out, "normalize", o->normalize, d.normalize);
    print_flag(out, "no-balance", !o->balance);
    print_number(out, "epochs", o->epochs, d.epochs);
    print_number(out, "batch", o->batch, d.batch);
    print_number(out, "patience", o->patience, d.patience);
    print_text(out, "optimizer", o->optimizer, d.optimizer);
    print_number(out, "learning-rate", o->learning_rate, d.learning_rate);
    print_text(out, "schedule", o->schedule, d.schedule);
    print_number(out, "warmup", o->warmup, d.warmup);
    print_text(out, "rate-scale", o->rate_scale, d.rate_scale);
    print_number(out, "clip-norm", o->clip_norm, d.clip_norm);
    print_number(out, "momentum", o->momentum, d.momentum);
    print_number(out, "weight-decay", o->weight_decay, d.weight_decay);
    print_number(out, "l2", o->l2, d.l2);
    print_number(out, "dropout", o->dropout, d.dropout);
    if (o->seed != d.seed)
        fprintf(out, " --seed %" PRIu64, o->seed);
}

const struct argp train_options_argp = {options, parse_option, NULL, NULL, NULL, NULL, NULL};
