/* Predictions of three classes and more evaluated against their labels. */
#include "core/memory.h"
#include "metrics/evaluation_report.h"
#include "metrics/labelled_rows.h"

#include <math.h>
#include <stdio.h>

/* ---- subjects ---- */

static void score_subjects(const lvk_labelled_rows *labelled, lvk_subject_class_score *scores) {
    const lvk_class_rows *rows = &labelled->by_class;
    for (size_t i = 0; i < rows->count; ++i) {
        lvk_subject_class_score *s = &scores[labelled->subjects[i]];
        const int label = (int)labelled->class_labels[i];
        const uint32_t called = lvk_class_called(rows->probabilities + i * rows->classes, rows->classes);
        if (s->cells++ == 0) {
            s->name = lvk_prediction_subject(labelled->rows[i]);
            s->named = lvk_prediction_is_named(labelled->rows[i]);
            s->label = label;
        }
        if (s->label != label)
            s->label = -1;
        ++s->called[called];
        s->right += (int)called == label;
    }
    for (uint32_t i = 0; i < rows->subject_count; ++i)
        scores[i].vote = lvk_votes_winner(scores[i].called, rows->classes);
}

lvk_status lvk_predictions_by_subject_classes(const lvk_prediction *rows, size_t count, uint32_t classes,
                                              lvk_subject_class_score **scores, size_t *subjects) {
    lvk_labelled_rows labelled;
    *scores = NULL;
    LVK_TRY(lvk_labelled_rows_init(&labelled, rows, count, classes));
    *subjects = labelled.scored.subject_count;
    *scores = lvk_alloc(*subjects, sizeof **scores);
    if (*scores)
        score_subjects(&labelled, *scores);
    lvk_labelled_rows_finish(&labelled);
    return *scores ? LVK_OK : LVK_ERROR_MEMORY;
}

void lvk_subject_class_scores_free(lvk_subject_class_score *scores) {
    lvk_free(scores);
}

/* ---- report ---- */

/* Nobody's cells have no vote. */
static void count_votes(const lvk_subject_class_score *scores, size_t subjects,
                        lvk_evaluation_report *report) {
    for (size_t i = 0; i < subjects; ++i) {
        if (!scores[i].named) {
            report->unnamed += scores[i].cells;
            continue;
        }
        ++report->subjects;
        report->subjects_mixed += scores[i].label < 0;
        report->subjects_right += scores[i].label >= 0 && scores[i].vote == scores[i].label;
    }
}

/* The rows of a subject lie together. */
static void count_people(const lvk_labelled_rows *labelled, lvk_evaluation_report *report) {
    uint32_t last[LVK_MOST_CLASSES]; /* subject, counted from 1, whose row of the class was the last */
    for (uint32_t k = 0; k < labelled->by_class.classes; ++k)
        last[k] = 0;
    for (size_t i = 0; i < labelled->by_class.count; ++i) {
        const uint32_t label = labelled->class_labels[i];
        report->people[label] += last[label] != labelled->subjects[i] + 1;
        last[label] = labelled->subjects[i] + 1;
    }
}

static lvk_status evaluate(const lvk_labelled_rows *labelled, const lvk_bootstrap_options *options,
                           lvk_evaluation_report *report) {
    lvk_class_metrics *m = &report->by_class;
    lvk_subject_class_score *scores = lvk_alloc(labelled->scored.subject_count, sizeof *scores);
    lvk_status status =
        scores ? lvk_class_metrics_bootstrap(&labelled->by_class, options, m) : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        lvk_class_metrics_shared(m, &m->scores, &report->metrics);
        lvk_class_metrics_shared(m, &m->low, &report->low);
        lvk_class_metrics_shared(m, &m->high, &report->high);
        score_subjects(labelled, scores);
        count_votes(scores, labelled->scored.subject_count, report);
        count_people(labelled, report);
    }
    lvk_free(scores);
    return status;
}

lvk_status lvk_predictions_evaluate_classes(const lvk_prediction *rows, size_t count,
                                            const char *const *names, uint32_t classes,
                                            const lvk_bootstrap_options *options,
                                            lvk_evaluation_report *report) {
    lvk_labelled_rows labelled;
    *report = (lvk_evaluation_report){.threshold = (double)NAN, .class_count = classes};
    if (classes < 3 || classes > LVK_MOST_CLASSES)
        return lvk_fail(LVK_ERROR_ARGUMENT, "an evaluation of %u classes: 3 to %d", classes,
                        LVK_MOST_CLASSES);
    for (uint32_t k = 0; k < classes; ++k)
        snprintf(report->class_names[k], sizeof report->class_names[k], "%s", names[k]);
    LVK_TRY(lvk_labelled_rows_init(&labelled, rows, count, classes));
    const lvk_status status = evaluate(&labelled, options, report);
    lvk_labelled_rows_finish(&labelled);
    return status;
}
