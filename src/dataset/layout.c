#include "dataset/layout.h"

#include "core/file.h"
#include "dataset/class_names.h"
#include "dataset/names.h"
#include "dataset/path_span.h"

#include <string.h>

static lvk_path_span folder_above(const char *path, const char *at) {
    if (at == path)
        return (lvk_path_span){path, 0};
    const char *end = at - 1, *start = end;
    while (start > path && start[-1] != '/')
        --start;
    return (lvk_path_span){start, (size_t)(end - start)};
}

static bool is_one_of(const lvk_word *word, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; ++i)
        if (lvk_word_is(word, list[i]))
            return true;
    return false;
}

/* Words of folders that hold something else than a person's cells, whatever number follows. L and M are
 * subtypes of leukaemia. */
static bool is_no_person(const lvk_word *word) {
    static const char *const words[] = {
        "site",       "hospital", "center",    "centre",   "clinic",     "lab",     "source", "camera",
        "microscope", "cohort",   "study",     "exp",      "experiment", "session", "round",  "series",
        "fold",       "train",    "training",  "test",     "testing",    "val",     "valid",  "validation",
        "split",      "part",     "batch",     "set",      "dataset",    "data",    "run",    "slide",
        "plate",      "image",    "images",    "img",      "imgs",       "cell",    "cells",  "crop",
        "crops",      "aug",      "augmented", "original", "segmented",  "group",   "class",  "level",
        "grade",      "stage",    "type",      "subtype",  "l",          "m",       "x",      "px",
        "v",          "version",  "day",       "week",     "year",       "scan",    "folder", "dir",
        "new",        "old",      "phase",     "png",      "jpg",        "bmp"};
    return is_one_of(word, words, sizeof words / sizeof *words);
}

static bool is_person(const lvk_word *word) {
    static const char *const words[] = {"patient", "pat",    "pt",    "subject", "subj",
                                        "sub",     "person", "donor", "case"};
    return is_one_of(word, words, sizeof words / sizeof *words);
}

/* A number and no word against it, or a word for a person and anything behind it. Three numbers are a date. */
static bool is_subject(lvk_path_span f) {
    size_t numbers = 0, words = 0;
    bool person = false;
    const char *at = f.at, *end = f.at + f.size;
    lvk_word word;
    if (f.size == 0 || f.size >= LVK_SUBJECT_SIZE)
        return false;
    for (; lvk_word_next(&at, end, &word); ++words) {
        if (is_no_person(&word))
            return false;
        numbers += *word.at >= '0' && *word.at <= '9';
        person = person || (words == 0 && is_person(&word));
    }
    return person ? words > 1 : numbers > 0 && numbers < 3;
}

size_t lvk_layout_class_depth(const lvk_scan *scan, size_t depth) {
    lvk_path_span last = {NULL, 0}, classes[2] = {{NULL, 0}, {NULL, 0}};
    size_t people = 0, count = 0;
    for (size_t i = 0; i < scan->count; ++i) { /* by path: a folder's images follow each other */
        const lvk_scan_entry *entry = &scan->entries[i];
        const lvk_path_span outer = lvk_path_folder_at(entry->path + entry->from, depth),
                            inner = lvk_path_next_folder(outer);
        if (entry->outside)
            continue;
        if (inner.size == 0 || !is_subject(outer) || is_subject(inner))
            return depth;
        people += !last.at || !lvk_path_span_equal(last, outer);
        last = outer;
        if ((count > 0 && lvk_path_span_equal(inner, classes[0])) ||
            (count > 1 && lvk_path_span_equal(inner, classes[1])))
            continue;
        if (count == 2)
            return depth;
        classes[count++] = inner;
    }
    bool known = false;
    for (size_t c = 0; c < count; ++c)
        known = known || lvk_class_kind_of(classes[c].at, classes[c].size) != LVK_CLASS_UNKNOWN;
    return count == 2 && known && people >= 2 ? depth + 1 : depth;
}

/* Where the folders of subjects may lie. */
typedef enum place { BELOW_CLASS, ABOVE_CLASS, AROUND_IMAGE } place;

static lvk_path_span subject_folder(const lvk_scan_entry *entry, place where) {
    const char *at = entry->path + entry->class_at;
    if (where == AROUND_IMAGE)
        return folder_above(entry->path, lvk_path_name(entry->path));
    return where == BELOW_CLASS ? lvk_path_next_folder(lvk_path_first_folder(at))
                                : folder_above(entry->path, at);
}

static bool are_subjects(const lvk_scan *scan, place where) {
    bool several = false;
    lvk_path_span first = {NULL, 0};
    for (size_t i = 0; i < scan->count; ++i) {
        const lvk_path_span f = subject_folder(&scan->entries[i], where);
        if (!is_subject(f))
            return false;
        if (!first.at)
            first = f;
        several = several || !lvk_path_span_equal(first, f);
    }
    return several;
}

static lvk_status name_subjects(lvk_scan *scan, place where) {
    for (size_t i = 0; i < scan->count; ++i) {
        lvk_scan_entry *entry = &scan->entries[i];
        const lvk_path_span f = subject_folder(entry, where);
        char subject[LVK_SUBJECT_SIZE];
        if (entry->subject)
            continue;
        lvk_name_canonical(f.at, f.size, subject);
        if (!(entry->subject = lvk_arena_strdup(&scan->arena, subject)))
            return LVK_ERROR_MEMORY;
    }
    return LVK_OK;
}

lvk_status lvk_layout_name_subjects(lvk_scan *scan) {
    return are_subjects(scan, BELOW_CLASS)   ? name_subjects(scan, BELOW_CLASS)
           : are_subjects(scan, ABOVE_CLASS) ? name_subjects(scan, ABOVE_CLASS)
                                             : LVK_OK;
}

lvk_status lvk_layout_name_subjects_without_classes(lvk_scan *scan) {
    return are_subjects(scan, AROUND_IMAGE) ? name_subjects(scan, AROUND_IMAGE) : LVK_OK;
}
