/* Drawings of curves as SVG, and tables of their points: what those of two classes and of more have in
 * common. */
#ifndef LVK_METRICS_CURVE_PANEL_H
#define LVK_METRICS_CURVE_PANEL_H

#include "core/text.h"
#include "leukvk/metrics.h"

/* ---- drawing: looks are attributes of the elements, since many readers of SVG know no style sheets.
 * stroke-opacity: ImageMagick's reader begins with 0 ---- */

enum { LVK_PANEL_SIDE = 300, LVK_PANEL_MARGIN = 60 };

#define LVK_PANEL_FRAME  "fill=\"none\" stroke=\"#888888\" stroke-opacity=\"1\""
#define LVK_PANEL_CHANCE "fill=\"none\" stroke=\"#888888\" stroke-opacity=\"1\" stroke-dasharray=\"4\""
#define LVK_PANEL_COLOR  "#1a5fb4"

/* Three panels stand side by side, numbers 0 to 2, between these two. */
void lvk_drawing_begin(lvk_text *text);
void lvk_drawing_end(lvk_text *text);

/* A square panel with axes from 0 to 1; what is added later lies in its coordinates, y upwards. */
void lvk_panel_begin(lvk_text *text, int number, const char *title, const char *x, const char *y);
void lvk_panel_add_point(lvk_text *text, double x, double y);
void lvk_panel_add_diagonal(lvk_text *text);

/* A line whose points follow, and its end. */
void lvk_panel_begin_line(lvk_text *text, const char *color);
void lvk_panel_end_line(lvk_text *text);

/* Circles whose area is the bin's share of the `count` cells. */
void lvk_panel_add_bins(lvk_text *text, const lvk_calibration_bin bins[LVK_CALIBRATION_BINS], uint64_t count);

/* "AUC 0.802" in the corner, `line` lines above the lowest. `name` is no more than text. */
void lvk_panel_add_value(lvk_text *text, int line, const char *color, const char *name, double value);
void lvk_panel_end(lvk_text *text);

/* ---- tables ---- */

/* NaN: 0/0. */
double lvk_share(uint64_t part, uint64_t whole);

/* Numbers with commas between them and a newline; nothing where one is NaN. */
void lvk_curve_add_numbers(lvk_text *text, const double *numbers, int count);

/* The bins under the names of two columns: the mean of p, and the share of positive rows. */
void lvk_curve_add_bins(lvk_text *text, const lvk_calibration_bin bins[LVK_CALIBRATION_BINS],
                        const char *mean, const char *share);

/* ---- files ---- */

typedef struct lvk_curve_texts {
    lvk_text roc, precision_recall, reliability, drawing;
} lvk_curve_texts;

/* Creates the folder, writes the texts into roc.csv, precision-recall.csv, reliability.csv and curves.svg, and
 * finishes the texts, also after a failure. */
LVK_MUST_USE lvk_status lvk_curve_texts_write(lvk_curve_texts *texts, const char *folder);

#endif
