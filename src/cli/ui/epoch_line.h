/* The line that `leukvk train` prints for an epoch. */
#ifndef LEUKVK_CLI_UI_EPOCH_LINE_H
#define LEUKVK_CLI_UI_EPOCH_LINE_H

#include "leukvk/train.h"

#include <stddef.h>

/* "Epoch 3/20  71.4 images/s  loss 0.5200  acc 0.731  validation loss 0.6775  AUC 0.782  best", at most
 * `columns` characters: the figures that it has no room for are in metrics.csv and timing.csv. The share of
 * the time spent waiting for images is shown from a tenth on. Returns `line`. */
char *epoch_line(const lvk_train_event *event, int columns, char *line, size_t size);

#endif
