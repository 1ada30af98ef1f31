#include "metrics_report.h"

#include "format.h"
#include "table.h"

#include <inttypes.h>
#include <math.h>

static void row(table *t, const char *name, double value, double negative, double positive) {
    char text[3][FORMAT_SIZE];
    const double values[3] = {value, negative, positive};
    table_cell(t, "%s", name);
    for (int i = 0; i < 3; ++i)
        table_cell(t, "%s", format_number(text[i], values[i], 4));
}

static bool print_scores(const lvk_metrics *m, const metrics_subject *subject) {
    char negative[128], positive[128];
    table t = {0};
    snprintf(negative, sizeof negative, "always %s", subject->negative);
    snprintf(positive, sizeof positive, "always %s", subject->positive);
    table_column(&t, "");
    table_number_column(&t, "model");
    table_number_column(&t, negative);
    table_number_column(&t, positive);
    row(&t, "accuracy", m->accuracy, m->always_negative.accuracy, m->always_positive.accuracy);
    row(&t, "F1 weighted by class size", m->f1_weighted, m->always_negative.f1_weighted,
        m->always_positive.f1_weighted);
    row(&t, "F1 macro (plain mean)", m->f1_macro, m->always_negative.f1_macro, m->always_positive.f1_macro);
    row(&t, "balanced accuracy", m->balanced_accuracy, 0.5, 0.5);
    row(&t, "AUC", m->auc, 0.5, 0.5);
    row(&t, "sensitivity", m->recall, 0, 1);
    row(&t, "specificity", m->specificity, 1, 0);
    const bool printed = table_print(&t, stdout);
    table_finish(&t);
    return printed;
}

static bool print_confusion(const lvk_metrics *m, const metrics_subject *subject) {
    char text[FORMAT_SIZE], negative[128], positive[128];
    table t = {0};
    snprintf(negative, sizeof negative, "called %s", subject->negative);
    snprintf(positive, sizeof positive, "called %s", subject->positive);
    table_column(&t, "");
    table_number_column(&t, negative);
    table_number_column(&t, positive);
    table_cell(&t, "%s", subject->negative);
    table_cell(&t, "%s", format_count(text, m->true_negatives));
    table_cell(&t, "%s", format_count(text, m->false_positives));
    table_cell(&t, "%s", subject->positive);
    table_cell(&t, "%s", format_count(text, m->false_negatives));
    table_cell(&t, "%s", format_count(text, m->true_positives));
    const bool printed = table_print(&t, stdout);
    table_finish(&t);
    return printed;
}

bool metrics_print(const lvk_metrics *m, const metrics_subject *subject) {
    char text[FORMAT_SIZE];
    printf("%s\n\n", subject->title);
    if (!print_scores(m, subject))
        return false;
    printf("\nloss %s, size-only AUC %s (the cell's area alone)\n\n", format_number(text, m->loss, 4),
           format_number((char[FORMAT_SIZE]){0}, subject->size_auc, 4));
    if (!print_confusion(m, subject))
        return false;
    if (isfinite(m->auc) && m->auc < 0.4)
        printf("\nThe AUC is far below 0.5: the labels may be swapped.\n");
    return true;
}
