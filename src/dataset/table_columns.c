#include "dataset/table_columns.h"

#include "core/memory.h"
#include "core/text.h"
#include "dataset/names.h"

#include <string.h>

enum { MOST_NAMES = 24 };

static const struct {
    const char *name;
    const char
        *usual[MOST_NAMES]; /* without case, spaces and the like; the first that a table has is taken */
} roles[LVK_TABLE_ROLES] = {
    [LVK_TABLE_PATH] = {"path",
                        {"path", "filepath", "imagepath", "imgpath", "relativepath", "filename",
                         "imagefilename", "file", "imagefile", "imagename", "imgname", "image", "img",
                         "picture", "imageid", "cellname", "output"}},
    [LVK_TABLE_LABEL] = {"label",
                         {"label", "labels", "class", "classname", "classlabel", "diagnosis", "dx", "target",
                          "category", "celltype", "groundtruth"}},
    [LVK_TABLE_SUBJECT] = {"subject",
                           {"subject", "subjectid", "patient", "patientid", "patientname", "patientnumber",
                            "person", "personid", "donor", "donorid", "participant", "participantid", "case",
                            "caseid"}},
    [LVK_TABLE_PART] = {"part", {"part", "split", "partition", "subset", "set", "phase"}},
    [LVK_TABLE_MICRONS] = {"microns_per_pixel",
                           {"micronsperpixel", "micronperpixel", "mpp", "umperpixel", "umperpx", "umpx"}},
};

const char *lvk_table_role_name(lvk_table_role role) {
    return roles[role].name;
}

/* The role whose "name=" the text begins with; LVK_TABLE_ROLES: none. */
static int role_at(const char *text) {
    int role = 0;
    for (; role < LVK_TABLE_ROLES; ++role) {
        const size_t length = strlen(roles[role].name);
        if (strncmp(text, roles[role].name, length) == 0 && text[length] == '=')
            break;
    }
    return role;
}

/* Takes the next "role=name" from *at and moves behind it; a comma inside of a name is not followed by a
 * role. */
static int take_choice(const char **at, const char **name, size_t *length) {
    const int role = role_at(*at);
    if (role == LVK_TABLE_ROLES)
        return role;
    *name = *at + strlen(roles[role].name) + 1;
    const char *end = *name;
    while (*end && !(*end == ',' && role_at(end + 1) < LVK_TABLE_ROLES))
        ++end;
    *length = (size_t)(end - *name);
    *at = *end ? end + 1 : end;
    return role;
}

lvk_status lvk_table_columns_check(const char *chosen) {
    bool seen[LVK_TABLE_ROLES] = {false};
    const char *at = chosen ? chosen : "", *name;
    size_t length;
    while (*at) {
        const char *from = at;
        const int role = take_choice(&at, &name, &length);
        if (role == LVK_TABLE_ROLES)
            return lvk_fail(LVK_ERROR_ARGUMENT,
                            "--columns %s: as in path=File,label=Diagnosis,subject=Patient,part=Set,"
                            "microns_per_pixel=Scale",
                            from);
        if (seen[role])
            return lvk_fail(LVK_ERROR_ARGUMENT, "--columns %s: says twice which column is %s", chosen,
                            roles[role].name);
        seen[role] = true;
    }
    return LVK_OK;
}

static bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80);
}

/* Whether the header's name is a usual one. */
static bool is_usual(const char *header, const char *usual) {
    for (;; ++header, ++usual) {
        while (*header && !is_plain(*header))
            ++header;
        if (!*header || !*usual)
            return !*header && !*usual;
        if (!lvk_text_equal_n(header, usual, 1))
            return false;
    }
}

static lvk_status fail_twice(const lvk_csv *csv, lvk_table_role role, int first, int second) {
    return lvk_fail(
        LVK_ERROR_FORMAT,
        "%s: line %u: columns %d and %d could both be the %s ('%.40s', '%.40s'): name another in the header, "
        "or --columns %s=NAME",
        csv->path, csv->line, first + 1, second + 1, roles[role].name, csv->fields[first],
        csv->fields[second], roles[role].name);
}

static bool is_taken(const int columns[LVK_TABLE_ROLES], int column) {
    for (int role = 0; role < LVK_TABLE_ROLES; ++role)
        if (columns[role] == column)
            return true;
    return false;
}

static lvk_status find_usual(const lvk_csv *csv, lvk_table_role role, const int columns[LVK_TABLE_ROLES],
                             int *column) {
    *column = -1;
    for (int n = 0; n < MOST_NAMES && roles[role].usual[n] && *column < 0; ++n) {
        for (int i = 0; i < csv->width; ++i) {
            if (is_taken(columns, i) || !is_usual(csv->fields[i], roles[role].usual[n]))
                continue;
            if (*column >= 0)
                return fail_twice(csv, role, *column, i);
            *column = i;
        }
    }
    return LVK_OK;
}

/* The column of that very name, or else of that name in another case. */
static lvk_status find_named(const lvk_csv *csv, lvk_table_role role, const char *name, size_t length,
                             int *column) {
    *column = -1;
    for (int exact = 1; exact >= 0 && *column < 0; --exact) {
        for (int i = 0; i < csv->width; ++i) {
            const char *field = csv->fields[i];
            if (strlen(field) != length ||
                !(exact ? memcmp(field, name, length) == 0 : lvk_text_equal_n(field, name, length)))
                continue;
            if (*column >= 0)
                return fail_twice(csv, role, *column, i);
            *column = i;
        }
    }
    if (*column >= 0 || length == 0)
        return LVK_OK;
    char *names;
    LVK_TRY(lvk_csv_list_columns(csv, &names));
    const lvk_status status =
        lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: no column '%.*s' (--columns %s=...); there is %.500s",
                 csv->path, csv->line, (int)length, name, roles[role].name, *names ? names : "none");
    lvk_free(names);
    return status;
}

static lvk_status check_distinct(const lvk_csv *csv, const int columns[LVK_TABLE_ROLES]) {
    for (int a = 0; a < LVK_TABLE_ROLES; ++a)
        for (int b = 0; b < a; ++b)
            if (columns[a] >= 0 && columns[a] == columns[b])
                return lvk_fail(LVK_ERROR_FORMAT,
                                "%s: line %u: column '%.80s' cannot be both the %s and the %s", csv->path,
                                csv->line, csv->fields[columns[a]], roles[b].name, roles[a].name);
    return LVK_OK;
}

lvk_status lvk_table_columns_find(const lvk_csv *csv, const char *chosen, int columns[LVK_TABLE_ROLES]) {
    const char *at = chosen ? chosen : "", *name;
    size_t length;
    bool said[LVK_TABLE_ROLES] = {false};
    LVK_TRY(lvk_table_columns_check(chosen));
    for (int role = 0; role < LVK_TABLE_ROLES; ++role)
        columns[role] = -1;
    while (*at) {
        const int role = take_choice(&at, &name, &length);
        said[role] = true;
        LVK_TRY(find_named(csv, (lvk_table_role)role, name, length, &columns[role]));
    }
    LVK_TRY(check_distinct(csv, columns));
    for (int role = 0; role < LVK_TABLE_ROLES; ++role) {
        int found = -1;
        if (!said[role])
            LVK_TRY(find_usual(csv, (lvk_table_role)role, columns, &found));
        if (!said[role])
            columns[role] = found;
    }
    return LVK_OK;
}
