/* What `leukvk data` tells of a data set, counted once and printed as text or as JSON. */
#ifndef LEUKVK_CLI_DATA_FACTS_H
#define LEUKVK_CLI_DATA_FACTS_H

#include "leukvk/leukvk.h"

#include <stdbool.h>
#include <stddef.h>

/* A part of the data set, or one of its folds. */
typedef struct part_row {
    lvk_data_part part;
    int32_t fold; /* -1: all */
    size_t images, unlabelled;
    size_t subjects, unnamed; /* subjects who are known, and images of which none is */
    size_t *by_class;         /* [class_count] */
    double imbalance;         /* images of the largest class / of the smallest; NaN: a class is missing */
} part_row;

/* The cells of one class in one part. */
typedef struct cell_row {
    lvk_data_part part;
    int32_t label; /* -1: without a label */
    lvk_cell_summary cells;
} cell_row;

enum { DATA_MOST_ROWS = 1 + 10 + 2, DATA_CLASS_COLUMNS = 8 };

typedef struct data_facts {
    const lvk_dataset *dataset;
    part_row rows[DATA_MOST_ROWS]; /* those with images */
    size_t row_count;
    cell_row *cells; /* the same */
    size_t cell_count;
    lvk_size_summary sizes;
    double size_auc[LVK_PART_COUNT]; /* of the cell's area as a score for the positive class; NaN where a part
                                        has no labels of both kinds */
} data_facts;

/* Counts; 0 or the library's status, whose error line is set. Always to be finished. */
int data_facts_collect(const lvk_dataset *dataset, data_facts *facts);
void data_facts_finish(data_facts *facts);

const char *data_part_name(lvk_data_part part); /* "training", "preliminary", "final" */

/* What a class is called; "unlabelled" for -1. */
const char *data_class_name(const lvk_dataset *dataset, int32_t label);

/* The images of every subject: those of subject s are images[starts[s]] to images[starts[s + 1] - 1]. */
typedef struct subject_images {
    uint32_t *images;
    size_t *starts;
} subject_images;

/* Always to be finished. */
void data_subjects_collect(const lvk_dataset *dataset, subject_images *subjects);
void data_subjects_finish(subject_images *subjects);

/* Text. `subjects`: list every subject. */
void data_report(const data_facts *facts, bool subjects);

void data_json(const data_facts *facts);

#endif
