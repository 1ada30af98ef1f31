#include "artifact/history.h"

#include "artifact/run_folder.h"
#include "core/csv.h"
#include "core/file.h"
#include "core/memory.h"

#include <math.h>
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

/* The places of the columns, and last that of "epoch". */
static lvk_status find_columns(const lvk_csv *csv, int places[COLUMNS + 1]) {
    for (int c = 0; c <= COLUMNS; ++c) {
        const char *name = c < COLUMNS ? columns[c].name : "epoch";
        places[c] = -1;
        for (int field = 0; field < csv->count; ++field)
            if (strcmp(csv->fields[field], name) == 0)
                places[c] = field;
        if (places[c] < 0)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: has no column %s", csv->path, name);
    }
    return LVK_OK;
}

/* An empty field is a score that is not known; "nan" one that is not defined. */
static lvk_status read_number(const lvk_csv *csv, int field, double *value) {
    const char *text = csv->fields[field];
    *value = NAN;
    return !*text || strcmp(text, "nan") == 0 || strcmp(text, "-nan") == 0 || lvk_csv_number(csv, text, value)
               ? LVK_OK
               : lvk_fail(LVK_ERROR_FORMAT, "%s:%u: %.40s: is no number", csv->path, csv->line, text);
}

static lvk_status read_epoch(const lvk_csv *csv, const int places[COLUMNS + 1], lvk_history_epoch *epoch) {
    double number;
    LVK_TRY(read_number(csv, places[COLUMNS], &number));
    if (!(number >= 1 && number <= UINT32_MAX))
        return lvk_fail(LVK_ERROR_FORMAT, "%s:%u: %.40s: is no number of an epoch", csv->path, csv->line,
                        csv->fields[places[COLUMNS]]);
    epoch->epoch = (uint32_t)number;
    for (int c = 0; c < COLUMNS; ++c)
        LVK_TRY(read_number(csv, places[c], (double *)((char *)epoch + columns[c].offset)));
    return LVK_OK;
}

static lvk_status read_rows(lvk_csv *csv, lvk_history *history) {
    int places[COLUMNS + 1];
    size_t capacity = 0;
    LVK_TRY(find_columns(csv, places));
    for (;;) {
        bool more;
        LVK_TRY(lvk_csv_next(csv, &more));
        if (!more)
            return LVK_OK;
        LVK_TRY(LVK_GROW(&history->epochs, &capacity, history->count));
        LVK_TRY(read_epoch(csv, places, &history->epochs[history->count]));
        ++history->count;
    }
}

static lvk_status read_csv(lvk_csv *csv, lvk_history *history) {
    *history = (lvk_history){0};
    const lvk_status status = read_rows(csv, history);
    lvk_csv_close(csv);
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
    return read_csv(&csv, history);
}

lvk_status lvk_history_read(const char *run, lvk_history *history) {
    lvk_csv csv;
    *history = (lvk_history){0};
    char *path = lvk_path_join(run, lvk_run_file_name(LVK_RUN_METRICS));
    lvk_status status = path ? lvk_csv_open(path, &csv) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = read_csv(&csv, history);
    lvk_free(path);
    return status;
}

void lvk_history_finish(lvk_history *history) {
    lvk_free(history->epochs);
    *history = (lvk_history){0};
}
