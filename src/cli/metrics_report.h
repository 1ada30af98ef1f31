/* Judgements as text for people. */
#ifndef LEUKVK_CLI_METRICS_REPORT_H
#define LEUKVK_CLI_METRICS_REPORT_H

#include "leukvk/leukvk.h"

#include <stdbool.h>

/* What is judged. */
typedef struct metrics_subject {
    const char *title;               /* "test: 262 images of 6 subjects" */
    const char *positive, *negative; /* class names */
} metrics_subject;

/* Scores with their intervals beside the baselines, confusion matrix, majority votes. False when memory was
 * out. */
bool metrics_print(const lvk_judgement *judgement, const metrics_subject *subject);

/* A line a subject. */
bool metrics_print_subjects(const lvk_subject_score *scores, size_t count, const metrics_subject *subject);

#endif
