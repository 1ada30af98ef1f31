/* Typos: which word was meant where another was typed. */
#ifndef LEUKVK_CLI_SUGGEST_H
#define LEUKVK_CLI_SUGGEST_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

/* The word nearest to the one that was typed, by letters left out, put in, changed or swapped; NULL where none is
 * near. */
const char *suggest_word(const char *typed, const char *const *words, size_t count);

/* Ends the program with one line and EXIT_USAGE at the first argument that looks like an option of `parser` and is none,
 * lacks its value, has one that it does not take, or may be either of two; getopt and argp would need two lines. The line
 * names the option that was meant, where there is one near. argv[0] is "leukvk VERB". */
void suggest_option(const struct argp *parser, int argc, char **argv);

/* Whether this long option was among the arguments that suggest_option has read, also where its value is the
 * default. */
bool suggest_was_given(const char *name);

#endif
