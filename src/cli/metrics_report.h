/* Evaluation reports as text for people. */
#ifndef LEUKVK_CLI_METRICS_REPORT_H
#define LEUKVK_CLI_METRICS_REPORT_H

#include "leukvk/leukvk.h"
#include "ui/table.h"

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
 * where people are few or not known; of three classes and more also the scores of each. */
void metrics_print(const lvk_evaluation_report *report, const metrics_subject *subject);

/* A line a subject; of two classes, of three and more. */
void metrics_print_subjects(const lvk_subject_score *scores, size_t count, const metrics_subject *subject);
void metrics_print_class_subjects(const lvk_subject_class_score *scores, size_t count,
                                  const char *const *names, uint32_t classes);

/* ---- what the two kinds of report have in common ---- */

void metrics_print_unnamed(const lvk_evaluation_report *report);
void metrics_print_votes(const lvk_evaluation_report *report);

/* A cell with an interval, "0.871 to 0.950", or "n/a". */
void metrics_interval_cell(table *t, double low, double high);

/* What the intervals are, or why there is none. `names` are those of the report's classes, of two the negative
 * one first; `constant`: some score has a value and no interval, since it never varied. */
void metrics_print_interval_note(const lvk_evaluation_report *report, const char *const *names,
                                 uint32_t classes, bool constant);

/* What metrics_print does for three classes and more. */
void metrics_print_classes(const lvk_evaluation_report *report, const char *title);

#endif
