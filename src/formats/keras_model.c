#include "formats/keras_model.h"

#include "core/child.h"
#include "core/text.h"

#include <stdio.h>
#include <string.h>

const char *const *lvk_keras_roles(size_t count) {
    static const char *const weights[] = {"kernel", "bias"};
    static const char *const norm[] = {"gamma", "beta", "moving_mean", "moving_variance"};
    if (count == 1 || count == 2)
        return weights;
    return count == 4 ? norm : NULL;
}

/* ---- the reading process ---- */

/* The results of the reading process in shared memory: names and shapes, and in `data` the elements of all
 * tensors, one tensor after the other. */
struct lvk_keras_shared {
    size_t count;
    struct {
        char name[LVK_SAFETENSORS_MAX_NAME + 1];
        int rank;
        uint64_t dim[LVK_SAFETENSORS_MAX_RANK];
    } tensors[LVK_KERAS_MAX_TENSORS];
    float data[];
};

typedef struct job {
    const char *name;
    const void *bytes;
    size_t size;
    lvk_keras_collect collect;
    void *user;
    struct lvk_keras_shared *shared;
} job;

lvk_status lvk_keras_add(lvk_keras_list *list, const lvk_h5_file *file, const char *layer, const char *role,
                         const char *path) {
    LVK_TRY(LVK_GROW(&list->tensors, &list->tensor_capacity, list->count));
    LVK_TRY(LVK_GROW(&list->paths, &list->path_capacity, list->count));
    lvk_safetensor *tensor = &list->tensors[list->count];
    *tensor = (lvk_safetensor){.name = lvk_arena_format(&list->arena, "%s/%s", layer, role)};
    list->paths[list->count] = lvk_arena_strdup(&list->arena, path);
    if (!tensor->name || !list->paths[list->count])
        return LVK_ERROR_MEMORY;
    LVK_TRY(lvk_h5_describe(file, path, tensor));
    list->size += tensor->size;
    ++list->count;
    return LVK_OK;
}

/* The most bytes that all tensors of a file of `size` bytes can have as floats. */
static uint64_t most_bytes(size_t size) {
    return (uint64_t)size * sizeof(float) / 2;
}

static lvk_status load(const job *j, const lvk_h5_file *file, const lvk_keras_list *list) {
    if (list->count > LVK_KERAS_MAX_TENSORS || list->size > most_bytes(j->size))
        return lvk_fail(LVK_ERROR_LIMIT,
                        "%s: %zu tensors of %llu bytes: more than %d, or than the file holds", j->name,
                        list->count, (unsigned long long)list->size, LVK_KERAS_MAX_TENSORS);
    float *at = j->shared->data;
    for (size_t i = 0; i < list->count; ++i) {
        const lvk_safetensor *tensor = &list->tensors[i];
        const size_t length = strlen(tensor->name);
        if (length > LVK_SAFETENSORS_MAX_NAME)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: layer \"%.100s...\" has too long a name", j->name,
                            tensor->name);
        memcpy(j->shared->tensors[i].name, tensor->name, length + 1);
        j->shared->tensors[i].rank = tensor->rank;
        memcpy(j->shared->tensors[i].dim, tensor->dim, sizeof tensor->dim);
        LVK_TRY(lvk_h5_read(file, list->paths[i], tensor, at));
        at += tensor->size / sizeof(float);
    }
    j->shared->count = list->count;
    return LVK_OK;
}

static lvk_status read_in_child(void *user) {
    const job *j = user;
    lvk_h5_file *file;
    lvk_keras_list list = {0};
    LVK_TRY(lvk_h5_open(j->name, j->bytes, j->size, &file));
    lvk_status status = j->collect(j->user, file, &list);
    if (status == LVK_OK)
        status = load(j, file, &list);
    lvk_h5_close(&file);
    lvk_arena_finish(&list.arena);
    lvk_free(list.tensors);
    lvk_free(list.paths);
    return status;
}

/* ---- this process ---- */

static bool take_tensor(const struct lvk_keras_shared *shared, size_t index, uint64_t left,
                        lvk_safetensor *tensor) {
    const char *name = shared->tensors[index].name;
    *tensor = (lvk_safetensor){.name = name, .element = LVK_ELEMENT_F32, .rank = shared->tensors[index].rank};
    if (!memchr(name, '\0', sizeof shared->tensors[index].name) || !lvk_text_is_utf8(name) ||
        tensor->rank < 0 || tensor->rank > LVK_SAFETENSORS_MAX_RANK)
        return false;
    tensor->size = sizeof(float);
    for (int d = 0; d < tensor->rank; ++d) {
        tensor->dim[d] = shared->tensors[index].dim[d];
        if (tensor->dim[d] == 0 || tensor->dim[d] > left / tensor->size)
            return false;
        tensor->size *= tensor->dim[d];
    }
    return tensor->size <= left;
}

/* Takes over the results of the reading process. They are checked, since a damaged file may have made it
 * write anything. */
static lvk_status take(const char *name, uint64_t left, lvk_keras_model *model) {
    const struct lvk_keras_shared *shared = model->shared;
    const size_t count = shared->count;
    const float *at = shared->data;
    bool right = count <= LVK_KERAS_MAX_TENSORS;
    model->tensors = lvk_alloc(right ? count : 0, sizeof *model->tensors);
    if (!model->tensors)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; right && i < count; ++i) {
        lvk_safetensor *tensor = &model->tensors[i];
        right = take_tensor(shared, i, left, tensor);
        tensor->data = at;
        at += right ? tensor->size / sizeof(float) : 0;
        left -= right ? tensor->size : 0;
    }
    if (!right)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: is damaged: what was read of it is nothing whole", name);
    model->count = count;
    return LVK_OK;
}

lvk_status lvk_keras_read(const char *name, const void *bytes, size_t size, lvk_keras_collect collect,
                          void *user, lvk_keras_model *model) {
    if (size > LVK_H5_MAX_FILE)
        return lvk_fail(LVK_ERROR_LIMIT, "%s: %zu bytes, more than the %zu that are read of an HDF5 file",
                        name, size, LVK_H5_MAX_FILE);
    model->shared_size = sizeof *model->shared + (size_t)most_bytes(size);
    model->shared = lvk_shared_alloc(model->shared_size);
    if (!model->shared)
        return LVK_ERROR_MEMORY;
    job j = {name, bytes, size, collect, user, model->shared};
    const lvk_child_bounds bounds = {
        .seconds = 2 + (unsigned)(size >> 24), /* a second for 16 MB, far more than reading takes */
        .memory = ((size_t)256 << 20) + 4 * size};
    LVK_TRY(lvk_child_run(name, read_in_child, &j, bounds));
    return take(name, most_bytes(size), model);
}

void lvk_keras_finish(lvk_keras_model *model) {
    lvk_free(model->tensors);
    lvk_shared_free(model->shared, model->shared_size);
    *model = (lvk_keras_model){0};
}
