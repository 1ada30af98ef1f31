#include "search/run_group.h"

#include "artifact/run_folder.h"
#include "core/file.h"
#include "core/json_file.h"
#include "core/memory.h"
#include "runtime/device.h"
#include "train/continuation.h"
#include "train/origin.h"
#include "train/settings.h"

#include <unistd.h>

enum { DIGITS = 15 };

static lvk_status check_file(const lvk_run_group *group, const char *path) {
    json_t *before;
    LVK_TRY(lvk_json_read(path, LVK_JSON_USUAL, &before));
    const char *key = lvk_settings_difference(group->config, before);
    const lvk_status status =
        key ? lvk_fail(LVK_ERROR_ARGUMENT, "%s: is of another %s, with another \"%.64s\"", path, group->what,
                       key)
            : LVK_OK;
    json_decref(before);
    return status;
}

/* Fails if the folder, where nothing of the group has begun, holds anything, such as another run; it need not exist. */
static lvk_status check_empty(const lvk_run_group *group, const char *folder) {
    char name[LVK_FILE_NAME_SIZE];
    LVK_TRY(lvk_folder_find(folder, lvk_file_is_left, name));
    return *name
               ? lvk_fail(LVK_ERROR_IO, "%s: is not empty, and is no %s: there is no %s; name another folder",
                          folder, group->what, group->file)
               : LVK_OK;
}

lvk_status lvk_run_group_check(const lvk_run_group *group, const char *folder) {
    if (lvk_path_is_file(folder))
        return lvk_fail(LVK_ERROR_IO, "%s: is a file", folder);
    char *path = lvk_path_join(folder, group->file);
    if (!path)
        return LVK_ERROR_MEMORY;
    const lvk_status status = lvk_path_is_file(path) ? check_file(group, path) : check_empty(group, folder);
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

static lvk_status check_run(const lvk_run_group *group, const lvk_train_options *options, const char *path,
                            const char *run) {
    json_t *config;
    char key[LVK_SETTING_KEY_SIZE];
    LVK_TRY(lvk_json_read(path, LVK_JSON_USUAL, &config));
    const lvk_status status = lvk_settings_compare(options, config, lvk_settings_to_json, path, key);
    json_decref(config);
    LVK_TRY(status);
    return *key
               ? lvk_fail(LVK_ERROR_ARGUMENT,
                          "%s: has another \"%s\" than this %s trains with; where %s is moved away, the same "
                          "command trains it anew",
                          path, key, group->what, run)
               : LVK_OK;
}

lvk_status lvk_run_group_check_run(const lvk_run_group *group, const lvk_train_options *options,
                                   const char *run) {
    if (!lvk_run_folder_is_begun(run) && !lvk_run_folder_is_finished(run))
        return LVK_OK;
    char *path = lvk_path_join(run, lvk_run_file_name(LVK_RUN_CONFIG));
    const lvk_status status = path ? check_run(group, options, path, run) : LVK_ERROR_MEMORY;
    lvk_free(path);
    return status;
}

lvk_status lvk_run_group_train(lvk_device *device, const lvk_train_options *options,
                               lvk_train_callback callback, void *user) {
    return lvk_continuation_train(device, options, lvk_run_folder_is_begun(options->run), 0, callback, user);
}

lvk_status lvk_run_group_compare(lvk_device *device, const char *first, const char *run, const char *name) {
    json_t *before = NULL, *now = json_object();
    lvk_status status = now ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK && lvk_run_folder_is_begun(first) && !lvk_run_folder_is_begun(run)) {
        status = lvk_origin_record(now, &lvk_device_backend(device)->info, "");
        if (status == LVK_OK)
            status = lvk_run_config_read(first, &before);
        if (status == LVK_OK)
            lvk_origin_compare(before, now, name);
    }
    json_decref(before);
    json_decref(now);
    return status;
}
