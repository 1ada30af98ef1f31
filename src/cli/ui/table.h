/* Text tables: cells are added one after the other, row by row, and printed with aligned columns. Cells are
 * UTF-8; what a terminal could misread is shown as '?'. */
#ifndef LEUKVK_CLI_UI_TABLE_H
#define LEUKVK_CLI_UI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { TABLE_MAX_COLUMNS = 80 };

/* Start with {0}, then add the columns, then the cells. */
typedef struct table {
    int columns;
    char *titles[TABLE_MAX_COLUMNS];
    bool right[TABLE_MAX_COLUMNS];
    char **cells; /* NULL entries: a rule across the table in place of a row */
    size_t cell_count, capacity;
} table;

void table_column(table *t, const char *title);        /* words: aligned to the left */
void table_number_column(table *t, const char *title); /* numbers: aligned to the right */

/* Numbers under a title of two parts, such as "called " and the name of a class, which may be long. */
void table_named_column(table *t, const char *what, const char *name);

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void table_cell(table *t, const char *format, ...);

/* A line of dashes between two rows; the row before it must be complete. */
void table_rule(table *t);

/* Prints title line, a rule, the rows. A last row that is not complete is filled with empty cells. */
void table_print(table *t, FILE *out);

void table_finish(table *t);

#endif
