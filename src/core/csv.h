/* CSV files as programs and spreadsheets write them: RFC 4180, and what people meet beside it. A byte-order
 * mark, line ends of any system, blank lines, ';' or a tab between fields, the line "sep=;" of Excel, and
 * empty fields behind the last column are read. Input is untrusted. */
#ifndef LVK_CORE_CSV_H
#define LVK_CORE_CSV_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LVK_CSV_MOST_BYTES ((size_t)256 << 20) /* of a file */
enum { LVK_CSV_MOST_FIELDS = 128 };            /* in a row; predictions of LVK_MOST_CLASSES classes have 69 */

/* A file that is read row by row; the first row is the header. Fields are strings inside the file's text,
 * without the quotes around them, and valid until lvk_csv_close. */
typedef struct lvk_csv {
    const char *path; /* borrowed; begins every error line */
    char *text;       /* owned */
    char *at;         /* NULL: at the end */
    char separator;
    uint32_t line, next_line; /* of the row in `fields`, 1 is the first; of what follows */
    char *fields[LVK_CSV_MOST_FIELDS];
    int count; /* fields in the row: as many as the header has */
    int width; /* the header's, 0 before it is read */
} lvk_csv;

/* Reads the file and its header, so that `fields` are the names of the columns, without spaces around them.
 * On failure there is nothing to close. LVK_ERROR_FORMAT: no text, or a Git LFS pointer. An empty file has
 * no columns. */
LVK_MUST_USE lvk_status lvk_csv_open(const char *path, lvk_csv *csv);

/* The same for a file that lvk_file_read has read. Takes `text` over, on failure too. */
LVK_MUST_USE lvk_status lvk_csv_take(const char *path, void *text, size_t size, lvk_csv *csv);

/* The names of the columns with ", " between them, in memory that the caller frees with lvk_free. `fields`
 * must still be the header. */
LVK_MUST_USE lvk_status lvk_csv_list_columns(const lvk_csv *csv, char **names);

/* The next row that is not blank; *more is false behind the last one. LVK_ERROR_FORMAT, with file and line: a
 * quote that is not closed, text behind a quoted field, more or fewer fields than the header has. */
LVK_MUST_USE lvk_status lvk_csv_next(lvk_csv *csv, bool *more);

void lvk_csv_close(lvk_csv *csv); /* accepts an empty one */

/* Takes spaces and tabs from both ends of a field, in place. */
char *lvk_csv_trim(char *field);

/* The field as a number: as lvk_number_parse, and where ';' separates fields a decimal comma is read too.
 * Spaces around the number are passed over. */
bool lvk_csv_number(const lvk_csv *csv, const char *field, double *value);

#endif
