/* The folder of one training run:
 *
 *   config.json                   every setting, with the defaults filled in; keys are sorted
 *   split.json                    which image is in which part
 *   metrics.csv                   a row per epoch; equal trainings give equal bytes
 *   timing.csv                    seconds and the like per epoch, which differ from run to run
 *   checkpoint-last.safetensors   the state when it was last saved
 *   checkpoint-best.safetensors   the same after the best epoch, if that is kept
 *   model.safetensors             the parameters of the epoch that is kept
 *   results.json                  the evaluation, written when the run is finished
 *   refit                         the run folder of a second training, on all images (train/refit.h)
 *   profile.json                  a trace of one step, if a profile was asked for
 *   tensorboard                   a folder with an event file, if asked for (train/tensorboard.h)
 *   .lock                         locked while a process works here; the system unlocks it however the
 *                                 process ends
 *
 * Every file is replaced whole, so that the folder can be read after a kill at any moment. A run can be
 * resumed as soon as config.json and split.json are written; without a checkpoint it is resumed from the
 * first epoch. */
#ifndef LVK_ARTIFACT_RUN_FOLDER_H
#define LVK_ARTIFACT_RUN_FOLDER_H

#include "core/digest.h"
#include "core/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum lvk_run_file {
    LVK_RUN_CONFIG,
    LVK_RUN_SPLIT,
    LVK_RUN_METRICS,
    LVK_RUN_TIMING,
    LVK_RUN_LAST,
    LVK_RUN_BEST,
    LVK_RUN_MODEL,
    LVK_RUN_PROFILE,
    LVK_RUN_FILE_COUNT
} lvk_run_file;

#define LVK_RUN_REFIT "refit" /* the name of the folder of the second training */

/* Whether the folder `path` has a run that can be resumed. */
bool lvk_run_folder_is_begun(const char *path);

/* Whether the run in the folder `path` is finished, so that its model is whole. */
bool lvk_run_folder_is_finished(const char *path);

/* Makes a finished run one that is not, before it is trained on. */
LVK_MUST_USE lvk_status lvk_run_folder_reopen(const char *path);

/* Fails with LVK_ERROR_IO, naming the file and what it is for, where the folder `path` is a run's, since it has a config.json, a
 * metrics.csv or a last checkpoint, and lacks `file`. A folder of a model that was copied alone lacks nothing. */
LVK_MUST_USE lvk_status lvk_run_folder_need(const char *path, lvk_run_file file);

/* The name of a file in the folder, such as "config.json"; static text. */
const char *lvk_run_file_name(lvk_run_file file);

/* An open run folder. One thread at a time may use it. */
typedef struct lvk_run_folder lvk_run_folder;

/* Fails unless a run can be made at `path`: the folder must not exist, or be empty. Nothing is created. */
LVK_MUST_USE lvk_status lvk_run_folder_check(const char *path);

/* Creates and locks a folder for a new run. `path` is the folder, new or empty; NULL stands for
 * runs/YYYYMMDD-HHMMSS-<model>, by local time, followed by -2, -3, … if that exists. LVK_ERROR_IO: the folder
 * is not empty, or another process works there. */
LVK_MUST_USE lvk_status lvk_run_folder_create(const char *path, const char *model, lvk_run_folder **run);

/* Creates runs/YYYYMMDD-HHMMSS-<model>, or that followed by a number. The caller frees *path with
 * lvk_free. */
LVK_MUST_USE lvk_status lvk_run_folder_create_default(const char *model, char **path);

/* Opens and locks the folder of a run to resume it; it must hold a config.json. Removes temporary files of
 * killed processes. */
LVK_MUST_USE lvk_status lvk_run_folder_resume(const char *path, lvk_run_folder **run);

/* Opens the folder of a run for reading, while another process holds its lock. */
LVK_MUST_USE lvk_status lvk_run_folder_join(const char *path, lvk_run_folder **run);

/* Closes and unlocks the folder. */
void lvk_run_folder_close(lvk_run_folder **run);

/* The path of the folder, and that of a file in it, which need not exist. Valid until the folder is
 * closed. */
const char *lvk_run_folder_path(const lvk_run_folder *run);
const char *lvk_run_folder_file(const lvk_run_folder *run, lvk_run_file file);
bool lvk_run_folder_has(const lvk_run_folder *run, lvk_run_file file);

/* Replaces a file by `text`. */
LVK_MUST_USE lvk_status lvk_run_folder_write(lvk_run_folder *run, lvk_run_file file, const char *text);

/* Appends `row` to a CSV file; if it does not exist, it begins with `header`. Neither text has a newline at
 * its end. LVK_ERROR_FORMAT: the file has another header. */
LVK_MUST_USE lvk_status lvk_run_folder_append(lvk_run_folder *run, lvk_run_file file, const char *header,
                                              const char *row);

/* Writes config.json, with an indentation of two spaces, sorted keys and numbers of up to 15 digits. The
 * caller keeps the object. */
LVK_MUST_USE lvk_status lvk_run_folder_write_config(lvk_run_folder *run, const json_t *config);

/* Fails with LVK_ERROR_IO if `data`, the run's data set, is no longer there; the error line says what to
 * do. */
LVK_MUST_USE lvk_status lvk_run_data_check(const char *run, const char *data);

/* Sets "data" of a configuration to the absolute path of `data`, so that it is found from any folder. */
LVK_MUST_USE lvk_status lvk_run_config_set_data(json_t *config, const char *data);

/* Reads `folder`/config.json: an object, at most 1 MiB, no key twice, that has the settings of a training. Needs no lock, so that a run can be
 * looked at while it trains. *config is released with json_decref. */
LVK_MUST_USE lvk_status lvk_run_config_read(const char *folder, json_t **config);

/* Reads a number above 0 that a configuration keeps as text, so that it has all its digits; 0 where it is not there.
 * LVK_ERROR_FORMAT, with the file `path` and the key: it is something else. */
LVK_MUST_USE lvk_status lvk_run_config_number(const char *path, const json_t *config, const char *key,
                                              double *number);

#endif
