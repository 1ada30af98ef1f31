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

void lvk_predictions_sort_by_subject(const lvk_prediction **rows, size_t count) {
    if (count)
        qsort(rows, count, sizeof *rows, compare_subjects);
}

int lvk_votes_winner(const uint32_t *votes, uint32_t classes) {
    int best = 0;
    bool tied = false;
    for (uint32_t k = 1; k < classes; ++k) {
        tied = votes[k] == votes[best] || (tied && votes[k] < votes[best]);
        best = votes[k] > votes[best] ? (int)k : best;
    }
    return tied ? -1 : best;
}

void lvk_labelled_rows_finish(lvk_labelled_rows *labelled) {
    lvk_free(labelled->rows);
    lvk_free(labelled->p);
    lvk_free(labelled->areas);
    lvk_free(labelled->labels);
    lvk_free(labelled->probabilities);
    lvk_free(labelled->class_labels);
    lvk_free(labelled->subjects);
}

static lvk_status allocate(lvk_labelled_rows *l, size_t count, uint32_t classes) {
    *l = (lvk_labelled_rows){.rows = lvk_alloc(count, sizeof *l->rows),
                             .subjects = lvk_alloc(count, sizeof *l->subjects)};
    bool allocated = l->rows && l->subjects;
    if (classes > 2) {
        l->probabilities = lvk_alloc(count * classes, sizeof *l->probabilities);
        l->class_labels = lvk_alloc(count, sizeof *l->class_labels);
        allocated = allocated && l->probabilities && l->class_labels;
    } else {
        l->p = lvk_alloc(count, sizeof *l->p);
        l->areas = lvk_alloc(count, sizeof *l->areas);
        l->labels = lvk_alloc(count, 1);
        allocated = allocated && l->p && l->areas && l->labels;
    }
    if (!allocated)
        lvk_labelled_rows_finish(l);
    return allocated ? LVK_OK : LVK_ERROR_MEMORY;
}

static void number_subjects(lvk_labelled_rows *labelled) {
    lvk_scored *s = &labelled->scored;
    for (size_t i = 0; i < s->count; ++i) {
        s->subject_count += i == 0 || strcmp(lvk_prediction_subject(labelled->rows[i - 1]),
                                             lvk_prediction_subject(labelled->rows[i])) != 0;
        labelled->subjects[i] = s->subject_count - 1;
        labelled->unnamed += !lvk_prediction_is_named(labelled->rows[i]);
    }
    s->subjects = labelled->subjects;
}

static void fill_two(lvk_labelled_rows *labelled) {
    lvk_scored *s = &labelled->scored;
    bool areas_known = true;
    for (size_t i = 0; i < s->count; ++i) {
        labelled->p[i] = labelled->rows[i]->p;
        labelled->areas[i] = labelled->rows[i]->area;
        labelled->labels[i] = (uint8_t)labelled->rows[i]->label;
        areas_known = areas_known && labelled->rows[i]->area;
    }
    s->probabilities = labelled->p;
    s->labels = labelled->labels;
    s->areas = areas_known ? labelled->areas : NULL;
}

static void fill_classes(lvk_labelled_rows *labelled, uint32_t classes) {
    const lvk_scored *s = &labelled->scored;
    for (size_t i = 0; i < s->count; ++i) {
        memcpy(labelled->probabilities + i * classes, labelled->rows[i]->probabilities,
               classes * sizeof *labelled->probabilities);
        labelled->class_labels[i] = (uint32_t)labelled->rows[i]->label;
    }
    labelled->by_class = (lvk_class_rows){.count = s->count,
                                          .classes = classes,
                                          .probabilities = labelled->probabilities,
                                          .labels = labelled->class_labels,
                                          .subjects = s->subjects,
                                          .subject_count = s->subject_count};
}

lvk_status lvk_labelled_rows_init(lvk_labelled_rows *labelled, const lvk_prediction *rows, size_t count,
                                  uint32_t classes) {
    LVK_TRY(allocate(labelled, count, classes));
    lvk_scored *s = &labelled->scored;
    for (size_t i = 0; i < count; ++i)
        if (rows[i].label >= 0)
            labelled->rows[s->count++] = &rows[i];
    lvk_predictions_sort_by_subject(labelled->rows, s->count);
    number_subjects(labelled);
    if (classes > 2)
        fill_classes(labelled, classes);
    else
        fill_two(labelled);
    return LVK_OK;
}
