#include "core/csv.h"

#include "core/file.h"
#include "core/lfs_pointer.h"
#include "core/memory.h"
#include "core/text.h"

#include <string.h>

static bool ends_line(char c) {
    return c == '\0' || c == '\n' || c == '\r';
}

/* Moves behind the end of a line. */
static void pass_line_end(lvk_csv *csv, char *at) {
    if (at[0] == '\r' && at[1] == '\n')
        ++at;
    csv->next_line += *at != '\0';
    csv->at = *at && at[1] ? at + 1 : NULL;
}

/* Takes a field in place, quotes off. *end: where it ends. */
static lvk_status take_field(lvk_csv *csv, char **field, char **end) {
    char *from = csv->at, *to = csv->at;
    const size_t spaces = strspn(from, " ");
    *field = from;
    if (from[spaces] == '"')
        from += spaces;
    if (*from == '"') {
        for (++from; *from && (*from != '"' || from[1] == '"'); ++from) {
            csv->next_line += *from == '\n';
            from += *from == '"';
            *to++ = *from;
        }
        if (*from++ != '"')
            return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: a quote is not closed", csv->path, csv->line);
        while (*from == ' ' && csv->separator != ' ')
            ++from;
        if (*from != csv->separator && !ends_line(*from))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: text behind a quoted field", csv->path,
                            csv->line);
    } else {
        while (*from != csv->separator && !ends_line(*from))
            ++from;
        to = from;
    }
    *end = from;
    if (to < from) /* else the end of the field is looked at once more */
        *to = '\0';
    return LVK_OK;
}

/* Empty fields behind the last column are what a trailing separator leaves. */
static void drop_empty_end(lvk_csv *csv, int width) {
    while (csv->count > width && !*lvk_csv_trim(csv->fields[csv->count - 1]))
        --csv->count;
}

static lvk_status take_row(lvk_csv *csv) {
    csv->line = csv->next_line;
    for (csv->count = 0;;) {
        char *field, *end = csv->at;
        LVK_TRY(take_field(csv, &field, &end));
        if (csv->count == LVK_CSV_MOST_FIELDS)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: more fields than the %d that are read", csv->path,
                            csv->line, LVK_CSV_MOST_FIELDS);
        csv->fields[csv->count++] = field;
        if (*end == csv->separator) {
            *end = '\0';
            csv->at = end + 1;
            continue;
        }
        pass_line_end(csv, end);
        *end = '\0';
        return LVK_OK;
    }
}

/* A line without a field, or without text in any. */
static bool is_blank(const lvk_csv *csv) {
    for (int i = 0; i < csv->count; ++i)
        if (csv->fields[i][strspn(csv->fields[i], " \t")])
            return false;
    return true;
}

/* The next row that is not blank; none: no field. */
static lvk_status take_next(lvk_csv *csv) {
    csv->count = 0;
    while (csv->at) {
        LVK_TRY(take_row(csv));
        if (!is_blank(csv))
            return LVK_OK;
        csv->count = 0;
    }
    return LVK_OK;
}

/* How often the character is in the line, outside of quotes. */
static size_t count_in_line(const char *line, char c) {
    size_t count = 0;
    bool quoted = false;
    for (const char *at = line; *at && (quoted || !ends_line(*at)); ++at) {
        quoted ^= *at == '"';
        count += !quoted && *at == c;
    }
    return count;
}

/* What separates the header's fields: the separator that is in it most often, the first of equal ones. */
static char separator_of(const char *line) {
    static const char separators[] = {',', ';', '\t'};
    char best = separators[0];
    for (size_t i = 1; i < sizeof separators; ++i)
        if (count_in_line(line, separators[i]) > count_in_line(line, best))
            best = separators[i];
    return best;
}

/* "sep=;", which Excel writes in front of the header and reads itself. */
static void take_separator(lvk_csv *csv) {
    char *at = csv->at;
    if (strncmp(at, "sep=", 4) == 0 && !ends_line(at[4]) && ends_line(at[5])) {
        csv->separator = at[4];
        pass_line_end(csv, at + 5);
    } else {
        csv->separator = separator_of(at + strspn(at, "\r\n"));
    }
}

static lvk_status take_header(lvk_csv *csv) {
    if (csv->at)
        take_separator(csv);
    LVK_TRY(take_next(csv));
    for (int i = 0; i < csv->count; ++i)
        csv->fields[i] = lvk_csv_trim(csv->fields[i]);
    drop_empty_end(csv, 0);
    csv->width = csv->count;
    return LVK_OK;
}

static lvk_status check_text(const char *path, const char *text, size_t size) {
    if (lvk_is_lfs_pointer(text, size))
        return lvk_fail(LVK_ERROR_FORMAT,
                        "%s: is a Git LFS pointer, not a table: fetch it with `git lfs pull`", path);
    if (size >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: is UTF-16 text: save it as CSV in UTF-8", path);
    if (size >= 4 && memcmp(text, "PK\3\4", 4) == 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: is a spreadsheet or a zip archive: save it as CSV", path);
    if (memchr(text, '\0', size))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: holds a zero byte: is not a text file", path);
    return LVK_OK;
}

lvk_status lvk_csv_open(const char *path, lvk_csv *csv) {
    void *text;
    size_t size;
    LVK_TRY(lvk_file_read(path, LVK_CSV_MOST_BYTES, &text, &size));
    return lvk_csv_take(path, text, size, csv);
}

lvk_status lvk_csv_take(const char *path, void *text, size_t size, lvk_csv *csv) {
    *csv = (lvk_csv){.path = path, .line = 1, .next_line = 1, .text = text};
    csv->at = csv->text + (strncmp(csv->text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0);
    if (!*csv->at)
        csv->at = NULL;
    lvk_status status = check_text(path, text, size);
    if (status == LVK_OK)
        status = take_header(csv);
    if (status != LVK_OK)
        lvk_csv_close(csv);
    return status;
}

lvk_status lvk_csv_list_columns(const lvk_csv *csv, char **names) {
    lvk_text text = {0};
    for (int i = 0; i < csv->width; ++i)
        lvk_text_add(&text, "%s%s", i ? ", " : "", csv->fields[i]);
    return lvk_text_take(&text, names, NULL);
}

lvk_status lvk_csv_next(lvk_csv *csv, bool *more) {
    LVK_TRY(take_next(csv));
    *more = csv->count > 0;
    if (!*more)
        return LVK_OK;
    drop_empty_end(csv, csv->width);
    if (csv->count == csv->width)
        return LVK_OK;
    return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: %d fields, the first line has %d: %s fields than columns",
                    csv->path, csv->line, csv->count, csv->width, csv->count < csv->width ? "fewer" : "more");
}

void lvk_csv_close(lvk_csv *csv) {
    lvk_free(csv->text);
    *csv = (lvk_csv){0};
}

char *lvk_csv_trim(char *field) {
    field += strspn(field, " \t");
    size_t length = strlen(field);
    while (length && (field[length - 1] == ' ' || field[length - 1] == '\t'))
        field[--length] = '\0';
    return field;
}

bool lvk_csv_number(const lvk_csv *csv, const char *field, double *value) {
    char text[64];
    field += strspn(field, " \t");
    size_t length = strcspn(field, " \t");
    if (length >= sizeof text || field[length + strspn(field + length, " \t")])
        return false;
    memcpy(text, field, length);
    text[length] = '\0';
    char *comma = csv->separator == ';' ? strchr(text, ',') : NULL;
    if (comma)
        *comma = '.';
    return lvk_number_parse(text, value);
}
