#include "runtime/kernel_tuning_file.h"

#include "core/file.h"
#include "core/json_file.h"
#include "core/memory.h"
#include "leukvk/version.h"
#include "vulkan/shaders.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MAX_FILE = 1 << 20 };

/* What a file holds, its name and its format. */
typedef struct kind {
    const char *name, *format;
} kind;

static const kind tuning = {"kernels", "leukvk kernels 1"};
static const kind verdict = {"selftest", "leukvk selftest 1, " LEUKVK_VERSION};

/* "oneDNN 2.6.3, AVX-512, 2 threads" as a part of a file's name: oneDNN-2.6.3-AVX-512-2-threads */
static void name_by(const char *text, char name[256]) {
    size_t length = 0;
    for (; *text && length < 255; ++text) {
        const bool plain = isalnum((unsigned char)*text) || *text == '.';
        if (plain || (length && name[length - 1] != '-'))
            name[length++] = plain ? *text : '-';
    }
    name[length] = '\0';
}

static lvk_status find_path(const kind *k, const lvk_device_info *device, char **path) {
    char *folder, name[256];
    *path = NULL;
    const lvk_status status = lvk_cache_folder_open(&folder);
    if (status != LVK_OK)
        return status == LVK_ERROR_MEMORY ? status : LVK_OK;
    name_by(device->driver, name);
    if (*device->uuid)
        *path = lvk_format("%s/%s-%08" PRIx32 "-%08" PRIx32 "-%s.json", folder, k->name, device->vendor_id,
                           device->device_id, device->uuid);
    else
        *path = lvk_format("%s/%s-cpu-%s.json", folder, k->name, name);
    lvk_free(folder);
    return *path ? LVK_OK : LVK_ERROR_MEMORY;
}

lvk_status lvk_kernel_tuning_file_path(const lvk_device_info *device, char **path) {
    return find_path(&tuning, device, path);
}

lvk_status lvk_selftest_file_path(const lvk_device_info *device, char **path) {
    return find_path(&verdict, device, path);
}

/* The file without choices and digest: the device, driver and shaders for which the measurements hold. */
static json_t *describe(const kind *k, const lvk_device_info *device) {
    char shaders[17];
    snprintf(shaders, sizeof shaders, "%016" PRIx64, lvk_shader_digest);
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "format", k->format, "device", device->name, "uuid",
                     device->uuid, "driver", device->driver, "subgroup", (json_int_t)device->subgroup_size,
                     "shaders", shaders);
}

/* ---- reading ---- */

static lvk_status check_digest(const char *path, json_t *file) {
    char digest[LVK_DIGEST_TEXT];
    const char *stored = json_string_value(json_object_get(file, "digest"));
    char *copy = lvk_strdup(stored ? stored : "");
    if (!copy)
        return LVK_ERROR_MEMORY;
    json_object_del(file, "digest");
    lvk_status status = lvk_json_digest(file, digest);
    if (status == LVK_OK && strcmp(copy, digest) != 0)
        status = lvk_fail(LVK_ERROR_FORMAT, "%s: damaged", path);
    lvk_free(copy);
    return status;
}

static lvk_status check_description(const kind *k, const char *path, const json_t *file,
                                    const lvk_device_info *device) {
    json_t *own = describe(k, device);
    if (!own)
        return LVK_ERROR_MEMORY;
    const char *key, *different = NULL;
    json_t *value;
    json_object_foreach(own, key, value) {
        if (!json_equal(value, json_object_get(file, key)))
            different = key;
    }
    const lvk_status status =
        different ? lvk_fail(LVK_ERROR_UNSUPPORTED, "%s: was made with another %s", path, different) : LVK_OK;
    json_decref(own);
    return status;
}

static lvk_status take_choices(const char *path, json_t *file, lvk_string_map *choices) {
    json_t *object = json_object_get(file, "choices"), *value;
    const char *key;
    if (!json_is_object(object) || json_object_size(object) > LVK_TUNING_MOST)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: no choices, or too many", path);
    json_object_foreach(object, key, value) {
        if (!json_is_string(value))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: a choice is not a name", path);
        LVK_TRY(lvk_string_map_set(choices, key, json_string_value(value)));
    }
    return LVK_OK;
}

static lvk_status read_file(const kind *k, const char *path, const lvk_device_info *device,
                            lvk_string_map *choices) {
    void *text = NULL;
    size_t size = 0;
    json_error_t error;
    if (!lvk_path_is_file(path))
        return LVK_OK;
    LVK_TRY(lvk_file_read(path, MAX_FILE, &text, &size));
    json_t *file;
    lvk_status status = lvk_json_parse(text, size, &file, &error);
    lvk_free(text);
    if (status == LVK_ERROR_MEMORY)
        return lvk_fail_within(status, "%s", path);
    if (!json_is_object(file)) {
        json_decref(file);
        return lvk_fail(LVK_ERROR_FORMAT, "%s: damaged", path);
    }
    status = check_digest(path, file);
    if (status == LVK_OK)
        status = check_description(k, path, file, device);
    if (status == LVK_OK)
        status = take_choices(path, file, choices);
    if (status != LVK_OK)
        lvk_string_map_finish(choices);
    json_decref(file);
    return status;
}

lvk_status lvk_kernel_tuning_file_read(const char *path, const lvk_device_info *device,
                                       lvk_string_map *choices) {
    return read_file(&tuning, path, device, choices);
}

lvk_status lvk_selftest_file_read(const char *path, const lvk_device_info *device, lvk_string_map *wrong,
                                  bool *found) {
    *found = false;
    if (!lvk_path_is_file(path))
        return LVK_OK;
    if (!lvk_path_is_own(path))
        return lvk_fail(LVK_ERROR_UNSUPPORTED, "%s: belongs to another user", path);
    LVK_TRY(read_file(&verdict, path, device, wrong));
    *found = true;
    return LVK_OK;
}

/* ---- writing ---- */

static json_t *pack(const kind *k, const lvk_device_info *device, const lvk_string_map *choices) {
    char digest[LVK_DIGEST_TEXT];
    json_t *file = describe(k, device), *object = json_object();
    for (size_t i = 0; i < choices->count; ++i)
        lvk_json_set(object, choices->pairs[i].key, json_string(choices->pairs[i].value));
    const bool whole = json_object_size(object) == choices->count &&
                       json_object_set(file, "choices", object) == 0 &&
                       lvk_json_digest(file, digest) == LVK_OK &&
                       json_object_set_new(file, "digest", json_string(digest)) == 0;
    json_decref(object);
    if (whole)
        return file;
    json_decref(file);
    return NULL;
}

static lvk_status write_file(const kind *k, const char *path, const lvk_device_info *device,
                             const lvk_string_map *choices) {
    if (choices->count > LVK_TUNING_MOST)
        return lvk_fail(LVK_ERROR_LIMIT,
                        "%s: would hold %zu choices, more than %d; it has to be removed first", path,
                        choices->count, LVK_TUNING_MOST);
    json_t *file = pack(k, device, choices);
    const lvk_status status = lvk_json_write(path, file, 17);
    json_decref(file);
    return status;
}

lvk_status lvk_kernel_tuning_file_write(const char *path, const lvk_device_info *device,
                                        const lvk_string_map *choices) {
    return write_file(&tuning, path, device, choices);
}

lvk_status lvk_selftest_file_write(const char *path, const lvk_device_info *device,
                                   const lvk_string_map *wrong) {
    if (lvk_path_is_file(path) && !lvk_path_is_own(path))
        (void)remove(path); /* else the new file would belong to the other user as well */
    return write_file(&verdict, path, device, wrong);
}
