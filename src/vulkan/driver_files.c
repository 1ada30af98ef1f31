#define _POSIX_C_SOURCE 200809L /* setenv */
#include "vulkan/driver_files.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"
#include "vulkan/manifest_list.h"

#include <stdlib.h>

static lvk_status tell_loader(const char *files) {
    for (int i = 0; i < LVK_DRIVER_VARIABLES; ++i)
        if (setenv(lvk_driver_variables[i], files, 1) != 0)
            return lvk_fail(LVK_ERROR_MEMORY, "%s: out of memory for the environment",
                            lvk_driver_variables[i]);
    return LVK_OK;
}

/* The values of the environment's variables before the tries; NULL for one that was not set. */
typedef struct saved {
    char *values[LVK_DRIVER_VARIABLES];
} saved;

static lvk_status save(saved *old) {
    for (int i = 0; i < LVK_DRIVER_VARIABLES; ++i)
        if (getenv(lvk_driver_variables[i])) {
            old->values[i] = lvk_strdup(getenv(lvk_driver_variables[i]));
            if (!old->values[i])
                return LVK_ERROR_MEMORY;
        }
    return LVK_OK;
}

static void restore(const saved *old) {
    for (int i = 0; i < LVK_DRIVER_VARIABLES; ++i)
        if (old->values[i])
            (void)setenv(lvk_driver_variables[i], old->values[i], 1);
        else
            (void)unsetenv(lvk_driver_variables[i]);
}

/* Tries each file alone. Sets `good` to the paths "a:b:c" of the files with which `attempt` succeeds, and
 * `excluded` to the number of the others. */
static lvk_status try_files(const lvk_manifest_list *list, lvk_driver_try attempt, void *user, lvk_text *good,
                            int *excluded) {
    bool first = true;
    for (size_t i = 0; i < list->count; ++i) {
        LVK_TRY(tell_loader(list->paths[i]));
        const lvk_status status = attempt(user, list->paths[i]);
        if (status == LVK_ERROR_MEMORY)
            return status;
        if (status == LVK_OK) {
            lvk_text_add(good, "%s%s", first ? "" : ":", list->paths[i]);
            first = false;
            continue;
        }
        lvk_log(LVK_LOG_WARNING, "%s: left out: the Vulkan loader cannot use this driver file (%s)",
                list->paths[i], lvk_error_message());
        ++*excluded;
    }
    return LVK_OK;
}

static lvk_status exclude(lvk_driver_try attempt, void *user, int *excluded) {
    lvk_manifest_list list = {0};
    lvk_text good = {0};
    char *files = NULL;
    lvk_status status = lvk_manifest_list_drivers(&list);
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
    lvk_manifest_list_finish(&list);
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
    for (int i = 0; i < LVK_DRIVER_VARIABLES; ++i)
        lvk_free(old.values[i]);
    return status;
}
