/* The label table of C-NMC's preliminary phase: a CSV (core/csv.h) with the header
 * Patient_ID,new_names,labels (any order and case), rows as `UID_57_29_1_all.bmp,1.bmp,1`. Patient_ID is the
 * cell's original file name and holds its subject; new_names is the file it is now in; labels is 1 for ALL
 * and 0 for normal, the opposite of the folders' alphabetical order. */
#ifndef LVK_DATASET_LABELS_H
#define LVK_DATASET_LABELS_H

#include "core/csv.h"
#include "dataset/names.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct lvk_label_row {
    const char *name;    /* of the file, as the table has it */
    const char *patient; /* Patient_ID: the original file name */
    char subject[LVK_SUBJECT_SIZE];
    bool is_all;
    uint32_t line; /* 1 is the header */
} lvk_label_row;

typedef struct lvk_labels {
    lvk_label_row *rows; /* by name without extension, case ignored */
    size_t count;
    lvk_csv csv; /* its text is what the rows point into */
} lvk_labels;

/* Reads the table. Refused, with file and line: a Git LFS pointer, a missing column, a row with too few or
 * too many fields, a label other than 0 or 1, a label that contradicts the class in Patient_ID, a name twice.
 */
LVK_MUST_USE lvk_status lvk_labels_read(const char *path, lvk_labels *labels);
void lvk_labels_finish(lvk_labels *labels);

/* The row of an image by file name, extension and case ignored (a table may say .bmp where the files are .png
 * now). NULL when there is none. */
const lvk_label_row *lvk_labels_find(const lvk_labels *labels, const char *name);

/* The same by the original name in Patient_ID, for copies of the set that kept it. */
const lvk_label_row *lvk_labels_find_patient(const lvk_labels *labels, const char *name);

#endif
