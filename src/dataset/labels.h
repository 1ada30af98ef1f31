/* The label table of C-NMC's preliminary part: a CSV file (core/csv.h) with the columns Patient_ID, new_names
 * and labels, in any order and case, and rows such as `UID_57_29_1_all.bmp,1.bmp,1`. Patient_ID is the
 * original name of the cell's file, which contains the subject; new_names is the present name of the file;
 * labels is 1 for ALL and 0 for normal, although the class index of ALL is 0, since classes are in
 * alphabetical order. */
#ifndef LVK_DATASET_LABELS_H
#define LVK_DATASET_LABELS_H

#include "core/csv.h"
#include "dataset/names.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct lvk_label_row {
    const char *name;    /* new_names: the present name of the file */
    const char *patient; /* Patient_ID: the original name of the file */
    char subject[LVK_SUBJECT_SIZE];
    bool is_all;
    uint32_t line; /* of the file; 1 is the header */
} lvk_label_row;

typedef struct lvk_labels {
    lvk_label_row *rows; /* [count] in order of names without extension, case ignored */
    size_t count;
    lvk_csv csv; /* holds the text that the rows point into */
} lvk_labels;

/* Reads the table. An error names the file and the line: a Git LFS pointer, a missing column, a row with too
 * few or too many fields, a label other than 0 or 1, a label that contradicts the class in Patient_ID, the
 * same name twice.
 */
LVK_MUST_USE lvk_status lvk_labels_read(const char *path, lvk_labels *labels);
void lvk_labels_finish(lvk_labels *labels);

/* Finds the row of an image by the name of its file; NULL: there is none. Case and extension are ignored,
 * since a table may say .bmp where the files have been converted to .png. */
const lvk_label_row *lvk_labels_find(const lvk_labels *labels, const char *name);

/* Finds the row by the original name in Patient_ID, for copies of the data set whose files have kept that
 * name. */
const lvk_label_row *lvk_labels_find_patient(const lvk_labels *labels, const char *name);

#endif
