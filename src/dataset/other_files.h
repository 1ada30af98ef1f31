/* The files of a folder that are no images: counted by the ending of their names, so that none is left out
 * without a word. */
#ifndef LVK_DATASET_OTHER_FILES_H
#define LVK_DATASET_OTHER_FILES_H

#include "core/error.h"

#include <stddef.h>

enum { LVK_OTHER_ENDINGS = 12, LVK_OTHER_ENDING_SIZE = 16 };

typedef struct lvk_other_ending {
    char text[LVK_OTHER_ENDING_SIZE]; /* ".svs", in small letters; "": the name has none */
    size_t count;
} lvk_other_ending;

/* Start with {0}. Owns nothing. */
typedef struct lvk_other_files {
    lvk_other_ending endings[LVK_OTHER_ENDINGS]; /* the first that were met */
    size_t ending_count;
    size_t count; /* of all files, with endings that have no room above */
} lvk_other_files;

/* Counts a file by its name, without folders. */
void lvk_other_files_add(lvk_other_files *files, const char *name);

/* Logs one line with the counts, the most frequent ending first; none where there are no such files.
 * LVK_ERROR_MEMORY. */
LVK_MUST_USE lvk_status lvk_other_files_tell(const lvk_other_files *files, const char *folder);

#endif
