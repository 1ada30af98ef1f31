#include "report/chart.h"

#include "page/axis.h"
#include "report/html.h"

#include <math.h>
#include <string.h>

enum { SIDE = 320, LEFT = 64, RIGHT = 18, TOP = 40, BOTTOM = 52, LEGEND = 20, DIGIT = 8 };

const char *lvk_chart_color(size_t index) {
    static const char *const colors[] = {LVK_CHART_BLUE, LVK_CHART_RED, LVK_CHART_GREEN, LVK_CHART_PURPLE,
                                         LVK_CHART_GREY};
    return colors[index % (sizeof colors / sizeof *colors)];
}

const char *lvk_chart_dashes(size_t index) {
    static const char *const dashes[] = {"", "7 3", "2 3", "9 3 2 3"};
    return dashes[index % (sizeof dashes / sizeof *dashes)];
}

lvk_chart_axis lvk_chart_axis_round(const char *label, double least, double most) {
    const lvk_axis axis = lvk_axis_choose(least, most, 4);
    return (lvk_chart_axis){
        .label = label, .from = axis.from, .to = axis.to, .step = axis.step, .decimals = axis.decimals};
}

double lvk_chart_x(const lvk_chart *chart, double x) {
    const double share = (x - chart->x.from) / (chart->x.to - chart->x.from);
    return chart->left + fmin(fmax(share, 0), 1) * chart->width;
}

double lvk_chart_y(const lvk_chart *chart, double y) {
    const double share = (y - chart->y.from) / (chart->y.to - chart->y.from);
    return chart->top + chart->height - fmin(fmax(share, 0), 1) * chart->height;
}

/* name="12.3" */
static void add_attribute(lvk_text *text, const char *name, double value) {
    lvk_text_add(text, " %s=\"", name);
    lvk_text_add_decimal(text, value, 1);
    lvk_text_add(text, "\"");
}

static void add_line(lvk_chart *chart, double x0, double y0, double x1, double y1, const char *looks) {
    lvk_text_add(chart->text, "<line");
    add_attribute(chart->text, "x1", x0);
    add_attribute(chart->text, "y1", y0);
    add_attribute(chart->text, "x2", x1);
    add_attribute(chart->text, "y2", y1);
    lvk_text_add(chart->text, " %s/>\n", looks);
}

static void add_text(lvk_chart *chart, double x, double y, const char *more, const char *string) {
    lvk_text_add(chart->text, "<text");
    add_attribute(chart->text, "x", x);
    add_attribute(chart->text, "y", y);
    lvk_text_add(chart->text, " %s>", more);
    lvk_html_add(chart->text, string);
    lvk_text_add(chart->text, "</text>\n");
}

#define GRID "stroke=\"currentColor\" stroke-opacity=\"0.15\""

static void add_ticks_x(lvk_chart *c) {
    char number[LVK_NUMBER_SIZE];
    for (int i = 0; c->x.step > 0 && c->x.from + i * c->x.step <= c->x.to + c->x.step * 1e-6; ++i) {
        const double at = c->x.from + i * c->x.step, x = lvk_chart_x(c, at);
        add_line(c, x, c->top, x, c->top + c->height, GRID);
        add_text(c, x, c->top + c->height + 17, "text-anchor=\"middle\"",
                 lvk_html_number(number, at, c->x.decimals));
    }
    add_text(c, c->left + c->width / 2, c->top + c->height + 38, "text-anchor=\"middle\"", c->x.label);
}

static void add_ticks_y(lvk_chart *c) {
    char number[LVK_NUMBER_SIZE];
    for (int i = 0; c->y.step > 0 && c->y.from + i * c->y.step <= c->y.to + c->y.step * 1e-6; ++i) {
        const double at = c->y.from + i * c->y.step, y = lvk_chart_y(c, at);
        add_line(c, c->left, y, c->left + c->width, y, GRID);
        add_text(c, c->left - 7, y + 4, "text-anchor=\"end\"", lvk_html_number(number, at, c->y.decimals));
    }
    if (!*c->y.label)
        return;
    lvk_text_add(c->text, "<text transform=\"translate(15 ");
    lvk_text_add_decimal(c->text, c->top + c->height / 2, 1);
    lvk_text_add(c->text, ") rotate(-90)\" text-anchor=\"middle\">");
    lvk_html_add(c->text, c->y.label);
    lvk_text_add(c->text, "</text>\n");
}

void lvk_chart_begin_sized(lvk_chart *chart, lvk_text *text, const char *id, const char *title,
                           const char *summary, lvk_chart_axis x, lvk_chart_axis y, int legends,
                           lvk_chart_size size) {
    *chart = (lvk_chart){.text = text,
                         .id = id,
                         .x = x,
                         .y = y,
                         .left = size.left,
                         .top = TOP,
                         .width = size.width,
                         .height = size.height};
    const int width = (int)(size.left + size.width) + RIGHT,
              height = (int)(TOP + size.height) + BOTTOM + legends * LEGEND;
    lvk_text_add(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
        "color=\"#000000\" fill=\"currentColor\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\"",
        width, height, width, height);
    lvk_html(text, " id=\"chart-{}\" aria-labelledby=\"{}-title {}-desc\"", id, id, id);
    const double plot[] = {chart->left, chart->top, chart->width, chart->height, x.from, x.to, y.from, y.to};
    lvk_text_add(text, " data-plot=\"");
    for (size_t i = 0; i < sizeof plot / sizeof *plot; ++i) {
        lvk_text_add(text, i ? " " : "");
        lvk_text_add_number(text, plot[i], 9);
    }
    lvk_html(text, "\">\n<title id=\"{}-title\">{}</title>\n<desc id=\"{}-desc\">{}</desc>\n", id, title, id,
             summary);
    lvk_text_add(text, "<rect class=\"paper\" width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", width,
                 height);
    add_text(chart, size.left, 22, "font-size=\"14\" font-weight=\"bold\"", title);
    add_ticks_x(chart);
    add_ticks_y(chart);
}

void lvk_chart_begin(lvk_chart *chart, lvk_text *text, const char *id, const char *title, const char *summary,
                     lvk_chart_axis x, lvk_chart_axis y, int legends) {
    lvk_chart_begin_sized(chart, text, id, title, summary, x, y, legends,
                          (lvk_chart_size){.width = SIDE,
                                           .height = SIDE,
                                           .left = LEFT + DIGIT * (y.decimals > 3 ? y.decimals - 3 : 0)});
}

void lvk_chart_end(lvk_chart *chart) {
    const double right = chart->left + chart->width, bottom = chart->top + chart->height;
    add_line(chart, chart->left, bottom, right, bottom, "stroke=\"currentColor\" stroke-opacity=\"0.7\"");
    add_line(chart, chart->left, chart->top, chart->left, bottom,
             "stroke=\"currentColor\" stroke-opacity=\"0.7\"");
    lvk_text_add(chart->text, "</svg>\n");
}

static void add_point(lvk_chart *chart, char command, double x, double y) {
    lvk_text_add(chart->text, "%c", command);
    lvk_text_add_decimal(chart->text, lvk_chart_x(chart, x), 1);
    lvk_text_add(chart->text, " ");
    lvk_text_add_decimal(chart->text, lvk_chart_y(chart, y), 1);
}

/* The points of a line, for the page to read values of. */
static void add_values(lvk_text *text, const char *name, const double *values, size_t count) {
    lvk_text_add(text, " %s=\"", name);
    for (size_t i = 0; i < count; ++i) {
        lvk_text_add(text, i ? " " : "");
        lvk_text_add_number(text, values[i], 4);
    }
    lvk_text_add(text, "\"");
}

void lvk_chart_line(lvk_chart *chart, const double *x, const double *y, size_t count, const char *color,
                    const char *dashes, const char *name) {
    bool down = false;
    lvk_text_add(chart->text, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2\"", color);
    if (*dashes)
        lvk_text_add(chart->text, " stroke-dasharray=\"%s\"", dashes);
    if (name) {
        lvk_html(chart->text, " data-name=\"{}\"", name);
        add_values(chart->text, "data-x", x, count);
        add_values(chart->text, "data-y", y, count);
    }
    lvk_text_add(chart->text, " d=\"");
    for (size_t i = 0; i < count; ++i) {
        const bool known = !isnan(x[i]) && !isnan(y[i]);
        if (known)
            add_point(chart, down ? 'L' : 'M', x[i], y[i]);
        down = known;
    }
    lvk_text_add(chart->text, "\"/>\n");
}

static void add_area(lvk_chart *chart, const double *x, const double *low, const double *high, size_t from,
                     size_t to) {
    for (size_t i = from; i < to; ++i)
        add_point(chart, i > from ? 'L' : 'M', x[i], high[i]);
    for (size_t i = to; i-- > from;)
        add_point(chart, 'L', x[i], low[i]);
    lvk_text_add(chart->text, "Z");
}

void lvk_chart_band(lvk_chart *chart, const double *x, const double *low, const double *high, size_t count,
                    const char *color) {
    lvk_text_add(chart->text, "<path class=\"band\" fill=\"%s\" fill-opacity=\"0.2\" d=\"", color);
    size_t from = 0;
    for (size_t i = 0; i <= count; ++i) {
        if (i < count && !isnan(low[i]) && !isnan(high[i]))
            continue;
        if (i > from + 1)
            add_area(chart, x, low, high, from, i);
        from = i + 1;
    }
    lvk_text_add(chart->text, "\"/>\n");
}

void lvk_chart_rule(lvk_chart *chart, double x0, double y0, double x1, double y1) {
    add_line(chart, lvk_chart_x(chart, x0), lvk_chart_y(chart, y0), lvk_chart_x(chart, x1),
             lvk_chart_y(chart, y1), "stroke=\"" LVK_CHART_GREY "\" stroke-dasharray=\"4 4\"");
}

void lvk_chart_stroke(lvk_chart *chart, double x0, double y0, double x1, double y1, const char *color) {
    lvk_text looks = {0};
    lvk_text_add(&looks, "stroke=\"%s\" stroke-width=\"1.5\"", color);
    if (looks.data)
        add_line(chart, lvk_chart_x(chart, x0), lvk_chart_y(chart, y0), lvk_chart_x(chart, x1),
                 lvk_chart_y(chart, y1), looks.data);
    chart->text->failed = chart->text->failed || looks.failed;
    lvk_text_finish(&looks);
}

static void add_cross(lvk_chart *chart, double x, double y, double radius, const char *color) {
    const double at[] = {x - radius, y - radius, x + radius, y + radius,
                         x - radius, y + radius, x + radius, y - radius};
    lvk_text_add(chart->text, "<path stroke=\"%s\" stroke-width=\"2.2\" fill=\"none\" d=\"", color);
    for (int i = 0; i < 4; ++i) {
        lvk_text_add(chart->text, i % 2 ? "L" : "M");
        lvk_text_add_decimal(chart->text, at[2 * i], 1);
        lvk_text_add(chart->text, " ");
        lvk_text_add_decimal(chart->text, at[2 * i + 1], 1);
    }
    lvk_text_add(chart->text, "\">");
}

/* The beginning of a mark at a point of the drawing, whose end is add_mark_end. */
static void add_mark(lvk_chart *chart, double x, double y, double radius, const char *color, int cross) {
    if (cross) {
        add_cross(chart, x, y, radius * 0.8, color);
        return;
    }
    lvk_text_add(chart->text, "<circle fill=\"%s\"", color);
    add_attribute(chart->text, "cx", x);
    add_attribute(chart->text, "cy", y);
    add_attribute(chart->text, "r", radius);
    lvk_text_add(chart->text, ">");
}

static void add_mark_end(lvk_chart *chart, int cross) {
    lvk_text_add(chart->text, cross ? "</path>\n" : "</circle>\n");
}

void lvk_chart_mark(lvk_chart *chart, double x, double y, double radius, const char *color, int cross,
                    const char *told) {
    if (isnan(x) || isnan(y))
        return;
    add_mark(chart, lvk_chart_x(chart, x), lvk_chart_y(chart, y), radius, color, cross);
    lvk_html(chart->text, "<title>{}</title>", told);
    add_mark_end(chart, cross);
}

void lvk_chart_note(lvk_chart *chart, double x, double y, const char *anchor, const char *note) {
    lvk_text_add(chart->text,
                 "<text class=\"halo\" stroke=\"#ffffff\" stroke-width=\"3\" stroke-opacity=\"0.8\" "
                 "paint-order=\"stroke\" text-anchor=\"%s\"",
                 anchor);
    add_attribute(chart->text, "x",
                  lvk_chart_x(chart, x) + (strcmp(anchor, "start") == 0 ? 5
                                           : strcmp(anchor, "end") == 0 ? -5
                                                                        : 0));
    add_attribute(chart->text, "y", lvk_chart_y(chart, y) + 4);
    lvk_html(chart->text, ">{}</text>\n", note);
}

static double legend_y(lvk_chart *chart) {
    return chart->top + chart->height + BOTTOM + LEGEND * chart->legends++ + 4;
}

void lvk_chart_legend_mark(lvk_chart *chart, const char *color, int cross, const char *entry) {
    const double y = legend_y(chart);
    add_mark(chart, chart->left + 13, y, 5, color, cross);
    add_mark_end(chart, cross);
    add_text(chart, chart->left + 33, y + 4, "", entry);
}

void lvk_chart_legend(lvk_chart *chart, const char *color, const char *dashes, int band, const char *entry) {
    const double y = legend_y(chart), x = chart->left;
    lvk_text *text = chart->text;
    if (band) {
        lvk_text_add(text, "<rect fill=\"%s\" fill-opacity=\"0.2\" width=\"26\" height=\"12\"", color);
        add_attribute(text, "x", x);
        add_attribute(text, "y", y - 6);
        lvk_text_add(text, "/>\n");
    }
    if (dashes) {
        lvk_text_add(text,
                     "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2\" stroke-dasharray=\"%s\" d=\"M",
                     color, *dashes ? dashes : "none");
        lvk_text_add_decimal(text, x, 1);
        lvk_text_add(text, " ");
        lvk_text_add_decimal(text, y, 1);
        lvk_text_add(text, "h26\"/>\n");
    }
    add_text(chart, x + 33, y + 4, "", entry);
}
