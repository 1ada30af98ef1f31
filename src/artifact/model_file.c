#include "artifact/model_file.h"

#include "artifact/run_folder.h"
#include "core/file.h"
#include "core/memory.h"
#include "models/model.h"

static lvk_status check_model(const char *path, const lvk_model_info *info) {
    const lvk_model *model = lvk_model_find(info->architecture);
    lvk_crop crop;
    if (!model)
        return lvk_fail_within(LVK_ERROR_FORMAT, "%s", path);
    if (lvk_crop_parse(info->crop, &crop) != LVK_OK)
        return lvk_fail_within(LVK_ERROR_FORMAT, "%s", path);
    if (model->features && !*info->head)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: does not say what head %s has", path, info->architecture);
    if (lvk_model_check_size(model, info->image_size) != LVK_OK)
        return lvk_fail_within(LVK_ERROR_FORMAT, "%s", path);
    return LVK_OK;
}

lvk_status lvk_model_file_read(const char *path, char **file, lvk_checkpoint **checkpoint) {
    *checkpoint = NULL;
    *file =
        lvk_path_is_folder(path) ? lvk_path_join(path, lvk_run_file_name(LVK_RUN_MODEL)) : lvk_strdup(path);
    if (!*file)
        return LVK_ERROR_MEMORY;
    LVK_TRY(lvk_checkpoint_read(*file, checkpoint));
    return check_model(*file, lvk_checkpoint_info(*checkpoint));
}
