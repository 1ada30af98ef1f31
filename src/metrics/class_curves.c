/* The curves of predictions of three classes and more, each class against the rest: as tables, and drawn. */
#include "core/file.h"
#include "core/memory.h"
#include "metrics/curve_panel.h"
#include "metrics/labelled_rows.h"

/* One class against the rest. */
typedef struct class_curve {
    const char *name;
    lvk_metrics metrics;
    lvk_curve_point *points;
    size_t count;
} class_curve;

typedef struct curves {
    class_curve of[LVK_MOST_CLASSES];
    uint32_t classes;
    lvk_calibration_bin bins[LVK_CALIBRATION_BINS]; /* of the highest probability; "positive": called right */
    uint64_t count;
    double ece;
} curves;

/* Told apart with every kind of colour vision (Okabe, Ito, "Color universal design", 2008); they repeat. */
static const char *color_of(uint32_t k) {
    static const char *const colors[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                         "#e69f00", "#56b4e9", "#000000", "#8a8a00"};
    return colors[k % (sizeof colors / sizeof *colors)];
}

enum { MOST_LINES = 17 }; /* of text, in a panel */

static uint64_t positives_of(const class_curve *c) {
    return c->metrics.true_positives + c->metrics.false_negatives;
}

static double recall_at(const class_curve *c, size_t i) {
    return lvk_share(c->points[i].true_positives, positives_of(c));
}

static double false_rate_at(const class_curve *c, size_t i) {
    return lvk_share(c->points[i].false_positives, c->metrics.count - positives_of(c));
}

static double precision_at(const class_curve *c, size_t i) {
    return lvk_share(c->points[i].true_positives, c->points[i].true_positives + c->points[i].false_positives);
}

/* ---- tables ---- */

static void add_row(lvk_text *text, const class_curve *c, const double numbers[3]) {
    lvk_text_add_csv(text, c->name);
    lvk_text_add(text, ",");
    lvk_curve_add_numbers(text, numbers, 3);
}

static void add_roc(lvk_text *text, const curves *all) {
    lvk_text_add(text, "class,threshold,false_positive_rate,true_positive_rate\n");
    for (uint32_t k = 0; k < all->classes; ++k) {
        const class_curve *c = &all->of[k];
        lvk_text_add_csv(text, c->name);
        lvk_text_add(text, ",,0,0\n");
        for (size_t i = 0; i < c->count; ++i)
            add_row(text, c, (const double[]){c->points[i].threshold, false_rate_at(c, i), recall_at(c, i)});
    }
}

static void add_precision_recall(lvk_text *text, const curves *all) {
    lvk_text_add(text, "class,threshold,recall,precision\n");
    for (uint32_t k = 0; k < all->classes; ++k) {
        const class_curve *c = &all->of[k];
        for (size_t i = 0; i < c->count; ++i)
            add_row(text, c, (const double[]){c->points[i].threshold, recall_at(c, i), precision_at(c, i)});
    }
}

static void add_reliability(lvk_text *text, const curves *all) {
    lvk_curve_add_bins(text, all->bins, "mean_highest_p", "share_right");
}

/* ---- drawing ---- */

/* A line a class in its colour, the first class on top. */
static void add_value(lvk_text *text, const curves *all, uint32_t k, double value) {
    if (k < MOST_LINES)
        lvk_panel_add_value(text, (int)((all->classes < MOST_LINES ? all->classes : MOST_LINES) - 1 - k),
                            color_of(k), all->of[k].name, value);
}

static void draw_roc(lvk_text *text, const curves *all) {
    lvk_panel_begin(text, 0, "ROC of a class against the rest: AUC", "false positive rate",
                    "true positive rate");
    lvk_panel_add_diagonal(text);
    for (uint32_t k = 0; k < all->classes; ++k) {
        const class_curve *c = &all->of[k];
        lvk_panel_begin_line(text, color_of(k));
        lvk_text_add(text, "0 %d ", LVK_PANEL_SIDE);
        for (size_t i = 0; i < c->count; ++i)
            lvk_panel_add_point(text, false_rate_at(c, i), recall_at(c, i));
        lvk_panel_end_line(text);
        add_value(text, all, k, c->metrics.auc);
    }
    lvk_panel_end(text);
}

static void draw_precision_recall(lvk_text *text, const curves *all) {
    lvk_panel_begin(text, 1, "Precision and recall: average precision", "recall", "precision");
    for (uint32_t k = 0; k < all->classes; ++k) {
        const class_curve *c = &all->of[k];
        lvk_panel_begin_line(text, color_of(k));
        for (size_t i = 0; i < c->count; ++i)
            lvk_panel_add_point(text, recall_at(c, i), precision_at(c, i));
        lvk_panel_end_line(text);
        add_value(text, all, k, c->metrics.average_precision);
    }
    lvk_panel_end(text);
}

static void draw_reliability(lvk_text *text, const curves *all) {
    lvk_panel_begin(text, 2, "Reliability", "mean of the highest probability in a bin",
                    "share of cells called right");
    lvk_panel_add_diagonal(text);
    lvk_panel_add_bins(text, all->bins, all->count);
    lvk_panel_add_value(text, 0, NULL, "calibration error", all->ece);
    lvk_panel_end(text);
}

static void add_drawing(lvk_text *text, const curves *all) {
    lvk_drawing_begin(text);
    draw_roc(text, all);
    draw_precision_recall(text, all);
    draw_reliability(text, all);
    lvk_drawing_end(text);
}

/* ---- curves ---- */

/* Class k against the rest. `p` and `labels` have room for all rows. */
static lvk_status take_class(const lvk_class_rows *rows, uint32_t k, double *p, uint8_t *labels,
                             class_curve *c) {
    const lvk_scored scored = {.count = rows->count, .probabilities = p, .labels = labels};
    for (size_t i = 0; i < rows->count; ++i) {
        p[i] = rows->probabilities[i * rows->classes + k];
        labels[i] = rows->labels[i] == k;
    }
    LVK_TRY(lvk_metrics_compute(&scored, LVK_THRESHOLD, &c->metrics));
    return lvk_curve(&scored, &c->points, &c->count);
}

static lvk_status take_bins(const lvk_class_rows *rows, double *p, uint8_t *right, curves *all) {
    const lvk_scored scored = {.count = rows->count, .probabilities = p, .labels = right};
    lvk_metrics metrics;
    for (size_t i = 0; i < rows->count; ++i) {
        const double *row = rows->probabilities + i * rows->classes;
        const uint32_t called = lvk_class_called(row, rows->classes);
        p[i] = row[called];
        right[i] = called == rows->labels[i];
    }
    LVK_TRY(lvk_metrics_compute(&scored, LVK_THRESHOLD, &metrics));
    all->count = rows->count;
    all->ece = metrics.ece;
    return lvk_calibration(&scored, all->bins);
}

static lvk_status take_all(const lvk_class_rows *rows, const char *const *names, curves *all) {
    double *p = lvk_alloc(rows->count, sizeof *p);
    uint8_t *labels = lvk_alloc(rows->count, 1);
    lvk_status status = p && labels ? take_bins(rows, p, labels, all) : LVK_ERROR_MEMORY;
    all->classes = rows->classes;
    for (uint32_t k = 0; k < rows->classes && status == LVK_OK; ++k) {
        all->of[k].name = names[k];
        status = take_class(rows, k, p, labels, &all->of[k]);
    }
    lvk_free(p);
    lvk_free(labels);
    return status;
}

/* ---- files ---- */

static lvk_status write_all(const curves *all, const char *folder) {
    lvk_curve_texts texts = {0};
    add_roc(&texts.roc, all);
    add_precision_recall(&texts.precision_recall, all);
    add_reliability(&texts.reliability, all);
    add_drawing(&texts.drawing, all);
    return lvk_curve_texts_write(&texts, folder);
}

lvk_status lvk_predictions_class_curves(const lvk_prediction *rows, size_t count, const char *const *names,
                                        uint32_t classes, const char *folder) {
    lvk_labelled_rows labelled;
    curves all = {.classes = 0};
    if (classes < 3 || classes > LVK_MOST_CLASSES)
        return lvk_fail(LVK_ERROR_ARGUMENT, "curves of %u classes: 3 to %d", classes, LVK_MOST_CLASSES);
    LVK_TRY(lvk_labelled_rows_init(&labelled, rows, count, classes));
    lvk_status status = take_all(&labelled.by_class, names, &all);
    if (status == LVK_OK)
        status = write_all(&all, folder);
    for (uint32_t k = 0; k < classes; ++k)
        lvk_curve_free(all.of[k].points);
    lvk_labelled_rows_finish(&labelled);
    return status;
}
