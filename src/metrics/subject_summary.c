#include "leukvk/subject_summary.h"

#include "core/memory.h"
#include "core/options.h"
#include "core/text.h"
#include "metrics/labelled_rows.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

void lvk_share_interval(uint32_t part, uint32_t whole, double *low, double *high) {
    const double z = 1.959963984540054, n = whole, p = part / n; /* z: the normal's 97.5 % quantile */
    const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
    const double half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    *low = part == 0 ? 0 : fmax(middle - half, 0);
    *high = part == whole ? 1 : fmin(middle + half, 1);
}

/* ---- making ---- */

static uint32_t width_of(const lvk_prediction_options *options) {
    return options->class_count ? options->class_count : 2;
}

static double probability_of(const lvk_prediction *row, uint32_t k, const lvk_prediction_options *options) {
    return options->class_count ? row->probabilities[k] : k ? row->p : 1 - row->p;
}

static void add_cell(lvk_subject_summary *s, const lvk_prediction *row,
                     const lvk_prediction_options *options) {
    const uint32_t called = lvk_prediction_called(row, options->class_count, options->threshold);
    ++s->cells;
    ++s->called[called];
    for (uint32_t k = 0; k < width_of(options); ++k)
        s->mean_p[k] += (probability_of(row, k, options) - s->mean_p[k]) / s->cells;
    if (row->label < 0)
        return;
    s->label = s->labelled == 0 || s->label == row->label ? row->label : -1;
    ++s->labelled;
    s->right += called == (uint32_t)row->label;
}

static void finish_summary(lvk_subject_summary *s, const lvk_prediction_options *options) {
    uint32_t most = 0; /* several may have as many; the share is the same */
    for (uint32_t k = 1; k < width_of(options); ++k)
        most = s->called[k] > s->called[most] ? k : most;
    const uint32_t part = s->called[options->class_count ? most : 1];
    s->majority = lvk_votes_winner(s->called, width_of(options));
    s->share = (double)part / s->cells;
    lvk_share_interval(part, s->cells, &s->share_low, &s->share_high);
}

lvk_status lvk_subject_summaries_make(const lvk_prediction *rows, size_t count,
                                      const lvk_prediction_options *given, lvk_subject_summary **list,
                                      size_t *subjects, size_t *unnamed) {
    lvk_prediction_options taken;
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_prediction_options, &taken, given));
    const lvk_prediction_options *const options = &taken;
    const lvk_prediction **sorted = lvk_alloc(count, sizeof *sorted);
    size_t named = 0, people = 0;
    *list = NULL;
    *subjects = *unnamed = 0;
    for (size_t i = 0; sorted && i < count; ++i)
        if (lvk_prediction_is_named(&rows[i]))
            sorted[named++] = &rows[i];
    if (sorted)
        lvk_predictions_sort_by_subject(sorted, named);
    for (size_t i = 0; sorted && i < named; ++i)
        people += i == 0 || strcmp(sorted[i - 1]->subject, sorted[i]->subject) != 0;
    lvk_subject_summary *made = sorted ? lvk_alloc(people, sizeof *made) : NULL, *s = NULL;
    for (size_t i = 0; made && i < named; ++i) {
        if (!s || strcmp(s->name, sorted[i]->subject) != 0) {
            s = s ? s + 1 : made;
            *s = (lvk_subject_summary){.name = sorted[i]->subject, .label = -1};
        }
        add_cell(s, sorted[i], options);
    }
    lvk_free(sorted);
    if (!made)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < people; ++i)
        finish_summary(&made[i], options);
    *list = made;
    *subjects = people;
    *unnamed = count - named;
    return LVK_OK;
}

void lvk_subject_summaries_free(lvk_subject_summary *list) {
    lvk_free(list);
}

/* ---- text ---- */

/* Adds cells one after the other: of CSV's title line and lines, or of JSON's objects. */
typedef struct writer {
    lvk_text *text;
    const lvk_prediction_options *options;
    bool json, titles; /* titles: names in place of values */
    bool first;        /* of the line */
} writer;

/* Begins a cell named "<name><class>". Returns whether its value follows. */
static bool begin_cell(writer *w, const char *name, const char *class_name) {
    lvk_text_add(w->text, w->first ? "" : w->json ? ", " : ",");
    w->first = false;
    if (!w->json && !w->titles)
        return true;
    char *title = lvk_format("%s%s", name, class_name);
    w->text->failed = w->text->failed || !title;
    if (title && w->json)
        lvk_text_add_json(w->text, title);
    else if (title)
        lvk_text_add_csv(w->text, title);
    lvk_free(title);
    if (w->json)
        lvk_text_add(w->text, ": ");
    return w->json;
}

/* `value` NULL: there is none. */
static void add_words(writer *w, const char *name, const char *value) {
    if (!begin_cell(w, name, ""))
        return;
    if (w->json && value)
        lvk_text_add_json(w->text, value);
    else if (w->json)
        lvk_text_add(w->text, "null");
    else if (value)
        lvk_text_add_csv(w->text, value);
}

static void add_number(writer *w, const char *name, const char *class_name, double value) {
    if (begin_cell(w, name, class_name))
        lvk_text_add_number(w->text, value, LVK_PREDICTION_DIGITS);
}

static void add_count(writer *w, const char *name, uint32_t value) {
    if (begin_cell(w, name, ""))
        lvk_text_add(w->text, "%" PRIu32, value);
}

static const char *class_name(const lvk_prediction_options *o, int k) {
    return k < 0 ? NULL : o->class_count ? o->class_names[k] : k ? o->positive_class : o->negative_class;
}

static void add_two(writer *w, const lvk_subject_summary *s) {
    const char *positive = w->options->positive_class;
    add_number(w, "mean_p_", positive, s->mean_p[1]);
    add_number(w, "share_", positive, s->share);
    add_number(w, "share_low", "", s->share_low);
    add_number(w, "share_high", "", s->share_high);
    add_words(w, "majority", class_name(w->options, s->majority));
}

static void add_several(writer *w, const lvk_subject_summary *s) {
    const lvk_prediction_options *o = w->options;
    add_words(w, "majority", class_name(o, s->majority));
    add_number(w, "share", "", s->share);
    add_number(w, "share_low", "", s->share_low);
    add_number(w, "share_high", "", s->share_high);
    for (uint32_t k = 0; k < o->class_count; ++k)
        add_number(w, "mean_p_", o->class_names[k], s->mean_p[k]);
    for (uint32_t k = 0; k < o->class_count; ++k)
        add_number(w, "share_", o->class_names[k], (double)s->called[k] / s->cells);
}

static void add_line(writer *w, const lvk_subject_summary *s) {
    w->first = true;
    add_words(w, "subject", s->name);
    add_count(w, "cells", s->cells);
    if (w->options->class_count)
        add_several(w, s);
    else
        add_two(w, s);
    add_words(w, "label", class_name(w->options, s->label));
    add_count(w, "labelled", s->labelled);
    add_count(w, "right", s->right);
}

static void add_csv(writer *w, const lvk_subject_summary *list, size_t subjects) {
    static const lvk_subject_summary titles = {.name = "", .cells = 1, .majority = -1, .label = -1};
    w->titles = true;
    add_line(w, &titles);
    w->titles = false;
    lvk_text_add(w->text, "\n");
    for (size_t i = 0; i < subjects; ++i) {
        add_line(w, &list[i]);
        lvk_text_add(w->text, "\n");
    }
}

static void add_json(writer *w, const lvk_subject_summary *list, size_t subjects) {
    lvk_text_add(w->text, "[");
    for (size_t i = 0; i < subjects; ++i) {
        lvk_text_add(w->text, i ? ",\n {" : "\n {");
        add_line(w, &list[i]);
        lvk_text_add(w->text, "}");
    }
    lvk_text_add(w->text, subjects ? "\n]\n" : "]\n");
}

lvk_status lvk_subject_summaries_text(const lvk_subject_summary *list, size_t subjects,
                                      const lvk_prediction_options *given, char **text) {
    lvk_prediction_options taken;
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_prediction_options, &taken, given));
    const lvk_prediction_options *const options = &taken;
    lvk_text all = {0};
    writer w = {.text = &all, .options = options, .json = options->format == LVK_PREDICTIONS_JSON};
    *text = NULL;
    if (!w.json && options->format != LVK_PREDICTIONS_CSV)
        return lvk_fail(LVK_ERROR_ARGUMENT, "summaries by subject are written as CSV or JSON");
    if (w.json)
        add_json(&w, list, subjects);
    else
        add_csv(&w, list, subjects);
    return lvk_text_take(&all, text, NULL);
}
