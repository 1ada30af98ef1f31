/* The times of a training's epochs, timing.csv in the run folder. Nothing is computed from them. */
#ifndef LVK_TRAIN_TIMING_H
#define LVK_TRAIN_TIMING_H

#include "artifact/run_folder.h"

#include <stdint.h>

typedef struct lvk_timing {
    uint32_t epoch; /* from 1 */
    double seconds, images_per_second, waited;
    uint64_t peak; /* bytes of device memory */
} lvk_timing;

/* Appends a row. */
LVK_MUST_USE lvk_status lvk_timing_append(lvk_run_folder *run, const lvk_timing *row);

/* Prepares the file of a run that is resumed behind epoch `epochs`: keeps the rows of epochs up to that, without what is
 * damaged. A warning says what is missing or left out; the row of the last epoch may lack after a kill. */
LVK_MUST_USE lvk_status lvk_timing_renew(lvk_run_folder *run, uint32_t epochs);

#endif
