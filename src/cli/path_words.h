/* The images that a command line names: its words, with the lines of standard input in the place of each "-". */
#ifndef LEUKVK_CLI_PATH_WORDS_H
#define LEUKVK_CLI_PATH_WORDS_H

#include <stddef.h>

typedef struct path_words {
    const char **paths; /* they live as long as the program */
    size_t count;
} path_words;

/* Ends the program with one line where memory is short. */
void path_words_take(path_words *list, char *const *words, size_t count);
void path_words_finish(path_words *list);

#endif
