#include "metrics/curve_panel.h"

#include "core/file.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

enum { DIGITS = 9, SIDE = LVK_PANEL_SIDE, MARGIN = LVK_PANEL_MARGIN, LINE = 16 };

/* ---- drawing ---- */

void lvk_drawing_begin(lvk_text *text) {
    const int width = 3 * (SIDE + 2 * MARGIN), height = SIDE + 2 * MARGIN;
    lvk_text_add(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" "
        "font-size=\"13\" text-anchor=\"middle\">\n"
        "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n",
        width, height, width, height);
}

void lvk_drawing_end(lvk_text *text) {
    lvk_text_add(text, "</svg>\n");
}

void lvk_panel_begin(lvk_text *text, int number, const char *title, const char *x, const char *y) {
    static const char *const ticks[] = {"0", "0.5", "1"};
    lvk_text_add(text, "<g transform=\"translate(%d %d)\">\n", MARGIN + number * (SIDE + 2 * MARGIN), MARGIN);
    lvk_text_add(text, "<text x=\"%d\" y=\"-20\" font-weight=\"bold\">%s</text>\n", SIDE / 2, title);
    lvk_text_add(text, "<text x=\"%d\" y=\"%d\">%s</text>\n", SIDE / 2, SIDE + 40, x);
    lvk_text_add(text, "<text transform=\"translate(-38 %d) rotate(-90)\">%s</text>\n", SIDE / 2, y);
    for (int i = 0; i < 3; ++i) {
        lvk_text_add(text, "<text x=\"%d\" y=\"%d\">%s</text>\n", i * SIDE / 2, SIDE + 20, ticks[i]);
        lvk_text_add(text, "<text x=\"-16\" y=\"%d\">%s</text>\n", SIDE - i * SIDE / 2 + 5, ticks[i]);
    }
    lvk_text_add(text, "<rect width=\"%d\" height=\"%d\" " LVK_PANEL_FRAME "/>\n", SIDE, SIDE);
}

void lvk_panel_add_point(lvk_text *text, double x, double y) {
    if (isnan(x) || isnan(y))
        return;
    lvk_text_add_decimal(text, x * SIDE, 1);
    lvk_text_add(text, " ");
    lvk_text_add_decimal(text, SIDE - y * SIDE, 1);
    lvk_text_add(text, " ");
}

void lvk_panel_add_diagonal(lvk_text *text) {
    lvk_text_add(text, "<path d=\"M0 %d L%d 0\" " LVK_PANEL_CHANCE "/>\n", SIDE, SIDE);
}

void lvk_panel_begin_line(lvk_text *text, const char *color) {
    lvk_text_add(text,
                 "<polyline fill=\"none\" stroke=\"%s\" stroke-opacity=\"1\" stroke-width=\"2\" points=\"",
                 color);
}

void lvk_panel_end_line(lvk_text *text) {
    lvk_text_add(text, "\"/>\n");
}

void lvk_panel_add_bins(lvk_text *text, const lvk_calibration_bin bins[LVK_CALIBRATION_BINS],
                        uint64_t count) {
    for (int b = 0; b < LVK_CALIBRATION_BINS; ++b) {
        const lvk_calibration_bin *bin = &bins[b];
        if (bin->count == 0)
            continue;
        lvk_text_add(text, "<circle fill=\"" LVK_PANEL_COLOR "\" fill-opacity=\"0.6\" cx=\"");
        lvk_text_add_decimal(text, bin->mean_p * SIDE, 1);
        lvk_text_add(text, "\" cy=\"");
        lvk_text_add_decimal(text, SIDE - SIDE * lvk_share(bin->positives, bin->count), 1);
        lvk_text_add(text, "\" r=\"");
        lvk_text_add_decimal(text, 2 + 20 * sqrt(lvk_share(bin->count, count)), 1);
        lvk_text_add(text, "\"/>\n");
    }
}

/* Text of an element, printable and with the entities of XML. */
static void add_xml(lvk_text *text, const char *string) {
    char *copy = lvk_strdup(string);
    text->failed = text->failed || !copy;
    if (!copy)
        return;
    lvk_text_make_printable(copy);
    for (const char *c = copy; *c; ++c) {
        if (*c == '&' || *c == '<' || *c == '>')
            lvk_text_add(text, "&#%d;", *c);
        else
            lvk_text_add_bytes(text, c, 1);
    }
    lvk_free(copy);
}

void lvk_panel_add_value(lvk_text *text, int line, const char *color, const char *name, double value) {
    lvk_text_add(text, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\"", SIDE - 12, SIDE - 14 - line * LINE);
    if (color)
        lvk_text_add(text, " fill=\"%s\"", color);
    lvk_text_add(text, ">");
    add_xml(text, name);
    lvk_text_add(text, " ");
    if (isnan(value))
        lvk_text_add(text, "n/a");
    else
        lvk_text_add_decimal(text, value, 3);
    lvk_text_add(text, "</text>\n");
}

void lvk_panel_end(lvk_text *text) {
    lvk_text_add(text, "</g>\n");
}

/* ---- tables ---- */

double lvk_share(uint64_t part, uint64_t whole) {
    return whole ? (double)part / (double)whole : (double)NAN;
}

void lvk_curve_add_numbers(lvk_text *text, const double *numbers, int count) {
    for (int i = 0; i < count; ++i) {
        lvk_text_add(text, i ? "," : "");
        if (!isnan(numbers[i]))
            lvk_text_add_number(text, numbers[i], DIGITS);
    }
    lvk_text_add(text, "\n");
}

void lvk_curve_add_bins(lvk_text *text, const lvk_calibration_bin bins[LVK_CALIBRATION_BINS],
                        const char *mean, const char *share) {
    lvk_text_add(text, "from,to,cells,%s,%s\n", mean, share);
    for (int b = 0; b < LVK_CALIBRATION_BINS; ++b) {
        const double row[] = {(double)b / LVK_CALIBRATION_BINS, (b + 1.0) / LVK_CALIBRATION_BINS,
                              (double)bins[b].count, bins[b].mean_p,
                              lvk_share(bins[b].positives, bins[b].count)};
        lvk_curve_add_numbers(text, row, 5);
    }
}

static lvk_status write_file(lvk_text *text, const char *folder, const char *name) {
    char *path = lvk_path_join(folder, name), *string = NULL;
    lvk_status status = lvk_text_take(text, &string, NULL);
    if (status == LVK_OK)
        status = path ? lvk_file_write(path, string, strlen(string)) : LVK_ERROR_MEMORY;
    lvk_free(string);
    lvk_free(path);
    return status;
}

lvk_status lvk_curve_texts_write(lvk_curve_texts *texts, const char *folder) {
    lvk_status status = lvk_folder_create(folder);
    if (status == LVK_OK)
        status = write_file(&texts->roc, folder, "roc.csv");
    if (status == LVK_OK)
        status = write_file(&texts->precision_recall, folder, "precision-recall.csv");
    if (status == LVK_OK)
        status = write_file(&texts->reliability, folder, "reliability.csv");
    if (status == LVK_OK)
        status = write_file(&texts->drawing, folder, "curves.svg");
    lvk_text_finish(&texts->roc);
    lvk_text_finish(&texts->precision_recall);
    lvk_text_finish(&texts->reliability);
    lvk_text_finish(&texts->drawing);
    return status;
}
