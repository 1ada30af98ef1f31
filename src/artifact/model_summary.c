/* The public description of a trained model's layers. */
#include "artifact/model_file.h"
#include "core/memory.h"
#include "leukvk/model.h"
#include "models/model.h"

#include <string.h>

lvk_status lvk_model_summary_read(const char *path, lvk_model_summary **summary) {
    char *file;
    lvk_checkpoint *checkpoint;
    *summary = NULL;
    lvk_status status = lvk_model_file_read(path, LVK_MODEL_FINAL, &file, &checkpoint);
    if (status == LVK_OK) {
        const lvk_model_info *info = lvk_checkpoint_info(checkpoint);
        const lvk_model_config config = {
            .architecture = lvk_model_find(info->architecture)->architecture,
            .image_size = info->image_size,
            .dropout = 0.5, /* a rate that shows the layer; what it was, the run tells */
            .head = info->head,
            .area = info->area,
            .classes = info->class_count,
            .variant = lvk_model_info_variant(info)};
        status = lvk_model_summary_of(&config, summary);
        if (status == LVK_OK)
            memcpy((*summary)->estimate, info->estimate, sizeof info->estimate);
    }
    lvk_checkpoint_destroy(&checkpoint);
    lvk_free(file);
    return status;
}
