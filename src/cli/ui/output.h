/* What leaves the program: lines that cannot steer a terminal, and that none of it is lost without a word. */
#ifndef LEUKVK_CLI_UI_OUTPUT_H
#define LEUKVK_CLI_UI_OUTPUT_H

#include <stdio.h>

/* The first thing that the program does. Standard input, output and error are open from here on, so that no
 * file of the program's own comes in their place; and when the program ends, what could not be printed is
 * told and makes the exit status EXIT_FAILED. */
void output_begin(void);

/* The end of the verb, with its exit status; returns the program's. */
int output_end(int exit_status);

/* From now on what the program prints to standard output goes to standard error. Returns the descriptor of what standard
 * output was; -1 with errno where that cannot be. */
int output_divert(void);

/* A path from the command line to write to. "-" and /dev/stdout are standard output, and what the program
 * prints goes to standard error from then on: two texts in one stream would be neither. Returns the path to
 * use. */
const char *output_path(const char *text);

/* Ends the program with one line and EXIT_USAGE where --`option` `path`, what output_path has returned, cannot be
 * written: before hours of work. */
void output_check_writable(const char *option, const char *path);

/* Ends the program with one line and EXIT_USAGE where --`option` `path` (NULL: not given) would overwrite one of
 * the inputs or a file of a run (leukvk/app/output.h). */
void output_check(const char *option, const char *path, const char *const *inputs, size_t count);

/* `text` as a line may show it: what a terminal could misread is '?' (leukvk/app/text.h); "standard output" for
 * what output_path has made of a dash, also where an error line begins with it. In memory that the next seven calls leave alone. For every name that
 * is not the program's own. */
const char *shown(const char *text);

/* Prints a text of several lines. A terminal gets it with '?' for what it could misread; a file and a pipe
 * get it as it is. */
void output_text(const char *text);

/* Writes the text into the file, or prints it where `path` is NULL. Returns an lvk_status. */
int output_write(const char *path, const char *text);

/* A stream like standard error that shows '?' for what a terminal could misread. NULL where there is none. */
FILE *output_filter(void);

#endif
