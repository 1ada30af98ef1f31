/* Predictions read from CSV files. */
#include "leukvk/predictions.h"

#include "core/csv.h"
#include "core/memory.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

enum column { PATH, SUBJECT, LABEL, AREA, COLUMNS };

struct lvk_prediction_set {
    lvk_prediction *rows;
    size_t count, capacity;
    double *probabilities; /* [count][classes] of three classes and more */
    size_t probability_count, probability_capacity;
    /* Of two classes: the negative one, NULL before a row has named it, and the positive one. Owned. */
    char *classes[LVK_MOST_CLASSES];
    uint32_t class_count; /* 0: no file has been read */
    lvk_csv *files;       /* what the rows point into */
    size_t file_count;
};

enum { NEGATIVE, POSITIVE };

/* Where a file has what. */
typedef struct layout {
    int columns[COLUMNS];                /* -1: nowhere */
    int probabilities[LVK_MOST_CLASSES]; /* of class k; of two classes, [0] is of the positive one */
} layout;

/* ---- header ---- */

static int column_of(const lvk_csv *csv, const char *name) {
    int column = -1;
    for (int i = 0; i < csv->width; ++i)
        if (strcmp(csv->fields[i], name) == 0)
            column = i;
    return column;
}

/* The class that a column has the probability of; NULL: none. */
static const char *class_of_column(const lvk_csv *csv, int column) {
    return strncmp(csv->fields[column], "p_", 2) == 0 ? csv->fields[column] + 2 : NULL;
}

static lvk_status add_class(lvk_prediction_set *set, uint32_t k, const char *name) {
    set->classes[k] = lvk_strdup(name);
    return set->classes[k] ? LVK_OK : LVK_ERROR_MEMORY;
}

/* The names of the classes, of the first file. `last`: the column of the last probability. */
static lvk_status take_classes(lvk_prediction_set *set, const lvk_csv *csv, uint32_t classes, int last) {
    if (classes > LVK_MOST_CLASSES)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: %u columns p_<class>: at most %d", csv->path,
                        csv->line, classes, LVK_MOST_CLASSES);
    set->class_count = classes;
    if (classes == 2)
        return add_class(set, POSITIVE, class_of_column(csv, last));
    uint32_t k = 0;
    for (int i = 0; i < csv->width; ++i)
        if (class_of_column(csv, i))
            LVK_TRY(add_class(set, k++, class_of_column(csv, i)));
    return LVK_OK;
}

/* Finds the columns of the classes of the files before. */
static lvk_status find_classes(const lvk_prediction_set *set, const lvk_csv *csv, uint32_t classes, int last,
                               layout *l) {
    if (set->class_count != classes)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: it is of %u classes, the file before of %u", csv->path,
                        classes, set->class_count);
    if (classes == 2) {
        l->probabilities[0] = last;
        const char *name = class_of_column(csv, last);
        return strcmp(set->classes[POSITIVE], name) == 0
                   ? LVK_OK
                   : lvk_fail(LVK_ERROR_FORMAT, "%s: its positive class is %s, that of the file before %s",
                              csv->path, name, set->classes[POSITIVE]);
    }
    for (uint32_t k = 0; k < classes; ++k) {
        l->probabilities[k] = -1;
        for (int i = 0; i < csv->width; ++i) {
            const char *name = class_of_column(csv, i);
            if (!name || strcmp(name, set->classes[k]) != 0)
                continue;
            if (l->probabilities[k] >= 0)
                return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: two columns p_%s", csv->path, csv->line,
                                name);
            l->probabilities[k] = i;
        }
        if (l->probabilities[k] < 0)
            return lvk_fail(LVK_ERROR_FORMAT,
                            "%s: line %u: there is no column p_%s, which the file before has", csv->path,
                            csv->line, set->classes[k]);
    }
    return LVK_OK;
}

static lvk_status take_header(lvk_prediction_set *set, const lvk_csv *csv, layout *l) {
    static const char *const names[COLUMNS] = {"path", "subject", "label", "area"};
    uint32_t probabilities = 0;
    int last = 0;
    for (int i = 0; i < csv->width; ++i) {
        if (class_of_column(csv, i)) {
            ++probabilities;
            last = i;
        }
    }
    for (int c = 0; c < COLUMNS; ++c) {
        l->columns[c] = column_of(csv, names[c]);
        if (c == LABEL && probabilities == 0)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: there is no column p_<class>", csv->path,
                            csv->line);
        if (l->columns[c] < 0 && c != SUBJECT && c != AREA)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: there is no column %s", csv->path, csv->line,
                            names[c]);
    }
    const uint32_t classes = probabilities < 3 ? 2 : probabilities;
    if (!set->class_count)
        LVK_TRY(take_classes(set, csv, classes, last));
    return find_classes(set, csv, classes, last, l);
}

/* ---- rows ---- */

static lvk_status take_label(lvk_prediction_set *set, const lvk_csv *csv, const char *name, int *label) {
    *label = -1;
    if (!*name)
        return LVK_OK;
    for (uint32_t k = 0; k < set->class_count && *label < 0; ++k)
        if (set->classes[k] && strcmp(set->classes[k], name) == 0)
            *label = (int)k;
    if (*label >= 0)
        return LVK_OK;
    if (set->class_count > 2)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: there is no column p_%s for the label '%s'",
                        csv->path, csv->line, name, name);
    if (set->classes[NEGATIVE])
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: label '%s' is neither %s nor %s", csv->path,
                        csv->line, name, set->classes[POSITIVE], set->classes[NEGATIVE]);
    *label = NEGATIVE;
    return add_class(set, NEGATIVE, name);
}

static lvk_status take_probability(const lvk_csv *csv, int column, double *p) {
    const char *text = csv->fields[column];
    return lvk_csv_number(csv, text, p) && *p >= 0 && *p <= 1
               ? LVK_OK
               : lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: '%s' is no probability", csv->path, csv->line,
                          text);
}

/* Of three classes and more; the row's pointer is set when all rows have been read. */
static lvk_status take_probabilities(lvk_prediction_set *set, const lvk_csv *csv, const layout *l,
                                     double *p) {
    double sum = 0;
    const size_t first = set->probability_count;
    for (uint32_t k = 0; k < set->class_count; ++k) {
        LVK_TRY(LVK_GROW(&set->probabilities, &set->probability_capacity, set->probability_count));
        double *of_class = &set->probabilities[set->probability_count++];
        LVK_TRY(take_probability(csv, l->probabilities[k], of_class));
        sum += *of_class;
    }
    *p = set->probabilities[first + lvk_class_called(&set->probabilities[first], set->class_count)];
    return fabs(sum - 1) <= LVK_CLASS_SUM_BOUND
               ? LVK_OK
               : lvk_fail(LVK_ERROR_FORMAT,
                          "%s: line %u: the probabilities of the classes have the sum %g, not 1", csv->path,
                          csv->line, sum);
}

static lvk_status take_row(lvk_prediction_set *set, const lvk_csv *csv, const layout *l) {
    LVK_TRY(LVK_GROW(&set->rows, &set->capacity, set->count));
    lvk_prediction *row = &set->rows[set->count];
    const int *columns = l->columns;
    uint64_t area = 0;
    const char *area_text = columns[AREA] < 0 ? "" : lvk_csv_trim(csv->fields[columns[AREA]]);
    *row = (lvk_prediction){.path = csv->fields[columns[PATH]],
                            .subject = columns[SUBJECT] < 0 ? NULL : csv->fields[columns[SUBJECT]]};
    LVK_TRY(set->class_count > 2 ? take_probabilities(set, csv, l, &row->p)
                                 : take_probability(csv, l->probabilities[0], &row->p));
    if (*area_text && !lvk_number_parse_u64(area_text, UINT32_MAX, &area))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: '%s' is no area in pixels", csv->path, csv->line,
                        area_text);
    row->area = (uint32_t)area;
    LVK_TRY(take_label(set, csv, lvk_csv_trim(csv->fields[columns[LABEL]]), &row->label));
    ++set->count;
    return LVK_OK;
}

/* ---- files ---- */

static lvk_status read_file(lvk_prediction_set *set, const char *path) {
    layout l;
    bool more;
    lvk_csv *csv = &set->files[set->file_count];
    LVK_TRY(lvk_csv_open(path, csv));
    ++set->file_count;
    LVK_TRY(take_header(set, csv, &l));
    LVK_TRY(lvk_csv_next(csv, &more));
    while (more) {
        LVK_TRY(take_row(set, csv, &l));
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
    for (size_t i = 0; s->class_count > 2 && i < s->count; ++i)
        s->rows[i].probabilities = s->probabilities + i * s->class_count;
    if (status == LVK_OK && s->class_count == 2 && !s->classes[NEGATIVE])
        status = add_class(s, NEGATIVE, "the rest");
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
    lvk_free((*set)->probabilities);
    for (uint32_t k = 0; k < (*set)->class_count; ++k)
        lvk_free((*set)->classes[k]);
    lvk_free(*set);
    *set = NULL;
}

const lvk_prediction *lvk_prediction_set_rows(const lvk_prediction_set *set, size_t *count) {
    *count = set->count;
    return set->rows;
}

const char *lvk_prediction_set_positive_class(const lvk_prediction_set *set) {
    return set->classes[POSITIVE];
}

const char *lvk_prediction_set_negative_class(const lvk_prediction_set *set) {
    return set->classes[NEGATIVE];
}

const char *const *lvk_prediction_set_classes(const lvk_prediction_set *set, uint32_t *count) {
    *count = set->class_count;
    return (const char *const *)set->classes;
}
