#include "train/results.h"

#include "core/file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

lvk_status lvk_results_judge(lvk_trainer *t, lvk_split_part part, const uint32_t *images, size_t count,
                             lvk_metrics *metrics, double *size_auc) {
    const lvk_prediction_options options = {.format = LVK_PREDICTIONS_CSV,
                                            .negative_class = t->info.negative_class,
                                            .positive_class = t->info.positive_class,
                                            .threshold = LVK_THRESHOLD,
                                            .with_subject = true,
                                            .with_label = true};
    double *probabilities = lvk_alloc(count, sizeof *probabilities);
    lvk_prediction *rows = lvk_alloc(count, sizeof *rows);
    char *path =
        lvk_format("%s/predictions-%s.csv", lvk_run_folder_path(t->folder), lvk_split_part_name(part));
    lvk_status status = probabilities && rows && path ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_judge_probabilities(t->network, &t->source, images, count, 1, NULL, NULL, probabilities);
    if (status == LVK_OK)
        status = lvk_judge_measure(t->dataset, images, probabilities, count, metrics, size_auc);
    if (status == LVK_OK) {
        lvk_judge_rows(t->dataset, images, probabilities, count, rows);
        status = lvk_predictions_write(path, rows, count, &options);
    }
    lvk_free(probabilities);
    lvk_free(rows);
    lvk_free(path);
    return status;
}

static void set_number(json_t *object, const char *key, double value) {
    json_object_set_new(object, key, isfinite(value) ? json_real(value) : json_null());
}

static void set_baseline(json_t *object, const char *key, const lvk_baseline *baseline) {
    json_t *inner = json_object();
    set_number(inner, "accuracy", baseline->accuracy);
    set_number(inner, "f1_weighted", baseline->f1_weighted);
    set_number(inner, "f1_macro", baseline->f1_macro);
    json_object_set_new(object, key, inner);
}

json_t *lvk_results_metrics_json(const lvk_metrics *m, double size_auc) {
    const struct {
        const char *key;
        double value;
    } numbers[] = {{"loss", m->loss},
                   {"accuracy", m->accuracy},
                   {"f1_weighted", m->f1_weighted},
                   {"f1_macro", m->f1_macro},
                   {"balanced_accuracy", m->balanced_accuracy},
                   {"auc", m->auc},
                   {"sensitivity", m->recall},
                   {"specificity", m->specificity},
                   {"precision", m->precision},
                   {"f1_positive", m->f1_positive},
                   {"f1_negative", m->f1_negative},
                   {"size_only_auc", size_auc}};
    json_t *object = json_pack(
        "{s:I, s:I, s:I, s:I, s:I}", "images", (json_int_t)m->count, "true_negatives",
        (json_int_t)m->true_negatives, "false_positives", (json_int_t)m->false_positives, "false_negatives",
        (json_int_t)m->false_negatives, "true_positives", (json_int_t)m->true_positives);
    for (size_t i = 0; object && i < sizeof numbers / sizeof *numbers; ++i)
        set_number(object, numbers[i].key, numbers[i].value);
    if (object) {
        set_baseline(object, "always_negative", &m->always_negative);
        set_baseline(object, "always_positive", &m->always_positive);
    }
    return object;
}

lvk_status lvk_results_write(const lvk_trainer *t, const lvk_train_result *result) {
    json_t *json = json_pack("{s:I, s:I, s:b}", "epochs", (json_int_t)result->epochs, "best_epoch",
                             (json_int_t)result->best_epoch, "stopped_early", (int)result->stopped_early);
    for (int part = 0; json && part < LVK_SPLIT_PART_COUNT; ++part)
        if (result->tested[part])
            json_object_set_new(json, lvk_split_part_name((lvk_split_part)part),
                                lvk_results_metrics_json(&result->metrics[part], result->size_auc[part]));
    char *text = json ? json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(json);
    char *path = lvk_format("%s/results.json", lvk_run_folder_path(t->folder));
    char *line = text ? lvk_format("%s\n", text) : NULL;
    const lvk_status status = path && line ? lvk_file_write(path, line, strlen(line)) : LVK_ERROR_MEMORY;
    free(text); /* jansson's */
    lvk_free(line);
    lvk_free(path);
    return status;
}
