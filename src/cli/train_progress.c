#include "train_progress.h"

#include "train_options.h"

#include "metrics_report.h"
#include "profile_table.h"
#include "ui/epoch_line.h"
#include "ui/format.h"
#include "ui/interrupt.h"
#include "ui/loss_chart.h"
#include "ui/output.h"
#include "ui/quiet.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool ends_at_once;

void train_progress_catch_signals(bool alone) {
    ends_at_once = alone;
    interrupt_take_all();
    interrupt_defer(!alone);
}

/* From its start to its last epoch a training looks up from its work after each batch, and saves what it has done. Else there is
 * nothing to save, and it may not look up for long. */
static void note_signals(const lvk_train_event *event) {
    const bool ends = event->kind == LVK_TRAIN_FINISHED ||
                      (event->kind == LVK_TRAIN_EPOCH && event->epoch == event->epochs);
    if (ends_at_once)
        interrupt_defer(!ends);
}

void train_progress_begin(const char *device, const uint64_t *seed) {
    if (quiet_is_set()) /* else a line of the library's has named the device */
        printf("device %s%s", shown(device), seed ? ", " : "\n");
    if (seed)
        printf("seed %" PRIu64 "\n", *seed);
    fflush(stdout); /* trials are forked */
}

/* What the second training is, of which the rest is known from the first. */
static void print_refit(const lvk_train_event *event) {
    char text[FORMAT_SIZE], people[METRICS_PEOPLE_SIZE];
    const size_t images = event->part_images[LVK_SPLIT_TRAIN];
    printf("\nTraining again, on all %s images%s: the model to use.\n", format_count(text, images),
           metrics_people(people, images, event->subjects[LVK_SPLIT_TRAIN],
                          event->part_unnamed[LVK_SPLIT_TRAIN]));
    fflush(stdout);
}

static void print_start(const lvk_train_event *event) {
    char text[FORMAT_SIZE], memory[FORMAT_SIZE], people[METRICS_PEOPLE_SIZE];
    if (event->class_count == 0)
        printf("positive class: %s, negative class: %s\n", shown(event->positive_class),
               shown(event->negative_class));
    for (uint32_t c = 0; c < event->class_count; ++c)
        printf("%s%s%s", c ? ", " : "classes: ", shown(event->class_names[c]),
               c + 1 == event->class_count ? "\n" : "");
    for (int part = 0; part < LVK_SPLIT_PART_COUNT; ++part)
        if (event->part_images[part])
            printf("%-12s %7s images%s\n", lvk_split_part_name((lvk_split_part)part),
                   format_count(text, event->part_images[part]),
                   metrics_people(people, event->part_images[part], event->subjects[part],
                                  event->part_unnamed[part]));
    printf("%s parameters, %s of device memory planned, run folder %s\n",
           format_count(text, event->parameters), format_bytes(memory, event->memory_estimate),
           shown(event->run));
    if (event->memory_kept)
        printf("recomputing activations: %s of device memory instead of %s\n", memory,
               format_bytes((char[FORMAT_SIZE]){0}, event->memory_kept));
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
    enum { COLUMNS = 80 };
    char line[256];
    progress_clear(bar);
    printf("%s\n", epoch_line(event, COLUMNS, line, sizeof line));
    fflush(stdout);
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
    printf("\ntrace: %s/profile.json\n\n", shown(event->run));
    fflush(stdout);
}

bool train_progress_show(void *user, const lvk_train_event *event) {
    progress *bar = user;
    note_signals(event);
    if (quiet_is_set()) {
        if (event->kind == LVK_TRAIN_PROFILE) /* was asked for */
            show_profile(event);
        return !interrupt_asked();
    }
    switch (event->kind) {
    case LVK_TRAIN_STARTED:
        if (event->refit)
            print_refit(event);
        else
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
        bar->rate = event->images_per_second;
        progress_update(bar, &(progress_values){event->images, event->loss, event->accuracy});
        break;
    case LVK_TRAIN_EPOCH:
        print_epoch(bar, event);
        bar->total = 0;
        break;
    case LVK_TRAIN_VALIDATION:
    case LVK_TRAIN_FINISHED:
        break;
    }
    if (interrupt_asked())
        progress_clear(bar);
    return !interrupt_asked();
}

/* The losses of all epochs, also of those before the run was resumed. What cannot be read is not drawn: the numbers
 * are in the run folder. */
static void print_losses(const lvk_train_result *result) {
    lvk_history history;
    if (quiet_is_set() || !isatty(fileno(stdout)) || lvk_history_read(result->run, &history) != LVK_OK)
        return;
    double *losses = malloc(2 * history.count * sizeof *losses);
    for (size_t i = 0; losses && i < history.count; ++i) {
        losses[i] = history.epochs[i].train_loss;
        losses[history.count + i] = history.epochs[i].validation_loss;
    }
    const size_t kept = result->kept_last || result->best_epoch > history.count ? 0 : result->best_epoch;
    if (losses)
        loss_chart_print(&(loss_chart){.train = losses,
                                       .validation = losses + history.count,
                                       .count = history.count,
                                       .kept = kept,
                                       .columns = terminal_columns(stdout)},
                         stdout);
    free(losses);
    lvk_history_finish(&history);
}

void train_progress_result(const lvk_train_result *result, const lvk_device *device, bool chart) {
    char time[FORMAT_SIZE], memory[FORMAT_SIZE], title[256], people[METRICS_PEOPLE_SIZE], early[64] = "";
    char kept[48] = "";
    if (result->stopped_early)
        snprintf(early, sizeof early, ", stopped early: no lower validation loss in %" PRIu32 " epoch%s",
                 result->epochs - result->best_epoch, result->epochs - result->best_epoch == 1 ? "" : "s");
    if (!result->kept_last)
        snprintf(kept, sizeof kept, "; the best is epoch %" PRIu32, result->best_epoch);
    printf("\n%" PRIu32 " epoch%s in %s%s%s; peak device memory %s\n", result->epochs,
           result->epochs == 1 ? "" : "s", format_duration(time, result->seconds), early, kept,
           format_bytes(memory, lvk_device_memory_peak(device)));
    if (chart)
        print_losses(result);
    for (int part = LVK_SPLIT_TEST; part < LVK_SPLIT_PART_COUNT; ++part) {
        const lvk_evaluation_report *j = &result->reports[part];
        if (!result->tested[part])
            continue;
        const bool seen = result->by_image && part == LVK_SPLIT_TEST;
        snprintf(title, sizeof title, "\n%s: %" PRIu64 " images%s%s",
                 lvk_split_part_name((lvk_split_part)part), j->metrics.count,
                 metrics_people(people, j->metrics.count, j->subjects, j->unnamed),
                 j->unnamed ? ""
                 : seen     ? " who are also in the training part, which says nothing about new people"
                            : " not seen in training");
        metrics_print(j, &(metrics_subject){title, result->positive_class, result->negative_class});
    }
    if (!result->tested[LVK_SPLIT_TEST])
        printf(
            "\nNo images were held out for a test: how good the model is on new people is not known. leukvk cv "
            "estimates it.\n");
    printf("\nmodel, predictions and figures: %s\n", shown(result->run));
    if (result->refitted)
        printf(
            "The model to use was trained again on all images, after the test: %s/refit/model.safetensors\n",
            shown(result->run));
    if (result->refitted && result->tested[LVK_SPLIT_TEST])
        train_options_print_temperature(result->refit_temperature, "the test images");
    train_options_print_report(result->run);
}
