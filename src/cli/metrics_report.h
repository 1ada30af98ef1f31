/* Evaluation reports as text for people. */
#ifndef LEUKVK_CLI_METRICS_REPORT_H
#define LEUKVK_CLI_METRICS_REPORT_H

#include "leukvk/leukvk.h"

#include <stdbool.h>

/* What is evaluated. */
typedef struct metrics_subject {
    const char *title;               /* "test: 262 images of 6 subjects" */
    const char *positive, *negative; /* class names */
} metrics_subject;

/* Whose the images are, to stand behind "87 images": " of 4 subjects", ", no subject known", or how many are of
 * subjects that are not known. Fills and returns `text`. */
enum { METRICS_PEOPLE_SIZE = 128 };
char *metrics_people(char text[METRICS_PEOPLE_SIZE], uint64_t images, uint32_t subjects, uint64_t unnamed);

/* Scores with their intervals beside the baselines, confusion matrix, majority votes, and what they mean where
 * people are few or not known. False when memory was out. */
bool metrics_print(const lvk_evaluation_report *report, const metrics_subject *subject);

/* A line a subject. */
bool metrics_print_subjects(const lvk_subject_score *scores, size_t count, const metrics_subject *subject);

#endif
