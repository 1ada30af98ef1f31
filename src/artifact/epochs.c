#include "artifact/epochs.h"

#include "core/file.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

enum { MOST_EPOCHS = 1000000 };

void lvk_epochs_finish(lvk_epochs *epochs) {
    for (int c = 0; epochs->names && c < epochs->columns; ++c)
        lvk_free(epochs->names[c]);
    lvk_free(epochs->names);
    lvk_free(epochs->values);
    *epochs = (lvk_epochs){0};
}

static lvk_status take_names(const lvk_csv *csv, lvk_epochs *epochs) {
    epochs->columns = csv->width;
    epochs->names = lvk_alloc((size_t)csv->width + 1, sizeof *epochs->names);
    for (int c = 0; epochs->names && c < csv->width; ++c)
        if (!(epochs->names[c] = lvk_strdup(csv->fields[c])))
            return LVK_ERROR_MEMORY;
    return epochs->names ? LVK_OK : LVK_ERROR_MEMORY;
}

static bool is_nan(const char *text) {
    return strcmp(text, "nan") == 0 || strcmp(text, "-nan") == 0;
}

/* Whether a training can leave the column's field without a finite number: of what validates, nothing may be known, or a score
 * may not be defined. */
static bool may_lack(const char *name, const char *text) {
    if (strncmp(name, "val_", strlen("val_")) != 0)
        return false;
    return !*text || (is_nan(text) && strcmp(name, "val_loss") != 0 && strcmp(name, "val_accuracy") != 0);
}

static lvk_status read_field(const lvk_csv *csv, const char *name, const char *text, double *value) {
    const bool counts = strcmp(name, "epoch") == 0;
    *value = (double)NAN;
    if (may_lack(name, text))
        return LVK_OK;
    if (!lvk_csv_number(csv, text, value))
        return lvk_fail(LVK_ERROR_FORMAT, "%s:%u: %.40s: is no number of column %s", csv->path, csv->line,
                        *text ? text : "nothing", name);
    return counts && !(*value >= 1 && *value <= UINT32_MAX && *value == floor(*value))
               ? lvk_fail(LVK_ERROR_FORMAT, "%s:%u: %.40s: is no number of an epoch", csv->path, csv->line,
                          text)
               : LVK_OK;
}

/* Row by row, as they are read. */
static lvk_status take_rows(lvk_csv *csv, lvk_epochs *epochs, double **rows) {
    size_t capacity = 0;
    for (bool more;;) {
        LVK_TRY(lvk_csv_next(csv, &more));
        if (!more)
            return LVK_OK;
        if (epochs->count == MOST_EPOCHS)
            return lvk_fail(LVK_ERROR_LIMIT, "%s: more than %d epochs", csv->path, MOST_EPOCHS);
        for (int c = 0; c < epochs->columns; ++c) {
            const size_t at = epochs->count * (size_t)epochs->columns + (size_t)c;
            LVK_TRY(LVK_GROW(rows, &capacity, at));
            LVK_TRY(read_field(csv, epochs->names[c], csv->fields[c], &(*rows)[at]));
        }
        ++epochs->count;
    }
}

static lvk_status turn(const double *rows, lvk_epochs *epochs) {
    const size_t columns = (size_t)epochs->columns;
    epochs->values = lvk_alloc(epochs->count * columns + 1, sizeof *epochs->values);
    if (!epochs->values)
        return LVK_ERROR_MEMORY;
    for (size_t r = 0; r < epochs->count; ++r)
        for (size_t c = 0; c < columns; ++c)
            epochs->values[c * epochs->count + r] = rows[r * columns + c];
    return LVK_OK;
}

lvk_status lvk_epochs_take(lvk_csv *csv, lvk_epochs *epochs) {
    double *rows = NULL;
    *epochs = (lvk_epochs){0};
    lvk_status status = take_names(csv, epochs);
    if (status == LVK_OK)
        status = take_rows(csv, epochs, &rows);
    if (status == LVK_OK)
        status = turn(rows, epochs);
    lvk_free(rows);
    lvk_csv_close(csv);
    if (status != LVK_OK)
        lvk_epochs_finish(epochs);
    return status;
}

lvk_status lvk_epochs_read(const char *path, lvk_epochs *epochs) {
    lvk_csv csv;
    *epochs = (lvk_epochs){0};
    if (!lvk_path_is_file(path))
        return LVK_OK;
    LVK_TRY(lvk_csv_open(path, &csv));
    return lvk_epochs_take(&csv, epochs);
}

lvk_status lvk_epochs_need(const lvk_epochs *epochs, const char *path, const char *name,
                           const double **values) {
    for (int c = 0; c < epochs->columns; ++c)
        if (strcmp(epochs->names[c], name) == 0) {
            *values = epochs->values + (size_t)c * epochs->count;
            return LVK_OK;
        }
    return lvk_fail(LVK_ERROR_FORMAT, "%s: has no column %s", path, name);
}

const double *lvk_epochs_column(const lvk_epochs *epochs, const char *name) {
    for (int c = 0; c < epochs->columns; ++c) {
        const double *values = epochs->values + (size_t)c * epochs->count;
        for (size_t i = 0; strcmp(epochs->names[c], name) == 0 && i < epochs->count; ++i)
            if (!isnan(values[i]))
                return values;
    }
    return NULL;
}
