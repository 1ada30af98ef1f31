/* Charts as SVG. Looks are attributes of the elements, so that a chart is whole in a file of its own; in the page,
 * style sheets change its colours for a dark ground. Text and axes have the colour `currentColor`. */
#ifndef LVK_REPORT_CHART_H
#define LVK_REPORT_CHART_H

#include "core/text.h"

#include <stddef.h>

/* Colours that people with any kind of colour blindness tell apart (Okabe, Ito 2008), and that stand out from
 * white and from black. Lines also differ in their dashes, points in their shapes. */
#define LVK_CHART_BLUE   "#0072B2"
#define LVK_CHART_RED    "#D55E00"
#define LVK_CHART_GREEN  "#009E73"
#define LVK_CHART_PURPLE "#B0629A"
#define LVK_CHART_GREY   "#808080"

/* Colour and dashes of line number `index`. */
const char *lvk_chart_color(size_t index);
const char *lvk_chart_dashes(size_t index);

/* An axis from `from` to `to`, with a tick at each multiple of `step`. */
typedef struct lvk_chart_axis {
    const char *label; /* what it measures, with its unit */
    double from, to, step;
    int decimals; /* of the ticks */
} lvk_chart_axis;

/* Chooses ends and steps of an axis so that they are round numbers around `least` to `most`. */
lvk_chart_axis lvk_chart_axis_round(const char *label, double least, double most);

typedef struct lvk_chart {
    lvk_text *text;
    const char *id;
    lvk_chart_axis x, y;
    double left, top, width, height; /* of the plot in the drawing */
    int legends;
} lvk_chart;

/* Begins a drawing: title, axes and grid. `summary` says in a sentence what it shows, for those who do not see
 * it. `legends`: lines of lvk_chart_legend to come. `id` is in letters and '-'. */
void lvk_chart_begin(lvk_chart *chart, lvk_text *text, const char *id, const char *title, const char *summary,
                     lvk_chart_axis x, lvk_chart_axis y, int legends);

/* The same for a plot of another size, or with `names` in the place of the ticks of y: then `left` is the
 * room for them. */
typedef struct lvk_chart_size {
    double width, height, left;
} lvk_chart_size;
void lvk_chart_begin_sized(lvk_chart *chart, lvk_text *text, const char *id, const char *title,
                           const char *summary, lvk_chart_axis x, lvk_chart_axis y, int legends,
                           lvk_chart_size size);
void lvk_chart_end(lvk_chart *chart);

/* A point of the drawing, which is inside the plot. */
double lvk_chart_x(const lvk_chart *chart, double x);
double lvk_chart_y(const lvk_chart *chart, double y);

/* A line through points; it is interrupted where a coordinate is NaN. `name` is told when one points at it, and
 * makes the line one that the page can read values of; NULL: none. */
void lvk_chart_line(lvk_chart *chart, const double *x, const double *y, size_t count, const char *color,
                    const char *dashes, const char *name);

/* The area between two lines; where an end is NaN there is none. */
void lvk_chart_band(lvk_chart *chart, const double *x, const double *low, const double *high, size_t count,
                    const char *color);

/* A straight line between two points, of dashes. */
void lvk_chart_rule(lvk_chart *chart, double x0, double y0, double x1, double y1);

/* A solid thin line, for intervals. */
void lvk_chart_stroke(lvk_chart *chart, double x0, double y0, double x1, double y1, const char *color);

/* A filled circle, or a cross where `cross`, with a text that is told when one points at it. */
void lvk_chart_mark(lvk_chart *chart, double x, double y, double radius, const char *color, int cross,
                    const char *told);

/* A text in the plot, at a point; anchor: start, middle or end. */
void lvk_chart_note(lvk_chart *chart, double x, double y, const char *anchor, const char *note);

/* An entry of the legend, below the plot, with a dot or a cross before it, or with a line and a band. */
void lvk_chart_legend_mark(lvk_chart *chart, const char *color, int cross, const char *entry);
void lvk_chart_legend(lvk_chart *chart, const char *color, const char *dashes, int band, const char *entry);

#endif
