/* Parts of a path: the folders in it, from the outermost on, and names. */
#ifndef LVK_DATASET_PATH_SPAN_H
#define LVK_DATASET_PATH_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* `size` bytes at `at`, inside a path, without the '/' around them; size 0: there is no such folder. */
typedef struct lvk_path_span {
    const char *at;
    size_t size;
} lvk_path_span;

/* The folder that the path begins with. */
static inline lvk_path_span lvk_path_first_folder(const char *path) {
    const size_t size = strcspn(path, "/");
    return (lvk_path_span){path, path[size] == '/' ? size : 0};
}

/* The folder in that folder; none where the file's name comes next. */
static inline lvk_path_span lvk_path_next_folder(lvk_path_span folder) {
    return folder.size ? lvk_path_first_folder(folder.at + folder.size + 1) : folder;
}

/* The folder behind the first `depth` ones. */
static inline lvk_path_span lvk_path_folder_at(const char *path, size_t depth) {
    lvk_path_span folder = lvk_path_first_folder(path);
    for (size_t d = 0; d < depth && folder.size; ++d)
        folder = lvk_path_next_folder(folder);
    return folder;
}

static inline bool lvk_path_span_equal(lvk_path_span a, lvk_path_span b) {
    return a.size == b.size && memcmp(a.at, b.at, a.size) == 0;
}

#endif
