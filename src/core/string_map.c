#include "core/string_map.h"

#include "core/memory.h"
#include "core/text.h"

#include <string.h>

static lvk_string_pair *find(const lvk_string_map *map, const char *key) {
    for (size_t i = 0; i < map->count; ++i)
        if (strcmp(map->pairs[i].key, key) == 0)
            return &map->pairs[i];
    return NULL;
}

lvk_status lvk_string_map_set(lvk_string_map *map, const char *key, const char *value) {
    char *copy = lvk_strdup(value);
    if (!copy)
        return LVK_ERROR_MEMORY;
    lvk_string_pair *pair = find(map, key);
    if (pair) {
        lvk_free(pair->value);
        pair->value = copy;
        return LVK_OK;
    }
    char *name = lvk_strdup(key);
    const lvk_status status = name ? LVK_GROW(&map->pairs, &map->capacity, map->count) : LVK_ERROR_MEMORY;
    if (status != LVK_OK) {
        lvk_free(name);
        lvk_free(copy);
        return status;
    }
    map->pairs[map->count++] = (lvk_string_pair){name, copy};
    return LVK_OK;
}

lvk_status lvk_string_map_set_u64(lvk_string_map *map, const char *key, uint64_t value) {
    lvk_text text = {0};
    char *string = NULL;
    lvk_text_add(&text, "%llu", (unsigned long long)value);
    LVK_TRY(lvk_text_take(&text, &string, NULL));
    const lvk_status status = lvk_string_map_set(map, key, string);
    lvk_free(string);
    return status;
}

lvk_status lvk_string_map_set_number(lvk_string_map *map, const char *key, double value) {
    lvk_text text = {0};
    char *string = NULL;
    lvk_text_add_number(&text, value, 17);
    LVK_TRY(lvk_text_take(&text, &string, NULL));
    const lvk_status status = lvk_string_map_set(map, key, string);
    lvk_free(string);
    return status;
}

const char *lvk_string_map_get(const lvk_string_map *map, const char *key) {
    const lvk_string_pair *pair = find(map, key);
    return pair ? pair->value : NULL;
}

lvk_status lvk_string_map_need(const lvk_string_map *map, const char *key, const char **value) {
    *value = lvk_string_map_get(map, key);
    return *value ? LVK_OK : lvk_fail(LVK_ERROR_FORMAT, "the entry \"%s\" is missing", key);
}

lvk_status lvk_string_map_need_u64(const lvk_string_map *map, const char *key, uint64_t most,
                                   uint64_t *value) {
    const char *text = NULL;
    LVK_TRY(lvk_string_map_need(map, key, &text));
    if (!lvk_number_parse_u64(text, most, value))
        return lvk_fail(LVK_ERROR_FORMAT, "the entry \"%s\" is not a whole number from 0 to %llu", key,
                        (unsigned long long)most);
    return LVK_OK;
}

lvk_status lvk_string_map_need_number(const lvk_string_map *map, const char *key, double *value) {
    const char *text = NULL;
    LVK_TRY(lvk_string_map_need(map, key, &text));
    if (!lvk_number_parse(text, value))
        return lvk_fail(LVK_ERROR_FORMAT, "the entry \"%s\" is not a finite number", key);
    return LVK_OK;
}

void lvk_string_map_finish(lvk_string_map *map) {
    for (size_t i = 0; i < map->count; ++i) {
        lvk_free(map->pairs[i].key);
        lvk_free(map->pairs[i].value);
    }
    lvk_free(map->pairs);
    *map = (lvk_string_map){0};
}
