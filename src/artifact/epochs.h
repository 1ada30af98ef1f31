/* The epochs of a training, metrics.csv of a run folder, as everybody reads them: the history, the report, the server and the
 * search. */
#ifndef LVK_ARTIFACT_EPOCHS_H
#define LVK_ARTIFACT_EPOCHS_H

#include "core/csv.h"

#include <stddef.h>

typedef struct lvk_epochs {
    size_t count;
    int columns;
    char **names;   /* [columns] */
    double *values; /* [columns][count]; NaN where the table has nothing */
} lvk_epochs;

/* Reads the table; a file that does not exist has no epochs. LVK_ERROR_FORMAT, with file, line and column: a number that is
 * not finite, or none, where a training always writes one. A score of the validation part may be "nan", where it is not
 * defined, and all of this part are empty where nothing validates. On failure there is nothing to finish. */
LVK_MUST_USE lvk_status lvk_epochs_read(const char *path, lvk_epochs *epochs);

/* The same from an open table, which is closed. */
LVK_MUST_USE lvk_status lvk_epochs_take(lvk_csv *csv, lvk_epochs *epochs);
void lvk_epochs_finish(lvk_epochs *epochs);

/* The values of a column, [count]. LVK_ERROR_FORMAT, with the file's name: there is no such column. */
LVK_MUST_USE lvk_status lvk_epochs_need(const lvk_epochs *epochs, const char *path, const char *name,
                                        const double **values);

/* The same; NULL where there is no such column, or none of its values is known. */
const double *lvk_epochs_column(const lvk_epochs *epochs, const char *name);

#endif
