/* Evaluation reports as text for people. */
#ifndef LEUKVK_CLI_METRICS_REPORT_H
#define LEUKVK_CLI_METRICS_REPORT_H

#include "leukvk/leukvk.h"

#include <stdbool.h>

/* What is evaluated. */
typedef struct metrics_subject {
    const char *title;               /* "test: 262 images of 6 subjects" */
    const char *positive, *negative; /* class names, where there are two classes */
} metrics_subject;

/* Whose the images are, to stand behind "87 images": " of 4 subjects", ", no subject known", or how many are of
 * subjects that are not known. Fills and returns `text`. */
enum { METRICS_PEOPLE_SIZE = 128 };
char *metrics_people(char text[METRICS_PEOPLE_SIZE], uint64_t images, uint32_t subjects, uint64_t unnamed);

/* Scores with their intervals beside the baselines, confusion matrix, majority votes, and what they mean
 * where people are few or not known; of three classes and more also the scores of each. False when memory was out. */
bool metrics_print(const lvk_evaluation_report *report, const metrics_subject *subject);

/* A line a subject; of two classes, of three and more. */
bool metrics_print_subjects(const lvk_subject_score *scores, size_t count, const metrics_subject *subject);
bool metrics_print_class_subjects(const lvk_subject_class_score *scores, size_t count,
                                  const char *const *names, uint32_t classes);

/* ---- what the two kinds of report have in common ---- */

/* With fewer people, the range from the worst to the best holds what is typical in less than 95 % of
 * cases. */
enum { METRICS_FEW_PEOPLE = 6 };

void metrics_print_unnamed(const lvk_evaluation_report *report);
void metrics_print_votes(const lvk_evaluation_report *report);

/* What the intervals are of; `constant`: some score has none. */
void metrics_print_interval_kind(const lvk_evaluation_report *report, bool constant);

/* What metrics_print does for three classes and more. */
bool metrics_print_classes(const lvk_evaluation_report *report, const char *title);

#endif
