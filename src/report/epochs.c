#include "report/epochs.h"

#include "core/csv.h"
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
            double value = (double)NAN;
            if (*csv->fields[c] && !lvk_csv_number(csv, csv->fields[c], &value) &&
                strcmp(csv->fields[c], "nan") != 0 && strcmp(csv->fields[c], "inf") != 0)
                return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: '%s' is no number", csv->path, csv->line,
                                csv->fields[c]);
            LVK_TRY(LVK_GROW(rows, &capacity, epochs->count * (size_t)epochs->columns + (size_t)c));
            (*rows)[epochs->count * (size_t)epochs->columns + (size_t)c] = value;
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

lvk_status lvk_epochs_read(const char *path, lvk_epochs *epochs) {
    lvk_csv csv;
    double *rows = NULL;
    *epochs = (lvk_epochs){0};
    if (!lvk_path_is_file(path))
        return LVK_OK;
    LVK_TRY(lvk_csv_open(path, &csv));
    lvk_status status = take_names(&csv, epochs);
    if (status == LVK_OK)
        status = take_rows(&csv, epochs, &rows);
    if (status == LVK_OK)
        status = turn(rows, epochs);
    lvk_free(rows);
    lvk_csv_close(&csv);
    if (status != LVK_OK)
        lvk_epochs_finish(epochs);
    return status;
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
