/* What heat maps tell, for people and as JSON. */
#ifndef LEUKVK_CLI_EXPLAIN_REPORT_H
#define LEUKVK_CLI_EXPLAIN_REPORT_H

#include "leukvk/leukvk.h"

typedef struct explain_results {
    const lvk_explainer *explainer;
    const char *model; /* its file */
    lvk_explain_method method;
    const lvk_prediction *rows; /* [count] of images that could be read, as the next */
    const uint32_t *called;     /* the class that each is called */
    const lvk_heat *heats;
    size_t count;
} explain_results;

/* A line for each image, and the mean shares of each class. */
void explain_print(const explain_results *results);

void explain_print_json(const explain_results *results);

/* Warnings to standard error, of each class where most of the heat lies beside the cells. */
void explain_warn(const explain_results *results);

#endif
