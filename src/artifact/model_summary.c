/* The public description of a trained model's layers. */
#include "artifact/model_file.h"
#include "core/memory.h"
#include "leukvk/model.h"
#include "models/model.h"

#include <string.h>

static lvk_status summarize(const lvk_checkpoint *checkpoint, lvk_model_summary **summary) {
    const lvk_model_info *info = lvk_checkpoint_info(checkpoint);
    const lvk_model_config config = {.architecture = lvk_model_find(info->architecture)->architecture,
                                     .image_size = info->image_size,
                                     .dropout =
                                         0.5, /* a rate that shows the layer; what it was, the run tells */
                                     .feature_stage = lvk_model_info_feature_stage(info),
                                     .head = info->head,
                                     .cell = info->cell,
                                     .classes = info->class_count,
                                     .variant = lvk_model_info_variant(info)};
    return lvk_model_summary_of(&config, summary);
}

static lvk_status summarize_members(const lvk_checkpoint *checkpoint, lvk_model_summary **summary) {
    const uint32_t count = lvk_checkpoint_member_count(checkpoint);
    lvk_model_summary *parts[LVK_MOST_MEMBERS] = {NULL};
    lvk_status status = LVK_OK;
    for (uint32_t k = 0; k < count && status == LVK_OK; ++k)
        status = summarize(lvk_checkpoint_member(checkpoint, k), &parts[k]);
    if (status == LVK_OK)
        status = lvk_model_summary_join(parts, count, summary);
    for (uint32_t k = 0; k < count; ++k)
        lvk_model_summary_destroy(&parts[k]);
    return status;
}

lvk_status lvk_model_summary_read(const char *path, lvk_model_summary **summary) {
    char *file;
    lvk_checkpoint *checkpoint;
    *summary = NULL;
    lvk_status status = lvk_model_file_read(path, LVK_MODEL_FINAL, &file, &checkpoint);
    if (status == LVK_OK)
        status = lvk_checkpoint_member_count(checkpoint) > 1 ? summarize_members(checkpoint, summary)
                                                             : summarize(checkpoint, summary);
    if (status == LVK_OK)
        memcpy((*summary)->estimate, lvk_checkpoint_info(checkpoint)->estimate, sizeof(*summary)->estimate);
    lvk_checkpoint_destroy(&checkpoint);
    lvk_free(file);
    return status;
}
