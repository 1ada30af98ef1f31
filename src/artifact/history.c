#include "artifact/history.h"

#include "artifact/epochs.h"
#include "artifact/run_folder.h"
#include "core/file.h"
#include "core/memory.h"

#include <string.h>

typedef struct column {
    const char *name;
    size_t offset; /* of the number in lvk_history_epoch */
} column;

#define COLUMN(name, member) {name, offsetof(lvk_history_epoch, member)}

static const column columns[] = {
    COLUMN("train_loss", train_loss),    COLUMN("train_accuracy", train_accuracy),
    COLUMN("val_loss", validation_loss), COLUMN("val_accuracy", validation_accuracy),
    COLUMN("val_auc", validation_auc),   COLUMN("learning_rate", learning_rate)};
enum { COLUMNS = sizeof columns / sizeof *columns };

static lvk_status fill(const lvk_epochs *epochs, const char *path, lvk_history *history) {
    const double *numbers, *values;
    LVK_TRY(lvk_epochs_need(epochs, path, "epoch", &numbers));
    history->epochs = lvk_alloc(epochs->count + 1, sizeof *history->epochs);
    if (!history->epochs)
        return LVK_ERROR_MEMORY;
    for (history->count = 0; history->count < epochs->count; ++history->count)
        history->epochs[history->count].epoch = (uint32_t)numbers[history->count];
    for (int c = 0; c < COLUMNS; ++c) {
        LVK_TRY(lvk_epochs_need(epochs, path, columns[c].name, &values));
        for (size_t i = 0; i < epochs->count; ++i)
            *(double *)((char *)&history->epochs[i] + columns[c].offset) = values[i];
    }
    return LVK_OK;
}

/* Closes the table. */
static lvk_status read_csv(lvk_csv *csv, const char *path, lvk_history *history) {
    lvk_epochs epochs;
    LVK_TRY(lvk_epochs_take(csv, &epochs));
    const lvk_status status = fill(&epochs, path, history);
    lvk_epochs_finish(&epochs);
    if (status != LVK_OK)
        lvk_history_finish(history);
    return status;
}

lvk_status lvk_history_parse(const char *name, const char *text, lvk_history *history) {
    lvk_csv csv;
    char *copy = lvk_strdup(text);
    *history = (lvk_history){0};
    if (!copy)
        return LVK_ERROR_MEMORY;
    LVK_TRY(lvk_csv_take(name, copy, strlen(copy), &csv));
    return read_csv(&csv, name, history);
}

lvk_status lvk_history_read(const char *run, lvk_history *history) {
    lvk_csv csv;
    *history = (lvk_history){0};
    char *path = lvk_path_join(run, lvk_run_file_name(LVK_RUN_METRICS));
    lvk_status status = path ? lvk_csv_open(path, &csv) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = read_csv(&csv, path, history);
    lvk_free(path);
    return status;
}

void lvk_history_finish(lvk_history *history) {
    lvk_free(history->epochs);
    *history = (lvk_history){0};
}
