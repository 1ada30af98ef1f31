/* The epochs of a training: metrics.csv of a run folder. */
#ifndef LVK_REPORT_EPOCHS_H
#define LVK_REPORT_EPOCHS_H

#include "core/error.h"

#include <stddef.h>

typedef struct lvk_epochs {
    size_t count;
    int columns;
    char **names;   /* [columns] */
    double *values; /* [columns][count]; NaN where the table has nothing */
} lvk_epochs;

/* Reads the table; a file that does not exist has no epochs. LVK_ERROR_FORMAT names file and line. On failure
 * there is nothing to finish. */
LVK_MUST_USE lvk_status lvk_epochs_read(const char *path, lvk_epochs *epochs);
void lvk_epochs_finish(lvk_epochs *epochs);

/* The values of a column, [count]; NULL where there is none, or none of its values is known. */
const double *lvk_epochs_column(const lvk_epochs *epochs, const char *name);

#endif
