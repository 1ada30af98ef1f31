#include "artifact/model_classes.h"

#include "core/json_file.h"
#include "core/memory.h"
#include "core/text.h"

#include <string.h>

static const char list_key[] = "classes", negative_key[] = "negative_class",
                  positive_key[] = "positive_class";

static bool is_name(const char *text) {
    return *text && memchr(text, '\0', LVK_NAME_SIZE);
}

static lvk_status put_name(lvk_string_map *map, const char *key, const char *name) {
    return is_name(name) ? lvk_string_map_set(map, key, name)
                         : lvk_fail(LVK_ERROR_ARGUMENT, "the entry \"%s\" is empty or too long", key);
}

static lvk_status put_list(lvk_string_map *map, const lvk_model_info *info) {
    lvk_text text = {0};
    char *list = NULL;
    if (info->class_count > LVK_MOST_CLASSES)
        return lvk_fail(LVK_ERROR_ARGUMENT, "%u classes: at most %d", info->class_count, LVK_MOST_CLASSES);
    for (uint32_t c = 0; c < info->class_count; ++c) {
        if (!is_name(info->classes[c])) {
            lvk_text_finish(&text);
            return lvk_fail(LVK_ERROR_ARGUMENT, "a name in the entry \"%s\" is empty or too long", list_key);
        }
        lvk_text_add(&text, c ? ", " : "[");
        lvk_text_add_json(&text, info->classes[c]);
    }
    lvk_text_add(&text, "]");
    LVK_TRY(lvk_text_take(&text, &list, NULL));
    const lvk_status status = lvk_string_map_set(map, list_key, list);
    lvk_free(list);
    return status;
}

lvk_status lvk_model_classes_put(lvk_string_map *map, const lvk_model_info *info) {
    if (info->class_count > 2)
        return put_list(map, info);
    LVK_TRY(put_name(map, negative_key, info->negative_class));
    return put_name(map, positive_key, info->positive_class);
}

static lvk_status get_name(const lvk_string_map *map, const char *key, char name[LVK_NAME_SIZE]) {
    const char *text = NULL;
    LVK_TRY(lvk_string_map_need(map, key, &text));
    const size_t length = strlen(text);
    if (length == 0 || length >= LVK_NAME_SIZE)
        return lvk_fail(LVK_ERROR_FORMAT, "the entry \"%s\" is empty or too long", key);
    memcpy(name, text, length + 1);
    return LVK_OK;
}

static lvk_status take_list(const json_t *list, lvk_model_info *info) {
    size_t i;
    json_t *item;
    if (!json_is_array(list) || json_array_size(list) < 3 || json_array_size(list) > LVK_MOST_CLASSES)
        return lvk_fail(LVK_ERROR_FORMAT, "the entry \"%s\" is no list of 3 to %d names", list_key,
                        LVK_MOST_CLASSES);
    json_array_foreach(list, i, item) {
        const size_t length = json_string_length(item);
        if (length == 0 || length >= LVK_NAME_SIZE || strlen(json_string_value(item)) != length)
            return lvk_fail(LVK_ERROR_FORMAT, "name %zu in the entry \"%s\" is empty, too long or no text",
                            i + 1, list_key);
        memcpy(info->classes[i], json_string_value(item), length + 1);
        for (size_t k = 0; k < i; ++k)
            if (strcmp(info->classes[k], info->classes[i]) == 0)
                return lvk_fail(LVK_ERROR_FORMAT, "the entry \"%s\" has the name %.100s twice", list_key,
                                info->classes[i]);
    }
    info->class_count = (uint32_t)json_array_size(list);
    return LVK_OK;
}

lvk_status lvk_model_classes_get(const lvk_string_map *map, lvk_model_info *info) {
    const char *text = lvk_string_map_get(map, list_key);
    if (text) {
        json_t *list;
        json_error_t error;
        lvk_status status = lvk_json_parse(text, strlen(text), &list, &error);
        if (status != LVK_ERROR_MEMORY)
            status = take_list(list, info);
        json_decref(list);
        return status;
    }
    LVK_TRY(get_name(map, negative_key, info->negative_class));
    LVK_TRY(get_name(map, positive_key, info->positive_class));
    if (strcmp(info->positive_class, info->negative_class) == 0)
        return lvk_fail(LVK_ERROR_FORMAT, "the entries \"%s\" and \"%s\" are the same", positive_key,
                        negative_key);
    return LVK_OK;
}

/* ---- the positive ones ---- */

lvk_status lvk_model_positive_put(lvk_string_map *map, const lvk_model_info *info,
                                  const lvk_model_calibration *calibration) {
    lvk_text text = {0};
    char *list = NULL;
    const char *between = "[";
    for (uint32_t c = 0; c < info->class_count; ++c)
        if (calibration->positive[c]) {
            lvk_text_add(&text, "%s", between);
            lvk_text_add_json(&text, info->classes[c]);
            between = ", ";
        }
    lvk_text_add(&text, "]");
    LVK_TRY(lvk_text_take(&text, &list, NULL));
    const lvk_status status = lvk_string_map_set(map, LVK_POSITIVE_CLASSES_KEY, list);
    lvk_free(list);
    return status;
}

/* The number of the class; class_count: there is none of this name. */
static uint32_t find_class(const lvk_model_info *info, const char *name) {
    uint32_t c = 0;
    while (c < info->class_count && strcmp(info->classes[c], name) != 0)
        ++c;
    return c;
}

static bool take_positive(const json_t *list, const lvk_model_info *info, bool *positive) {
    size_t i, count = json_array_size(list);
    json_t *item;
    json_array_foreach(list, i, item) {
        const uint32_t c =
            json_is_string(item) ? find_class(info, json_string_value(item)) : info->class_count;
        if (c == info->class_count || positive[c])
            return false;
        positive[c] = true;
    }
    return count > 0 && count < info->class_count;
}

lvk_status lvk_model_positive_get(const lvk_string_map *map, const lvk_model_info *info,
                                  lvk_model_calibration *calibration) {
    const char *text = lvk_string_map_get(map, LVK_POSITIVE_CLASSES_KEY);
    if (!text)
        return LVK_OK;
    json_t *list;
    json_error_t error;
    if (lvk_json_parse(text, strlen(text), &list, &error) == LVK_ERROR_MEMORY)
        return LVK_ERROR_MEMORY;
    calibration->has_positive = take_positive(list, info, calibration->positive);
    json_decref(list);
    return calibration->has_positive
               ? LVK_OK
               : lvk_fail(LVK_ERROR_FORMAT, "the entry \"%s\" is no list of some of the model's classes",
                          LVK_POSITIVE_CLASSES_KEY);
}
