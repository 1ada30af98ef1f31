/* Files of predictions: read, evaluated, and written again.
 * Covers: src/metrics/{prediction_set,predictions,labelled_rows,metrics,class_metrics,class_report,evaluation_report,
 *         evaluation_json,subject_summary,bootstrap,temperature}.c src/core/csv.c */
#include "support.h"

#include "leukvk/predict.h"
#include "leukvk/predictions.h"

#include <string.h>

void fuzz_begin(void) {}

static void evaluate(const lvk_prediction *rows, size_t count, const char *const *names, uint32_t classes) {
    static lvk_evaluation_report report; /* large */
    const lvk_bootstrap_options options = {.replicates = 4, .threads = 1};
    const bool two = classes == 2;
    const lvk_status status =
        two ? lvk_predictions_evaluate(rows, count, 0.5, &options, &report)
            : lvk_predictions_evaluate_classes(rows, count, names, classes, &options, &report);
    if (!fuzz_ok(status))
        return;
    const lvk_evaluation_details details = {.rows = rows,
                                            .count = count,
                                            .positive_class = names[two ? 1 : 0],
                                            .negative_class = names[0],
                                            .prevalence = 0.1};
    char *text = NULL;
    REQUIRE(fuzz_ok(lvk_evaluation_report_text(&report, &details, &text)) && *text);
    lvk_text_free(text);
}

/* What was read can be written; what was written can be read, to the same probabilities. */
static void write_again(const lvk_prediction *rows, size_t count, const char *const *names,
                        uint32_t classes) {
    const lvk_prediction_options options = {.format = LVK_PREDICTIONS_CSV,
                                            .negative_class = names[0],
                                            .positive_class = names[1],
                                            .threshold = 0.5,
                                            .labelled = true,
                                            .class_count = classes > 2 ? classes : 0,
                                            .class_names = names};
    const char *path = fuzz_file("again.csv", "", 0);
    lvk_prediction_set *set = NULL;
    size_t again;
    REQUIRE(fuzz_ok(lvk_predictions_write(path, rows, count, &options)));
    if (!fuzz_ok(lvk_prediction_set_read(&path, 1, &set)))
        REQUIRE(count == 0);
    if (!set)
        return;
    const lvk_prediction *read = lvk_prediction_set_rows(set, &again);
    REQUIRE(again == count);
    for (size_t i = 0; i < count; ++i) {
        REQUIRE(strcmp(read[i].path, rows[i].path) == 0 && read[i].label == rows[i].label);
        REQUIRE(read[i].p >= 0 && read[i].p <= 1 && read[i].p == lvk_prediction_round(rows[i].p));
    }
    lvk_prediction_set_destroy(&set);
}

void fuzz_one(const uint8_t *data, size_t size) {
    const char *path = fuzz_file("predictions.csv", data, size);
    lvk_prediction_set *set = NULL;
    if (!fuzz_ok(lvk_prediction_set_read(&path, 1, &set)))
        return;
    size_t count;
    uint32_t classes;
    const lvk_prediction *rows = lvk_prediction_set_rows(set, &count);
    const char *const *names = lvk_prediction_set_classes(set, &classes);
    double threshold;
    evaluate(rows, count, names, classes);
    if (classes == 2)
        (void)fuzz_ok(lvk_predictions_threshold(rows, count, 0.9, &threshold));
    write_again(rows, count, names, classes);
    lvk_prediction_set_destroy(&set);
}
