/* Predictions of two classes evaluated against their labels. */
#include "metrics/evaluation_report.h"

#include "core/memory.h"
#include "metrics/labelled_rows.h"

static void score_subjects(const lvk_labelled_rows *labelled, double threshold, lvk_subject_score *scores) {
    for (size_t i = 0; i < labelled->scored.count; ++i) {
        lvk_subject_score *s = &scores[labelled->subjects[i]];
        const bool positive = lvk_is_positive(labelled->p[i], threshold);
        if (s->cells++ == 0)
            *s = (lvk_subject_score){.name = lvk_prediction_subject(labelled->rows[i]),
                                     .named = lvk_prediction_is_named(labelled->rows[i]),
                                     .label = labelled->labels[i],
                                     .cells = 1};
        if (s->label != labelled->labels[i])
            s->label = -1;
        s->called_positive += positive;
        s->right += positive == labelled->labels[i];
        s->mean_p += (labelled->p[i] - s->mean_p) / s->cells;
    }
}

lvk_status lvk_predictions_by_subject(const lvk_prediction *rows, size_t count, double threshold,
                                      lvk_subject_score **scores, size_t *subjects) {
    lvk_labelled_rows labelled;
    *scores = NULL;
    LVK_TRY(lvk_labelled_rows_init(&labelled, rows, count, 2));
    *subjects = labelled.scored.subject_count;
    *scores = lvk_alloc(*subjects, sizeof **scores);
    if (*scores)
        score_subjects(&labelled, threshold, *scores);
    lvk_labelled_rows_finish(&labelled);
    return *scores ? LVK_OK : LVK_ERROR_MEMORY;
}

void lvk_subject_scores_free(lvk_subject_score *scores) {
    lvk_free(scores);
}

/* Nobody's cells have no vote. */
static void count_votes(const lvk_subject_score *scores, size_t subjects, lvk_evaluation_report *report) {
    for (size_t i = 0; i < subjects; ++i) {
        report->people[0] += scores[i].label <= 0;
        report->people[1] += scores[i].label != 0;
        if (!scores[i].named) {
            report->unnamed += scores[i].cells;
            continue;
        }
        ++report->subjects;
        report->subjects_mixed += scores[i].label < 0;
        report->subjects_right += scores[i].label >= 0 && 2 * scores[i].right > scores[i].cells;
    }
}

lvk_status lvk_predictions_evaluate(const lvk_prediction *rows, size_t count, double threshold,
                                    const lvk_bootstrap_options *options, lvk_evaluation_report *report) {
    lvk_labelled_rows labelled;
    *report = (lvk_evaluation_report){.threshold = threshold};
    LVK_TRY(lvk_labelled_rows_init(&labelled, rows, count, 2));
    lvk_subject_score *scores = lvk_alloc(labelled.scored.subject_count, sizeof *scores);
    lvk_status status =
        scores ? lvk_metrics_compute(&labelled.scored, threshold, &report->metrics) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_metrics_bootstrap(&labelled.scored, threshold, options, &report->low, &report->high);
    if (status == LVK_OK) {
        score_subjects(&labelled, threshold, scores);
        count_votes(scores, labelled.scored.subject_count, report);
    }
    lvk_free(scores);
    lvk_labelled_rows_finish(&labelled);
    return status;
}

lvk_status lvk_predictions_threshold(const lvk_prediction *rows, size_t count, double sensitivity,
                                     double *threshold) {
    lvk_labelled_rows labelled;
    LVK_TRY(lvk_labelled_rows_init(&labelled, rows, count, 2));
    const lvk_status status = lvk_threshold_for(&labelled.scored, sensitivity, threshold);
    lvk_labelled_rows_finish(&labelled);
    return status;
}
