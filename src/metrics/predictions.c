#include "leukvk/predictions.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/options.h"
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
    return lvk_fail(LVK_ERROR_ARGUMENT, "there is no format '%s'; must be table, csv or json", name);
}

double lvk_prediction_round(double p) {
    char text[32];
    snprintf(text, sizeof text, "%.*g", LVK_PREDICTION_DIGITS, p);
    return strtod(text, NULL);
}

/* ---- columns ---- */

enum column_kind { PATH, SUBJECT, PROBABILITY, CLASS, LABEL, AREA, NOVELTY };

typedef struct column {
    enum column_kind kind;
    uint32_t class_index; /* of a probability, where there are three classes and more */
    char *name;           /* owned */
} column;

enum { MOST_COLUMNS = LVK_MOST_CLASSES + NOVELTY };

typedef struct layout {
    const lvk_prediction_options *options;
    column columns[MOST_COLUMNS];
    int count;
} layout;

static void finish_layout(layout *l) {
    for (int i = 0; i < l->count; ++i)
        lvk_free(l->columns[i].name);
}

/* `name` becomes the column's; NULL: memory is out, which the caller looks for. */
static void add_column(layout *l, enum column_kind kind, uint32_t class_index, char *name) {
    l->columns[l->count++] = (column){kind, class_index, name};
}

static void add_probabilities(layout *l) {
    const lvk_prediction_options *o = l->options;
    if (!o->class_count)
        add_column(l, PROBABILITY, 0, lvk_format("p_%s", o->positive_class));
    for (uint32_t k = 0; k < o->class_count; ++k)
        add_column(l, PROBABILITY, k, lvk_format("p_%s", o->class_names[k]));
}

/* Finished by the caller, also after a failure. */
static lvk_status make_layout(layout *l, const lvk_prediction_options *options) {
    *l = (layout){.options = options};
    if (options->class_count > LVK_MOST_CLASSES)
        return lvk_fail(LVK_ERROR_ARGUMENT, "predictions of %u classes: at most %d", options->class_count,
                        LVK_MOST_CLASSES);
    add_column(l, PATH, 0, lvk_strdup("path"));
    if (options->labelled)
        add_column(l, SUBJECT, 0, lvk_strdup("subject"));
    if (!options->class_count)
        add_probabilities(l);
    add_column(l, CLASS, 0, lvk_strdup("class"));
    if (options->class_count)
        add_probabilities(l);
    if (options->labelled) {
        add_column(l, LABEL, 0, lvk_strdup("label"));
        add_column(l, AREA, 0, lvk_strdup("area"));
    }
    if (options->novelty)
        add_column(l, NOVELTY, 0, lvk_strdup("novelty"));
    for (int i = 0; i < l->count; ++i)
        if (!l->columns[i].name)
            return LVK_ERROR_MEMORY;
    return LVK_OK;
}

static const char *subject_of(const lvk_prediction *row) {
    return row->subject ? row->subject : "";
}

static bool is_refused(const lvk_prediction *row, const lvk_prediction_options *options) {
    return options->refuse && lvk_prediction_is_novel(row);
}

static const char *class_of(const lvk_prediction *row, const lvk_prediction_options *options) {
    if (is_refused(row, options))
        return "";
    if (options->class_count)
        return options->class_names[lvk_class_called(row->probabilities, options->class_count)];
    return lvk_is_positive(row->p, options->threshold) ? options->positive_class : options->negative_class;
}

static const char *label_of(const lvk_prediction *row, const lvk_prediction_options *options) {
    if (row->label < 0)
        return "";
    if (options->class_count)
        return options->class_names[row->label];
    return row->label > 0 ? options->positive_class : options->negative_class;
}

static double probability_of(const lvk_prediction *row, const layout *l, const column *c) {
    return l->options->class_count ? row->probabilities[c->class_index] : row->p;
}

/* The text of a column that holds text. */
static const char *text_of(const lvk_prediction *row, const layout *l, const column *c) {
    return c->kind == PATH      ? row->path
           : c->kind == SUBJECT ? subject_of(row)
           : c->kind == CLASS   ? class_of(row, l->options)
                                : label_of(row, l->options);
}

enum { NOVELTY_DIGITS = 4 };

/* Adds the number of a column that holds a number; returns false if it is not known. */
static bool add_number(lvk_text *text, const lvk_prediction *row, const layout *l, const column *c) {
    if (c->kind == PROBABILITY)
        lvk_text_add_number(text, probability_of(row, l, c), LVK_PREDICTION_DIGITS);
    else if (c->kind == AREA && row->area)
        lvk_text_add(text, "%" PRIu32, row->area);
    else if (c->kind == NOVELTY && row->novelty > 0)
        lvk_text_add_number(text, row->novelty, NOVELTY_DIGITS);
    else
        return false;
    return true;
}

static bool is_number(const column *c) {
    return c->kind == PROBABILITY || c->kind == AREA || c->kind == NOVELTY;
}

/* ---- CSV ---- */

static void add_csv_cell(lvk_text *text, const lvk_prediction *row, const layout *l, const column *c) {
    if (is_number(c))
        (void)add_number(text, row, l, c);
    else
        lvk_text_add_csv(text, text_of(row, l, c));
}

static void add_csv(lvk_text *text, const lvk_prediction *rows, size_t count, const layout *l) {
    for (int c = 0; c < l->count; ++c) {
        lvk_text_add(text, c ? "," : "");
        lvk_text_add_csv(text, l->columns[c].name);
    }
    lvk_text_add(text, "\n");
    for (size_t i = 0; i < count; ++i) {
        for (int c = 0; c < l->count; ++c) {
            lvk_text_add(text, c ? "," : "");
            add_csv_cell(text, &rows[i], l, &l->columns[c]);
        }
        lvk_text_add(text, "\n");
    }
}

/* ---- JSON ---- */

static void add_json_cell(lvk_text *text, const lvk_prediction *row, const layout *l, const column *c) {
    const bool known = is_number(c)       ? add_number(text, row, l, c)
                       : c->kind == LABEL ? row->label >= 0
                       : c->kind == CLASS ? !is_refused(row, l->options)
                                          : true;
    if (!known)
        lvk_text_add(text, "null");
    else if (!is_number(c))
        lvk_text_add_json(text, text_of(row, l, c));
}

static void add_json(lvk_text *text, const lvk_prediction *rows, size_t count, const layout *l) {
    lvk_text_add(text, "[");
    for (size_t i = 0; i < count; ++i) {
        lvk_text_add(text, i ? ",\n {" : "\n {");
        for (int c = 0; c < l->count; ++c) {
            lvk_text_add(text, c ? ", " : "");
            lvk_text_add_json(text, l->columns[c].name);
            lvk_text_add(text, ": ");
            add_json_cell(text, &rows[i], l, &l->columns[c]);
        }
        lvk_text_add(text, "}");
    }
    lvk_text_add(text, count ? "\n]\n" : "]\n");
}

/* ---- table ---- */

/* Made printable, a character keeps its width or becomes one '?' a byte: measured, so added, in that form. */
static char *printable(const char *cell) {
    char *copy = lvk_strdup(cell);
    if (copy)
        lvk_text_make_printable(copy);
    return copy;
}

/* The cell's text in new memory; `row` NULL: the column's name. */
static char *cell_of(const lvk_prediction *row, const layout *l, const column *c) {
    if (!row)
        return printable(c->name);
    if (!is_number(c))
        return printable(text_of(row, l, c));
    lvk_text number = {0};
    char *cell;
    if (c->kind == PROBABILITY)
        lvk_text_add_decimal(&number, probability_of(row, l, c), 6);
    else if (c->kind != NOVELTY)
        (void)add_number(&number, row, l, c);
    else if (row->novelty > 0)
        lvk_text_add_decimal(&number, row->novelty, 2);
    return lvk_text_take(&number, &cell, NULL) == LVK_OK ? cell : NULL;
}

static void add_spaces(lvk_text *text, size_t count) {
    lvk_text_add(text, "%*s", (int)count, "");
}

/* Widens the columns to hold a row, or with `write` writes it as a line. */
static void lay_line(lvk_text *text, size_t widths[MOST_COLUMNS], const lvk_prediction *row, const layout *l,
                     bool write) {
    size_t gap = 0; /* spaces owed to the last cell, not written at the end of a line */
    for (int i = 0; i < l->count; ++i) {
        const column *c = &l->columns[i];
        char *cell = cell_of(row, l, c);
        const size_t columns = cell ? lvk_text_columns(cell) : 0;
        text->failed = text->failed || !cell;
        if (columns > widths[i])
            widths[i] = columns;
        if (write && columns) {
            const size_t space = widths[i] - columns;
            add_spaces(text, gap + (is_number(c) ? space : 0));
            lvk_text_add_bytes(text, cell, strlen(cell));
            gap = is_number(c) ? 0 : space;
        } else {
            gap += widths[i];
        }
        gap += 2;
        lvk_free(cell);
    }
    if (write)
        lvk_text_add(text, "\n");
}

static void add_table(lvk_text *text, const lvk_prediction *rows, size_t count, const layout *l) {
    size_t widths[MOST_COLUMNS] = {0};
    for (int pass = 0; pass < 2; ++pass) { /* to measure, to write */
        lay_line(text, widths, NULL, l, pass == 1);
        for (size_t i = 0; i < count; ++i)
            lay_line(text, widths, &rows[i], l, pass == 1);
    }
}

/* ---- all of them ---- */

static bool is_share(double p) {
    return p >= 0 && p <= 1;
}

static lvk_status check_row(const lvk_prediction *row, uint32_t classes) {
    double wrong = is_share(row->p) ? 0 : row->p;
    bool right = is_share(row->p);
    for (uint32_t k = 0; k < classes && right; ++k) {
        right = is_share(row->probabilities[k]);
        wrong = right ? 0 : row->probabilities[k];
    }
    return right ? LVK_OK : lvk_fail(LVK_ERROR_NUMERIC, "%s: the probability is %g", row->path, wrong);
}

lvk_status lvk_predictions_text(const lvk_prediction *rows, size_t count, const lvk_prediction_options *given,
                                char **result) {
    lvk_prediction_options taken;
    lvk_text text = {0};
    layout l;
    *result = NULL;
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_prediction_options, &taken, given));
    const lvk_prediction_options *const options = &taken;
    for (size_t i = 0; i < count; ++i)
        LVK_TRY(check_row(&rows[i], options->class_count));
    lvk_status status = make_layout(&l, options);
    if (status == LVK_OK) {
        if (options->format == LVK_PREDICTIONS_CSV)
            add_csv(&text, rows, count, &l);
        else if (options->format == LVK_PREDICTIONS_JSON)
            add_json(&text, rows, count, &l);
        else
            add_table(&text, rows, count, &l);
        status = lvk_text_take(&text, result, NULL);
    }
    finish_layout(&l);
    return status;
}

lvk_status lvk_predictions_write(const char *path, const lvk_prediction *rows, size_t count,
                                 const lvk_prediction_options *options) {
    char *text = NULL;
    LVK_TRY(lvk_predictions_text(rows, count, options, &text));
    lvk_folder_clear_beside(path);
    const lvk_status status = lvk_file_write(path, text, strlen(text));
    lvk_free(text);
    return status;
}
