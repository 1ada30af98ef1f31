/* Text for terminals and tables: UTF-8 that may come from anywhere, file names for example. */
#ifndef LEUKVK_TEXT_H
#define LEUKVK_TEXT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Columns that the text takes on a terminal: 2 for East Asian wide characters and emoji, 0 for combining
 * marks, 1 for the rest and for every byte that is not UTF-8. Independent of the locale. */
size_t lvk_text_columns(const char *utf8);

/* Overwrites control characters (newline, escape and marks of direction included) and bytes that are not
 * UTF-8 with '?', so that a file name can neither break a table nor steer a terminal. */
void lvk_text_make_printable(char *utf8);

/* A string of JSON with its quotes, whatever the bytes: those that are not UTF-8 become U+FFFD. Freed with
 * lvk_text_free; NULL when memory is out. */
char *lvk_text_json(const char *string);

#ifdef __cplusplus
}
#endif
#endif
