/* The folder of one training run:
 *
 *   config.json                   everything resolved, keys sorted
 *   split.json                    which image is in which part
 *   metrics.csv                   a row per epoch; equal trainings give equal bytes
 *   timing.csv                    seconds and the like per epoch, which differ from run to run
 *   checkpoint-last.safetensors   the state after the last whole epoch
 *   checkpoint-best.safetensors   the same after the best epoch
 *   model.safetensors             the parameters of the best epoch
 *   profile.json                  where the time of one step went, if that was asked for
 *   .lock                         locked while a process works here; the system unlocks it however the
 *                                 process ends
 *
 * Every file is replaced whole, so that a kill at any moment leaves a folder that can be read. To leave one
 * that can also be resumed, write config.json and split.json before the first training step; a folder without
 * a checkpoint is resumed from the first epoch. */
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

/* Name in the folder, "config.json"; static text. */
const char *lvk_run_file_name(lvk_run_file file);

/* A run folder that this process holds the lock of. Used by one thread at a time. */
typedef struct lvk_run_folder lvk_run_folder;

/* Whether a run can be made at `path`, as far as can be told without making anything: it is not there, or an empty
 * folder. */
LVK_MUST_USE lvk_status lvk_run_folder_check(const char *path);

/* Makes a folder for a new run. `path`: the folder, new or empty; NULL: runs/YYYYMMDD-HHMMSS-<model>, by the
 * local time, with -2, -3, … behind it when that exists. LVK_ERROR_IO: it is not empty, or another process
 * works there. */
LVK_MUST_USE lvk_status lvk_run_folder_create(const char *path, const char *model, lvk_run_folder **run);

/* Makes runs/YYYYMMDD-HHMMSS-<model>, or that with a number behind it. *path is freed with lvk_free. */
LVK_MUST_USE lvk_status lvk_run_folder_create_default(const char *model, char **path);

/* Opens the folder of a run to go on with it; there must be a config.json. Removes what a killed process left
 * half-written. */
LVK_MUST_USE lvk_status lvk_run_folder_resume(const char *path, lvk_run_folder **run);

/* The folder of a run that another process holds the lock of and has opened, to read. */
LVK_MUST_USE lvk_status lvk_run_folder_join(const char *path, lvk_run_folder **run);

/* Gives the lock back. */
void lvk_run_folder_close(lvk_run_folder **run);

/* The folder, and the path of a file in it (whether or not it exists). Valid until the folder is closed. */
const char *lvk_run_folder_path(const lvk_run_folder *run);
const char *lvk_run_folder_file(const lvk_run_folder *run, lvk_run_file file);
bool lvk_run_folder_has(const lvk_run_folder *run, lvk_run_file file);

/* Replaces a file by `text`. */
LVK_MUST_USE lvk_status lvk_run_folder_write(lvk_run_folder *run, lvk_run_file file, const char *text);

/* Appends `row` to a CSV file, which is begun with `header` if it does not exist. Both without a newline at
 * the end. LVK_ERROR_FORMAT: the file has another header. */
LVK_MUST_USE lvk_status lvk_run_folder_append(lvk_run_folder *run, lvk_run_file file, const char *header,
                                              const char *row);

/* Cuts a CSV file down to its header and the first `rows` rows: a kill may have come between a row and the
 * checkpoint that belongs to it. No file: nothing to do. Rows may not hold newlines. */
LVK_MUST_USE lvk_status lvk_run_folder_trim(lvk_run_folder *run, lvk_run_file file, size_t rows);

/* Writes config.json: two spaces of indentation, keys sorted, numbers with up to 15 digits. The object stays
 * the caller's. */
LVK_MUST_USE lvk_status lvk_run_folder_write_config(lvk_run_folder *run, const json_t *config);

/* Reads `folder`/config.json: an object, at most 1 MiB, no key twice. Needs no lock, so that a run can be
 * looked at while it trains. *config is released with json_decref. */
/* LVK_ERROR_IO: the folder `data`, in which the run has its data set, is not there; the line says what to do. */
LVK_MUST_USE lvk_status lvk_run_data_check(const char *run, const char *data);

/* Sets "data" of a configuration to the folder's absolute path, so that it is found from any folder. */
LVK_MUST_USE lvk_status lvk_run_config_set_data(json_t *config, const char *data);

LVK_MUST_USE lvk_status lvk_run_config_read(const char *folder, json_t **config);

#endif
