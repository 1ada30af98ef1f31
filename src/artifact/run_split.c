#include "artifact/run_split.h"

#include "artifact/run_folder.h"
#include "core/file.h"
#include "core/json_file.h"
#include "core/memory.h"
#include "leukvk/split.h"

#define MOST_BYTES ((size_t)256 << 20)

static bool are_texts(const json_t *list) {
    size_t i;
    json_t *text;
    json_array_foreach(list, i, text) {
        if (!json_is_string(text))
            return false;
    }
    return json_is_array(list);
}

static lvk_status check(const char *path, const json_t *split) {
    const json_t *parts = json_object_get(split, "parts");
    bool whole = true;
    for (int part = 0; part < LVK_SPLIT_PART_COUNT && whole; ++part)
        whole = are_texts(json_object_get(parts, lvk_split_part_name((lvk_split_part)part)));
    return whole ? LVK_OK : lvk_fail(LVK_ERROR_FORMAT, "%s: is no split", path);
}

static lvk_status read_split(const char *path, json_t **split) {
    LVK_TRY(lvk_json_read(path, MOST_BYTES, split));
    const lvk_status status = check(path, *split);
    if (status != LVK_OK) {
        json_decref(*split);
        *split = NULL;
    }
    return status;
}

lvk_status lvk_run_split_read(const char *folder, json_t **split) {
    char *path = lvk_path_join(folder, lvk_run_file_name(LVK_RUN_SPLIT));
    *split = NULL;
    lvk_status status = path ? lvk_run_folder_need(folder, LVK_RUN_SPLIT) : LVK_ERROR_MEMORY;
    if (status == LVK_OK && lvk_path_is_file(path))
        status = read_split(path, split);
    lvk_free(path);
    return status;
}
