#include "dataset/labels.h"

#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 3 };

static const char *const column_names[COLUMNS] = {"Patient_ID", "new_names", "labels"};

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

static lvk_status find_columns(const lvk_csv *csv, int columns[COLUMNS]) {
    for (int c = 0; c < COLUMNS; ++c) {
        columns[c] = -1;
        for (int i = 0; i < csv->width; ++i)
            if (lvk_text_equal(csv->fields[i], column_names[c]))
                columns[c] = i;
        if (columns[c] < 0)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: line 1: no column '%s'", csv->path, column_names[c]);
    }
    return LVK_OK;
}

static lvk_status parse_row(const lvk_csv *csv, const int columns[COLUMNS], lvk_label_row *row) {
    const char *path = csv->path;
    const uint32_t number = csv->line;
    const char *patient = lvk_csv_trim(csv->fields[columns[0]]),
               *name = lvk_csv_trim(csv->fields[columns[1]]), *label = lvk_csv_trim(csv->fields[columns[2]]);
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

static lvk_status read_rows(lvk_labels *labels) {
    size_t capacity = 0;
    int columns[COLUMNS];
    bool more;
    lvk_csv *csv = &labels->csv;
    LVK_TRY(find_columns(csv, columns));
    LVK_TRY(lvk_csv_next(csv, &more));
    while (more) {
        LVK_TRY(LVK_GROW(&labels->rows, &capacity, labels->count));
        LVK_TRY(parse_row(csv, columns, &labels->rows[labels->count]));
        ++labels->count;
        LVK_TRY(lvk_csv_next(csv, &more));
    }
    if (labels->count)
        qsort(labels->rows, labels->count, sizeof *labels->rows, compare_rows);
    return check_duplicates(csv->path, labels);
}

lvk_status lvk_labels_read(const char *path, lvk_labels *labels) {
    *labels = (lvk_labels){0};
    LVK_TRY(lvk_csv_open(path, &labels->csv));
    const lvk_status status = read_rows(labels);
    if (status != LVK_OK)
        lvk_labels_finish(labels);
    return status;
}

void lvk_labels_finish(lvk_labels *labels) {
    lvk_free(labels->rows);
    lvk_csv_close(&labels->csv);
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
