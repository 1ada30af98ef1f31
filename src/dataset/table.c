#define _XOPEN_SOURCE 700
#include "dataset/table.h"

#include "core/digest.h"
#include "core/file.h"
#include "core/log.h"
#include "core/text.h"
#include "dataset/class_names.h"
#include "dataset/names.h"
#include "dataset/parts.h"
#include "dataset/table_columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_LABEL = 200 };

/* A row of the table; its texts belong to the scan. */
typedef struct table_row {
    const char *path, *label, *subject; /* NULL where the field is empty; a path is always there */
    double microns;
    lvk_given_part part;
    uint32_t line;
} table_row;

typedef struct table {
    lvk_scan *scan;
    lvk_csv csv;
    int columns[LVK_TABLE_ROLES];
    const char *names[LVK_TABLE_ROLES]; /* of the columns, in the header */
    table_row *rows;
    size_t count, capacity;
} table;

bool lvk_name_is_table(const char *name) {
    static const char *const endings[] = {".csv", ".tsv", ".txt"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; ++i)
        if (lvk_text_equal(dot, endings[i]))
            return true;
    return false;
}

/* ---- rows ---- */

/* The row's field without spaces around it; "" where there is no such column. */
static char *field_of(table *t, lvk_table_role role) {
    return t->columns[role] < 0 ? (char *)"" : lvk_csv_trim(t->csv.fields[t->columns[role]]);
}

static lvk_status keep(table *t, const char *text, const char **kept) {
    *kept = *text ? lvk_arena_strdup(&t->scan->arena, text) : NULL;
    return *text && !*kept ? LVK_ERROR_MEMORY : LVK_OK;
}

/* Checks a text that JSON files and models will hold. */
static lvk_status check_text(const table *t, const char *what, const char *text, size_t most) {
    if (!lvk_text_is_utf8(text))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: the %s is not UTF-8 text: save the table as UTF-8",
                        t->csv.path, t->csv.line, what);
    if (strlen(text) > most)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: the %s '%.40s...' has more than %zu bytes",
                        t->csv.path, t->csv.line, what, text, most);
    return LVK_OK;
}

static int file_kind(const char *folder, const char *path, struct stat *info, lvk_status *status) {
    char *full = lvk_path_join(folder, path);
    const int failed = full && stat(full, info) == 0 ? 0 : errno;
    if (!full)
        *status = LVK_ERROR_MEMORY;
    lvk_free(full);
    return failed;
}

/* The file must be there; Windows' '\' is read as '/' where that names one. */
static lvk_status check_file(const table *t, char *path) {
    struct stat info;
    lvk_status status = LVK_OK;
    int error = file_kind(t->scan->folder, path, &info, &status);
    if (error == ENOENT && strchr(path, '\\')) {
        for (char *at = path; *at; ++at)
            *at = *at == '\\' ? '/' : *at;
        error = file_kind(t->scan->folder, path, &info, &status);
    }
    LVK_TRY(status);
    if (error)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: %s: %s; paths are relative to the table's folder",
                        t->csv.path, t->csv.line, path, strerror(error));
    if (!S_ISREG(info.st_mode))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: %s: is no file", t->csv.path, t->csv.line, path);
    return LVK_OK;
}

static lvk_status take_part(const table *t, const char *text, table_row *row) {
    row->part = lvk_given_part_parse(text, strlen(text));
    if (*text && row->part == LVK_GIVEN_NONE)
        return lvk_fail(
            LVK_ERROR_FORMAT,
            "%s: line %u: part '%.40s' in column '%.80s': train, val or test; --columns part= leaves the "
            "column aside",
            t->csv.path, t->csv.line, text, t->names[LVK_TABLE_PART]);
    return LVK_OK;
}

static lvk_status take_microns(const table *t, const char *text, table_row *row) {
    if (!*text || (lvk_csv_number(&t->csv, text, &row->microns) && row->microns >= LVK_LEAST_MICRONS &&
                   row->microns <= LVK_MOST_MICRONS))
        return LVK_OK;
    return lvk_fail(LVK_ERROR_FORMAT,
                    "%s: line %u: microns_per_pixel '%.40s': a number above 0, from %g to %g, is needed",
                    t->csv.path, t->csv.line, text, LVK_LEAST_MICRONS, LVK_MOST_MICRONS);
}

static lvk_status take_row(table *t) {
    table_row row = {.line = t->csv.line};
    char *path = field_of(t, LVK_TABLE_PATH);
    const char *label = field_of(t, LVK_TABLE_LABEL), *subject = field_of(t, LVK_TABLE_SUBJECT);
    char canonical[LVK_SUBJECT_SIZE] = "";
    int ignored;
    if (!*path)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: no path of an image", t->csv.path, t->csv.line);
    while (path[0] == '.' && path[1] == '/')
        path += 2 + strspn(path + 2, "/");
    LVK_TRY(check_file(t, path));
    LVK_TRY(check_text(t, "label", label, MOST_LABEL));
    LVK_TRY(check_text(t, "subject", subject, LVK_SUBJECT_SIZE - 1));
    LVK_TRY(take_microns(t, field_of(t, LVK_TABLE_MICRONS), &row));
    if (!lvk_name_parse(subject, canonical, &ignored)) /* a name as C-NMC's files have it */
        lvk_name_canonical(subject, strlen(subject), canonical);
    LVK_TRY(keep(t, path, &row.path));
    LVK_TRY(keep(t, label, &row.label));
    LVK_TRY(keep(t, canonical, &row.subject));
    if (t->columns[LVK_TABLE_PART] >= 0)
        LVK_TRY(take_part(t, field_of(t, LVK_TABLE_PART), &row));
    LVK_TRY(LVK_GROW(&t->rows, &t->capacity, t->count));
    t->rows[t->count++] = row;
    return LVK_OK;
}

static int by_path(const void *a, const void *b) {
    const table_row *x = a, *y = b;
    const int order = strcmp(x->path, y->path);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

static lvk_status check_paths(const table *t) {
    for (size_t i = 1; i < t->count; ++i)
        if (strcmp(t->rows[i - 1].path, t->rows[i].path) == 0)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: %s is there twice, first in line %u", t->csv.path,
                            t->rows[i].line, t->rows[i].path, t->rows[i - 1].line);
    return LVK_OK;
}

/* Parts of all images, or of none. */
static lvk_status check_parts(const table *t) {
    const table_row *with = NULL, *without = NULL;
    for (size_t i = 0; i < t->count; ++i) {
        const table_row **seen = t->rows[i].part == LVK_GIVEN_NONE ? &without : &with;
        if (t->rows[i].label && (!*seen || t->rows[i].line < (*seen)->line))
            *seen = &t->rows[i];
    }
    if (with && without)
        return lvk_fail(LVK_ERROR_FORMAT,
                        "%s: line %u: no part, though line %u has one; --columns part= leaves the column "
                        "aside",
                        t->csv.path, without->line, with->line);
    return LVK_OK;
}

/* ---- classes ---- */

typedef struct label_use {
    const char *name;
    uint32_t line; /* the first with that label */
} label_use;

static int by_name(const void *a, const void *b) {
    const label_use *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* "ALL" and "all" are one class to people. */
static lvk_status check_cases(const table *t, const label_use *labels, size_t count) {
    for (size_t a = 0; a < count; ++a)
        for (size_t b = 0; b < a; ++b)
            if (lvk_text_equal(labels[a].name, labels[b].name))
                return lvk_fail(
                    LVK_ERROR_FORMAT,
                    "%s: labels '%.60s' (line %u) and '%.60s' (line %u) differ in case only: spell them alike",
                    t->csv.path, labels[b].name, labels[b].line, labels[a].name, labels[a].line);
    return LVK_OK;
}

static lvk_status name_classes(table *t, label_use *labels) {
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < t->count; ++i)
        if (t->rows[i].label)
            labels[count++] = (label_use){t->rows[i].label, t->rows[i].line};
    if (count)
        qsort(labels, count, sizeof *labels, by_name);
    for (size_t i = 0; i < count; ++i)
        if (kept == 0 || strcmp(labels[kept - 1].name, labels[i].name) != 0)
            labels[kept++] = labels[i];
    if (kept > LVK_SCAN_CLASSES)
        return lvk_fail(LVK_ERROR_LIMIT,
                        "%s: column '%.80s' has %zu labels, more than the %d classes that are read",
                        t->csv.path, t->names[LVK_TABLE_LABEL], kept, LVK_SCAN_CLASSES);
    LVK_TRY(check_cases(t, labels, kept));
    t->scan->classes = lvk_alloc(kept, sizeof *t->scan->classes);
    if (!t->scan->classes)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < kept; ++i)
        t->scan->classes[i] = labels[i].name;
    t->scan->class_count = kept;
    lvk_scan_name_positive(t->scan);
    return LVK_OK;
}

static int compare_class(const void *key, const void *entry) {
    return strcmp(key, *(const char *const *)entry);
}

static lvk_status fill_entries(table *t) {
    lvk_scan *scan = t->scan;
    size_t unlabelled = 0;
    scan->entries = lvk_alloc(t->count, sizeof *scan->entries);
    if (!scan->entries)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < t->count; ++i) {
        const table_row *row = &t->rows[i];
        const char **class = row->label ? bsearch(row->label, scan->classes, scan->class_count,
                                                  sizeof *scan->classes, compare_class)
                                        : NULL;
        scan->entries[scan->count++] =
            (lvk_scan_entry){.path = row->path,
                             .subject = row->subject,
                             .label = class ? (int32_t)(class - scan->classes) : -1,
                             .fold = -1,
                             .part = LVK_PART_TRAINING,
                             .given = row->part,
                             .microns_per_pixel = row->microns};
        unlabelled += !class;
    }
    if (unlabelled && scan->class_count)
        lvk_log(LVK_LOG_WARNING, "%s: %zu of %zu images have no label", t->csv.path, unlabelled, t->count);
    return LVK_OK;
}

/* ---- the table ---- */

static lvk_status fail_column(const table *t, lvk_table_role role) {
    char *names;
    LVK_TRY(lvk_csv_list_columns(&t->csv, &names));
    const lvk_status status =
        *names
            ? lvk_fail(LVK_ERROR_FORMAT,
                       "%s: line %u: no column is called as the %s of images usually is; --columns %s=NAME "
                       "says which of these it is: %.500s",
                       t->csv.path, t->csv.line, lvk_table_role_name(role), lvk_table_role_name(role), names)
            : lvk_fail(LVK_ERROR_FORMAT,
                       "%s: line %u: no column has a name; a table begins with a line of names", t->csv.path,
                       t->csv.line);
    lvk_free(names);
    return status;
}

static lvk_status tell_columns(const table *t) {
    lvk_text text = {0};
    for (int role = 0; role < LVK_TABLE_ROLES; ++role)
        if (t->columns[role] >= 0)
            lvk_text_add(&text, "%s%s from column '%s'", text.length ? ", " : "",
                         lvk_table_role_name((lvk_table_role)role), t->names[role]);
    const lvk_status status = text.failed ? LVK_ERROR_MEMORY : LVK_OK;
    if (status == LVK_OK)
        lvk_log(LVK_LOG_INFO, "%s: %s", t->csv.path, text.data);
    lvk_text_finish(&text);
    return status;
}

static lvk_status read_rows(table *t, const char *columns, bool allow_classless) {
    bool more;
    LVK_TRY(lvk_table_columns_find(&t->csv, columns, t->columns));
    if (t->columns[LVK_TABLE_PATH] < 0)
        return fail_column(t, LVK_TABLE_PATH);
    if (t->columns[LVK_TABLE_LABEL] < 0 && !allow_classless)
        return fail_column(t, LVK_TABLE_LABEL);
    for (int role = 0; role < LVK_TABLE_ROLES; ++role)
        t->names[role] = t->columns[role] < 0 ? "" : t->csv.fields[t->columns[role]];
    LVK_TRY(tell_columns(t));
    LVK_TRY(lvk_csv_next(&t->csv, &more));
    while (more) {
        LVK_TRY(take_row(t));
        LVK_TRY(lvk_csv_next(&t->csv, &more));
    }
    if (t->count == 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: no row below the header", t->csv.path);
    qsort(t->rows, t->count, sizeof *t->rows, by_path);
    return check_paths(t);
}

static lvk_status set_classes(table *t, bool allow_classless) {
    label_use *labels = lvk_alloc(t->count, sizeof *labels);
    lvk_status status = labels ? name_classes(t, labels) : LVK_ERROR_MEMORY;
    lvk_free(labels);
    if (status == LVK_OK && t->scan->class_count == 0 && !allow_classless)
        status = lvk_fail(LVK_ERROR_FORMAT, "%s: no image has a label", t->csv.path);
    return status;
}

/* Reads the table's bytes, of which the scan keeps the digest, and its header. */
static lvk_status open_table(table *t, const char *path) {
    void *data;
    size_t size;
    const size_t length = (size_t)(lvk_path_name(path) - path);
    t->scan->folder =
        length ? lvk_arena_format(&t->scan->arena, "%.*s", (int)(length > 1 ? length - 1 : 1), path)
               : lvk_arena_strdup(&t->scan->arena, ".");
    if (!t->scan->folder)
        return LVK_ERROR_MEMORY;
    LVK_TRY(lvk_file_read(path, LVK_CSV_MOST_BYTES, &data, &size));
    lvk_digest(data, size, t->scan->digest);
    return lvk_csv_take(path, data, size, &t->csv);
}

lvk_status lvk_scan_table(const char *path, const char *columns, bool allow_classless, lvk_scan *scan) {
    *scan = (lvk_scan){.positive = -1};
    table t = {.scan = scan};
    lvk_status status = open_table(&t, path);
    if (status == LVK_OK)
        status = read_rows(&t, columns, allow_classless);
    if (status == LVK_OK)
        status = check_parts(&t);
    if (status == LVK_OK)
        status = set_classes(&t, allow_classless);
    if (status == LVK_OK)
        status = fill_entries(&t);
    if (status == LVK_OK)
        status = lvk_scan_read_names(scan, false);
    lvk_free(t.rows);
    lvk_csv_close(&t.csv);
    if (status != LVK_OK)
        lvk_scan_finish(scan);
    return status;
}
