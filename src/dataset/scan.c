#define _XOPEN_SOURCE 700
#include "dataset/scan.h"

#include "core/file.h"
#include "core/folder_walk.h"
#include "core/log.h"
#include "core/unfinished.h"
#include "dataset/class_names.h"
#include "dataset/empty_folders.h"
#include "dataset/labels_in_names.h"
#include "dataset/layout.h"
#include "dataset/names.h"
#include "dataset/other_files.h"
#include "dataset/parts.h"
#include "dataset/path_span.h"
#include "dataset/table.h"
#include "dataset/twins.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct walk {
    lvk_scan *scan;
    size_t capacity;
    const char *prefix; /* in front of the path in the entry */
    const char *folder; /* that is walked */
    bool
        is_data_set; /* the walk keeps the paths, and label tables and folders are kept; false: files are only listed */
    const char **tables;
    size_t table_count, table_capacity;
    const char **folders; /* that were read, below `folder` */
    size_t folder_count, folder_capacity;
    size_t dead_links;
    lvk_other_files others;
} walk;

static bool span_is(lvk_path_span part, const char *name) {
    return part.size == strlen(name) && lvk_text_equal_n(part.at, name, part.size);
}

static bool span_contains(lvk_path_span part, const char *text) {
    for (size_t i = 0; i + strlen(text) <= part.size; ++i)
        if (lvk_text_equal_n(part.at + i, text, strlen(text)))
            return true;
    return false;
}

/* What systems and network disks put beside the files of users: previews, deleted files. */
static bool is_of_the_system(lvk_path_span part) {
    static const char *const names[] = {"__MACOSX", "@eaDir",      "@Recycle",   "@Recently-Snapshot",
                                        "#recycle", "#snapshot",   "lost+found", "System Volume Information",
                                        "RECYCLER", "$RECYCLE.BIN"};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        if (span_is(part, names[i]))
            return true;
    return part.at[0] == '.';
}

static bool is_hidden(const char *path) {
    const char *name = lvk_path_name(path);
    for (lvk_path_span part = lvk_path_first_folder(path); part.size; part = lvk_path_next_folder(part))
        if (is_of_the_system(part))
            return true;
    return is_of_the_system((lvk_path_span){name, strlen(name)});
}

static lvk_status add_entry(walk *w, const char *path) {
    LVK_TRY(LVK_GROW(&w->scan->entries, &w->capacity, w->scan->count));
    const char *copy = w->is_data_set ? path
                       : *w->prefix
                           ? lvk_arena_format(&w->scan->arena, "%s%s%s", w->prefix,
                                              w->prefix[strlen(w->prefix) - 1] == '/' ? "" : "/", path)
                           : lvk_arena_strdup(&w->scan->arena, path);
    if (!copy)
        return LVK_ERROR_MEMORY;
    w->scan->entries[w->scan->count++] =
        (lvk_scan_entry){.path = copy, .label = -1, .fold = -1, .part = LVK_PART_TRAINING};
    return LVK_OK;
}

/* Half of a data set looks like one: `path` is the mark that it is not. */
static lvk_status fail_unfinished(const walk *w, const char *path) {
    const int length = (int)(lvk_path_name(path) - path);
    return lvk_fail(
        LVK_ERROR_FORMAT,
        "%s%s%.*s: is not whole, since the leukvk synth or crop that wrote it was stopped; run the "
        "same command again, or remove the folder",
        w->folder, length ? "/" : "", length ? length - 1 : 0, path);
}

static bool is_label_table(const char *name) {
    const size_t length = strlen(name);
    return length > 4 && lvk_text_equal(name + length - 4, ".csv") && lvk_text_contains(name, "prelim") &&
           lvk_text_contains(name, "label");
}

static lvk_status keep_table(walk *w, const char *path) {
    LVK_TRY(LVK_GROW(&w->tables, &w->table_capacity, w->table_count));
    w->tables[w->table_count] = lvk_arena_strdup(&w->scan->arena, path);
    return w->tables[w->table_count++] ? LVK_OK : LVK_ERROR_MEMORY;
}

static lvk_status visit(void *user, const char *path) {
    walk *w = user;
    const char *name = lvk_path_name(path);
    if (strcmp(name, LVK_UNFINISHED_NAME) == 0)
        return fail_unfinished(w, path);
    if (is_hidden(path))
        return LVK_OK;
    if (lvk_name_is_image(name))
        return add_entry(w, path);
    if (is_label_table(name))
        return w->is_data_set ? keep_table(w, path) : LVK_OK;
    lvk_other_files_add(&w->others, name);
    return LVK_OK;
}

static bool enters(void *user, const char *name) {
    (void)user;
    return !is_of_the_system((lvk_path_span){name, strlen(name)});
}

/* The images in it are not known: another user reads another data set. */
static lvk_status warn_unreadable(void *user, const char *path, const char *reason) {
    walk *w = user;
    const char *line = lvk_arena_format(&w->scan->arena, "%s/%s: %s", w->folder, path, reason);
    if (!line)
        return LVK_ERROR_MEMORY;
    if (w->scan->unreadable++ == 0)
        w->scan->unreadable_example = line;
    lvk_log(LVK_LOG_WARNING, "%s: the folder is left out", line);
    return LVK_OK;
}

/* Kept until it is known which folders are classes. */
static lvk_status note_folder(void *user, const char *path) {
    walk *w = user;
    if (!w->is_data_set)
        return LVK_OK;
    LVK_TRY(LVK_GROW(&w->folders, &w->folder_capacity, w->folder_count));
    w->folders[w->folder_count] = lvk_arena_strdup(&w->scan->arena, path);
    return w->folders[w->folder_count++] ? LVK_OK : LVK_ERROR_MEMORY;
}

static lvk_status note_link(void *user, const char *path, bool dead) {
    walk *w = user;
    if (!dead)
        lvk_log(LVK_LOG_WARNING,
                "%s/%s: leads to a folder that is read already, or lies above: it is not followed", w->folder,
                path);
    else if (w->dead_links++ == 0)
        lvk_log(LVK_LOG_WARNING, "%s/%s: is a link that leads nowhere; further ones are not named", w->folder,
                path);
    return LVK_OK;
}

static lvk_folder_visitor visitor_of(lvk_arena *texts) {
    return (lvk_folder_visitor){texts, visit, enters, note_folder, warn_unreadable, note_link};
}

/* The deepest folder named all (0) or hem (1); -1: none. *found: that folder; may be NULL. */
static int32_t all_or_hem(const char *path, lvk_path_span *found) {
    int32_t label = -1;
    for (lvk_path_span part = lvk_path_first_folder(path); part.size; part = lvk_path_next_folder(part)) {
        const bool is_all = span_is(part, "all");
        if (!is_all && !span_is(part, "hem"))
            continue;
        label = is_all ? 0 : 1;
        if (found)
            *found = part;
    }
    return label;
}

/* The place of an image in a C-NMC tree; false when it has none. `path` starts with the name of the root
 * folder. */
static bool cnmc_place(const char *path, lvk_scan_entry *entry) {
    for (lvk_path_span part = lvk_path_first_folder(path); part.size; part = lvk_path_next_folder(part)) {
        if (span_contains(part, "test_prelim_phase_data")) {
            entry->part = LVK_PART_PRELIMINARY;
            return true;
        }
        if (span_contains(part, "test_final_phase_data")) {
            entry->part = LVK_PART_FINAL;
            return true;
        }
        if (part.size == 6 && lvk_text_equal_n(part.at, "fold_", 5) && part.at[5] >= '0' &&
            part.at[5] <= '9') {
            entry->fold = part.at[5] - '0';
            entry->label = all_or_hem(part.at, NULL);
            return entry->label >= 0;
        }
    }
    return false;
}

bool lvk_scan_is_cnmc_path(const char *path) {
    lvk_scan_entry entry = {0};
    return cnmc_place(path, &entry);
}

void lvk_scan_ignore(lvk_scan *scan, const lvk_scan_entry *entry) {
    if (scan->ignored++ == 0)
        scan->ignored_example = entry->path;
}

lvk_status lvk_scan_read_names(lvk_scan *scan, bool check_class) {
    for (size_t i = 0; i < scan->count; ++i) {
        lvk_scan_entry *entry = &scan->entries[i];
        char subject[LVK_SUBJECT_SIZE];
        int class_of_name;
        if (!lvk_name_parse(lvk_path_name(entry->path), subject, &class_of_name)) {
            if (scan->is_cnmc && entry->part == LVK_PART_TRAINING)
                entry->problem = LVK_NO_SUBJECT;
            continue;
        }
        if (!entry->subject && !(entry->subject = lvk_arena_strdup(&scan->arena, subject)))
            return LVK_ERROR_MEMORY;
        if (check_class && entry->label >= 0 && class_of_name >= 0 && entry->label != class_of_name)
            entry->problem = class_of_name == 0 ? "the name says all, the folder hem"
                                                : "the name says hem, the folder all";
    }
    return LVK_OK;
}

static lvk_status set_all_and_hem(lvk_scan *scan) {
    scan->classes = lvk_alloc(2, sizeof *scan->classes);
    if (!scan->classes)
        return LVK_ERROR_MEMORY;
    scan->classes[0] = "all";
    scan->classes[1] = "hem";
    scan->class_count = 2;
    scan->positive = 0;
    scan->positive_told = true;
    return LVK_OK;
}

static bool find_cnmc(lvk_scan *scan, const char *root_name) {
    char path[PATH_MAX * 2];
    for (size_t i = 0; i < scan->count && !scan->is_cnmc; ++i) {
        lvk_scan_entry probe;
        snprintf(path, sizeof path, "%s/%s", root_name, scan->entries[i].path);
        scan->is_cnmc = cnmc_place(path, &probe);
    }
    return scan->is_cnmc;
}

static lvk_status place_cnmc(lvk_scan *scan, const char *root_name) {
    char path[PATH_MAX * 2];
    size_t kept = 0;
    for (size_t i = 0; i < scan->count; ++i) {
        lvk_scan_entry entry = scan->entries[i];
        snprintf(path, sizeof path, "%s/%s", root_name, entry.path);
        if (cnmc_place(path, &entry))
            scan->entries[kept++] = entry;
        else
            lvk_scan_ignore(scan, &entry);
    }
    scan->count = kept;
    LVK_TRY(set_all_and_hem(scan));
    return lvk_scan_read_names(scan, true);
}

/* The folder that is the class where classes are at `depth`. */
static lvk_path_span class_folder(const lvk_scan_entry *entry, size_t depth) {
    return lvk_path_folder_at(entry->path + entry->from, depth);
}

/* Count of leading folders that all images share, so far as a folder remains behind them to be the class. */
static size_t shared_depth(const lvk_scan *scan) {
    for (size_t depth = 0;; ++depth) {
        lvk_path_span shared = {NULL, 0};
        for (size_t i = 0; i < scan->count; ++i) {
            if (scan->entries[i].outside)
                continue;
            const lvk_path_span part = class_folder(&scan->entries[i], depth);
            if (part.size == 0 && depth == 0)
                continue; /* a file in the root folder: ignored later */
            if (part.size == 0 || lvk_path_next_folder(part).size == 0)
                return depth;
            if (shared.at && !lvk_path_span_equal(shared, part))
                return depth;
            shared = part;
        }
        if (!shared.at)
            return depth;
    }
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int32_t find_class(const lvk_scan *scan, lvk_path_span folder) {
    for (size_t c = 0; c < scan->class_count; ++c)
        if (strlen(scan->classes[c]) == folder.size && memcmp(scan->classes[c], folder.at, folder.size) == 0)
            return (int32_t)c;
    return -1;
}

void lvk_scan_name_positive(lvk_scan *scan) {
    scan->positive = scan->class_count
                         ? (int32_t)lvk_class_positive(scan->classes, scan->class_count, &scan->positive_told)
                         : -1;
}

static lvk_status list_classes(lvk_scan *scan, const char *folder, size_t depth) {
    size_t capacity = 0;
    for (size_t i = 0; i < scan->count; ++i) {
        const lvk_path_span part = class_folder(&scan->entries[i], depth);
        if (scan->entries[i].outside || part.size == 0 || find_class(scan, part) >= 0)
            continue;
        if (scan->class_count == LVK_SCAN_CLASSES)
            return lvk_fail(LVK_ERROR_LIMIT, "%s: more than %d class folders", folder, LVK_SCAN_CLASSES);
        LVK_TRY(LVK_GROW(&scan->classes, &capacity, scan->class_count));
        const char *name = lvk_arena_format(&scan->arena, "%.*s", (int)part.size, part.at);
        if (!name)
            return LVK_ERROR_MEMORY;
        scan->classes[scan->class_count++] = name;
    }
    if (scan->class_count)
        qsort(scan->classes, scan->class_count, sizeof *scan->classes, compare_names);
    lvk_scan_name_positive(scan);
    return LVK_OK;
}

/* Whether there are folders named all and folders named hem. */
static bool has_all_and_hem(const lvk_scan *scan) {
    bool found[2] = {false, false};
    for (size_t i = 0; i < scan->count; ++i) {
        const int32_t label = all_or_hem(scan->entries[i].path, NULL);
        if (label >= 0)
            found[label] = true;
    }
    return found[0] && found[1];
}

/* The image to its class; false: it lies in none. */
static bool place_image(const lvk_scan *scan, lvk_scan_entry *entry, size_t depth, bool by_name) {
    lvk_path_span part = class_folder(entry, depth);
    if (entry->outside)
        return false;
    entry->label = by_name ? all_or_hem(entry->path + entry->from, &part) : find_class(scan, part);
    entry->class_at = (uint32_t)(part.at - entry->path);
    return entry->label >= 0;
}

static lvk_status place_plain(lvk_scan *scan, const char *folder) {
    LVK_TRY(lvk_twins_refuse(scan, folder));
    LVK_TRY(lvk_parts_place(scan, folder, shared_depth(scan)));
    const bool by_name = has_all_and_hem(scan);
    const size_t depth = by_name ? 0 : lvk_layout_class_depth(scan, shared_depth(scan));
    LVK_TRY(by_name ? set_all_and_hem(scan) : list_classes(scan, folder, depth));
    if (lvk_names_have_labels(scan))
        return lvk_names_take_labels(scan);

    size_t kept = 0;
    for (size_t i = 0; i < scan->count; ++i) {
        lvk_scan_entry entry = scan->entries[i];
        if (place_image(scan, &entry, depth, by_name))
            scan->entries[kept++] = entry;
        else
            lvk_scan_ignore(scan, &entry);
    }
    scan->count = kept;
    LVK_TRY(lvk_scan_read_names(scan, by_name));
    return lvk_layout_name_subjects(scan);
}

/* All images that were ignored for lack of a class folder, without labels. */
static lvk_status take_classless(lvk_scan *scan) {
    scan->count = scan->ignored;
    scan->ignored = 0;
    scan->ignored_example = NULL;
    LVK_TRY(lvk_scan_read_names(scan, false));
    return lvk_layout_name_subjects_without_classes(scan);
}

static lvk_status place_all(lvk_scan *scan, walk *w, const char *folder) {
    char *real = realpath(folder, NULL); /* the system's malloc: hence free() */
    if (!real)
        return lvk_fail(LVK_ERROR_IO, "%s: cannot be resolved", folder);
    lvk_status status = LVK_OK;
    if (find_cnmc(scan, lvk_path_name(real))) {
        status = place_cnmc(scan, lvk_path_name(real));
        /* The label table lies beside the preliminary folder, so outside when that folder is the root. */
        const char *beside = lvk_arena_format(&scan->arena, "%s_labels.csv", real);
        if (status == LVK_OK && !beside)
            status = LVK_ERROR_MEMORY;
        const bool use = status == LVK_OK && w->table_count == 0 && lvk_path_is_file(beside);
        if (status == LVK_OK)
            status = lvk_scan_join_labels(scan, use ? "" : folder, use ? &beside : w->tables,
                                          use ? 1 : w->table_count);
    } else {
        status = place_plain(scan, folder);
    }
    free(real);
    return status;
}

lvk_status lvk_scan_folder(const char *folder, bool allow_classless, lvk_scan *scan) {
    *scan = (lvk_scan){.positive = -1};
    walk w = {.scan = scan, .prefix = "", .folder = folder, .is_data_set = true};
    const lvk_folder_visitor visitor = visitor_of(&scan->arena);
    lvk_status status = lvk_folder_walk(folder, &visitor, &w);
    if (status == LVK_OK)
        status = lvk_other_files_tell(&w.others, folder);
    if (status == LVK_OK && scan->count == 0)
        status = lvk_fail(LVK_ERROR_FORMAT, "%s: no image (" LVK_NAME_ENDINGS ") in it or below", folder);
    if (status == LVK_OK)
        lvk_empty_folders_find(scan, w.folders, &w.folder_count);
    if (status == LVK_OK)
        status = place_all(scan, &w, folder);
    if (status == LVK_OK && scan->count == 0 && allow_classless)
        status = take_classless(scan);
    if (status == LVK_OK && scan->count == 0)
        status = lvk_fail(LVK_ERROR_FORMAT, "%s: no image lies in a class folder", folder);
    if (status == LVK_OK && !scan->is_cnmc)
        status = lvk_empty_folders_tell(scan, folder, w.folders, w.folder_count);
    lvk_free(w.tables);
    lvk_free(w.folders);
    if (status == LVK_OK && scan->ignored)
        lvk_log(LVK_LOG_WARNING, "%s: %zu images outside the class folders are ignored, %s among them",
                folder, scan->ignored, scan->ignored_example);
    if (status != LVK_OK)
        lvk_scan_finish(scan);
    return status;
}

lvk_status lvk_scan_files(const char *const *paths, size_t count, lvk_scan *scan) {
    *scan = (lvk_scan){.positive = -1};
    walk w = {.scan = scan, .prefix = ""};
    const lvk_folder_visitor visitor = visitor_of(NULL);
    lvk_status status = LVK_OK;
    for (size_t i = 0; i < count && status == LVK_OK; ++i) {
        const size_t before = scan->count;
        const bool is_folder = lvk_path_is_folder(paths[i]);
        w.prefix = is_folder ? paths[i] : "";
        w.folder = paths[i];
        w.others = (lvk_other_files){0};
        status = is_folder ? lvk_folder_walk(paths[i], &visitor, &w) : add_entry(&w, paths[i]);
        if (status == LVK_OK)
            status = lvk_other_files_tell(&w.others, paths[i]);
        if (status == LVK_OK && !is_folder && lvk_name_is_table(paths[i]))
            scan->entries[before].problem = "is no image; --data reads the images that a table lists";
        if (status == LVK_OK && scan->count == before)
            status =
                lvk_fail(LVK_ERROR_FORMAT, "%s: no image (" LVK_NAME_ENDINGS ") in it or below", paths[i]);
    }
    if (status == LVK_OK && count == 0)
        status = lvk_fail(LVK_ERROR_ARGUMENT, "no image named");
    if (status == LVK_OK)
        status = lvk_scan_read_names(scan, false);
    if (status == LVK_OK)
        status = lvk_layout_name_subjects_without_classes(scan);
    if (status != LVK_OK)
        lvk_scan_finish(scan);
    return status;
}

lvk_status lvk_scan_shrink(lvk_scan *scan, size_t count) {
    lvk_scan_entry *entries = lvk_realloc(scan->entries, count, sizeof *entries);
    if (!entries)
        return LVK_ERROR_MEMORY;
    scan->entries = entries;
    scan->count = count;
    return LVK_OK;
}

void lvk_scan_finish(lvk_scan *scan) {
    lvk_free(scan->entries);
    lvk_free(scan->classes);
    lvk_arena_finish(&scan->arena);
    *scan = (lvk_scan){.positive = -1};
}
