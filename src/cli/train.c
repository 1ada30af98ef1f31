/* leukvk train: learn from a data set. */
#include "format.h"
#include "metrics_report.h"
#include "options.h"
#include "profile_table.h"
#include "progress.h"
#include "verb.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char documentation[] =
    "Trains a model and writes a run folder: settings, split, metrics, checkpoints, the model, predictions. No subject is on "
    "both sides of the split. The same seed on the same device gives the same bytes."
    "\v"
    "Examples:\n"
    "  leukvk train --data C-NMC_Leukemia\n"
    "  leukvk train --data samples --epochs 4 --out runs/first --seed 7\n"
    "  leukvk train --resume runs/first                after Ctrl-C, a crash or a power cut\n"
    "  leukvk train --resume runs/first --epochs 40    longer than first meant; a cosine is stretched\n"
    "  leukvk train --data samples --epochs 1 --profile    where a step's time goes\n"
    "  leukvk train --data samples --model resnet50    a new head on ImageNet's features (tools/fetch-weights.sh first)\n"
    "  leukvk train --data samples --model resnet50 --unfreeze conv5_x --rate-scale conv5_x=0.1 --warmup 1    fine-tune\n"
    "\n"
    "The Keras work that leukvk starts from, exactly: --learning-rate 0.001 --schedule constant --normalize none --no-balance "
    "(and its Adam, dropout 0.25, batch 32, 20 epochs, which are the defaults). Training stops early after 3 epochs without a lower "
    "validation loss.\n";

enum {
    OPTION_DATA = 256,
    OPTION_OUT,
    OPTION_RESUME,
    OPTION_SPLIT,
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
    OPTION_FRACTIONS,
    OPTION_SEED,
    OPTION_THREADS,
    OPTION_SAVE_SECONDS,
    OPTION_PROFILE
};

static const struct argp_option options[] = {
    {"data", OPTION_DATA, "DIR", 0, "A C-NMC tree, or a folder with a folder per class", 1},
    {"out", OPTION_OUT, "RUN", 0, "Run folder, new or empty (runs/DATE-TIME-MODEL)", 1},
    {"resume", OPTION_RESUME, "RUN", 0,
     "Go on with a run, with its own settings; only --data, --epochs, --threads and --profile may be given",
     1},
    {"split", OPTION_SPLIT, "FILE", 0, "Use this split (leukvk data --split writes one)", 1},
    {"strict", OPTION_STRICT, NULL, 0, "Stop at an unreadable image, do not leave it out", 1},
    {"fractions", OPTION_FRACTIONS, "V,T", 0,
     "Shares of the images that choose the best epoch and that test it (0.15,0.15)", 1},
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
    {"profile", OPTION_PROFILE, NULL, 0,
     "Print where the time of the third step goes, and write it to the run folder as a trace (profile.json, for "
     "ui.perfetto.dev)",
     5},
    {0}};

typedef struct arguments {
    lvk_device_options device;
    lvk_train_options train;
    const char *resume;
    const char *not_with_resume; /* the first option given that a resumed run does not take */
    bool epochs_given;
} arguments;

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
    case OPTION_SPLIT:
        o->split = text;
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
    case OPTION_FRACTIONS:
        option_fractions(state, text, &o->validation, &o->test);
        return 0;
    case OPTION_SEED:
        o->seed = option_count(state, "seed", text, 0, INT64_MAX);
        return 0;
    case OPTION_SAVE_SECONDS:
        o->checkpoint_seconds = option_number(state, "checkpoint-seconds", text);
        return 0;
    case OPTION_OUT:
        o->run = text;
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
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->device;
        state->child_inputs[1] = &a->device;
        return 0;
    case OPTION_DATA:
        a->train.data = text;
        return 0;
    case OPTION_RESUME:
        a->resume = text;
        return 0;
    case OPTION_EPOCHS:
        a->train.epochs = (uint32_t)option_count(state, "epochs", text, 1, 1000000);
        a->epochs_given = true;
        return 0;
    case OPTION_THREADS:
        a->train.threads = (unsigned)option_count(state, "threads", text, 0, 256);
        return 0;
    case OPTION_PROFILE:
        a->train.profile = true;
        return 0;
    case ARGP_KEY_END:
        if (a->resume && a->not_with_resume)
            argp_failure(state, EXIT_USAGE, 0, "--%s: a resumed run keeps its own settings",
                         a->not_with_resume);
        if (!a->resume && !a->train.data)
            argp_failure(state, EXIT_USAGE, 0,
                         "which data set? --data DIR (leukvk synth draws one to try with)");
        return 0;
    default: {
        const error_t error = parse_settings(key, text, state, &a->train);
        if (error == 0 && !a->not_with_resume)
            a->not_with_resume = option_name(key);
        return error;
    }
    }
}

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number) {
    (void)signal_number;
    if (interrupted) /* asked twice: at once */
        raise(SIGKILL);
    interrupted = 1;
}

static void print_start(const lvk_train_event *event) {
    char text[FORMAT_SIZE], memory[FORMAT_SIZE];
    for (int part = 0; part < LVK_SPLIT_PART_COUNT; ++part)
        if (event->part_images[part])
            printf("%-12s %7s images of %" PRIu32 " subjects\n", lvk_split_part_name((lvk_split_part)part),
                   format_count(text, event->part_images[part]), event->subjects[part]);
    printf("%s parameters, %s of device memory by plan, run folder %s\n",
           format_count(text, event->parameters), format_bytes(memory, event->memory_estimate), event->run);
    if (event->resumed_epoch || event->resumed_step)
        printf("going on after %" PRIu32 " epochs and %" PRIu32 " steps\n", event->resumed_epoch,
               event->resumed_step);
    fflush(stdout);
}

static void begin_bar(progress *bar, const lvk_train_event *event) {
    char title[64];
    snprintf(title, sizeof title, "Epoch %" PRIu32 "/%" PRIu32, event->epoch, event->epochs);
    progress_begin(bar, stdout, title, "images", event->part_images[LVK_SPLIT_TRAIN], false);
}

static void print_epoch(progress *bar, const lvk_train_event *event) {
    char summary[256], text[2][FORMAT_SIZE];
    if (bar->total == 0) /* resumed behind the epoch's last step */
        begin_bar(bar, event);
    const lvk_metrics *v = event->validation;
    snprintf(summary, sizeof summary, "validation loss %s, accuracy %s, AUC %s%s, waited %.1f %%",
             format_number(text[0], v->loss, 4), format_number(text[1], v->accuracy, 4),
             format_number((char[FORMAT_SIZE]){0}, v->auc, 4), event->best ? " (best)" : "",
             100 * event->waited);
    progress_end(bar, &(progress_values){event->images, event->loss, event->accuracy}, summary);
}

static void show_features(progress *bar, const lvk_train_event *event) {
    if (bar->total == 0)
        progress_begin(bar, stdout, "Features", "pictures", event->features_wanted, true);
    const progress_values values = {event->features, NAN, NAN};
    if (event->features < event->features_wanted)
        progress_update(bar, &values);
    else {
        progress_end(bar, &values, NULL);
        bar->total = 0;
    }
}

static void show_profile(const lvk_train_event *event) {
    printf("\nstep %" PRIu32 " of epoch %" PRIu32 ":\n\n", event->step, event->epoch);
    profile_print(event->profile);
    printf("\ntrace: %s/profile.json\n\n", event->run);
    fflush(stdout);
}

static bool show(void *user, const lvk_train_event *event) {
    progress *bar = user;
    switch (event->kind) {
    case LVK_TRAIN_STARTED:
        print_start(event);
        break;
    case LVK_TRAIN_FEATURES:
        show_features(bar, event);
        break;
    case LVK_TRAIN_PROFILE:
        progress_clear(bar);
        show_profile(event);
        break;
    case LVK_TRAIN_STEP:
        if (bar->total == 0)
            begin_bar(bar, event);
        progress_update(bar, &(progress_values){event->images, event->loss, event->accuracy});
        break;
    case LVK_TRAIN_EPOCH:
        print_epoch(bar, event);
        bar->total = 0;
        fflush(stdout);
        break;
    case LVK_TRAIN_FINISHED:
        break;
    }
    if (interrupted)
        progress_clear(bar);
    return !interrupted;
}

static void print_result(const lvk_train_result *result, const lvk_device *device, const char *positive,
                         const char *negative) {
    char time[FORMAT_SIZE], memory[FORMAT_SIZE], title[128];
    printf("\n%" PRIu32 " epoch%s in %s%s; the best is epoch %" PRIu32 "; peak device memory %s\n",
           result->epochs, result->epochs == 1 ? "" : "s", format_duration(time, result->seconds),
           result->stopped_early ? ", stopped early" : "", result->best_epoch,
           format_bytes(memory, lvk_device_memory_peak(device)));
    for (int part = LVK_SPLIT_TEST; part < LVK_SPLIT_PART_COUNT; ++part) {
        if (!result->tested[part])
            continue;
        snprintf(title, sizeof title, "\n%s: %" PRIu64 " images of subjects not seen in training",
                 lvk_split_part_name((lvk_split_part)part), result->metrics[part].count);
        metrics_print(&result->metrics[part],
                      &(metrics_subject){title, positive, negative, result->size_auc[part]});
    }
    printf("\nmodel, predictions and figures: %s\n", result->run);
}

static int train(arguments *a, lvk_device *device) {
    static lvk_train_result result;
    progress bar = {0};
    const lvk_resume_options resume = {.data = a->train.data,
                                       .epochs = a->epochs_given ? a->train.epochs : 0,
                                       .threads = a->train.threads,
                                       .profile = a->train.profile};
    const int status = a->resume ? lvk_train_resume(device, a->resume, &resume, show, &bar, &result)
                                 : lvk_train(device, &a->train, show, &bar, &result);
    if (status != LVK_OK) {
        if (bar.visible)
            progress_clear(&bar);
        return report_failure(status);
    }
    print_result(&result, device, result.positive_class, result.negative_class);
    return EXIT_OK;
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {
        {&device_argp, 0, NULL, 10}, {&tuner_argp, 0, NULL, 10}, {0}};
    static const struct argp parser = {options, parse_option, "", documentation, children, NULL, NULL};
    arguments a = {.train = lvk_train_defaults()};
    parse_arguments(&parser, argc, argv, &a);
    lvk_device *device;
    const int status = lvk_device_open(&a.device, &device);
    if (status != LVK_OK)
        return report_failure(status);
    if (!a.resume)
        printf("seed %" PRIu64 "\n", a.train.seed);
    struct sigaction action = {.sa_handler = interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    const int exit_status = train(&a, device);
    lvk_device_close(&device);
    return exit_status;
}

extern const verb verb_train;
const verb verb_train = {"train", "train a model on a data set", run};
