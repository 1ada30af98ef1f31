/* What a user has to know of the files of a data set: of which only a part is read, and where a picture had
 * to be scaled. */
#ifndef LVK_DATASET_FILE_NOTES_H
#define LVK_DATASET_FILE_NOTES_H

#include "dataset/assemble.h"

/* Logs a line for each kind of file, with the count of such files and one of their names. */
void lvk_dataset_tell_files(const lvk_dataset *dataset);

#endif
