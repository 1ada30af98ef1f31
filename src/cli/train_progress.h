/* What a training shows while it runs, and at its end. */
#ifndef LEUKVK_CLI_TRAIN_PROGRESS_H
#define LEUKVK_CLI_TRAIN_PROGRESS_H

#include "leukvk/leukvk.h"
#include "ui/progress.h"

#include <stdbool.h>
#include <stdint.h>

/* Ctrl-C, SIGTERM and SIGHUP (a closed terminal) let train_progress_show return false; a second one kills. Where this is the only
 * process of the training (`alone`), they end it at once while there is nothing to save. */
void train_progress_catch_signals(bool alone);

/* The first line: the seed, unless it is NULL, and with --quiet the device's name. */
void train_progress_begin(const char *device, const uint64_t *seed);

/* An lvk_train_callback; with --quiet it prints nothing but a profile. `bar` is a progress, {0} at first. */
bool train_progress_show(void *bar, const lvk_train_event *event);

/* `chart`: on a terminal, and without --quiet, also a small chart of the losses. */
void train_progress_result(const lvk_train_result *result, const lvk_device *device, bool chart);

#endif
