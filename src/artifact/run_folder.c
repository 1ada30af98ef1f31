#define _XOPEN_SOURCE 700
#include "artifact/run_folder.h"

#include "core/file.h"
#include "core/json_file.h"
#include "core/memory.h"
#include "core/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CSV_BYTES = 64 << 20, CONFIG_DIGITS = 15 };

struct lvk_run_folder {
    char *path;
    char *files[LVK_RUN_FILE_COUNT];
    int lock;
};

const char *lvk_run_file_name(lvk_run_file file) {
    static const char *const names[LVK_RUN_FILE_COUNT] = {[LVK_RUN_CONFIG] = "config.json",
                                                          [LVK_RUN_SPLIT] = "split.json",
                                                          [LVK_RUN_METRICS] = "metrics.csv",
                                                          [LVK_RUN_TIMING] = "timing.csv",
                                                          [LVK_RUN_LAST] = "checkpoint-last.safetensors",
                                                          [LVK_RUN_BEST] = "checkpoint-best.safetensors",
                                                          [LVK_RUN_MODEL] = "model.safetensors",
                                                          [LVK_RUN_PROFILE] = "profile.json"};
    return names[file];
}

static lvk_status fail_errno(const char *path) {
    return lvk_fail(LVK_ERROR_IO, "%s: %s", path, strerror(errno));
}

/* ---- opening and closing ---- */

lvk_status lvk_run_folder_create_default(const char *model, char **path) {
    char stamp[32];
    struct tm local;
    const time_t now = time(NULL);
    if (!localtime_r(&now, &local) || strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &local) == 0)
        return lvk_fail(LVK_ERROR_IO, "the time of day is not known; name a run folder");
    LVK_TRY(lvk_folder_create("runs"));
    for (int number = 1; number < 1000; ++number) {
        char *name = number == 1 ? lvk_format("runs/%s-%s", stamp, model)
                                 : lvk_format("runs/%s-%s-%d", stamp, model, number);
        if (!name)
            return LVK_ERROR_MEMORY;
        if (mkdir(name, 0777) == 0) {
            *path = name;
            return LVK_OK;
        }
        const lvk_status status = errno == EEXIST ? LVK_OK : fail_errno(name);
        lvk_free(name);
        LVK_TRY(status);
    }
    return lvk_fail(LVK_ERROR_IO, "runs: there are already 999 runs of this second");
}

bool lvk_run_folder_is_finished(const char *path) {
    return lvk_folder_has(path, "results.json");
}

bool lvk_run_folder_is_begun(const char *path) {
    return lvk_folder_has(path, lvk_run_file_name(LVK_RUN_CONFIG));
}

lvk_status lvk_run_folder_reopen(const char *path) {
    char *results = lvk_path_join(path, "results.json");
    if (!results)
        return LVK_ERROR_MEMORY;
    const lvk_status status = unlink(results) == 0 || errno == ENOENT ? LVK_OK : fail_errno(results);
    lvk_free(results);
    return status;
}

lvk_status lvk_run_folder_need(const char *path, lvk_run_file file) {
    static const char *const uses[LVK_RUN_FILE_COUNT] = {
        [LVK_RUN_CONFIG] = "it tells the settings, and how the data set is read",
        [LVK_RUN_SPLIT] = "it tells which images the model has learned from, and which are of its test part",
        [LVK_RUN_METRICS] = "it tells the losses and scores of the epochs"};
    static const lvk_run_file signs[] = {LVK_RUN_CONFIG, LVK_RUN_METRICS, LVK_RUN_LAST};
    bool run = false;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; ++i)
        run = run || lvk_folder_has(path, lvk_run_file_name(signs[i]));
    return !run || lvk_folder_has(path, lvk_run_file_name(file))
               ? LVK_OK
               : lvk_fail(LVK_ERROR_IO, "%s/%s: is missing; %s", path, lvk_run_file_name(file), uses[file]);
}

/* Whether a run that was killed before it wrote config.json may have left a file of this name. */
static bool is_early(const char *name) {
    return lvk_file_is_left(name) || strcmp(name, lvk_run_file_name(LVK_RUN_SPLIT)) == 0 ||
           strcmp(name, "data.json") == 0;
}

/* Fails unless the folder is empty, or holds only what a run leaves that was killed before it wrote
 * config.json and thus cannot be resumed: the lock, temporary files, and, beside a lock, what is written earlier. */
static lvk_status check_empty(const char *path) {
    char name[LVK_FILE_NAME_SIZE];
    LVK_TRY(lvk_folder_find(path, lvk_folder_has(path, ".lock") ? is_early : lvk_file_is_left, name));
    return *name
               ? lvk_fail(LVK_ERROR_IO, "%s: is not empty; name another run folder, or resume this run", path)
               : LVK_OK;
}

/* Takes `path` over. */
static lvk_status name_files(char *path, lvk_run_folder **result) {
    lvk_run_folder *run = lvk_alloc(1, sizeof *run);
    if (!run) {
        lvk_free(path);
        return LVK_ERROR_MEMORY;
    }
    run->path = path;
    run->lock = -1;
    lvk_status status = LVK_OK;
    for (int i = 0; i < LVK_RUN_FILE_COUNT && status == LVK_OK; ++i) {
        run->files[i] = lvk_path_join(path, lvk_run_file_name((lvk_run_file)i));
        status = run->files[i] ? LVK_OK : LVK_ERROR_MEMORY;
    }
    if (status != LVK_OK)
        lvk_run_folder_close(&run);
    *result = run;
    return status;
}

/* Takes `path` over, locks the folder and checks it. */
static lvk_status open_folder(char *path, bool empty, lvk_run_folder **result) {
    LVK_TRY(name_files(path, result));
    lvk_status status = lvk_folder_lock(path, &(*result)->lock);
    if (status == LVK_OK && empty)
        status = check_empty(path);
    if (status == LVK_OK)
        lvk_folder_clear(path);
    if (status != LVK_OK)
        lvk_run_folder_close(result);
    return status;
}

lvk_status lvk_run_folder_check(const char *path) {
    if (lvk_path_is_folder(path))
        return check_empty(path);
    return access(path, F_OK) == 0 ? lvk_fail(LVK_ERROR_IO, "%s: is no folder", path) : LVK_OK;
}

lvk_status lvk_run_folder_create(const char *path, const char *model, lvk_run_folder **run) {
    *run = NULL;
    char *folder = NULL;
    if (path) {
        LVK_TRY(lvk_folder_create(path));
        LVK_TRY(check_empty(path)); /* so that no lock file is written into a folder of other files */
        folder = lvk_strdup(path);
        if (!folder)
            return LVK_ERROR_MEMORY;
    } else {
        LVK_TRY(lvk_run_folder_create_default(model, &folder));
    }
    return open_folder(folder, true, run);
}

lvk_status lvk_run_folder_resume(const char *path, lvk_run_folder **run) {
    *run = NULL;
    if (!lvk_run_folder_is_begun(path))
        return lvk_fail(LVK_ERROR_IO, "%s: is not a run folder: there is no config.json", path);
    char *folder = lvk_strdup(path);
    return folder ? open_folder(folder, false, run) : LVK_ERROR_MEMORY;
}

lvk_status lvk_run_folder_join(const char *path, lvk_run_folder **run) {
    *run = NULL;
    char *folder = lvk_strdup(path);
    return folder ? name_files(folder, run) : LVK_ERROR_MEMORY;
}

void lvk_run_folder_close(lvk_run_folder **pointer) {
    if (!pointer || !*pointer)
        return;
    lvk_run_folder *run = *pointer;
    *pointer = NULL;
    if (run->lock >= 0)
        close(run->lock);
    for (int i = 0; i < LVK_RUN_FILE_COUNT; ++i)
        lvk_free(run->files[i]);
    lvk_free(run->path);
    lvk_free(run);
}

const char *lvk_run_folder_path(const lvk_run_folder *run) {
    return run->path;
}

const char *lvk_run_folder_file(const lvk_run_folder *run, lvk_run_file file) {
    return run->files[file];
}

bool lvk_run_folder_has(const lvk_run_folder *run, lvk_run_file file) {
    return lvk_path_is_file(run->files[file]);
}

/* ---- text and CSV ---- */

lvk_status lvk_run_folder_write(lvk_run_folder *run, lvk_run_file file, const char *text) {
    return lvk_file_write(run->files[file], text, strlen(text));
}

lvk_status lvk_run_folder_append(lvk_run_folder *run, lvk_run_file file, const char *header,
                                 const char *row) {
    void *before = NULL;
    size_t size = 0;
    lvk_text line = {0}, text = {0};
    lvk_text_add(&line, "%s\n", header);
    if (line.failed)
        return LVK_ERROR_MEMORY;
    lvk_status status = LVK_OK;
    if (lvk_run_folder_has(run, file))
        status = lvk_file_read(run->files[file], MOST_CSV_BYTES, &before, &size);
    if (status == LVK_OK && before && (size < line.length || memcmp(before, line.data, line.length) != 0))
        status = lvk_fail(LVK_ERROR_FORMAT, "%s: has not the columns \"%s\"", run->files[file], header);
    if (status == LVK_OK) {
        if (before)
            lvk_text_add_bytes(&text, before, size);
        else
            lvk_text_add_bytes(&text, line.data, line.length);
        if (!text.failed && text.data[text.length - 1] != '\n') /* as after editing by hand */
            lvk_text_add(&text, "\n");
        lvk_text_add(&text, "%s\n", row);
        status = text.failed ? LVK_ERROR_MEMORY : lvk_file_write(run->files[file], text.data, text.length);
    }
    lvk_text_finish(&text);
    lvk_text_finish(&line);
    lvk_free(before);
    return status;
}

/* ---- configuration ---- */

static lvk_status fail_memory(void) {
    return lvk_fail(LVK_ERROR_MEMORY, "out of memory for %s", lvk_run_file_name(LVK_RUN_CONFIG));
}

lvk_status lvk_run_folder_write_config(lvk_run_folder *run, const json_t *config) {
    return lvk_json_write(run->files[LVK_RUN_CONFIG], config, CONFIG_DIGITS);
}

/* Fails unless the settings that each run has are there, so that a file of something else is told from a run's. */
static lvk_status check_config(const char *path, const json_t *config) {
    static const struct {
        const char *key;
        json_type type;
    } settings[] = {{"crop", JSON_STRING},        {"data", JSON_STRING},  {"epochs", JSON_INTEGER},
                    {"image_size", JSON_INTEGER}, {"model", JSON_STRING}, {"seed", JSON_INTEGER}};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; ++i) {
        const json_t *value = json_object_get(config, settings[i].key);
        if (!value || json_typeof(value) != settings[i].type)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: is not of a training: its \"%s\" is %s", path,
                            settings[i].key, value ? "not of the right kind" : "missing");
    }
    return LVK_OK;
}

lvk_status lvk_run_config_read(const char *folder, json_t **config) {
    *config = NULL;
    char *path = lvk_path_join(folder, lvk_run_file_name(LVK_RUN_CONFIG));
    lvk_status status = path ? lvk_json_read(path, LVK_JSON_USUAL, config) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = check_config(path, *config);
    if (status != LVK_OK) {
        json_decref(*config);
        *config = NULL;
    }
    lvk_free(path);
    return status;
}

lvk_status lvk_run_config_number(const char *path, const json_t *config, const char *key, double *number) {
    const json_t *value = json_object_get(config, key);
    *number = 0;
    if (!value ||
        (json_is_string(value) && lvk_number_parse(json_string_value(value), number) && *number > 0))
        return LVK_OK;
    return lvk_fail(LVK_ERROR_FORMAT, "%s: \"%s\" is out of range or not of the right kind", path, key);
}

lvk_status lvk_run_data_check(const char *run, const char *data) {
    return lvk_path_is_folder(data) || lvk_path_is_file(data)
               ? LVK_OK
               : lvk_fail(
                     LVK_ERROR_IO,
                     "%s: its data set was in %s, where it no longer is; --data DIR tells where it is now",
                     run, data);
}

lvk_status lvk_run_config_set_data(json_t *config, const char *data) {
    char *absolute = realpath(data, NULL); /* allocated by malloc(), so that free() releases it */
    if (!absolute && errno == ENOMEM)
        return fail_memory();
    const char *path = absolute ? absolute : data;
    lvk_status status = LVK_OK;
    if (!lvk_text_is_utf8(path))
        status = lvk_fail(LVK_ERROR_FORMAT, "%s: is not UTF-8, as config.json needs it", path);
    else if (json_object_set_new(config, "data", json_string(path)) != 0)
        status = fail_memory();
    free(absolute);
    return status;
}
