#include "worst.h"

#include "ui/memory.h"
#include "ui/output.h"
#include "ui/table.h"
#include "verb.h"

#include <stdio.h>
#include <stdlib.h>

/* A row that has a label. */
typedef struct candidate {
    size_t row;
    double p; /* of its own class */
} candidate;

static double own_probability(const lvk_prediction *row) {
    if (row->probabilities)
        return row->probabilities[row->label];
    return row->label ? row->p : 1 - row->p;
}

static int compare(const void *a, const void *b) {
    const candidate *left = a, *right = b;
    if (left->p < right->p || left->p > right->p)
        return left->p < right->p ? -1 : 1;
    return left->row < right->row ? -1 : 1;
}

static void print(const candidate *worst, size_t count, const lvk_prediction *rows,
                  const char *const *classes, uint32_t class_count, double threshold) {
    table t = {0};
    table_column(&t, "image");
    table_column(&t, "label");
    table_column(&t, "called");
    table_number_column(&t, "p of its label");
    for (size_t i = 0; i < count; ++i) {
        const lvk_prediction *row = &rows[worst[i].row];
        table_cell(&t, "%s", row->path);
        table_cell(&t, "%s", classes[row->label]);
        table_cell(&t, "%s", classes[lvk_prediction_called(row, class_count, threshold)]);
        table_cell(&t, "%.6f", worst[i].p);
    }
    printf("\nThe %zu image%s to whose own class the model gives the least probability:\n\n", count,
           count == 1 ? "" : "s");
    table_print(&t, stdout);
    table_finish(&t);
}

enum { CAPTION = 64 };

static int draw(const worst_options *options, const candidate *worst, size_t count,
                const lvk_prediction *rows, const char *const *classes, const selection *images) {
    uint32_t *chosen = allocate(count, sizeof *chosen);
    char(*texts)[CAPTION] = allocate(count, sizeof *texts);
    const char **captions = allocate(count, sizeof *captions);
    char title[128];
    for (size_t i = 0; i < count; ++i) {
        chosen[i] = images->indices[worst[i].row];
        snprintf(texts[i], CAPTION, "%.40s %.3f", classes[rows[worst[i].row].label], worst[i].p);
        captions[i] = texts[i];
    }
    snprintf(title, sizeof title, "%zu cells that the model gets most wrong: label, and probability of it",
             count);
    const lvk_sheet_options how = {.crop = options->crop};
    const int status =
        lvk_sheet_write_cells(images->dataset, &how, chosen, captions, count, title, options->sheet);
    if (status == LVK_OK)
        printf("\nSheet of these cells: %s\n", shown(options->sheet));
    free(chosen);
    free(texts);
    free(captions);
    return status;
}

int worst_show(const worst_options *options, const lvk_prediction *rows, size_t count,
               const char *const *classes, uint32_t class_count, double threshold, const selection *images) {
    candidate *all = allocate(count, sizeof *all);
    size_t labelled = 0;
    int status = LVK_OK;
    for (size_t i = 0; i < count; ++i)
        if (rows[i].label >= 0)
            all[labelled++] = (candidate){i, own_probability(&rows[i])};
    qsort(all, labelled, sizeof *all, compare);
    const size_t shown_count = labelled < options->count ? labelled : options->count;
    print(all, shown_count, rows, classes, class_count, threshold);
    if (options->sheet)
        status = draw(options, all, shown_count, rows, classes, images);
    free(all);
    return status;
}
