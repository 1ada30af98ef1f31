#include "train/origin.h"

#include "core/log.h"
#include "leukvk/leukvk.h"
#include "vulkan/shaders.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

lvk_status lvk_origin_record(json_t *config, const lvk_backend_info *backend, const char *kernels) {
    char shaders[17] = ""; /* "" for backends that run no shaders */
    if (strcmp(backend->kind, "vulkan") == 0)
        snprintf(shaders, sizeof shaders, "%016" PRIx64, lvk_shader_digest);
    const bool ok = json_object_set_new(config, "leukvk", json_string(lvk_version())) == 0 &&
                    json_object_set_new(config, "device", json_string(backend->name)) == 0 &&
                    json_object_set_new(config, "driver", json_string(backend->driver)) == 0 &&
                    json_object_set_new(config, "shaders", json_string(shaders)) == 0 &&
                    json_object_set_new(config, "kernels", json_string(kernels)) == 0;
    return ok ? LVK_OK : lvk_fail(LVK_ERROR_MEMORY, "out of memory");
}

void lvk_origin_compare(const json_t *before, const json_t *now, const char *run) {
    static const struct {
        const char *key, *other, *why;
    } items[] = {{"leukvk", "another version of leukvk", ""},
                 {"device", "another device", ""},
                 {"driver", "another driver", ""},
                 {"shaders", "other shaders", ""},
                 {"kernels", "other kernels", " (another device, driver or leukvk, or tuned in between)"}};
    for (size_t i = 0; i < sizeof items / sizeof *items; ++i) {
        const char *old = json_string_value(json_object_get(before, items[i].key));
        const char *new = json_string_value(json_object_get(now, items[i].key));
        if (old && new && *old && *new && strcmp(old, new) != 0)
            lvk_log(LVK_LOG_WARNING,
                    "%s: goes on with %s than before%s, %s and not %.200s, so not to the same bits", run,
                    items[i].other, items[i].why, new, old);
    }
}
