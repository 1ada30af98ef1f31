#include "dataset/labels_in_names.h"

#include "core/file.h"
#include "core/log.h"
#include "dataset/layout.h"
#include "dataset/names.h"

#include <string.h>

enum { BLAST, HEALTHY, CLASSES };

/* The class in "Im<digits>_<0 or 1>"; -1: the name has another form. */
static int32_t class_of(const char *path) {
    const char *name = lvk_path_name(path);
    const size_t stem = lvk_name_stem(name), digits = stem > 2 ? strspn(name + 2, "0123456789") : 0;
    if (!lvk_text_equal_n(name, "Im", 2) || digits == 0 || stem != 2 + digits + 2 || name[2 + digits] != '_')
        return -1;
    const char label = name[stem - 1];
    return label == '1' ? BLAST : label == '0' ? HEALTHY : -1;
}

bool lvk_names_have_labels(const lvk_scan *scan) {
    bool found[CLASSES] = {false, false};
    if (scan->class_count > 1)
        return false;
    for (size_t i = 0; i < scan->count; ++i) {
        const int32_t class = scan->entries[i].outside ? HEALTHY : class_of(scan->entries[i].path);
        if (class < 0)
            return false;
        found[class] = found[class] || !scan->entries[i].outside;
    }
    return found[BLAST] && found[HEALTHY];
}

lvk_status lvk_names_take_labels(lvk_scan *scan) {
    size_t kept = 0;
    lvk_free(scan->classes);
    scan->class_count = 0;
    scan->classes = lvk_alloc(CLASSES, sizeof *scan->classes);
    if (!scan->classes)
        return LVK_ERROR_MEMORY;
    scan->classes[BLAST] = "blast";
    scan->classes[HEALTHY] = "healthy";
    scan->class_count = CLASSES;
    lvk_scan_name_positive(scan);
    for (size_t i = 0; i < scan->count; ++i) {
        lvk_scan_entry entry = scan->entries[i];
        if (entry.outside) {
            lvk_scan_ignore(scan, &entry);
            continue;
        }
        entry.label = class_of(entry.path);
        entry.class_at = (uint32_t)(lvk_path_name(entry.path) - entry.path);
        scan->entries[kept++] = entry;
    }
    scan->count = kept;
    lvk_log(LVK_LOG_INFO,
            "the names of the files tell the classes, as in ALL-IDB: Im..._1 is blast, Im..._0 healthy");
    LVK_TRY(lvk_scan_read_names(scan, false));
    return lvk_layout_name_subjects(scan);
}
