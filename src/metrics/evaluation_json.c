/* Evaluation reports as JSON. */
#include "core/json_file.h"
#include "core/memory.h"
#include "core/text.h"
#include "leukvk/predict.h"
#include "metrics/evaluation_report.h"

#include <math.h>
#include <string.h>

static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

/* A name that is not UTF-8 has '?' in the place of each byte that is none. */
static json_t *printable(const char *text) {
    if (lvk_text_is_utf8(text))
        return json_string(text);
    char *copy = lvk_strdup(text);
    if (copy)
        lvk_text_make_printable(copy);
    json_t *json = copy ? json_string(copy) : NULL;
    lvk_free(copy);
    return json;
}

static void add_score(json_t *object, const char *key, double value, double low, double high) {
    lvk_json_set(object, key, number(value));
    char *interval = lvk_format("%s_95", key);
    lvk_json_set(object, interval, json_pack("[o, o]", number(low), number(high)));
    lvk_free(interval);
}

/* ---- two classes ---- */

static json_t *baseline(const lvk_baseline *b) {
    return json_pack("{s:o, s:o, s:o}", "accuracy", number(b->accuracy), "f1_weighted",
                     number(b->f1_weighted), "f1_macro", number(b->f1_macro));
}

static json_t *report_of_two(const lvk_evaluation_report *report) {
    const lvk_metrics *m = &report->metrics;
    json_t *object = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:o, s:o}", "images", (json_int_t)m->count,
        "subjects", (json_int_t)report->subjects, "images_without_subject", (json_int_t)report->unnamed,
        "subjects_right", (json_int_t)report->subjects_right, "subjects_mixed",
        (json_int_t)report->subjects_mixed, "true_negatives", (json_int_t)m->true_negatives,
        "false_positives", (json_int_t)m->false_positives, "false_negatives", (json_int_t)m->false_negatives,
        "true_positives", (json_int_t)m->true_positives, "threshold", report->threshold, "always_negative",
        baseline(&m->always_negative), "always_positive", baseline(&m->always_positive));
    size_t count;
    const lvk_measure *measures = lvk_measures(&count);
    for (size_t i = 0; object && i < count; ++i)
        add_score(object, measures[i].key, lvk_measure_of(m, &measures[i]),
                  lvk_measure_of(&report->low, &measures[i]), lvk_measure_of(&report->high, &measures[i]));
    return object;
}

/* ---- three classes and more ---- */

static json_t *class_baseline(const lvk_class_baseline *b) {
    return json_pack("{s:o, s:o, s:o, s:o}", "accuracy", number(b->accuracy), "f1_weighted",
                     number(b->f1_weighted), "f1_macro", number(b->f1_macro), "balanced_accuracy",
                     number(b->balanced_accuracy));
}

static json_t *name_of(const lvk_evaluation_report *report, uint32_t k) {
    return printable(report->class_names[k]);
}

static json_t *names_of(const lvk_evaluation_report *report) {
    json_t *names = json_array();
    for (uint32_t k = 0; k < report->class_count; ++k)
        lvk_json_append(names, name_of(report, k));
    return names;
}

static json_t *confusion_of(const lvk_class_metrics *m) {
    json_t *rows = json_array();
    for (uint32_t k = 0; k < m->classes; ++k) {
        json_t *row = json_array();
        for (uint32_t called = 0; called < m->classes; ++called)
            lvk_json_append(row, json_integer(m->confusion[k][called]));
        lvk_json_append(rows, row);
    }
    return rows;
}

static json_t *class_report(const lvk_evaluation_report *report, uint32_t k) {
    const lvk_class_metrics *m = &report->by_class;
    json_t *object = json_pack("{s:o, s:I, s:I, s:I, s:o}", "class", name_of(report, k), "images",
                               (json_int_t)m->support[k], "called", (json_int_t)m->called[k], "people",
                               (json_int_t)report->people[k], "always", class_baseline(&m->always[k]));
    size_t count;
    const lvk_measure *measures = lvk_class_score_measures(&count);
    for (size_t i = 0; object && i < count; ++i)
        add_score(object, measures[i].key, lvk_class_score_of(&m->scores, k, &measures[i]),
                  lvk_class_score_of(&m->low, k, &measures[i]),
                  lvk_class_score_of(&m->high, k, &measures[i]));
    return object;
}

static json_t *report_of_classes(const lvk_evaluation_report *report) {
    const lvk_class_metrics *m = &report->by_class;
    json_t *object = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "images", (json_int_t)m->count, "subjects",
        (json_int_t)report->subjects, "images_without_subject", (json_int_t)report->unnamed, "subjects_right",
        (json_int_t)report->subjects_right, "subjects_mixed", (json_int_t)report->subjects_mixed, "classes",
        names_of(report), "confusion", confusion_of(m), "most_frequent", name_of(report, m->most_frequent),
        "always_most_frequent", class_baseline(&m->always[m->most_frequent]));
    json_t *by_class = json_array();
    size_t count;
    const lvk_measure *measures = lvk_class_total_measures(&count);
    for (size_t i = 0; object && i < count; ++i)
        add_score(object, measures[i].key, lvk_class_total_of(&m->scores, &measures[i]),
                  lvk_class_total_of(&m->low, &measures[i]), lvk_class_total_of(&m->high, &measures[i]));
    for (uint32_t k = 0; k < m->classes; ++k)
        lvk_json_append(by_class, class_report(report, k));
    lvk_json_set(object, "by_class", by_class);
    return object;
}

/* ---- both ---- */

json_t *lvk_evaluation_report_json(const lvk_evaluation_report *report) {
    return report->class_count ? report_of_classes(report) : report_of_two(report);
}

/* ---- details ---- */

static void add_prevalence(json_t *object, const lvk_metrics *m, double prevalence) {
    double positive, negative;
    lvk_predictive_values(m, prevalence, &positive, &negative);
    lvk_json_set(object, "prevalence", number(prevalence));
    lvk_json_set(object, "positive_predictive_value", number(positive));
    lvk_json_set(object, "negative_predictive_value", number(negative));
}

static lvk_status append(json_t *list, json_t *row) {
    return json_array_append_new(list, row) == 0
               ? LVK_OK
               : lvk_fail(LVK_ERROR_MEMORY, "out of memory for a JSON text");
}

static json_t *subject_row(const lvk_subject_score *s, const lvk_evaluation_details *d) {
    const char *label = s->label ? d->positive_class : d->negative_class;
    return json_pack("{s:o, s:o, s:I, s:I, s:o, s:I}", "subject", printable(s->name), "label",
                     s->label < 0 ? json_null() : printable(label), "cells", (json_int_t)s->cells,
                     "called_positive", (json_int_t)s->called_positive, "mean_p", number(s->mean_p), "right",
                     (json_int_t)s->right);
}

static lvk_status add_subjects(json_t *list, const lvk_evaluation_report *report,
                               const lvk_evaluation_details *d) {
    lvk_subject_score *scores;
    size_t count;
    lvk_status status = lvk_predictions_by_subject(d->rows, d->count, report->threshold, &scores, &count);
    for (size_t i = 0; status == LVK_OK && i < count; ++i)
        if (scores[i].named)
            status = append(list, subject_row(&scores[i], d));
    lvk_subject_scores_free(scores);
    return status;
}

static json_t *class_subject_row(const lvk_subject_class_score *s, const lvk_evaluation_report *report) {
    json_t *called = json_array();
    for (uint32_t k = 0; k < report->class_count; ++k)
        lvk_json_append(called, json_integer(s->called[k]));
    return json_pack("{s:o, s:o, s:o, s:I, s:o, s:I}", "subject", printable(s->name), "label",
                     s->label < 0 ? json_null() : name_of(report, (uint32_t)s->label), "majority",
                     s->vote < 0 ? json_null() : name_of(report, (uint32_t)s->vote), "cells",
                     (json_int_t)s->cells, "called", called, "right", (json_int_t)s->right);
}

static lvk_status add_class_subjects(json_t *list, const lvk_evaluation_report *report,
                                     const lvk_evaluation_details *d) {
    lvk_subject_class_score *scores;
    size_t count;
    lvk_status status =
        lvk_predictions_by_subject_classes(d->rows, d->count, report->class_count, &scores, &count);
    for (size_t i = 0; status == LVK_OK && i < count; ++i)
        if (scores[i].named)
            status = append(list, class_subject_row(&scores[i], report));
    lvk_subject_class_scores_free(scores);
    return status;
}

static lvk_status add_details(json_t *json, const lvk_evaluation_report *report,
                              const lvk_evaluation_details *d) {
    if (!report->class_count && !isnan(d->prevalence))
        add_prevalence(json, &report->metrics, d->prevalence);
    if (!d->rows)
        return LVK_OK;
    json_t *list = json_array();
    lvk_json_set(json, "by_subject", list);
    return report->class_count ? add_class_subjects(list, report, d) : add_subjects(list, report, d);
}

lvk_status lvk_evaluation_report_text(const lvk_evaluation_report *report,
                                      const lvk_evaluation_details *details, char **text) {
    *text = NULL;
    json_t *json = lvk_evaluation_report_json(report);
    lvk_status status = details && json ? add_details(json, report, details) : LVK_OK;
    if (status == LVK_OK)
        status = lvk_json_text(json, LVK_PREDICTION_DIGITS, text);
    json_decref(json);
    return status;
}
