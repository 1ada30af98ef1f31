#include "leukvk/class_metrics.h"

#include "core/memory.h"
#include "core/options.h"
#include "core/parallel.h"
#include "metrics/bootstrap.h"
#include "metrics/class_table.h"

#include <math.h>
#include <string.h>

/* ---- scores as columns of numbers ---- */

const lvk_measure *lvk_class_total_measures(size_t *count) {
#define MEASURE(key, field, name) {key, name, offsetof(lvk_class_totals, field)}
    static const lvk_measure measures[] = {
        MEASURE("accuracy", accuracy, "accuracy"),
        MEASURE("f1_weighted", f1_weighted, "F1 weighted by class size"),
        MEASURE("f1_macro", f1_macro, "F1 macro (plain mean)"),
        MEASURE("balanced_accuracy", balanced_accuracy, "balanced accuracy"),
        MEASURE("auc_macro", auc_macro, "AUC, mean of one against the rest"),
        MEASURE("kappa", kappa, "Cohen's kappa"),
        MEASURE("loss", loss, "loss"),
        MEASURE("brier", brier, "Brier score"),
        MEASURE("ece", ece, "expected calibration error")};
#undef MEASURE
    *count = sizeof measures / sizeof *measures;
    return measures;
}

const lvk_measure *lvk_class_score_measures(size_t *count) {
#define MEASURE(key, field, name) {key, name, offsetof(lvk_class_score, field)}
    static const lvk_measure measures[] = {MEASURE("precision", precision, "precision"),
                                           MEASURE("recall", recall, "recall"), MEASURE("f1", f1, "F1"),
                                           MEASURE("auc", auc, "AUC against the rest")};
#undef MEASURE
    *count = sizeof measures / sizeof *measures;
    return measures;
}

enum {
    TOTALS = sizeof(lvk_class_totals) / sizeof(double),
    OF_CLASS = sizeof(lvk_class_score) / sizeof(double)
};
_Static_assert(sizeof(lvk_class_totals) == TOTALS * sizeof(double), "holds scores alone");
_Static_assert(sizeof(lvk_class_score) == OF_CLASS * sizeof(double), "holds scores alone");
_Static_assert(offsetof(lvk_class_scores, of) == sizeof(lvk_class_totals),
               "totals and classes follow each other");

/* All scores of lvk_class_scores, in their order. */
static size_t score_count(uint32_t classes) {
    return TOTALS + (size_t)OF_CLASS * classes;
}

static double *scores_as_array(lvk_class_scores *scores) {
    return (double *)scores;
}

/* ---- the scores ---- */

static void clear(lvk_class_metrics *metrics, uint32_t classes) {
    memset(metrics, 0, sizeof *metrics);
    for (size_t i = 0; i < score_count(classes); ++i)
        scores_as_array(&metrics->low)[i] = scores_as_array(&metrics->high)[i] = (double)NAN;
}

lvk_status lvk_class_metrics_compute(const lvk_class_rows *rows, lvk_class_metrics *metrics) {
    lvk_class_table table;
    LVK_TRY(lvk_class_table_init(&table, rows));
    clear(metrics, rows->classes);
    lvk_class_table_score(&table, NULL, &metrics->scores, metrics);
    lvk_class_table_finish(&table);
    return LVK_OK;
}

/* ---- intervals ---- */

typedef struct bootstrap {
    const lvk_class_table *table;
    uint64_t seed;
    size_t scores;      /* of a replicate */
    double *replicates; /* [replicates][scores] */
} bootstrap;

static lvk_status measure(void *user, size_t replicate) {
    bootstrap *b = user;
    const uint32_t subjects = b->table->rows->subject_count;
    uint32_t *times = lvk_alloc(subjects, sizeof *times);
    lvk_class_scores scores;
    if (!times)
        return LVK_ERROR_MEMORY;
    for (uint32_t i = 0; i < subjects; ++i)
        ++times[lvk_bootstrap_draw(b->seed, (uint32_t)replicate, i, subjects)];
    lvk_class_table_score(b->table, times, &scores, NULL);
    memcpy(b->replicates + replicate * b->scores, scores_as_array(&scores), b->scores * sizeof(double));
    lvk_free(times);
    return LVK_OK;
}

/* Whether each class that has rows has them of several subjects: *enough. */
static lvk_status count_people(const lvk_class_rows *rows, bool *enough) {
    uint32_t people[LVK_MOST_CLASSES] = {0};
    bool *has = lvk_alloc((size_t)rows->subject_count * rows->classes, sizeof *has);
    if (!has)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < rows->count; ++i) {
        bool *seen = &has[(size_t)rows->subjects[i] * rows->classes + rows->labels[i]];
        people[rows->labels[i]] += !*seen;
        *seen = true;
    }
    *enough = true;
    for (uint32_t k = 0; k < rows->classes; ++k)
        *enough = *enough && (people[k] == 0 || people[k] >= LVK_BOOTSTRAP_LEAST);
    lvk_free(has);
    return LVK_OK;
}

static void take_intervals(const bootstrap *b, size_t replicates, double *values,
                           lvk_class_metrics *metrics) {
    for (size_t i = 0; i < b->scores; ++i) {
        size_t count = 0;
        for (size_t r = 0; r < replicates; ++r)
            if (!isnan(b->replicates[r * b->scores + i]))
                values[count++] = b->replicates[r * b->scores + i];
        lvk_bootstrap_interval(values, count, replicates, &scores_as_array(&metrics->low)[i],
                               &scores_as_array(&metrics->high)[i]);
    }
}

static lvk_status draw_replicates(const lvk_class_table *table, const lvk_bootstrap_options *options,
                                  size_t replicates, lvk_class_metrics *metrics) {
    bootstrap b = {.table = table, .seed = options->seed, .scores = score_count(table->rows->classes)};
    b.replicates = lvk_alloc(replicates, b.scores * sizeof *b.replicates);
    double *values = lvk_alloc(replicates, sizeof *values);
    lvk_status status = b.replicates && values ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_parallel_for(options->threads, replicates, measure, &b, NULL, NULL);
    if (status == LVK_OK)
        take_intervals(&b, replicates, values, metrics);
    lvk_free(b.replicates);
    lvk_free(values);
    return status;
}

lvk_status lvk_class_metrics_bootstrap(const lvk_class_rows *rows, const lvk_bootstrap_options *given,
                                       lvk_class_metrics *metrics) {
    lvk_bootstrap_options taken;
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_bootstrap_options, &taken, given));
    const lvk_bootstrap_options *const options = &taken;
    lvk_class_table table;
    size_t replicates;
    bool enough = false;
    LVK_TRY(lvk_bootstrap_replicates(options, &replicates));
    LVK_TRY(lvk_class_table_init(&table, rows));
    clear(metrics, rows->classes);
    lvk_class_table_score(&table, NULL, &metrics->scores, metrics);
    lvk_status status = count_people(rows, &enough);
    if (status == LVK_OK && enough && rows->count)
        status = draw_replicates(&table, options, replicates, metrics);
    lvk_class_table_finish(&table);
    return status;
}

/* ---- what two classes have as well ---- */

void lvk_class_metrics_shared(const lvk_class_metrics *metrics, const lvk_class_scores *scores,
                              lvk_metrics *shared) {
    lvk_metrics_from_counts(0, 0, 0, 0, shared); /* all scores NaN */
    shared->count = metrics->count;
    shared->loss = scores->all.loss;
    shared->accuracy = scores->all.accuracy;
    shared->f1_weighted = scores->all.f1_weighted;
    shared->f1_macro = scores->all.f1_macro;
    shared->balanced_accuracy = scores->all.balanced_accuracy;
    shared->auc = scores->all.auc_macro;
    shared->brier = scores->all.brier;
    shared->ece = scores->all.ece;
}
