/* The curves of predictions of two classes: as tables, and drawn. */
#include "core/file.h"
#include "metrics/curve_panel.h"
#include "metrics/labelled_rows.h"

/* What is written. */
typedef struct curves {
    lvk_metrics metrics;
    lvk_curve_point *points;
    size_t count;
    lvk_calibration_bin bins[LVK_CALIBRATION_BINS];
} curves;

static uint64_t positives_of(const curves *c) {
    return c->metrics.true_positives + c->metrics.false_negatives;
}

static uint64_t negatives_of(const curves *c) {
    return c->metrics.count - positives_of(c);
}

/* ---- tables ---- */

static void add_roc(lvk_text *text, const curves *c) {
    lvk_text_add(text, "threshold,false_positive_rate,true_positive_rate\n,0,0\n");
    for (size_t i = 0; i < c->count; ++i) {
        const lvk_curve_point *p = &c->points[i];
        const double row[] = {p->threshold, lvk_share(p->false_positives, negatives_of(c)),
                              lvk_share(p->true_positives, positives_of(c))};
        lvk_curve_add_numbers(text, row, 3);
    }
}

static void add_precision_recall(lvk_text *text, const curves *c) {
    lvk_text_add(text, "threshold,recall,precision\n");
    for (size_t i = 0; i < c->count; ++i) {
        const lvk_curve_point *p = &c->points[i];
        const double row[] = {p->threshold, lvk_share(p->true_positives, positives_of(c)),
                              lvk_share(p->true_positives, p->true_positives + p->false_positives)};
        lvk_curve_add_numbers(text, row, 3);
    }
}

static void add_reliability(lvk_text *text, const curves *c) {
    lvk_curve_add_bins(text, c->bins, "mean_p", "share_of_positives");
}

/* ---- drawing ---- */

static void draw_roc(lvk_text *text, const curves *c) {
    lvk_panel_begin(text, 0, "ROC", "false positive rate (1 - specificity)",
                    "true positive rate (sensitivity)");
    lvk_panel_add_diagonal(text);
    lvk_panel_begin_line(text, LVK_PANEL_COLOR);
    lvk_text_add(text, "0 %d ", LVK_PANEL_SIDE);
    for (size_t i = 0; i < c->count; ++i)
        lvk_panel_add_point(text, lvk_share(c->points[i].false_positives, negatives_of(c)),
                            lvk_share(c->points[i].true_positives, positives_of(c)));
    lvk_panel_end_line(text);
    lvk_panel_add_value(text, 0, NULL, "AUC", c->metrics.auc);
    lvk_panel_end(text);
}

static void draw_precision_recall(lvk_text *text, const curves *c) {
    const double base = LVK_PANEL_SIDE - LVK_PANEL_SIDE * lvk_share(positives_of(c), c->metrics.count);
    lvk_panel_begin(text, 1, "Precision and recall", "recall", "precision");
    lvk_text_add(text, "<path d=\"M0 ");
    lvk_text_add_decimal(text, base, 1);
    lvk_text_add(text, " h%d\" " LVK_PANEL_CHANCE "/>\n", LVK_PANEL_SIDE);
    lvk_panel_begin_line(text, LVK_PANEL_COLOR);
    for (size_t i = 0; i < c->count; ++i)
        lvk_panel_add_point(text, lvk_share(c->points[i].true_positives, positives_of(c)),
                            lvk_share(c->points[i].true_positives,
                                      c->points[i].true_positives + c->points[i].false_positives));
    lvk_panel_end_line(text);
    lvk_panel_add_value(text, 0, NULL, "average precision", c->metrics.average_precision);
    lvk_panel_end(text);
}

static void draw_reliability(lvk_text *text, const curves *c) {
    lvk_panel_begin(text, 2, "Reliability", "mean probability of a bin", "share of positive cells");
    lvk_panel_add_diagonal(text);
    lvk_panel_add_bins(text, c->bins, c->metrics.count);
    lvk_panel_add_value(text, 0, NULL, "calibration error", c->metrics.ece);
    lvk_panel_end(text);
}

static void add_drawing(lvk_text *text, const curves *c) {
    lvk_drawing_begin(text);
    draw_roc(text, c);
    draw_precision_recall(text, c);
    draw_reliability(text, c);
    lvk_drawing_end(text);
}

/* ---- files ---- */

static lvk_status write_all(const curves *c, const char *folder) {
    lvk_curve_texts texts = {0};
    add_roc(&texts.roc, c);
    add_precision_recall(&texts.precision_recall, c);
    add_reliability(&texts.reliability, c);
    add_drawing(&texts.drawing, c);
    return lvk_curve_texts_write(&texts, folder);
}

lvk_status lvk_predictions_curves(const lvk_prediction *rows, size_t count, const char *folder) {
    lvk_labelled_rows labelled;
    curves c = {.points = NULL};
    LVK_TRY(lvk_labelled_rows_init(&labelled, rows, count, 2));
    lvk_status status = lvk_metrics_compute(&labelled.scored, LVK_THRESHOLD, &c.metrics);
    if (status == LVK_OK)
        status = lvk_curve(&labelled.scored, &c.points, &c.count);
    if (status == LVK_OK)
        status = lvk_calibration(&labelled.scored, c.bins);
    if (status == LVK_OK)
        status = write_all(&c, folder);
    lvk_curve_free(c.points);
    lvk_labelled_rows_finish(&labelled);
    return status;
}
