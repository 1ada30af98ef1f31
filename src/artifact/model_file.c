#include "artifact/model_file.h"

#include "artifact/run_folder.h"
#include "core/file.h"
#include "core/memory.h"
#include "models/head.h"
#include "models/model.h"

#include <string.h>

static lvk_status check_model(const char *path, const lvk_model_info *info) {
    const lvk_model *model = lvk_model_find(info->architecture);
    lvk_crop crop;
    lvk_head head;
    if (!model)
        return lvk_fail_within(LVK_ERROR_FORMAT, "%s", path);
    if (lvk_crop_parse(info->crop, &crop) != LVK_OK)
        return lvk_fail_within(LVK_ERROR_FORMAT, "%s", path);
    if (model->features && !*info->head)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: does not say what head %s has", path, info->architecture);
    if (*info->head && lvk_head_parse(info->head, &head) != LVK_OK)
        return lvk_fail_within(LVK_ERROR_FORMAT, "%s", path);
    if (lvk_model_check_size(model, info->image_size) != LVK_OK)
        return lvk_fail_within(LVK_ERROR_FORMAT, "%s", path);
    return LVK_OK;
}

char *lvk_model_file_find(const char *path, lvk_model_choice choice) {
    if (!lvk_path_is_folder(path))
        return lvk_strdup(path);
    char *refit = lvk_path_join(path, LVK_RUN_REFIT);
    char *own = lvk_path_join(path, lvk_run_file_name(LVK_RUN_MODEL)), *file = NULL;
    if (refit && own && lvk_run_folder_is_finished(refit) &&
        (choice == LVK_MODEL_FINAL || !lvk_path_is_file(own)))
        file = lvk_path_join(refit, lvk_run_file_name(LVK_RUN_MODEL));
    else if (refit && own)
        file = lvk_strdup(own);
    lvk_free(own);
    lvk_free(refit);
    return file;
}

static lvk_status check_members(const char *path, const lvk_checkpoint *checkpoint) {
    for (uint32_t k = 0; k < lvk_checkpoint_member_count(checkpoint); ++k)
        LVK_TRY(check_model(path, lvk_checkpoint_info(lvk_checkpoint_member(checkpoint, k))));
    return LVK_OK;
}

lvk_status lvk_model_file_read(const char *path, lvk_model_choice choice, char **file,
                               lvk_checkpoint **checkpoint) {
    *checkpoint = NULL;
    *file = lvk_model_file_find(path, choice);
    if (!*file)
        return LVK_ERROR_MEMORY;
    LVK_TRY(lvk_checkpoint_read(*file, checkpoint));
    return check_members(*file, *checkpoint);
}

lvk_status lvk_model_file_copy(const char *name, const void *data, size_t size, lvk_checkpoint **checkpoint) {
    *checkpoint = NULL;
    if (size > LVK_SAFETENSORS_MAX_FILE)
        return lvk_fail(LVK_ERROR_LIMIT, "%s: is larger than %llu bytes", name,
                        (unsigned long long)LVK_SAFETENSORS_MAX_FILE);
    void *copy = lvk_alloc(size ? size : 1, 1);
    if (!copy)
        return LVK_ERROR_MEMORY;
    if (size)
        memcpy(copy, data, size);
    lvk_safetensors *file;
    LVK_TRY(lvk_safetensors_take(name, copy, size, &file));
    LVK_TRY(lvk_checkpoint_take(file, checkpoint));
    const lvk_status status = check_members(name, *checkpoint);
    if (status != LVK_OK)
        lvk_checkpoint_destroy(checkpoint);
    return status;
}
