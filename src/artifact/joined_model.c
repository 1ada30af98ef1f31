#include "artifact/joined_model.h"

#include "core/memory.h"

#include <stdio.h>
#include <string.h>

char *lvk_joined_prefix(char prefix[LVK_JOINED_PREFIX_SIZE], uint32_t member) {
    snprintf(prefix, LVK_JOINED_PREFIX_SIZE, "member.%u/", member + 1);
    return prefix;
}

/* ---- what fits together ---- */

bool lvk_joined_fit(const lvk_model_info *a, const lvk_model_info *b, const char **why) {
    bool same = a->class_count == b->class_count && strcmp(a->positive_class, b->positive_class) == 0 &&
                strcmp(a->negative_class, b->negative_class) == 0;
    for (uint32_t k = 0; k < a->class_count && same; ++k)
        same = strcmp(a->classes[k], b->classes[k]) == 0;
    *why = !same                            ? "its classes are not those of the first, or in another order"
           : strcmp(a->crop, b->crop) != 0  ? "it crops images otherwise than the first"
           : a->image_size != b->image_size ? "it takes images of another size than the first"
           : a->microns_per_pixel != b->microns_per_pixel ? "it takes images of another scale than the first"
                                                          : NULL;
    return !*why;
}

/* ---- reading ---- */

static lvk_status read_member(const lvk_safetensors *file, uint32_t k, lvk_checkpoint **member) {
    char prefix[LVK_JOINED_PREFIX_SIZE], key[LVK_JOINED_PREFIX_SIZE + 8];
    snprintf(key, sizeof key, "%skind", lvk_joined_prefix(prefix, k));
    const char *kind = lvk_string_map_get(lvk_safetensors_metadata(file), key);
    if (!kind || strcmp(kind, "model") != 0)
        return lvk_fail(LVK_ERROR_FORMAT, kind ? "%s: member %u is no model" : "%s: member %u is missing",
                        lvk_safetensors_name(file), k + 1);
    char *name = lvk_format("%s: member %u", lvk_safetensors_name(file), k + 1);
    lvk_safetensors *part = NULL;
    lvk_status status = name ? lvk_safetensors_part(file, prefix, name, &part) : LVK_ERROR_MEMORY;
    lvk_free(name);
    return status == LVK_OK ? lvk_checkpoint_take(part, member) : status;
}

/* Whether a name is of one of the members: "member.2/…", without leading zeros. */
static bool is_of_member(const char *name, uint32_t count) {
    char prefix[LVK_JOINED_PREFIX_SIZE];
    for (uint32_t k = 0; k < count; ++k)
        if (strncmp(name, lvk_joined_prefix(prefix, k), strlen(prefix)) == 0)
            return true;
    return false;
}

static lvk_status check_rest(const lvk_safetensors *file, uint32_t count) {
    const lvk_string_map *map = lvk_safetensors_metadata(file);
    const char *name = lvk_safetensors_name(file);
    for (size_t i = 0; i < lvk_safetensors_count(file); ++i)
        if (!is_of_member(lvk_safetensors_at(file, i)->name, count))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: tensor \"%.100s\" is of none of the %u members", name,
                            lvk_safetensors_at(file, i)->name, count);
    for (size_t i = 0; i < map->count; ++i)
        if (strncmp(map->pairs[i].key, "member.", 7) == 0 && !is_of_member(map->pairs[i].key, count))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: the entry \"%.100s\" is of none of the %u members", name,
                            map->pairs[i].key, count);
    return LVK_OK;
}

lvk_status lvk_joined_members_read(const lvk_safetensors *file, lvk_checkpoint *members[LVK_MOST_MEMBERS],
                                   uint32_t *count) {
    const lvk_string_map *map = lvk_safetensors_metadata(file);
    const char *name = lvk_safetensors_name(file), *why;
    uint64_t told = 0;
    *count = 0;
    if (lvk_string_map_need_u64(map, "members", LVK_MOST_MEMBERS, &told) != LVK_OK)
        return lvk_fail_within(LVK_ERROR_FORMAT, "%s", name);
    if (told < 2)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: the entry \"members\" is not from 2 to %d", name,
                        LVK_MOST_MEMBERS);
    LVK_TRY(check_rest(file, (uint32_t)told));
    for (uint32_t k = 0; k < told; ++k) {
        LVK_TRY(read_member(file, k, &members[k]));
        ++*count;
        if (!lvk_joined_fit(lvk_checkpoint_info(members[0]), lvk_checkpoint_info(members[k]), &why))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: member %u: %s", name, k + 1, why);
    }
    return LVK_OK;
}
