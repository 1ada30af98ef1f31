#include "leukvk/join.h"

#include "artifact/joined_model.h"
#include "artifact/model_classes.h"
#include "artifact/model_file.h"
#include "core/file.h"
#include "core/memory.h"
#include "leukvk/metrics.h"

#include <string.h>

typedef struct joining {
    size_t count;
    char *files[LVK_MOST_MEMBERS];
    lvk_checkpoint *models[LVK_MOST_MEMBERS];
    lvk_arena names;
    lvk_safetensor *tensors;
    size_t tensor_count;
    lvk_string_map metadata;
} joining;

static void joining_finish(joining *j) {
    for (size_t m = 0; m < j->count; ++m) {
        lvk_checkpoint_destroy(&j->models[m]);
        lvk_free(j->files[m]);
    }
    lvk_arena_finish(&j->names);
    lvk_free(j->tensors);
    lvk_string_map_finish(&j->metadata);
}

static lvk_status open_model(joining *j, const char *path, const char *file) {
    const size_t m = j->count++;
    const char *why;
    LVK_TRY(lvk_model_file_read(path, LVK_MODEL_FINAL, &j->files[m], &j->models[m]));
    if (lvk_path_is_same(j->files[m], file))
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: is one of the models, which would be lost", file);
    if (lvk_checkpoint_state(j->models[m]))
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: is a checkpoint to go on training from, not a model",
                        j->files[m]);
    if (lvk_checkpoint_member_count(j->models[m]) > 1)
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: is itself joined; name the models that it is made of",
                        j->files[m]);
    return lvk_joined_fit(lvk_checkpoint_info(j->models[0]), lvk_checkpoint_info(j->models[m]), &why)
               ? LVK_OK
               : lvk_fail(LVK_ERROR_ARGUMENT, "%s: %s, %s", j->files[m], why, j->files[0]);
}

/* Whether two calibrations call an image the same class. */
static bool is_same_threshold(const lvk_model_calibration *a, const lvk_model_calibration *b) {
    bool same = a->threshold == b->threshold && a->has_positive == b->has_positive;
    for (uint32_t k = 0; k < LVK_MOST_CLASSES && same && a->has_positive; ++k)
        same = a->positive[k] == b->positive[k];
    return same;
}

/* The threshold that all models have, and the classes for whose sum it is. What is left to the members is their
 * temperature. */
static lvk_status put_threshold(joining *j, lvk_join_result *result) {
    const lvk_model_info *info = lvk_checkpoint_info(j->models[0]);
    const lvk_model_calibration *first = &info->calibration;
    bool stored = false;
    result->same_threshold = true;
    for (size_t m = 0; m < j->count; ++m) {
        const lvk_model_calibration *c = &lvk_checkpoint_info(j->models[m])->calibration;
        stored = stored || c->has_threshold || c->has_positive;
        result->same_threshold = result->same_threshold && is_same_threshold(c, first);
    }
    result->threshold = result->same_threshold ? first->threshold : LVK_THRESHOLD;
    if (!stored || !result->same_threshold)
        return LVK_OK;
    LVK_TRY(lvk_string_map_set_number(&j->metadata, "threshold", result->threshold));
    return first->has_positive ? lvk_model_positive_put(&j->metadata, info, first) : LVK_OK;
}

static lvk_status put_metadata(joining *j, lvk_join_result *result) {
    char prefix[LVK_JOINED_PREFIX_SIZE];
    LVK_TRY(lvk_string_map_set(&j->metadata, "format", "leukvk"));
    LVK_TRY(lvk_string_map_set(&j->metadata, "format_version",
                               lvk_string_map_get(lvk_checkpoint_metadata(j->models[0]), "format_version")));
    LVK_TRY(lvk_string_map_set(&j->metadata, "kind", LVK_JOINED_KIND));
    LVK_TRY(lvk_string_map_set_u64(&j->metadata, "members", j->count));
    LVK_TRY(put_threshold(j, result));
    for (size_t m = 0; m < j->count; ++m) {
        const lvk_string_map *own = lvk_checkpoint_metadata(j->models[m]);
        lvk_joined_prefix(prefix, (uint32_t)m);
        for (size_t i = 0; i < own->count; ++i) {
            const char *key = lvk_arena_format(&j->names, "%s%s", prefix, own->pairs[i].key);
            LVK_TRY(key ? lvk_string_map_set(&j->metadata, key, own->pairs[i].value) : LVK_ERROR_MEMORY);
        }
    }
    return LVK_OK;
}

/* The tensors of all members whose elements have `size` bytes: large elements come first, so that all are aligned. */
static lvk_status add_tensors(joining *j, uint64_t size, lvk_join_result *result) {
    char prefix[LVK_JOINED_PREFIX_SIZE];
    for (size_t m = 0; m < j->count; ++m) {
        const lvk_safetensors *file = lvk_checkpoint_file(j->models[m]);
        lvk_joined_prefix(prefix, (uint32_t)m);
        for (size_t i = 0; i < lvk_safetensors_count(file); ++i) {
            const lvk_safetensor *tensor = lvk_safetensors_at(file, i);
            if (lvk_element_size(tensor->element) != size)
                continue;
            lvk_safetensor *own = &j->tensors[j->tensor_count++];
            *own = *tensor;
            own->name = lvk_arena_format(&j->names, "%s%s", prefix, tensor->name);
            if (!own->name)
                return LVK_ERROR_MEMORY;
            result->numbers += tensor->size / size;
        }
    }
    return LVK_OK;
}

static lvk_status put_tensors(joining *j, lvk_join_result *result) {
    size_t all = 0;
    for (size_t m = 0; m < j->count; ++m)
        all += lvk_safetensors_count(lvk_checkpoint_file(j->models[m]));
    j->tensors = lvk_alloc(all, sizeof *j->tensors);
    if (!j->tensors)
        return LVK_ERROR_MEMORY;
    for (uint64_t size = 8; size > 0; size /= 2)
        LVK_TRY(add_tensors(j, size, result));
    result->tensors = j->tensor_count;
    return LVK_OK;
}

static lvk_status join(joining *j, const char *const *paths, size_t count, const char *file,
                       lvk_join_result *result) {
    for (size_t m = 0; m < count; ++m)
        LVK_TRY(open_model(j, paths[m], file));
    LVK_TRY(put_metadata(j, result));
    LVK_TRY(put_tensors(j, result));
    result->members = (uint32_t)count;
    lvk_folder_clear_beside(file);
    return lvk_safetensors_write(file, j->tensors, j->tensor_count, &j->metadata);
}

lvk_status lvk_models_join(const char *const *paths, size_t count, const char *file,
                           lvk_join_result *result) {
    *result = (lvk_join_result){0};
    if (count < 2 || count > LVK_MOST_MEMBERS)
        return lvk_fail(LVK_ERROR_ARGUMENT, "%zu models: 2 to %d can be joined", count, LVK_MOST_MEMBERS);
    joining *j = lvk_alloc(1, sizeof *j);
    if (!j)
        return LVK_ERROR_MEMORY;
    const lvk_status status = join(j, paths, count, file, result);
    joining_finish(j);
    lvk_free(j);
    return status;
}
