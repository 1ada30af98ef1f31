#include "search/run_group.h"

#include "artifact/run_folder.h"
#include "core/file.h"
#include "core/json_file.h"
#include "core/memory.h"
#include "runtime/device.h"
#include "train/origin.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DIGITS = 15 };

/* The first key that only one of two objects has, or whose values differ; NULL if the objects are equal. */
static const char *difference(json_t *a, json_t *b) {
    const char *key;
    json_t *value;
    json_object_foreach(a, key, value) {
        if (strcmp(key, "data") != 0 && strcmp(key, "checkpoint_seconds") != 0 &&
            strcmp(key, "recompute") != 0 && !json_equal(value, json_object_get(b, key)))
            return key;
    }
    return NULL;
}

static lvk_status check_file(const lvk_run_group *group, const char *path) {
    json_t *before;
    LVK_TRY(lvk_json_read(path, LVK_JSON_USUAL, &before));
    const char *key = difference(group->config, before);
    if (!key)
        key = difference(before, group->config);
    const lvk_status status =
        key ? lvk_fail(LVK_ERROR_ARGUMENT, "%s: is of another %s, with another \"%.64s\"", path, group->what,
                       key)
            : LVK_OK;
    json_decref(before);
    return status;
}

lvk_status lvk_run_group_check(const lvk_run_group *group, const char *folder) {
    if (lvk_path_is_file(folder))
        return lvk_fail(LVK_ERROR_IO, "%s: is a file", folder);
    char *path = lvk_path_join(folder, group->file);
    if (!path)
        return LVK_ERROR_MEMORY;
    const lvk_status status = lvk_path_is_file(path) ? check_file(group, path) : LVK_OK;
    lvk_free(path);
    return status;
}

static lvk_status write_once(const lvk_run_group *group, const char *folder) {
    char *path = lvk_path_join(folder, group->file);
    if (!path)
        return LVK_ERROR_MEMORY;
    const lvk_status status = lvk_path_is_file(path) ? LVK_OK : lvk_json_write(path, group->config, DIGITS);
    lvk_free(path);
    return status;
}

lvk_status lvk_run_group_open(const lvk_run_group *group, const char *folder, int *lock) {
    *lock = -1;
    LVK_TRY(lvk_run_group_check(group, folder));
    LVK_TRY(lvk_folder_create(folder));
    LVK_TRY(lvk_folder_lock(folder, lock));
    lvk_folder_clear(folder);
    lvk_status status = lvk_run_group_check(group, folder); /* again, now that the folder is locked */
    if (status == LVK_OK)
        status = write_once(group, folder);
    if (status != LVK_OK) {
        close(*lock);
        *lock = -1;
    }
    return status;
}

lvk_status lvk_run_group_train(lvk_device *device, const lvk_train_options *options,
                               lvk_train_callback callback, void *user) {
    const lvk_resume_options resume = {
        .data = options->data, .dataset = options->dataset, .threads = options->threads};
    lvk_train_result *result = lvk_alloc(1, sizeof *result); /* too large for the stack */
    char *config = lvk_path_join(options->run, lvk_run_file_name(LVK_RUN_CONFIG));
    lvk_status status = result && config ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_path_is_file(config)
                     ? lvk_train_resume(device, options->run, &resume, callback, user, result)
                     : lvk_train(device, options, callback, user, result);
    lvk_free(result);
    lvk_free(config);
    return status;
}

static bool is_run(const char *folder, char **config) {
    *config = lvk_path_join(folder, lvk_run_file_name(LVK_RUN_CONFIG));
    return *config && lvk_path_is_file(*config);
}

lvk_status lvk_run_group_compare(lvk_device *device, const char *first, const char *run, const char *name) {
    char *before_file, *own_file;
    const bool begun = is_run(first, &before_file), goes_on = is_run(run, &own_file);
    json_t *before = NULL, *now = json_object();
    lvk_status status = before_file && own_file && now ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK && begun && !goes_on) {
        status = lvk_origin_record(now, &lvk_device_backend(device)->info, "");
        if (status == LVK_OK)
            status = lvk_run_config_read(first, &before);
        if (status == LVK_OK)
            lvk_origin_compare(before, now, name);
    }
    json_decref(before);
    json_decref(now);
    lvk_free(before_file);
    lvk_free(own_file);
    return status;
}
