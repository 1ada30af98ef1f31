#define _POSIX_C_SOURCE 200809L /* setenv */
#include "vulkan/driver_files.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static const char *const variables[] = {"VK_DRIVER_FILES", "VK_ICD_FILENAMES"}; /* new loaders, old loaders */
enum { VARIABLES = sizeof variables / sizeof *variables };

typedef struct file_list {
    char **paths;
    size_t count, capacity;
} file_list;

static void list_finish(file_list *list) {
    for (size_t i = 0; i < list->count; ++i)
        lvk_free(list->paths[i]);
    lvk_free(list->paths);
}

static lvk_status add_file(file_list *list, char *path) {
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

static lvk_status add_folder(file_list *list, const char *path) {
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
static lvk_status add_paths(file_list *list, const char *paths, const char *under) {
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

/* Adds the files below the folder that the environment's `variable` names, or, if it is not set, below the
 * folder `below_home` of the user's home folder. */
static lvk_status add_home(file_list *list, const char *variable, const char *below_home) {
    const char *value = environment(variable, NULL), *home = environment("HOME", NULL);
    if (value || !home)
        return value ? add_paths(list, value, "/vulkan/icd.d") : LVK_OK;
    char *path = lvk_format("%s%s/vulkan/icd.d", home, below_home);
    const lvk_status status = path ? add_folder(list, path) : LVK_ERROR_MEMORY;
    lvk_free(path);
    return status;
}

/* Adds all files that the loader would read; the source is "Driver Discovery on Linux" in the loader's
 * documentation. */
static lvk_status find_files(file_list *list) {
    for (int i = 0; i < VARIABLES; ++i)
        if (environment(variables[i], NULL))
            return add_paths(list, getenv(variables[i]), NULL);
    LVK_TRY(add_home(list, "XDG_CONFIG_HOME", "/.config"));
    LVK_TRY(add_paths(list, environment("XDG_CONFIG_DIRS", "/etc/xdg"), "/vulkan/icd.d"));
    LVK_TRY(add_folder(list, "/etc/vulkan/icd.d"));
    LVK_TRY(add_home(list, "XDG_DATA_HOME", "/.local/share"));
    return add_paths(list, environment("XDG_DATA_DIRS", "/usr/local/share:/usr/share"), "/vulkan/icd.d");
}

static lvk_status tell_loader(const char *files) {
    for (int i = 0; i < VARIABLES; ++i)
        if (setenv(variables[i], files, 1) != 0)
            return lvk_fail(LVK_ERROR_MEMORY, "%s: out of memory for the environment", variables[i]);
    return LVK_OK;
}

/* The values of the environment's variables before the tries; NULL for one that was not set. */
typedef struct saved {
    char *values[VARIABLES];
} saved;

static lvk_status save(saved *old) {
    for (int i = 0; i < VARIABLES; ++i)
        if (getenv(variables[i])) {
            old->values[i] = lvk_strdup(getenv(variables[i]));
            if (!old->values[i])
                return LVK_ERROR_MEMORY;
        }
    return LVK_OK;
}

static void restore(const saved *old) {
    for (int i = 0; i < VARIABLES; ++i)
        if (old->values[i])
            (void)setenv(variables[i], old->values[i], 1);
        else
            (void)unsetenv(variables[i]);
}

/* Tries each file alone. Sets `good` to the paths "a:b:c" of the files with which `attempt` succeeds, and
 * `excluded` to the number of the others. */
static lvk_status try_files(const file_list *list, lvk_driver_try attempt, void *user, lvk_text *good,
                            int *excluded) {
    bool first = true;
    for (size_t i = 0; i < list->count; ++i) {
        const char *reason = "";
        LVK_TRY(tell_loader(list->paths[i]));
        if (attempt(user, &reason)) {
            lvk_text_add(good, "%s%s", first ? "" : ":", list->paths[i]);
            first = false;
            continue;
        }
        lvk_log(LVK_LOG_WARNING, "%s: left out: the Vulkan loader cannot use this driver file (%s)",
                list->paths[i], reason);
        ++*excluded;
    }
    return LVK_OK;
}

static lvk_status exclude(lvk_driver_try attempt, void *user, int *excluded) {
    file_list list = {0};
    lvk_text good = {0};
    char *files = NULL;
    lvk_status status = find_files(&list);
    if (status == LVK_OK)
        status = try_files(&list, attempt, user, &good, excluded);
    const lvk_status taken = lvk_text_take(&good, &files, NULL);
    if (status == LVK_OK)
        status = taken;
    if (status == LVK_OK && *excluded && !*files)
        status = lvk_fail(LVK_ERROR_UNSUPPORTED, "no Vulkan driver: the Vulkan loader cannot use %s",
                          list.paths[0]);
    else if (status == LVK_OK && *excluded)
        status = tell_loader(files);
    lvk_free(files);
    list_finish(&list);
    return status;
}

lvk_status lvk_driver_files_exclude(lvk_driver_try attempt, void *user, int *excluded) {
    saved old = {{NULL}};
    *excluded = 0;
    lvk_status status = save(&old);
    if (status == LVK_OK) {
        status = exclude(attempt, user, excluded);
        if (status != LVK_OK || *excluded == 0)
            restore(&old);
    }
    for (int i = 0; i < VARIABLES; ++i)
        lvk_free(old.values[i]);
    return status;
}
