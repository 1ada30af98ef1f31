/* The epochs that a run has trained, from its metrics.csv. */
#ifndef LEUKVK_HISTORY_H
#define LEUKVK_HISTORY_H

#include "leukvk/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One epoch; a number that the run does not have (scores of a validation part without images, for example) is NaN. */
typedef struct lvk_history_epoch {
    uint32_t epoch; /* from 1 */
    double train_loss, train_accuracy;
    double validation_loss, validation_accuracy, validation_auc;
    double learning_rate; /* of the epoch's last step */
} lvk_history_epoch;

typedef struct lvk_history {
    lvk_history_epoch *epochs; /* in the order of the file */
    size_t count;
} lvk_history;

/* Reads the epochs of the run in the folder `run`, which may be training at this time. On failure there is nothing
 * to release. LVK_ERROR_IO: there is no such file; LVK_ERROR_FORMAT: it is not the metrics of a run. */
LVK_API LVK_MUST_USE lvk_status lvk_history_read(const char *run, lvk_history *history);
LVK_API void lvk_history_finish(lvk_history *history);

#ifdef __cplusplus
}
#endif
#endif
