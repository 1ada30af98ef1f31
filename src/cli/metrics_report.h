/* Metrics as text for people. */
#ifndef LEUKVK_CLI_METRICS_REPORT_H
#define LEUKVK_CLI_METRICS_REPORT_H

#include "leukvk/leukvk.h"

#include <stdbool.h>

/* What the metrics are of. */
typedef struct metrics_subject {
    const char *title;               /* "test: 262 images of 6 subjects" */
    const char *positive, *negative; /* class names */
    double size_auc;
} metrics_subject;

/* Counts, scores beside the baselines, confusion matrix. False when memory was out. */
bool metrics_print(const lvk_metrics *metrics, const metrics_subject *subject);

#endif
