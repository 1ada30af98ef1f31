/* Predictions read from CSV files. */
#include "leukvk/predictions.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"

#include <string.h>

enum { MOST_FIELDS = 32 };
#define MOST_BYTES ((size_t)256 << 20)

enum column { PATH, SUBJECT, PROBABILITY, LABEL, AREA, COLUMNS };

struct lvk_prediction_set {
    lvk_prediction *rows;
    size_t count, capacity;
    char *positive, *negative; /* class names */
    void **texts;              /* of the files: what the rows point into */
    size_t text_count;
};

/* A place in a file. */
typedef struct reading {
    const char *path;
    char *at; /* NULL: at the end */
    unsigned line;
    const char *fields[MOST_FIELDS];
    int field_count;
} reading;

/* Takes a field in place, quotes off. *last: the line ends behind it. */
static lvk_status take_field(reading *r, char **field, bool *last) {
    char *from = r->at, *to = r->at;
    *field = from;
    if (*from == '"') {
        for (++from; *from && (*from != '"' || from[1] == '"'); ++from) {
            r->line += *from == '\n';
            from += *from == '"';
            *to++ = *from;
        }
        if (*from++ != '"')
            return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: a quote is not closed", r->path, r->line);
    } else {
        for (; *from && *from != ',' && *from != '\n' && *from != '\r'; ++from)
            *to++ = *from;
    }
    if (from[0] == '\r' && from[1] == '\n')
        ++from;
    if (*from && *from != ',' && *from != '\n')
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: text behind a quoted field", r->path, r->line);
    *last = *from != ',';
    r->at = *from ? from + 1 : NULL;
    *to = '\0';
    return LVK_OK;
}

static lvk_status take_line(reading *r) {
    bool last = false;
    for (r->field_count = 0; !last; ++r->field_count) {
        if (r->field_count == MOST_FIELDS)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: more than %d fields", r->path, r->line,
                            MOST_FIELDS);
        char *field;
        LVK_TRY(take_field(r, &field, &last));
        r->fields[r->field_count] = field;
        if (!last && !r->at)
            last = true;
    }
    if (r->at && !*r->at)
        r->at = NULL;
    return LVK_OK;
}

static lvk_status set_positive(lvk_prediction_set *set, const reading *r, const char *name) {
    if (!set->positive) {
        set->positive = lvk_strdup(name);
        return set->positive ? LVK_OK : LVK_ERROR_MEMORY;
    }
    return strcmp(set->positive, name) == 0
               ? LVK_OK
               : lvk_fail(LVK_ERROR_FORMAT, "%s: its positive class is %s, that of the file before %s",
                          r->path, name, set->positive);
}

static lvk_status take_header(lvk_prediction_set *set, reading *r, int columns[COLUMNS]) {
    static const char *const names[COLUMNS] = {"path", "subject", "p_", "label", "area"};
    LVK_TRY(take_line(r));
    for (int c = 0; c < COLUMNS; ++c) {
        columns[c] = -1;
        for (int i = 0; i < r->field_count; ++i)
            if (c == PROBABILITY ? strncmp(r->fields[i], "p_", 2) == 0 : strcmp(r->fields[i], names[c]) == 0)
                columns[c] = i;
        if (columns[c] < 0 && c != SUBJECT && c != AREA)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: line 1: there is no column %s%s", r->path, names[c],
                            c == PROBABILITY ? "<class>" : "");
    }
    return set_positive(set, r, r->fields[columns[PROBABILITY]] + 2);
}

static lvk_status take_label(lvk_prediction_set *set, const reading *r, const char *name, int *label) {
    *label = !*name ? -1 : strcmp(name, set->positive) == 0;
    if (*label != 0)
        return LVK_OK;
    if (!set->negative) {
        set->negative = lvk_strdup(name);
        return set->negative ? LVK_OK : LVK_ERROR_MEMORY;
    }
    return strcmp(set->negative, name) == 0
               ? LVK_OK
               : lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: label '%s' is neither %s nor %s", r->path, r->line,
                          name, set->positive, set->negative);
}

static lvk_status take_row(lvk_prediction_set *set, reading *r, const int columns[COLUMNS], int width) {
    LVK_TRY(take_line(r));
    if (r->field_count != width)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: %d fields, the first line has %d", r->path, r->line,
                        r->field_count, width);
    LVK_TRY(LVK_GROW(&set->rows, &set->capacity, set->count));
    lvk_prediction *row = &set->rows[set->count];
    uint64_t area = 0;
    const char *p = r->fields[columns[PROBABILITY]],
               *area_text = columns[AREA] < 0 ? "" : r->fields[columns[AREA]];
    *row = (lvk_prediction){.path = r->fields[columns[PATH]],
                            .subject = columns[SUBJECT] < 0 ? NULL : r->fields[columns[SUBJECT]]};
    if (!lvk_number_parse(p, &row->p) || row->p < 0 || row->p > 1)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: '%s' is no probability", r->path, r->line, p);
    if (*area_text && !lvk_number_parse_u64(area_text, UINT32_MAX, &area))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: '%s' is no area in pixels", r->path, r->line,
                        area_text);
    row->area = (uint32_t)area;
    LVK_TRY(take_label(set, r, r->fields[columns[LABEL]], &row->label));
    ++set->count;
    return LVK_OK;
}

static lvk_status read_file(lvk_prediction_set *set, const char *path) {
    void *text;
    size_t size;
    int columns[COLUMNS];
    LVK_TRY(lvk_file_read(path, MOST_BYTES, &text, &size));
    set->texts[set->text_count++] = text;
    if (strlen(text) != size)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: holds a zero byte: no CSV file", path);
    reading r = {.path = path, .at = text, .line = 1};
    LVK_TRY(take_header(set, &r, columns));
    const int width = r.field_count;
    for (++r.line; r.at; ++r.line)
        LVK_TRY(take_row(set, &r, columns, width));
    return LVK_OK;
}

lvk_status lvk_prediction_set_read(const char *const *paths, size_t count, lvk_prediction_set **set) {
    lvk_prediction_set *s = *set = lvk_alloc(1, sizeof *s);
    if (!s)
        return LVK_ERROR_MEMORY;
    s->texts = lvk_alloc(count, sizeof *s->texts);
    lvk_status status = s->texts ? LVK_OK : LVK_ERROR_MEMORY;
    for (size_t i = 0; i < count && status == LVK_OK; ++i)
        status = read_file(s, paths[i]);
    if (status != LVK_OK)
        lvk_prediction_set_destroy(set);
    return status;
}

void lvk_prediction_set_destroy(lvk_prediction_set **set) {
    if (!*set)
        return;
    for (size_t i = 0; i < (*set)->text_count; ++i)
        lvk_free((*set)->texts[i]);
    lvk_free((*set)->texts);
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
