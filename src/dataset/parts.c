#include "dataset/parts.h"

#include "dataset/names.h"
#include "dataset/path_span.h"

#include <string.h>

lvk_given_part lvk_given_part_parse(const char *name, size_t size) {
    static const struct {
        const char *name;
        lvk_given_part part;
    } names[] = {{"train", LVK_GIVEN_TRAIN},           {"training", LVK_GIVEN_TRAIN},
                 {"val", LVK_GIVEN_VALIDATION},        {"valid", LVK_GIVEN_VALIDATION},
                 {"validation", LVK_GIVEN_VALIDATION}, {"test", LVK_GIVEN_TEST},
                 {"testing", LVK_GIVEN_TEST}};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        if (strlen(names[i].name) == size && lvk_text_equal_n(name, names[i].name, size))
            return names[i].part;
    return LVK_GIVEN_NONE;
}

const char *lvk_given_part_name(lvk_given_part part) {
    static const char *const names[LVK_GIVEN_COUNT] = {"", "train", "validation", "test"};
    return names[part];
}

typedef struct found_folders {
    bool kinds[LVK_GIVEN_COUNT];
    bool holds_folders;        /* some part has folders in it */
    lvk_path_span part, other; /* the first folder that is a part, and the first that is none */
} found_folders;

static found_folders find_folders(const lvk_scan *scan, size_t depth) {
    found_folders found = {0};
    for (size_t i = 0; i < scan->count; ++i) {
        const lvk_path_span folder = lvk_path_folder_at(scan->entries[i].path, depth);
        if (folder.size == 0)
            continue;
        const lvk_given_part part = lvk_given_part_parse(folder.at, folder.size);
        lvk_path_span *first = part ? &found.part : &found.other;
        found.kinds[part] = true;
        found.holds_folders =
            found.holds_folders || (part != LVK_GIVEN_NONE && lvk_path_next_folder(folder).size);
        if (first->size == 0)
            *first = folder;
    }
    return found;
}

lvk_status lvk_parts_place(lvk_scan *scan, const char *folder, size_t depth) {
    const found_folders found = find_folders(scan, depth);
    const int kinds =
        found.kinds[LVK_GIVEN_TRAIN] + found.kinds[LVK_GIVEN_VALIDATION] + found.kinds[LVK_GIVEN_TEST];
    if (kinds == 1 && found.other.size && found.holds_folders)
        return lvk_fail(
            LVK_ERROR_FORMAT,
            "%s: folder '%.*s' has the name of a part (train, val, test) and '%.*s' has not: name one of them, "
            "or rename it",
            folder, (int)found.part.size, found.part.at, (int)found.other.size, found.other.at);
    if (kinds < 2)
        return LVK_OK;
    for (size_t i = 0; i < scan->count; ++i) {
        lvk_scan_entry *entry = &scan->entries[i];
        const lvk_path_span f = lvk_path_folder_at(entry->path, depth);
        entry->given = f.size ? lvk_given_part_parse(f.at, f.size) : LVK_GIVEN_NONE;
        entry->outside = entry->given == LVK_GIVEN_NONE;
        if (!entry->outside)
            entry->from = (uint32_t)(f.at + f.size + 1 - entry->path);
    }
    return LVK_OK;
}
