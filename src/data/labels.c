#include "data/labels.h"

#include "core/file.h"
#include "data/image.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_FIELDS = 16, COLUMNS = 3 };
#define MOST_BYTES ((size_t)16 << 20)

static const char *const column_names[COLUMNS] = {"Patient_ID", "new_names", "labels"};

static char *trim(char *text) {
    while (*text == ' ' || *text == '\t')
        ++text;
    size_t length = strlen(text);
    while (length && (text[length - 1] == ' ' || text[length - 1] == '\t' || text[length - 1] == '\r'))
        text[--length] = '\0';
    if (length >= 2 && text[0] == '"' && text[length - 1] == '"') {
        text[length - 1] = '\0';
        ++text;
    }
    return text;
}

/* Splits a line in place. Returns the count of fields, MOST_FIELDS + 1 when there are more than that. */
static int split_fields(char *line, char *fields[MOST_FIELDS]) {
    int count = 0;
    for (char *at = line; at;) {
        if (count == MOST_FIELDS)
            return MOST_FIELDS + 1;
        char *comma = strchr(at, ',');
        if (comma)
            *comma++ = '\0';
        fields[count++] = trim(at);
        at = comma;
    }
    return count;
}

static int compare_stems(const char *a, const char *b) {
    const size_t size_a = lvk_name_stem(a), size_b = lvk_name_stem(b);
    for (size_t i = 0; i < size_a && i < size_b; ++i) {
        const int x = a[i] | (a[i] >= 'A' && a[i] <= 'Z' ? 32 : 0),
                  y = b[i] | (b[i] >= 'A' && b[i] <= 'Z' ? 32 : 0);
        if (x != y)
            return x - y;
    }
    return size_a < size_b ? -1 : size_a > size_b;
}

static int compare_rows(const void *a, const void *b) {
    const lvk_label_row *x = a, *y = b;
    const int order = compare_stems(x->name, y->name);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

static lvk_status parse_header(const char *path, char *line, int columns[COLUMNS], int *width) {
    char *fields[MOST_FIELDS];
    if (strncmp(line, "\xEF\xBB\xBF", 3) == 0)
        line += 3;
    *width = split_fields(line, fields);
    for (int c = 0; c < COLUMNS; ++c) {
        columns[c] = -1;
        for (int i = 0; i < *width && i < MOST_FIELDS; ++i)
            if (lvk_text_equal(fields[i], column_names[c]))
                columns[c] = i;
        if (columns[c] < 0)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: line 1: no column '%s'", path, column_names[c]);
    }
    return LVK_OK;
}

static lvk_status parse_row(const char *path, uint32_t number, char *line, const int columns[COLUMNS],
                            int width, lvk_label_row *row) {
    char *fields[MOST_FIELDS];
    const int count = split_fields(line, fields);
    if (count != width)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: %s fields than the header's %d", path, number,
                        count < width ? "fewer" : "more", width);
    const char *patient = fields[columns[0]], *name = fields[columns[1]], *label = fields[columns[2]];
    int all_or_hem;
    if (!lvk_name_parse(patient, row->subject, &all_or_hem))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: '%.80s' names no subject (UID_<subject>_...)", path,
                        number, patient);
    if (!*name)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: no image name", path, number);
    if (strcmp(label, "0") != 0 && strcmp(label, "1") != 0)
        return lvk_fail(LVK_ERROR_FORMAT,
                        "%s: line %u: label '%.20s' of %.80s is neither 1 (all) nor 0 (hem)", path, number,
                        label, name);
    row->is_all = *label == '1';
    if (all_or_hem >= 0 && row->is_all != (all_or_hem == 0))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: label %s of %.80s contradicts its name %.80s", path,
                        number, label, name, patient);
    row->name = name;
    row->patient = patient;
    row->line = number;
    return LVK_OK;
}

static lvk_status check_duplicates(const char *path, const lvk_labels *labels) {
    for (size_t i = 1; i < labels->count; ++i) {
        const lvk_label_row *a = &labels->rows[i - 1], *b = &labels->rows[i];
        if (compare_stems(a->name, b->name) == 0)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: duplicate row for image %.80s (first in line %u)",
                            path, b->line, b->name, a->line);
    }
    return LVK_OK;
}

static lvk_status parse(const char *path, char *text, lvk_labels *labels) {
    size_t capacity = 0;
    int columns[COLUMNS], width = 0;
    uint32_t number = 0;
    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        ++number;
        if (number > 1 && !*trim(line))
            continue;
        if (number == 1) {
            LVK_TRY(parse_header(path, line, columns, &width));
            continue;
        }
        LVK_TRY(LVK_GROW(&labels->rows, &capacity, labels->count));
        LVK_TRY(parse_row(path, number, line, columns, width, &labels->rows[labels->count]));
        ++labels->count;
    }
    if (labels->count)
        qsort(labels->rows, labels->count, sizeof *labels->rows, compare_rows);
    return check_duplicates(path, labels);
}

lvk_status lvk_labels_read(const char *path, lvk_labels *labels) {
    *labels = (lvk_labels){0};
    void *data;
    size_t size;
    LVK_TRY(lvk_file_read(path, MOST_BYTES, &data, &size));
    lvk_status status = LVK_OK;
    char *text = NULL;
    if (lvk_is_lfs_pointer(data, size))
        status = lvk_fail(LVK_ERROR_FORMAT,
                          "%s: is a Git LFS pointer, not a table: fetch it with `git lfs pull`", path);
    else if (memchr(data, '\0', size))
        status = lvk_fail(LVK_ERROR_FORMAT, "%s: is not a text file", path);
    else if (!(text = lvk_arena_strdup(&labels->arena, data))) /* rows point into it */
        status = LVK_ERROR_MEMORY;
    else
        status = parse(path, text, labels);
    lvk_free(data);
    if (status != LVK_OK)
        lvk_labels_finish(labels);
    return status;
}

void lvk_labels_finish(lvk_labels *labels) {
    lvk_free(labels->rows);
    lvk_arena_finish(&labels->arena);
    *labels = (lvk_labels){0};
}

const lvk_label_row *lvk_labels_find(const lvk_labels *labels, const char *name) {
    size_t low = 0, high = labels->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = compare_stems(name, labels->rows[middle].name);
        if (order == 0)
            return &labels->rows[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const lvk_label_row *lvk_labels_find_patient(const lvk_labels *labels, const char *name) {
    for (size_t i = 0; i < labels->count; ++i)
        if (compare_stems(name, labels->rows[i].patient) == 0)
            return &labels->rows[i];
    return NULL;
}
