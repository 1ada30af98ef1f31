/* The page as it grows, and its sections, one file each. Texts remember that memory ran out, so only sections that
 * read or compute more return a status. */
#ifndef LVK_REPORT_PAGE_H
#define LVK_REPORT_PAGE_H

#include "metrics/curve_bands.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/source.h"

enum { LVK_MOST_FIGURES = 64 };

/* A figure of the page, which is a file of its own too. */
typedef struct lvk_figure {
    char id[32];
    lvk_text svg;
} lvk_figure;

typedef struct lvk_page {
    const lvk_report_source *source;
    lvk_text *text;
    lvk_figure figures[LVK_MOST_FIGURES];
    size_t figure_count;
    lvk_text data;                /* JSON for the script: "key":value,… */
    struct lvk_device *device;    /* for heat maps; NULL: none */
    const lvk_curve_bands *bands; /* of two classes with cells; else NULL */
} lvk_page;

/* Begins a section with its heading. */
void lvk_page_begin_section(lvk_page *page, const char *id, const char *heading);
void lvk_page_end_section(lvk_page *page);

/* Begins a figure and returns its drawing, to which the caller adds. NULL where there are too many. `id` is
 * in letters, digits and '-'. */
lvk_text *lvk_page_begin_figure(lvk_page *page, const char *id);
/* Puts the drawing into the page, with HTML as its caption. */
void lvk_page_end_figure(lvk_page *page, const char *caption);
void lvk_page_finish(lvk_page *page);

/* Add the sections, in this order. */
void lvk_report_add_summary(lvk_page *page);
LVK_MUST_USE lvk_status lvk_report_add_data(lvk_page *page);
LVK_MUST_USE lvk_status lvk_report_add_learning(lvk_page *page);
void lvk_report_add_scores(lvk_page *page);
LVK_MUST_USE lvk_status lvk_report_add_threshold(lvk_page *page); /* with the confusion matrix */
LVK_MUST_USE lvk_status lvk_report_add_curves(lvk_page *page);
LVK_MUST_USE lvk_status lvk_report_add_class_curves(lvk_page *page);
LVK_MUST_USE lvk_status lvk_report_add_people(lvk_page *page);
LVK_MUST_USE lvk_status lvk_report_add_cells(lvk_page *page);
void lvk_report_add_folds(lvk_page *page);
LVK_MUST_USE lvk_status lvk_report_add_trials(lvk_page *page);
void lvk_report_add_settings(lvk_page *page);
void lvk_report_add_limits(lvk_page *page);

/* Whether the page has the section of the threshold; without it the scores have the confusion matrix. */
bool lvk_report_has_threshold(const lvk_page *page);
void lvk_report_add_matrix(lvk_page *page);

/* The limits of use, as lines for page and model card. NULL past the last. */
const char *lvk_report_limit(size_t index);

/* The summary's sentences; `index` from 0. Returns false past the last. */
bool lvk_report_sentence(const lvk_report_source *source, size_t index, char *sentence, size_t size);

/* The model card, in Markdown. */
void lvk_report_add_card(const lvk_report_source *source, lvk_text *card);

/* A cell of a table with a number, and its interval in a second line. */
void lvk_page_add_score_cell(lvk_page *page, double value, double low, double high);

#endif
