/* Predictions read from CSV files. */
#include "leukvk/predictions.h"

#include "core/csv.h"
#include "core/memory.h"
#include "core/text.h"

#include <string.h>

enum column { PATH, SUBJECT, PROBABILITY, LABEL, AREA, COLUMNS };

struct lvk_prediction_set {
    lvk_prediction *rows;
    size_t count, capacity;
    char *positive, *negative; /* class names */
    lvk_csv *files;            /* what the rows point into */
    size_t file_count;
};

static lvk_status set_positive(lvk_prediction_set *set, const lvk_csv *csv, const char *name) {
    if (!set->positive) {
        set->positive = lvk_strdup(name);
        return set->positive ? LVK_OK : LVK_ERROR_MEMORY;
    }
    return strcmp(set->positive, name) == 0
               ? LVK_OK
               : lvk_fail(LVK_ERROR_FORMAT, "%s: its positive class is %s, that of the file before %s",
                          csv->path, name, set->positive);
}

static lvk_status take_header(lvk_prediction_set *set, const lvk_csv *csv, int columns[COLUMNS]) {
    static const char *const names[COLUMNS] = {"path", "subject", "p_", "label", "area"};
    for (int c = 0; c < COLUMNS; ++c) {
        columns[c] = -1;
        for (int i = 0; i < csv->width; ++i)
            if (c == PROBABILITY ? strncmp(csv->fields[i], "p_", 2) == 0
                                 : strcmp(csv->fields[i], names[c]) == 0)
                columns[c] = i;
        if (columns[c] < 0 && c != SUBJECT && c != AREA)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: there is no column %s%s", csv->path, csv->line,
                            names[c], c == PROBABILITY ? "<class>" : "");
    }
    return set_positive(set, csv, csv->fields[columns[PROBABILITY]] + 2);
}

static lvk_status take_label(lvk_prediction_set *set, const lvk_csv *csv, const char *name, int *label) {
    *label = !*name ? -1 : strcmp(name, set->positive) == 0;
    if (*label != 0)
        return LVK_OK;
    if (!set->negative) {
        set->negative = lvk_strdup(name);
        return set->negative ? LVK_OK : LVK_ERROR_MEMORY;
    }
    return strcmp(set->negative, name) == 0
               ? LVK_OK
               : lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: label '%s' is neither %s nor %s", csv->path,
                          csv->line, name, set->positive, set->negative);
}

static lvk_status take_row(lvk_prediction_set *set, const lvk_csv *csv, const int columns[COLUMNS]) {
    LVK_TRY(LVK_GROW(&set->rows, &set->capacity, set->count));
    lvk_prediction *row = &set->rows[set->count];
    uint64_t area = 0;
    const char *p = csv->fields[columns[PROBABILITY]];
    const char *area_text = columns[AREA] < 0 ? "" : lvk_csv_trim(csv->fields[columns[AREA]]);
    *row = (lvk_prediction){.path = csv->fields[columns[PATH]],
                            .subject = columns[SUBJECT] < 0 ? NULL : csv->fields[columns[SUBJECT]]};
    if (!lvk_csv_number(csv, p, &row->p) || row->p < 0 || row->p > 1)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: '%s' is no probability", csv->path, csv->line, p);
    if (*area_text && !lvk_number_parse_u64(area_text, UINT32_MAX, &area))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: '%s' is no area in pixels", csv->path, csv->line,
                        area_text);
    row->area = (uint32_t)area;
    LVK_TRY(take_label(set, csv, lvk_csv_trim(csv->fields[columns[LABEL]]), &row->label));
    ++set->count;
    return LVK_OK;
}

static lvk_status read_file(lvk_prediction_set *set, const char *path) {
    int columns[COLUMNS];
    bool more;
    lvk_csv *csv = &set->files[set->file_count];
    LVK_TRY(lvk_csv_open(path, csv));
    ++set->file_count;
    LVK_TRY(take_header(set, csv, columns));
    LVK_TRY(lvk_csv_next(csv, &more));
    while (more) {
        LVK_TRY(take_row(set, csv, columns));
        LVK_TRY(lvk_csv_next(csv, &more));
    }
    return LVK_OK;
}

lvk_status lvk_prediction_set_read(const char *const *paths, size_t count, lvk_prediction_set **set) {
    lvk_prediction_set *s = *set = lvk_alloc(1, sizeof *s);
    if (!s)
        return LVK_ERROR_MEMORY;
    s->files = lvk_alloc(count, sizeof *s->files);
    lvk_status status = s->files ? LVK_OK : LVK_ERROR_MEMORY;
    for (size_t i = 0; i < count && status == LVK_OK; ++i)
        status = read_file(s, paths[i]);
    if (status != LVK_OK)
        lvk_prediction_set_destroy(set);
    return status;
}

void lvk_prediction_set_destroy(lvk_prediction_set **set) {
    if (!*set)
        return;
    for (size_t i = 0; i < (*set)->file_count; ++i)
        lvk_csv_close(&(*set)->files[i]);
    lvk_free((*set)->files);
    lvk_free((*set)->rows);
    lvk_free((*set)->positive);
    lvk_free((*set)->negative);
    lvk_free(*set);
    *set = NULL;
}

const lvk_prediction *lvk_prediction_set_rows(const lvk_prediction_set *set, size_t *count) {
    *count = set->count;
    return set->rows;
}

const char *lvk_prediction_set_positive_class(const lvk_prediction_set *set) {
    return set->positive;
}

const char *lvk_prediction_set_negative_class(const lvk_prediction_set *set) {
    return set->negative ? set->negative : "the rest";
}
