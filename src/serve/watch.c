#define _GNU_SOURCE /* strverscmp */
#include "serve/watch.h"

#include "artifact/epochs.h"
#include "artifact/run_folder.h"
#include "core/file.h"
#include "core/memory.h"
#include "serve/server.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RUNS = 256, VALUE_DIGITS = 7 };

/* ---- one run ---- */

/* What is not known is null. */
static void add_row(lvk_text *text, const lvk_epochs *epochs, size_t row) {
    lvk_text_add(text, row ? ", [" : "[");
    for (int c = 0; c < epochs->columns; ++c) {
        const double value = epochs->values[(size_t)c * epochs->count + row];
        lvk_text_add(text, c ? ", " : "");
        if (isfinite(value))
            lvk_text_add_number(text, value, VALUE_DIGITS);
        else
            lvk_text_add(text, "null");
    }
    lvk_text_add(text, "]");
}

/* The table in the file `path`; one that cannot be read has no columns and tells why. */
static lvk_status add_table(lvk_text *text, const char *path) {
    lvk_epochs epochs;
    const lvk_status status = lvk_epochs_read(path, &epochs);
    if (status == LVK_ERROR_MEMORY)
        return status;
    if (status != LVK_OK) {
        lvk_text_add(text, "\"problem\": ");
        lvk_text_add_json(text, lvk_error_message());
        lvk_text_add(text, ", ");
    }
    lvk_text_add(text, "\"columns\": [");
    for (int c = 0; c < epochs.columns; ++c) {
        lvk_text_add(text, c ? ", " : "");
        lvk_text_add_json(text, epochs.names[c]);
    }
    lvk_text_add(text, "], \"rows\": [");
    for (size_t row = 0; row < epochs.count; ++row)
        add_row(text, &epochs, row);
    lvk_text_add(text, "]");
    lvk_epochs_finish(&epochs);
    return LVK_OK;
}

/* The epochs that the run's settings tell; 0: not known. */
static long long epochs_of(const char *folder) {
    json_t *config;
    if (lvk_run_config_read(folder, &config) != LVK_OK)
        return 0;
    const long long epochs = json_integer_value(json_object_get(config, "epochs"));
    json_decref(config);
    return epochs;
}

/* Adds the run in `folder`, where one has begun; *added counts them. */
static lvk_status add_run(lvk_text *text, const char *folder, const char *name, size_t *added) {
    char *path = lvk_path_join(folder, lvk_run_file_name(LVK_RUN_METRICS));
    char *config = lvk_path_join(folder, lvk_run_file_name(LVK_RUN_CONFIG));
    lvk_status status = path && config ? LVK_OK : LVK_ERROR_MEMORY;
    const bool begun = status == LVK_OK && (lvk_path_is_file(path) || lvk_path_is_file(config));
    if (begun) {
        lvk_text_add(text, (*added)++ ? ",\n  {\"name\": " : "\n  {\"name\": ");
        lvk_text_add_json(text, name);
        lvk_text_add(text, ", \"finished\": %s, \"epochs\": %lld, ",
                     lvk_run_folder_is_finished(folder) ? "true" : "false", epochs_of(folder));
        status = add_table(text, path);
        lvk_text_add(text, "}");
    }
    lvk_free(path);
    lvk_free(config);
    return status;
}

/* ---- the runs below a folder ---- */

static int by_name(const void *a, const void *b) {
    return strverscmp(*(char *const *)a, *(char *const *)b);
}

static lvk_status list(const char *folder, char **names, size_t *count) {
    DIR *all = opendir(folder);
    lvk_status status = LVK_OK;
    const struct dirent *entry;
    while (all && status == LVK_OK && *count < MOST_RUNS && (entry = readdir(all))) {
        if (entry->d_name[0] == '.')
            continue;
        names[*count] = lvk_strdup(entry->d_name);
        status = names[*count] ? LVK_OK : LVK_ERROR_MEMORY;
        *count += status == LVK_OK;
    }
    if (all)
        closedir(all);
    qsort(names, *count, sizeof *names, by_name);
    return status;
}

static lvk_status add_below(lvk_text *text, const char *folder, size_t *added) {
    char **names = lvk_alloc(MOST_RUNS, sizeof *names);
    size_t count = 0;
    lvk_status status = names ? list(folder, names, &count) : LVK_ERROR_MEMORY;
    for (size_t i = 0; i < count; ++i) {
        char *path = status == LVK_OK ? lvk_path_join(folder, names[i]) : NULL;
        if (status == LVK_OK && !path)
            status = LVK_ERROR_MEMORY;
        if (status == LVK_OK && lvk_path_is_folder(path))
            status = add_run(text, path, names[i], added);
        lvk_free(path);
        lvk_free(names[i]);
    }
    lvk_free(names);
    return status;
}

void lvk_watch_answer(lvk_request *r) {
    const char *folder = r->server->run;
    size_t added = 0;
    lvk_text text = {0};
    lvk_text_add(&text, "{\"folder\": ");
    lvk_text_add_json(&text, folder);
    lvk_text_add(&text, ", \"runs\": [");
    lvk_status status = add_run(&text, folder, "", &added);
    if (status == LVK_OK)
        status = add_below(&text, folder, &added);
    lvk_text_add(&text, "]}\n");
    if (status == LVK_OK) {
        lvk_reply_text(&r->reply, MHD_HTTP_OK, "application/json", &text);
        return;
    }
    lvk_text_finish(&text);
    lvk_reply_fail(&r->reply, MHD_HTTP_SERVICE_UNAVAILABLE, "busy", "memory is short; try again");
}
