#include "vulkan/manifest_list.h"

#include "core/memory.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const char *const lvk_driver_variables[LVK_DRIVER_VARIABLES] = {"VK_DRIVER_FILES", "VK_ICD_FILENAMES"};

void lvk_manifest_list_finish(lvk_manifest_list *list) {
    for (size_t i = 0; i < list->count; ++i)
        lvk_free(list->paths[i]);
    lvk_free(list->paths);
}

static lvk_status add_file(lvk_manifest_list *list, char *path) {
    lvk_status status = path ? LVK_GROW(&list->paths, &list->capacity, list->count) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        list->paths[list->count++] = path;
    else
        lvk_free(path);
    return status;
}

static bool is_manifest(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot && strcmp(dot, ".json") == 0;
}

static lvk_status add_folder(lvk_manifest_list *list, const char *path) {
    DIR *folder = opendir(path);
    lvk_status status = LVK_OK;
    for (struct dirent *entry; folder && status == LVK_OK && (entry = readdir(folder));)
        if (is_manifest(entry->d_name))
            status = add_file(list, lvk_format("%s/%s", path, entry->d_name));
    if (folder)
        closedir(folder);
    return status;
}

/* Adds the files of a list of paths "a:b:c". Each path is a folder that contains the folder `under`, whose
 * files are added; if `under` is NULL, each path is a file or a folder of files. */
static lvk_status add_paths(lvk_manifest_list *list, const char *paths, const char *under) {
    lvk_status status = LVK_OK;
    while (*paths && status == LVK_OK) {
        const size_t length = strcspn(paths, ":");
        char *path = length ? lvk_format("%.*s%s", (int)length, paths, under ? under : "") : NULL;
        paths += length + (paths[length] == ':');
        if (!length)
            continue;
        if (!path)
            return LVK_ERROR_MEMORY;
        if (!under && is_manifest(path)) {
            status = add_file(list, path);
            continue;
        }
        status = add_folder(list, path);
        lvk_free(path);
    }
    return status;
}

static const char *environment(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}

/* Adds the files of the folder `under` of the folder that the environment's `variable` names, or, if it is not
 * set, of the folder `below_home` of the user's home folder. */
static lvk_status add_home(lvk_manifest_list *list, const char *variable, const char *below_home,
                           const char *under) {
    const char *value = environment(variable, NULL), *home = environment("HOME", NULL);
    if (value || !home)
        return value ? add_paths(list, value, under) : LVK_OK;
    char *path = lvk_format("%s%s%s", home, below_home, under);
    const lvk_status status = path ? add_folder(list, path) : LVK_ERROR_MEMORY;
    lvk_free(path);
    return status;
}

/* The source is "Driver Discovery on Linux" and "Linux Layer Discovery" in the loader's documentation. `under`
 * begins with '/'. */
static lvk_status add_usual_folders(lvk_manifest_list *list, const char *under) {
    LVK_TRY(add_home(list, "XDG_CONFIG_HOME", "/.config", under));
    LVK_TRY(add_paths(list, environment("XDG_CONFIG_DIRS", "/etc/xdg"), under));
    LVK_TRY(add_paths(list, "/etc", under));
    LVK_TRY(add_home(list, "XDG_DATA_HOME", "/.local/share", under));
    return add_paths(list, environment("XDG_DATA_DIRS", "/usr/local/share:/usr/share"), under);
}

lvk_status lvk_manifest_list_drivers(lvk_manifest_list *list) {
    for (int i = 0; i < LVK_DRIVER_VARIABLES; ++i)
        if (environment(lvk_driver_variables[i], NULL))
            return add_paths(list, getenv(lvk_driver_variables[i]), NULL);
    LVK_TRY(add_paths(list, environment("VK_ADD_DRIVER_FILES", ""), NULL));
    return add_usual_folders(list, "/vulkan/icd.d");
}

lvk_status lvk_manifest_list_implicit_layers(lvk_manifest_list *list) {
    return add_usual_folders(list, "/vulkan/implicit_layer.d");
}
