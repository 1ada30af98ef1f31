/* The curves of predictions: as tables, and drawn. */
#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"
#include "metrics/labelled_rows.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { DIGITS = 9, SIDE = 300, MARGIN = 60 };

/* What is written. */
typedef struct curves {
    lvk_metrics metrics;
    lvk_curve_point *points;
    size_t count;
    lvk_calibration_bin bins[LVK_CALIBRATION_BINS];
} curves;

static double share(uint64_t part, uint64_t whole) {
    return whole ? (double)part / (double)whole : (double)NAN;
}

static uint64_t positives_of(const curves *c) {
    return c->metrics.true_positives + c->metrics.false_negatives;
}

static uint64_t negatives_of(const curves *c) {
    return c->metrics.count - positives_of(c);
}

static void add_numbers(lvk_text *text, const double *numbers, int count) {
    for (int i = 0; i < count; ++i) {
        lvk_text_add(text, i ? "," : "");
        if (!isnan(numbers[i]))
            lvk_text_add_number(text, numbers[i], DIGITS);
    }
    lvk_text_add(text, "\n");
}

/* ---- tables ---- */

static void add_roc(lvk_text *text, const curves *c) {
    lvk_text_add(text, "threshold,false_positive_rate,true_positive_rate\n,0,0\n");
    for (size_t i = 0; i < c->count; ++i) {
        const lvk_curve_point *p = &c->points[i];
        const double row[] = {p->threshold, share(p->false_positives, negatives_of(c)),
                              share(p->true_positives, positives_of(c))};
        add_numbers(text, row, 3);
    }
}

static void add_precision_recall(lvk_text *text, const curves *c) {
    lvk_text_add(text, "threshold,recall,precision\n");
    for (size_t i = 0; i < c->count; ++i) {
        const lvk_curve_point *p = &c->points[i];
        const double row[] = {p->threshold, share(p->true_positives, positives_of(c)),
                              share(p->true_positives, p->true_positives + p->false_positives)};
        add_numbers(text, row, 3);
    }
}

static void add_reliability(lvk_text *text, const curves *c) {
    lvk_text_add(text, "from,to,cells,mean_p,share_of_positives\n");
    for (int b = 0; b < LVK_CALIBRATION_BINS; ++b) {
        const double row[] = {(double)b / LVK_CALIBRATION_BINS, (b + 1.0) / LVK_CALIBRATION_BINS,
                              (double)c->bins[b].count, c->bins[b].mean_p,
                              share(c->bins[b].positives, c->bins[b].count)};
        add_numbers(text, row, 5);
    }
}

/* ---- drawing: looks are attributes of the elements, since many readers of SVG know no style sheets.
 * stroke-opacity: ImageMagick's reader begins with 0 ---- */

#define FRAME  "fill=\"none\" stroke=\"#888888\" stroke-opacity=\"1\""
#define CHANCE "fill=\"none\" stroke=\"#888888\" stroke-opacity=\"1\" stroke-dasharray=\"4\""
#define CURVE  "fill=\"none\" stroke=\"#1a5fb4\" stroke-opacity=\"1\" stroke-width=\"2\""
#define BIN    "fill=\"#1a5fb4\" fill-opacity=\"0.6\""

/* A square panel with axes from 0 to 1; what is added later lies in its coordinates, y upwards. */
static void begin_panel(lvk_text *text, int number, const char *title, const char *x, const char *y) {
    static const char *const ticks[] = {"0", "0.5", "1"};
    lvk_text_add(text, "<g transform=\"translate(%d %d)\">\n", MARGIN + number * (SIDE + 2 * MARGIN), MARGIN);
    lvk_text_add(text, "<text x=\"%d\" y=\"-20\" font-weight=\"bold\">%s</text>\n", SIDE / 2, title);
    lvk_text_add(text, "<text x=\"%d\" y=\"%d\">%s</text>\n", SIDE / 2, SIDE + 40, x);
    lvk_text_add(text, "<text transform=\"translate(-38 %d) rotate(-90)\">%s</text>\n", SIDE / 2, y);
    for (int i = 0; i < 3; ++i) {
        lvk_text_add(text, "<text x=\"%d\" y=\"%d\">%s</text>\n", i * SIDE / 2, SIDE + 20, ticks[i]);
        lvk_text_add(text, "<text x=\"-16\" y=\"%d\">%s</text>\n", SIDE - i * SIDE / 2 + 5, ticks[i]);
    }
    lvk_text_add(text, "<rect width=\"%d\" height=\"%d\" " FRAME "/>\n", SIDE, SIDE);
}

static void add_point(lvk_text *text, double x, double y) {
    if (isnan(x) || isnan(y))
        return;
    lvk_text_add_decimal(text, x * SIDE, 1);
    lvk_text_add(text, " ");
    lvk_text_add_decimal(text, SIDE - y * SIDE, 1);
    lvk_text_add(text, " ");
}

static void add_diagonal(lvk_text *text) {
    lvk_text_add(text, "<path d=\"M0 %d L%d 0\" " CHANCE "/>\n", SIDE, SIDE);
}

/* "AUC 0.802" in the corner, and the panel's end. */
static void end_panel(lvk_text *text, const char *name, double value) {
    lvk_text_add(text, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s ", SIDE - 12, SIDE - 14, name);
    if (isnan(value))
        lvk_text_add(text, "n/a");
    else
        lvk_text_add_decimal(text, value, 3);
    lvk_text_add(text, "</text>\n</g>\n");
}

static void draw_roc(lvk_text *text, const curves *c) {
    begin_panel(text, 0, "ROC", "false positive rate (1 - specificity)", "true positive rate (sensitivity)");
    add_diagonal(text);
    lvk_text_add(text, "<polyline " CURVE " points=\"0 %d ", SIDE);
    for (size_t i = 0; i < c->count; ++i)
        add_point(text, share(c->points[i].false_positives, negatives_of(c)),
                  share(c->points[i].true_positives, positives_of(c)));
    lvk_text_add(text, "\"/>\n");
    end_panel(text, "AUC", c->metrics.auc);
}

static void draw_precision_recall(lvk_text *text, const curves *c) {
    const double base = SIDE - SIDE * share(positives_of(c), c->metrics.count);
    begin_panel(text, 1, "Precision and recall", "recall", "precision");
    lvk_text_add(text, "<path d=\"M0 ");
    lvk_text_add_decimal(text, base, 1);
    lvk_text_add(text, " h%d\" " CHANCE "/>\n<polyline " CURVE " points=\"", SIDE);
    for (size_t i = 0; i < c->count; ++i)
        add_point(
            text, share(c->points[i].true_positives, positives_of(c)),
            share(c->points[i].true_positives, c->points[i].true_positives + c->points[i].false_positives));
    lvk_text_add(text, "\"/>\n");
    end_panel(text, "average precision", c->metrics.average_precision);
}

/* Circles whose area is the bin's share of the cells. */
static void draw_reliability(lvk_text *text, const curves *c) {
    begin_panel(text, 2, "Reliability", "mean probability of a bin", "share of positive cells");
    add_diagonal(text);
    for (int b = 0; b < LVK_CALIBRATION_BINS; ++b) {
        const lvk_calibration_bin *bin = &c->bins[b];
        if (bin->count == 0)
            continue;
        lvk_text_add(text, "<circle " BIN " cx=\"");
        lvk_text_add_decimal(text, bin->mean_p * SIDE, 1);
        lvk_text_add(text, "\" cy=\"");
        lvk_text_add_decimal(text, SIDE - SIDE * share(bin->positives, bin->count), 1);
        lvk_text_add(text, "\" r=\"");
        lvk_text_add_decimal(text, 2 + 20 * sqrt(share(bin->count, c->metrics.count)), 1);
        lvk_text_add(text, "\"/>\n");
    }
    end_panel(text, "calibration error", c->metrics.ece);
}

static void add_drawing(lvk_text *text, const curves *c) {
    const int width = 3 * (SIDE + 2 * MARGIN), height = SIDE + 2 * MARGIN;
    lvk_text_add(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" "
        "font-size=\"13\" text-anchor=\"middle\">\n"
        "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n",
        width, height, width, height);
    draw_roc(text, c);
    draw_precision_recall(text, c);
    draw_reliability(text, c);
    lvk_text_add(text, "</svg>\n");
}

/* ---- files ---- */

static lvk_status write_file(const curves *c, const char *folder, const char *name,
                             void (*add)(lvk_text *text, const curves *c)) {
    lvk_text text = {0};
    char *path = lvk_path_join(folder, name), *string = NULL;
    add(&text, c);
    lvk_status status = lvk_text_take(&text, &string, NULL);
    if (status == LVK_OK)
        status = path ? lvk_file_write(path, string, strlen(string)) : LVK_ERROR_MEMORY;
    lvk_free(string);
    lvk_free(path);
    return status;
}

static lvk_status write_all(const curves *c, const char *folder) {
    LVK_TRY(lvk_folder_create(folder));
    LVK_TRY(write_file(c, folder, "roc.csv", add_roc));
    LVK_TRY(write_file(c, folder, "precision-recall.csv", add_precision_recall));
    LVK_TRY(write_file(c, folder, "reliability.csv", add_reliability));
    return write_file(c, folder, "curves.svg", add_drawing);
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
