#include "table.h"

#include "leukvk/app/text.h"
#include "memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void add_column(table *t, const char *what, const char *name, bool right) {
    if (t->columns == TABLE_MAX_COLUMNS)
        return;
    const size_t size = strlen(what) + strlen(name) + 1;
    char *copy = allocate(size, 1);
    snprintf(copy, size, "%s%s", what, name);
    lvk_text_make_printable(copy); /* a class, say, as cells are */
    t->titles[t->columns] = copy;
    t->right[t->columns++] = right;
}

void table_column(table *t, const char *title) {
    add_column(t, title, "", false);
}

void table_number_column(table *t, const char *title) {
    add_column(t, title, "", true);
}

void table_named_column(table *t, const char *what, const char *name) {
    add_column(t, what, name, true);
}

/* Takes `cell` over. */
static void add_cell(table *t, char *cell) {
    if (t->cell_count == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 64;
        t->cells = allocate_again(t->cells, t->capacity, sizeof *t->cells);
    }
    t->cells[t->cell_count++] = cell;
}

void table_cell(table *t, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    char *cell = allocate(length < 0 ? 1 : (size_t)length + 1, 1);
    vsnprintf(cell, length < 0 ? 1 : (size_t)length + 1, format, again);
    lvk_text_make_printable(cell);
    add_cell(t, cell);
    va_end(again);
    va_end(arguments);
}

void table_rule(table *t) {
    for (int i = 0; i < t->columns; ++i)
        add_cell(t, NULL);
}

static void print_repeated(FILE *out, char c, size_t count) {
    while (count-- > 0)
        putc(c, out);
}

/* One line; spaces at its end are left out. */
static void print_line(const table *t, FILE *out, const size_t *widths, const char *const *cells) {
    size_t owed = 0;
    for (int i = 0; i < t->columns; ++i) {
        const char *cell = cells[i];
        const size_t space = widths[i] - lvk_text_columns(cell);
        if (*cell) {
            print_repeated(out, ' ', owed + (t->right[i] ? space : 0));
            fputs(cell, out);
            owed = t->right[i] ? 0 : space;
        } else {
            owed += space;
        }
        owed += 2;
    }
    putc('\n', out);
}

static void print_rule(const table *t, FILE *out, const size_t *widths) {
    for (int i = 0; i < t->columns; ++i) {
        print_repeated(out, ' ', i ? 2 : 0);
        print_repeated(out, '-', widths[i]);
    }
    putc('\n', out);
}

void table_print(table *t, FILE *out) {
    if (t->columns == 0)
        return;
    while (t->cell_count % (size_t)t->columns != 0)
        table_cell(t, "%s", "");
    const size_t columns = (size_t)t->columns;
    size_t widths[TABLE_MAX_COLUMNS];
    for (size_t i = 0; i < columns; ++i)
        widths[i] = lvk_text_columns(t->titles[i]);
    for (size_t i = 0; i < t->cell_count; ++i) {
        const size_t width = t->cells[i] ? lvk_text_columns(t->cells[i]) : 0;
        if (width > widths[i % columns])
            widths[i % columns] = width;
    }
    print_line(t, out, widths, (const char *const *)t->titles);
    print_rule(t, out, widths);
    for (size_t row = 0; row < t->cell_count; row += columns) {
        if (t->cells[row])
            print_line(t, out, widths, (const char *const *)(t->cells + row));
        else
            print_rule(t, out, widths);
    }
}

void table_finish(table *t) {
    for (size_t i = 0; i < t->cell_count; ++i)
        free(t->cells[i]);
    free(t->cells);
    for (int i = 0; i < t->columns; ++i)
        free(t->titles[i]);
    *t = (table){0};
}
