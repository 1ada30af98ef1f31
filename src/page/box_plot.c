#include "page/box_plot.h"

#include "core/memory.h"
#include "core/quantile.h"
#include "page/axis.h"
#include "page/html.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    WIDTH = 340,
    RIGHT = 24,       /* from the end of the axis, for half of its last number */
    LEFT_ABOVE = 24,  /* from the left to the axis, where names are above the rows */
    LEFT_BESIDE = 78, /* where they are beside them */
    ROW_ABOVE = 40,
    ROW_BESIDE = 17,
    BOX = 12,   /* the height of a box */
    BELOW = 44, /* the axis with its numbers and its title */
    FEW = 5,    /* fewer values are drawn one by one */
    LONGEST_BESIDE = 9,
    LONGEST_ABOVE = 46
};

lvk_fences lvk_fences_of(const double *sorted, size_t count) {
    lvk_fences f;
    for (int q = 0; q < 3; ++q)
        f.quartiles[q] = lvk_quantile(sorted, count, 0.25 * (q + 1));
    const double margin = 1.5 * (f.quartiles[2] - f.quartiles[0]);
    f.low = f.quartiles[0] - margin;
    f.high = f.quartiles[2] + margin;
    return f;
}

typedef struct drawing {
    lvk_text *text;
    const lvk_box_plot *plot;
    lvk_axis axis;
    int left, row;
} drawing;

static double x_of(const drawing *d, double value) {
    return d->left + lvk_axis_place(&d->axis, value) * (WIDTH - RIGHT - d->left);
}

/* Adds NAME="VALUE". */
static void add_place(lvk_text *text, const char *name, double value) {
    lvk_text_add(text, " %s=\"", name);
    lvk_text_add_decimal(text, value, 1);
    lvk_text_add(text, "\"");
}

static void add_line(const drawing *d, double x1, double y1, double x2, double y2, const char *looks) {
    lvk_text_add(d->text, "<line");
    add_place(d->text, "x1", x1);
    add_place(d->text, "y1", y1);
    add_place(d->text, "x2", x2);
    add_place(d->text, "y2", y2);
    lvk_text_add(d->text, " %s/>\n", looks);
}

/* ---- axis ---- */

static void add_axis(const drawing *d) {
    const int bottom = (int)d->plot->count * d->row + 4;
    for (int i = 0; i < d->axis.ticks; ++i) {
        const double value = d->axis.from + i * d->axis.step, x = x_of(d, value);
        add_line(d, x, 0, x, bottom, "stroke=\"currentColor\" stroke-opacity=\"0.18\"");
        lvk_text_add(d->text, "<text text-anchor=\"middle\"");
        add_place(d->text, "x", x);
        add_place(d->text, "y", bottom + 15);
        lvk_text_add(d->text, ">");
        lvk_html_add_number(d->text, value, d->axis.decimals);
        lvk_text_add(d->text, "</text>\n");
    }
    add_line(d, d->left, bottom, WIDTH - RIGHT, bottom, "stroke=\"currentColor\"");
    lvk_text_add(d->text, "<text text-anchor=\"middle\"");
    add_place(d->text, "x", (d->left + WIDTH - RIGHT) / 2.0);
    add_place(d->text, "y", bottom + 34);
    lvk_text_add(d->text, ">");
    lvk_html_add(d->text, d->plot->axis);
    lvk_text_add(d->text, "</text>\n");
}

/* ---- rows ---- */

static void add_dot(const drawing *d, double value, double y, const char *color) {
    lvk_text_add(d->text, "<circle r=\"2\" fill=\"%s\"", color);
    add_place(d->text, "cx", x_of(d, value));
    add_place(d->text, "cy", y);
    lvk_text_add(d->text, "/>\n");
}

/* Values that are drawn one by one, of which those at the same tenth of a unit are one. */
static void add_dots(const drawing *d, const double *sorted, size_t count, double y, const char *color) {
    double last = -INFINITY;
    for (size_t i = 0; i < count; ++i) {
        const double x = x_of(d, sorted[i]);
        if (x - last >= 0.5)
            add_dot(d, sorted[i], y, color);
        last = x - last >= 0.5 ? x : last;
    }
}

static void add_box(const drawing *d, const lvk_box_row *row, double y) {
    const lvk_fences f = lvk_fences_of(row->sorted, row->count);
    char looks[96];
    size_t low = 0, high = row->count;
    while (row->sorted[low] < f.low)
        ++low;
    while (row->sorted[high - 1] > f.high)
        --high;
    snprintf(looks, sizeof looks, "stroke=\"%s\" stroke-width=\"1.5\"", row->color);
    add_line(d, x_of(d, row->sorted[low]), y, x_of(d, row->sorted[high - 1]), y, looks);
    lvk_text_add(d->text, "<rect height=\"%d\" fill=\"%s\" fill-opacity=\"0.35\" stroke=\"%s\"", BOX,
                 row->color, row->color);
    add_place(d->text, "x", x_of(d, f.quartiles[0]));
    add_place(d->text, "y", y - BOX / 2.0);
    add_place(d->text, "width", x_of(d, f.quartiles[2]) - x_of(d, f.quartiles[0]));
    lvk_text_add(d->text, "/>\n");
    const double median = x_of(d, f.quartiles[1]);
    add_line(d, median, y - BOX / 2.0, median, y + BOX / 2.0, "stroke=\"currentColor\" stroke-width=\"2\"");
    add_dots(d, row->sorted, low, y, row->color);
    add_dots(d, row->sorted + high, row->count - high, y, row->color);
}

/* Adds the name, cut to `longest` characters; the whole is the element's title. */
static void add_name(const drawing *d, const lvk_box_row *row, double x, double y, const char *anchor,
                     int longest) {
    char *name = lvk_strdup(row->name);
    d->text->failed = d->text->failed || !name;
    if (!name)
        return;
    lvk_text_make_printable(name);
    size_t end = 0;
    for (int characters = 0; name[end]; ++end)
        if ((name[end] & 0xC0) != 0x80 && characters++ == longest)
            break;
    const bool cut = name[end] != '\0';
    name[end] = '\0';
    lvk_text_add(d->text, "<text text-anchor=\"%s\"", anchor);
    add_place(d->text, "x", x);
    add_place(d->text, "y", y);
    lvk_text_add(d->text, ">");
    if (cut) {
        lvk_text_add(d->text, "<title>");
        lvk_html_add(d->text, row->name);
        lvk_text_add(d->text, "</title>");
    }
    lvk_html_add(d->text, name);
    lvk_text_add(d->text, "%s</text>\n", cut ? "…" : "");
    lvk_free(name);
}

static void add_row(const drawing *d, size_t index) {
    const lvk_box_row *row = &d->plot->rows[index];
    const double top = (double)index * d->row, y = d->plot->beside ? top + ROW_BESIDE / 2.0 + 2 : top + 30;
    if (row->swatch) {
        lvk_text_add(d->text, "<rect width=\"10\" height=\"10\" x=\"1\" fill=\"%s\"", row->swatch);
        add_place(d->text, "y", y - 5);
        lvk_text_add(d->text, "/>\n");
    }
    if (d->plot->beside)
        add_name(d, row, LEFT_BESIDE - 6, y + 4, "end", LONGEST_BESIDE);
    else
        add_name(d, row, 2, top + 16, "start", LONGEST_ABOVE);
    if (row->count >= FEW)
        add_box(d, row, y);
    else
        add_dots(d, row->sorted, row->count, y, row->color);
}

void lvk_box_plot_add(lvk_text *text, const lvk_box_plot *plot) {
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < plot->count; ++i) {
        const lvk_box_row *row = &plot->rows[i];
        least = row->count ? fmin(least, row->sorted[0]) : least;
        most = row->count ? fmax(most, row->sorted[row->count - 1]) : most;
    }
    if (!(least <= most))
        return;
    const drawing d = {.text = text,
                       .plot = plot,
                       .axis = lvk_axis_choose(least, most, plot->beside ? 3 : 4),
                       .left = plot->beside ? LEFT_BESIDE : LEFT_ABOVE,
                       .row = plot->beside ? ROW_BESIDE : ROW_ABOVE};
    const int height = (int)plot->count * d.row + BELOW;
    lvk_text_add(text,
                 "<svg role=\"img\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" font-size=\"12\" "
                 "fill=\"currentColor\" aria-label=\"",
                 WIDTH, height, WIDTH, height);
    lvk_html_add(text, plot->title);
    lvk_text_add(text, "\">\n");
    add_axis(&d);
    for (size_t i = 0; i < plot->count; ++i)
        add_row(&d, i);
    lvk_text_add(text, "</svg>\n");
}
