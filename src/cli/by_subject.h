/* predict --by-subject: a line a person in the place of a line an image. */
#ifndef LEUKVK_CLI_BY_SUBJECT_H
#define LEUKVK_CLI_BY_SUBJECT_H

#include "selection.h"

/* Warns about images whose person is not known. Ends the program with one line where nobody is known. */
void by_subject_check(const selection *images);

/* Writes the summaries of the rows into a file, or to standard output where `path` is NULL. `how` has the
 * classes and the format. Returns an lvk_status. */
int by_subject_write(const lvk_prediction *rows, size_t count, const lvk_prediction_options *how,
                     const char *path);

#endif
