#include "dataset/empty_folders.h"

#include "core/file.h"
#include "core/log.h"
#include "core/text.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_NAMED = 5 };

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Whether the path lies in the folder of `size` bytes; *order: before (-1) or behind it (1) otherwise. */
static bool lies_in(const char *path, const char *folder, size_t size, int *order) {
    *order = strncmp(path, folder, size);
    if (*order == 0)
        *order = (unsigned char)path[size] < '/' ? -1 : path[size] > '/';
    return *order == 0;
}

/* The first image in the folder; NULL: there is none. Images are in byte order, and so those in one folder
 * follow each other. An empty name is the folder of all. */
static const lvk_scan_entry *first_in(const lvk_scan *scan, const char *folder, size_t size) {
    size_t low = 0, high = scan->count;
    int order;
    if (size == 0)
        return scan->count ? scan->entries : NULL;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        (void)lies_in(scan->entries[middle].path, folder, size, &order);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < scan->count && lies_in(scan->entries[low].path, folder, size, &order) ? &scan->entries[low]
                                                                                       : NULL;
}

/* Bytes of the folder's path above its name, without the '/'. */
static size_t size_above(const char *path) {
    const size_t size = (size_t)(lvk_path_name(path) - path);
    return size ? size - 1 : 0;
}

void lvk_empty_folders_find(const lvk_scan *scan, const char **folders, size_t *count) {
    size_t kept = 0;
    for (size_t i = 0; i < *count; ++i) {
        const size_t above = size_above(folders[i]);
        if (!first_in(scan, folders[i], strlen(folders[i])) &&
            (above == 0 || first_in(scan, folders[i], above)))
            folders[kept++] = folders[i];
    }
    *count = kept;
    if (kept)
        qsort(folders, kept, sizeof *folders, compare_texts);
}

static bool is_beside_class(const lvk_scan *scan, const char *folder) {
    const size_t above = size_above(folder);
    const lvk_scan_entry *entry = first_in(scan, folder, above);
    return entry && entry->label >= 0 && entry->class_at == (above ? above + 1 : 0);
}

lvk_status lvk_empty_folders_tell(const lvk_scan *scan, const char *folder, const char *const *folders,
                                  size_t count) {
    lvk_text names = {0};
    size_t told = 0;
    for (size_t i = 0; i < count; ++i) {
        if (!is_beside_class(scan, folders[i]))
            continue;
        if (++told <= MOST_NAMED)
            lvk_text_add(&names, "%s%s", told > 1 ? ", " : "", folders[i]);
    }
    const lvk_status status = names.failed ? LVK_ERROR_MEMORY : LVK_OK;
    if (told && status == LVK_OK)
        lvk_log(LVK_LOG_WARNING, "%s: %s%s hold%s no image: %s", folder, names.data,
                told > MOST_NAMED ? ", ..." : "", told == 1 ? "s" : "",
                told == 1 ? "it is no class" : "they are no classes");
    lvk_text_finish(&names);
    return status;
}
