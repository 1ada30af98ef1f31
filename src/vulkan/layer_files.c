#define _POSIX_C_SOURCE 200809L /* setenv */
#include "vulkan/layer_files.h"

#include "core/json_file.h"
#include "core/log.h"
#include "vulkan/library_file.h"
#include "vulkan/manifest_list.h"

#include <stdlib.h>

/* Sets the variables of the manifest's "disable_environment", which every implicit layer must have. */
static lvk_status disable(const char *path) {
    json_t *manifest;
    lvk_status status = LVK_OK;
    LVK_TRY(lvk_json_read(path, LVK_JSON_USUAL, &manifest));
    json_t *variables = json_object_get(json_object_get(manifest, "layer"), "disable_environment");
    for (void *i = json_object_iter(variables); i; i = json_object_iter_next(variables, i)) {
        const char *name = json_object_iter_key(i), *value = json_string_value(json_object_iter_value(i));
        if (value && setenv(name, value, 1) != 0)
            status = lvk_fail(LVK_ERROR_MEMORY, "%s: the environment cannot be set", name);
    }
    json_decref(manifest);
    return status;
}

lvk_status lvk_layer_files_disable_cut(void) {
    lvk_manifest_list list = {0};
    lvk_status status = lvk_manifest_list_implicit_layers(&list);
    for (size_t i = 0; i < list.count && status == LVK_OK; ++i) {
        status = lvk_library_check(list.paths[i], "layer");
        if (status != LVK_ERROR_FORMAT)
            continue;
        lvk_log(LVK_LOG_WARNING, "%s: left out: the Vulkan loader cannot use this layer (%s)", list.paths[i],
                lvk_error_message());
        status = disable(list.paths[i]);
    }
    lvk_manifest_list_finish(&list);
    return status;
}
