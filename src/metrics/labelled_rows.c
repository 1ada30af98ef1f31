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

void lvk_judged_finish(lvk_judged *t) {
    lvk_free(t->rows);
    lvk_free(t->p);
    lvk_free(t->areas);
    lvk_free(t->labels);
    lvk_free(t->subjects);
}

lvk_status lvk_judged_init(lvk_judged *t, const lvk_prediction *rows, size_t count) {
    *t = (lvk_judged){.rows = lvk_alloc(count, sizeof *t->rows),
                      .p = lvk_alloc(count, sizeof *t->p),
                      .areas = lvk_alloc(count, sizeof *t->areas),
                      .labels = lvk_alloc(count, 1),
                      .subjects = lvk_alloc(count, sizeof *t->subjects)};
    if (!t->rows || !t->p || !t->areas || !t->labels || !t->subjects) {
        lvk_judged_finish(t);
        return LVK_ERROR_MEMORY;
    }
    lvk_scored *s = &t->scored;
    for (size_t i = 0; i < count; ++i)
        if (rows[i].label >= 0)
            t->rows[s->count++] = &rows[i];
    qsort(t->rows, s->count, sizeof *t->rows, compare_subjects);
    bool areas_known = true;
    for (size_t i = 0; i < s->count; ++i) {
        t->p[i] = t->rows[i]->p;
        t->areas[i] = t->rows[i]->area;
        t->labels[i] = (uint8_t)t->rows[i]->label;
        areas_known = areas_known && t->rows[i]->area;
        s->subject_count +=
            i == 0 || strcmp(lvk_prediction_subject(t->rows[i - 1]), lvk_prediction_subject(t->rows[i])) != 0;
        t->subjects[i] = s->subject_count - 1;
        t->unnamed += !lvk_prediction_is_named(t->rows[i]);
    }
    s->probabilities = t->p;
    s->labels = t->labels;
    s->areas = areas_known ? t->areas : NULL;
    s->subjects = t->subjects;
    return LVK_OK;
}
