/* A chart of the losses of a training's epochs in plain characters:
 */
#ifndef LEUKVK_CLI_UI_LOSS_CHART_H
#define LEUKVK_CLI_UI_LOSS_CHART_H

#include <stddef.h>
#include <stdio.h>

typedef struct loss_chart {
    const double *train, *validation; /* [count] by epoch; NaN: not known */
    size_t count;
    size_t kept; /* the epoch to mark as the one that is kept, 1 to count; 0: none */
    int columns; /* of the terminal; at most 80 are used */
} loss_chart;

/* Prints nothing where fewer than two epochs have a loss, or the terminal has fewer than 60 columns. Where there are more epochs than
 * columns, a column shows the mean of its epochs. */
void loss_chart_print(const loss_chart *chart, FILE *out);

#endif
