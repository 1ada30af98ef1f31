/* What a training shows while it runs, and at its end. */
#ifndef LEUKVK_CLI_TRAIN_PROGRESS_H
#define LEUKVK_CLI_TRAIN_PROGRESS_H

#include "leukvk/leukvk.h"
#include "ui/progress.h"

#include <stdbool.h>

/* Ctrl-C, SIGTERM and SIGHUP (a closed terminal) let train_progress_show return false; a second one kills. */
void train_progress_catch_signals(void);

/* One has come. */
bool train_progress_interrupted(void);

/* An lvk_train_callback; `bar` is a progress, {0} at first. */
bool train_progress_show(void *bar, const lvk_train_event *event);

void train_progress_result(const lvk_train_result *result, const lvk_device *device);

#endif
