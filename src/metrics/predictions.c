#include "leukvk/predictions.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

lvk_status lvk_prediction_format_parse(const char *name, lvk_prediction_format *format) {
    static const char *const names[] = {
        [LVK_PREDICTIONS_TABLE] = "table", [LVK_PREDICTIONS_CSV] = "csv", [LVK_PREDICTIONS_JSON] = "json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        if (strcmp(name, names[i]) == 0) {
            *format = (lvk_prediction_format)i;
            return LVK_OK;
        }
    }
    return lvk_fail(LVK_ERROR_ARGUMENT, "there is no format '%s': table, csv or json", name);
}

double lvk_prediction_round(double p) {
    char text[32];
    snprintf(text, sizeof text, "%.*g", LVK_PREDICTION_DIGITS, p);
    return strtod(text, NULL);
}

static const char *subject_of(const lvk_prediction *row) {
    return row->subject ? row->subject : "";
}

static const char *class_of(const lvk_prediction *row, const lvk_prediction_options *options) {
    return lvk_is_positive(row->p, options->threshold) ? options->positive_class : options->negative_class;
}

static const char *label_of(const lvk_prediction *row, const lvk_prediction_options *options) {
    return row->label < 0 ? "" : row->label > 0 ? options->positive_class : options->negative_class;
}

/* "p_all" in new memory. */
static char *probability_name(const lvk_prediction_options *options) {
    return lvk_format("p_%s", options->positive_class);
}

/* ---- CSV ---- */

static void add_csv_row(lvk_text *text, const lvk_prediction *row, const lvk_prediction_options *options) {
    lvk_text_add_csv(text, row->path);
    if (options->labelled) {
        lvk_text_add(text, ",");
        lvk_text_add_csv(text, subject_of(row));
    }
    lvk_text_add(text, ",");
    lvk_text_add_number(text, row->p, LVK_PREDICTION_DIGITS);
    lvk_text_add(text, ",");
    lvk_text_add_csv(text, class_of(row, options));
    if (options->labelled) {
        lvk_text_add(text, ",");
        lvk_text_add_csv(text, label_of(row, options));
        lvk_text_add(text, row->area ? ",%" PRIu32 : ",", row->area);
    }
    lvk_text_add(text, "\n");
}

static void add_csv(lvk_text *text, const lvk_prediction *rows, size_t count, const char *probability,
                    const lvk_prediction_options *options) {
    lvk_text_add(text, "path,%s", options->labelled ? "subject," : "");
    lvk_text_add_csv(text, probability);
    lvk_text_add(text, ",class%s\n", options->labelled ? ",label,area" : "");
    for (size_t i = 0; i < count; ++i)
        add_csv_row(text, &rows[i], options);
}

/* ---- JSON ---- */

static void add_json_row(lvk_text *text, const lvk_prediction *row, const char *probability,
                         const lvk_prediction_options *options) {
    lvk_text_add(text, "{\"path\": ");
    lvk_text_add_json(text, row->path);
    if (options->labelled) {
        lvk_text_add(text, ", \"subject\": ");
        lvk_text_add_json(text, subject_of(row));
    }
    lvk_text_add(text, ", ");
    lvk_text_add_json(text, probability);
    lvk_text_add(text, ": ");
    lvk_text_add_number(text, row->p, LVK_PREDICTION_DIGITS);
    lvk_text_add(text, ", \"class\": ");
    lvk_text_add_json(text, class_of(row, options));
    if (options->labelled) {
        lvk_text_add(text, ", \"label\": ");
        if (row->label < 0)
            lvk_text_add(text, "null");
        else
            lvk_text_add_json(text, label_of(row, options));
        lvk_text_add(text, row->area ? ", \"area\": %" PRIu32 : ", \"area\": null", row->area);
    }
    lvk_text_add(text, "}");
}

static void add_json(lvk_text *text, const lvk_prediction *rows, size_t count, const char *probability,
                     const lvk_prediction_options *options) {
    lvk_text_add(text, "[");
    for (size_t i = 0; i < count; ++i) {
        lvk_text_add(text, i ? ",\n " : "\n ");
        add_json_row(text, &rows[i], probability, options);
    }
    lvk_text_add(text, count ? "\n]\n" : "]\n");
}

/* ---- table ---- */

enum { PATH, SUBJECT, PROBABILITY, CLASS, LABEL, AREA, COLUMNS };

/* Columns that are shown, and their widths. */
typedef struct table_layout {
    bool shown[COLUMNS];
    size_t width[COLUMNS];
} table_layout;

static bool is_number(int column) {
    return column == PROBABILITY || column == AREA;
}

static void cells_of(const lvk_prediction *row, const lvk_prediction_options *options, const char *p,
                     const char *area, const char *cells[COLUMNS]) {
    cells[PATH] = row->path;
    cells[SUBJECT] = subject_of(row);
    cells[PROBABILITY] = p;
    cells[CLASS] = class_of(row, options);
    cells[LABEL] = label_of(row, options);
    cells[AREA] = row->area ? area : "";
}

/* Made printable, a character keeps its width or becomes one '?' a byte: measured, so added, in that form. */
static char *printable(const char *cell) {
    char *copy = lvk_strdup(cell);
    if (copy)
        lvk_text_make_printable(copy);
    return copy;
}

static void add_spaces(lvk_text *text, size_t count) {
    lvk_text_add(text, "%*s", (int)count, "");
}

/* Widens the columns to hold the cells; with `text`, writes them as a line as well. */
static void lay_line(lvk_text *text, table_layout *layout, const char *const cells[COLUMNS]) {
    size_t gap = 0; /* spaces owed to the last cell, not written at the end of a line */
    for (int i = 0; i < COLUMNS; ++i) {
        if (!layout->shown[i])
            continue;
        char *cell = printable(cells[i]);
        const size_t columns = cell ? lvk_text_columns(cell) : 0;
        if (columns > layout->width[i])
            layout->width[i] = columns;
        if (text && !cell)
            text->failed = true;
        if (text && cell && *cell) {
            const size_t space = layout->width[i] - columns;
            add_spaces(text, gap + (is_number(i) ? space : 0));
            lvk_text_add_bytes(text, cell, strlen(cell));
            gap = is_number(i) ? 0 : space;
        } else {
            gap += layout->width[i];
        }
        gap += 2;
        lvk_free(cell);
    }
    if (text)
        lvk_text_add(text, "\n");
}

static void add_table(lvk_text *text, const lvk_prediction *rows, size_t count, const char *probability,
                      const lvk_prediction_options *options) {
    table_layout layout = {
        .shown = {true, options->labelled, true, true, options->labelled, options->labelled}};
    const char *const header[COLUMNS] = {"path", "subject", probability, "class", "label", "area"};
    lay_line(NULL, &layout, header);
    for (int pass = 0; pass < 2; ++pass) { /* to measure, to write */
        if (pass)
            lay_line(text, &layout, header);
        for (size_t i = 0; i < count; ++i) {
            const char *cells[COLUMNS];
            char area[16];
            lvk_text p = {0};
            lvk_text_add_decimal(&p, rows[i].p, 6);
            text->failed = text->failed || p.failed;
            snprintf(area, sizeof area, "%" PRIu32, rows[i].area);
            cells_of(&rows[i], options, p.failed ? "" : p.data, area, cells);
            lay_line(pass ? text : NULL, &layout, cells);
            lvk_text_finish(&p);
        }
    }
}

/* ---- all of them ---- */

lvk_status lvk_predictions_text(const lvk_prediction *rows, size_t count,
                                const lvk_prediction_options *options, char **result) {
    *result = NULL;
    for (size_t i = 0; i < count; ++i)
        if (!(rows[i].p >= 0 && rows[i].p <= 1))
            return lvk_fail(LVK_ERROR_NUMERIC, "%s: the probability is %g", rows[i].path, rows[i].p);
    char *probability = probability_name(options);
    if (!probability)
        return LVK_ERROR_MEMORY;
    lvk_text text = {0};
    if (options->format == LVK_PREDICTIONS_CSV)
        add_csv(&text, rows, count, probability, options);
    else if (options->format == LVK_PREDICTIONS_JSON)
        add_json(&text, rows, count, probability, options);
    else
        add_table(&text, rows, count, probability, options);
    lvk_free(probability);
    return lvk_text_take(&text, result, NULL);
}

lvk_status lvk_predictions_write(const char *path, const lvk_prediction *rows, size_t count,
                                 const lvk_prediction_options *options) {
    char *text = NULL;
    LVK_TRY(lvk_predictions_text(rows, count, options, &text));
    const lvk_status status = lvk_file_write(path, text, strlen(text));
    lvk_free(text);
    return status;
}
