#include "models/keras_model.h"

const char *const *lvk_keras_roles(size_t count) {
    static const char *const weights[] = {"kernel", "bias"};
    static const char *const norm[] = {"gamma", "beta", "moving_mean", "moving_variance"};
    if (count == 1 || count == 2)
        return weights;
    return count == 4 ? norm : NULL;
}

lvk_status lvk_keras_add(lvk_keras_model *model, const lvk_h5_file *file, const char *layer, const char *role,
                         const char *path) {
    LVK_TRY(LVK_GROW(&model->tensors, &model->tensor_capacity, model->count));
    LVK_TRY(LVK_GROW(&model->paths, &model->path_capacity, model->count));
    lvk_safetensor *tensor = &model->tensors[model->count];
    *tensor = (lvk_safetensor){.name = lvk_arena_format(&model->arena, "%s/%s", layer, role)};
    model->paths[model->count] = lvk_arena_strdup(&model->arena, path);
    if (!tensor->name || !model->paths[model->count])
        return LVK_ERROR_MEMORY;
    LVK_TRY(lvk_h5_describe(file, path, tensor));
    model->size += tensor->size;
    ++model->count;
    return LVK_OK;
}

lvk_status lvk_keras_load(lvk_keras_model *model, const lvk_h5_file *file, const char *name) {
    if (model->count > LVK_KERAS_MAX_TENSORS || model->size > LVK_KERAS_MAX_DATA)
        return lvk_fail(LVK_ERROR_LIMIT,
                        "%s: %zu tensors of %llu bytes, more than the %d of %llu that are read", name,
                        model->count, (unsigned long long)model->size, LVK_KERAS_MAX_TENSORS,
                        (unsigned long long)LVK_KERAS_MAX_DATA);
    float *at = model->data = lvk_alloc((size_t)model->size, 1);
    if (!at)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < model->count; ++i) {
        model->tensors[i].data = at;
        LVK_TRY(lvk_h5_read(file, model->paths[i], &model->tensors[i], at));
        at += model->tensors[i].size / sizeof(float);
    }
    return LVK_OK;
}

void lvk_keras_finish(lvk_keras_model *model) {
    lvk_arena_finish(&model->arena);
    lvk_free(model->tensors);
    lvk_free(model->paths);
    lvk_free(model->data);
    *model = (lvk_keras_model){0};
}
