#include "metrics/labelled_rows.h"

#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

bool lvk_prediction_is_named(const lvk_prediction *row) {
    return row->subject && *row->subject;
}

const char *lvk_prediction_subject(const lvk_prediction *row) {
    return lvk_prediction_is_named(row) ? row->subject : row->path;
}

static int compare_subjects(const void *a, const void *b) {
    const lvk_prediction *x = *(const lvk_prediction *const *)a, *y = *(const lvk_prediction *const *)b;
    const int order = strcmp(lvk_prediction_subject(x), lvk_prediction_subject(y));
    return order ? order : (x > y) - (x < y);
}

void lvk_labelled_rows_finish(lvk_labelled_rows *labelled) {
    lvk_free(labelled->rows);
    lvk_free(labelled->p);
    lvk_free(labelled->areas);
    lvk_free(labelled->labels);
    lvk_free(labelled->subjects);
}

lvk_status lvk_labelled_rows_init(lvk_labelled_rows *labelled, const lvk_prediction *rows, size_t count) {
    *labelled = (lvk_labelled_rows){.rows = lvk_alloc(count, sizeof *labelled->rows),
                                    .p = lvk_alloc(count, sizeof *labelled->p),
                                    .areas = lvk_alloc(count, sizeof *labelled->areas),
                                    .labels = lvk_alloc(count, 1),
                                    .subjects = lvk_alloc(count, sizeof *labelled->subjects)};
    if (!labelled->rows || !labelled->p || !labelled->areas || !labelled->labels || !labelled->subjects) {
        lvk_labelled_rows_finish(labelled);
        return LVK_ERROR_MEMORY;
    }
    lvk_scored *s = &labelled->scored;
    for (size_t i = 0; i < count; ++i)
        if (rows[i].label >= 0)
            labelled->rows[s->count++] = &rows[i];
    qsort(labelled->rows, s->count, sizeof *labelled->rows, compare_subjects);
    bool areas_known = true;
    for (size_t i = 0; i < s->count; ++i) {
        labelled->p[i] = labelled->rows[i]->p;
        labelled->areas[i] = labelled->rows[i]->area;
        labelled->labels[i] = (uint8_t)labelled->rows[i]->label;
        areas_known = areas_known && labelled->rows[i]->area;
        s->subject_count += i == 0 || strcmp(lvk_prediction_subject(labelled->rows[i - 1]),
                                             lvk_prediction_subject(labelled->rows[i])) != 0;
        labelled->subjects[i] = s->subject_count - 1;
        labelled->unnamed += !lvk_prediction_is_named(labelled->rows[i]);
    }
    s->probabilities = labelled->p;
    s->labels = labelled->labels;
    s->areas = areas_known ? labelled->areas : NULL;
    s->subjects = labelled->subjects;
    return LVK_OK;
}
