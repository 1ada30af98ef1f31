/* Text for terminals and tables: UTF-8 from outside, such as file names. */
#ifndef LEUKVK_APP_TEXT_H
#define LEUKVK_APP_TEXT_H

#include "leukvk/api.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The number of columns that the text takes on a terminal: 2 for East Asian wide characters and emoji, 0 for
 * combining marks, 1 for all others and for every byte that is not UTF-8. It does not depend on the
 * locale. */
LVK_API size_t lvk_text_columns(const char *utf8);

/* Overwrites control characters (newline, escape and marks of direction included) and bytes that are not
 * UTF-8 with '?', so that a file name can neither break a table nor steer a terminal. */
LVK_API void lvk_text_make_printable(char *utf8);

/* Returns a string of JSON with its quotes, in which bytes that are not UTF-8 are U+FFFD. The caller frees it
 * with lvk_text_free. NULL when memory is out. */
LVK_API char *lvk_text_json(const char *string);

#ifdef __cplusplus
}
#endif
#endif
