#include "reader/keras_list.h"

#include <stdio.h>
#include <string.h>

const char *const *lvk_keras_roles(size_t count) {
    static const char *const weights[] = {"kernel", "bias"};
    static const char *const norm[] = {"gamma", "beta", "moving_mean", "moving_variance"};
    if (count == 1 || count == 2)
        return weights;
    return count == 4 ? norm : NULL;
}

void lvk_keras_list_finish(lvk_keras_list *list) {
    lvk_arena_finish(&list->arena);
    lvk_free(list->tensors);
    lvk_free(list->paths);
    *list = (lvk_keras_list){0};
}

lvk_status lvk_keras_add(lvk_keras_list *list, const lvk_h5_file *file, const char *layer, const char *role,
                         const char *path) {
    LVK_TRY(LVK_GROW(&list->tensors, &list->tensor_capacity, list->count));
    LVK_TRY(LVK_GROW(&list->paths, &list->path_capacity, list->count));
    lvk_reader_tensor *tensor = &list->tensors[list->count];
    memset(tensor, 0, sizeof *tensor);
    const int length = snprintf(tensor->name, sizeof tensor->name, "%s/%s", layer, role);
    if (length < 0 || (size_t)length >= sizeof tensor->name)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: layer \"%.100s...\" has too long a name", lvk_h5_name(file),
                        layer);
    list->paths[list->count] = lvk_arena_strdup(&list->arena, path);
    if (!list->paths[list->count])
        return LVK_ERROR_MEMORY;
    LVK_TRY(lvk_h5_describe(file, path, tensor));
    list->size += tensor->size;
    ++list->count;
    return LVK_OK;
}

static lvk_status check_sums(const char *name, size_t size, const lvk_keras_list *list) {
    if (list->count <= LVK_READER_MAX_TENSORS && list->size <= lvk_reader_most_bytes(size))
        return LVK_OK;
    return lvk_fail(LVK_ERROR_LIMIT, "%s: %zu tensors of %llu bytes: more than %d, or than the file holds",
                    name, list->count, (unsigned long long)list->size, LVK_READER_MAX_TENSORS);
}

lvk_status lvk_keras_list_read(const char *name, const void *bytes, size_t size, lvk_keras_collect collect,
                               void *user, const lvk_keras_taker *taker) {
    lvk_h5_file *file;
    lvk_keras_list list = {0};
    LVK_TRY(lvk_h5_open(name, bytes, size, &file));
    lvk_status status = collect(user, file, &list);
    if (status == LVK_OK)
        status = check_sums(name, size, &list);
    if (status == LVK_OK)
        status = taker->take(taker->user, file, &list);
    lvk_h5_close(&file);
    lvk_keras_list_finish(&list);
    return status;
}
