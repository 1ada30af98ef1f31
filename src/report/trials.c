#include "report/trials.h"

#include "core/csv.h"
#include "core/memory.h"
#include "core/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BEHIND = 7, MOST_TRIALS = 100000 }; /* columns behind the axes */

void lvk_report_trials_finish(lvk_report_source *source) {
    for (size_t t = 0; source->trials && t < source->trial_count; ++t) {
        for (int a = 0; source->trials[t].settings && a < source->axis_count; ++a)
            lvk_free(source->trials[t].settings[a]);
        lvk_free(source->trials[t].settings);
    }
    for (int a = 0; source->axes && a < source->axis_count; ++a)
        lvk_free(source->axes[a]);
    lvk_free(source->axes);
    lvk_free(source->trials);
}

static lvk_status take_axes(const lvk_csv *csv, lvk_report_source *source) {
    static const char *const behind[BEHIND] = {"outcome", "trained_epochs",  "best_epoch", "val_loss",
                                               "val_auc", "val_f1_weighted", "test_auc"};
    const int axes = csv->width - 1 - BEHIND;
    if (axes < 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: is no table of trials", csv->path);
    for (int i = 0; i < BEHIND; ++i)
        if (strcmp(csv->fields[1 + axes + i], behind[i]) != 0)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: column %d is not %s", csv->path, 2 + axes + i, behind[i]);
    source->axes = lvk_alloc((size_t)axes + 1, sizeof *source->axes);
    if (!source->axes)
        return LVK_ERROR_MEMORY;
    source->axis_count = axes;
    for (int a = 0; a < axes; ++a)
        if (!(source->axes[a] = lvk_strdup(csv->fields[1 + a])))
            return LVK_ERROR_MEMORY;
    return LVK_OK;
}

/* A field without anything is a number that the search does not have. */
static lvk_status read_number(const lvk_csv *csv, int column, double *value) {
    *value = (double)NAN;
    return !*csv->fields[column] || lvk_csv_number(csv, csv->fields[column], value)
               ? LVK_OK
               : lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: '%.40s' is no number", csv->path, csv->line,
                          csv->fields[column]);
}

static lvk_status take_trial(const lvk_csv *csv, lvk_report_source *source) {
    lvk_report_trial *t = &source->trials[source->trial_count++];
    const int axes = source->axis_count;
    uint64_t number_of;
    *t = (lvk_report_trial){.settings = lvk_alloc((size_t)axes + 1, sizeof *t->settings)};
    if (!t->settings)
        return LVK_ERROR_MEMORY;
    if (!lvk_number_parse_u64(csv->fields[0], UINT32_MAX, &number_of))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: '%s' is no number of a trial", csv->path, csv->line,
                        csv->fields[0]);
    t->number = (uint32_t)number_of;
    for (int a = 0; a < axes; ++a)
        if (!(t->settings[a] = lvk_strdup(csv->fields[1 + a])))
            return LVK_ERROR_MEMORY;
    snprintf(t->outcome, sizeof t->outcome, "%s", csv->fields[1 + axes]);
    double *const numbers[] = {&t->epochs, &t->best_epoch, &t->loss, &t->auc, &t->f1, &t->test_auc};
    for (int n = 0; n < (int)(sizeof numbers / sizeof *numbers); ++n)
        LVK_TRY(read_number(csv, 2 + axes + n, numbers[n]));
    return LVK_OK;
}

static void find_best(lvk_report_source *source) {
    double least = INFINITY;
    for (size_t i = 0; i < source->trial_count; ++i) {
        const lvk_report_trial *t = &source->trials[i];
        if (strcmp(t->outcome, "finished") == 0 && t->loss < least) {
            least = t->loss;
            source->best_trial = t->number;
        }
    }
}

static lvk_status take_all(lvk_csv *csv, lvk_report_source *source) {
    size_t capacity = 0;
    LVK_TRY(take_axes(csv, source));
    for (bool more;;) {
        LVK_TRY(lvk_csv_next(csv, &more));
        if (!more)
            break;
        if (source->trial_count == MOST_TRIALS)
            return lvk_fail(LVK_ERROR_LIMIT, "%s: more than %d trials", csv->path, MOST_TRIALS);
        LVK_TRY(LVK_GROW(&source->trials, &capacity, source->trial_count));
        LVK_TRY(take_trial(csv, source));
    }
    find_best(source);
    return LVK_OK;
}

lvk_status lvk_report_trials_read(lvk_report_source *source) {
    char *path = lvk_format("%s/trials.csv", source->folder);
    lvk_csv csv;
    lvk_status status = path ? lvk_csv_open(path, &csv) : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        status = take_all(&csv, source);
        lvk_csv_close(&csv);
    }
    lvk_free(path);
    return status;
}
