#define _XOPEN_SOURCE 700
#include "leukvk/app/output.h"

#include "artifact/run_folder.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"
#include "dataset/names.h"

#include <stdlib.h>
#include <string.h>

static bool is_label_table(const char *name) {
    const size_t length = strlen(name);
    return length > 4 && lvk_text_equal(name + length - 4, ".csv") && lvk_text_contains(name, "label");
}

/* Whether `path` lies below `folder` once links are resolved. */
static bool is_below(const char *path, const char *folder) {
    char *inner = realpath(path, NULL),
         *outer = realpath(folder, NULL); /* the system's malloc: hence free() */
    const size_t length = outer ? strlen(outer) : 0;
    const bool below = inner && outer && strncmp(inner, outer, length) == 0 &&
                       (inner[length] == '/' || (length == 1 && *outer == '/'));
    free(inner);
    free(outer);
    return below;
}

static lvk_status check_input(const char *path, const char *input) {
    if (lvk_path_is_same(path, input))
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: is read here, and would be overwritten", path);
    const char *name = lvk_path_name(path);
    if (lvk_path_is_folder(input) && (lvk_name_is_image(name) || is_label_table(name)) &&
        is_below(path, input))
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: is %s of %s, and would be overwritten", path,
                        lvk_name_is_image(name) ? "an image" : "a table", input);
    return LVK_OK;
}

/* ---- what runs keep ---- */

static bool begins_with(const char *name, const char *beginning) {
    return strncmp(name, beginning, strlen(beginning)) == 0;
}

static bool is_kept(const char *name) {
    static const char *const others[] = {".lock",       "results.json",    "diverged.json", "cv.json",
                                         "search.json", "predictions.csv", "trials.csv"};
    for (int file = 0; file < LVK_RUN_FILE_COUNT; ++file)
        if (strcmp(name, lvk_run_file_name((lvk_run_file)file)) == 0)
            return true;
    for (size_t i = 0; i < sizeof others / sizeof *others; ++i)
        if (strcmp(name, others[i]) == 0)
            return true;
    return begins_with(name, "predictions-") || begins_with(name, "split-");
}

/* Sets *is to whether the folder is that of a run, a cross-validation or a search. */
static lvk_status is_run_folder(const char *folder, bool *is) {
    static const char *const marks[] = {"config.json", "cv.json", "search.json"};
    char *lock = lvk_path_join(folder, ".lock");
    const bool locked = lock && lvk_path_is_file(lock);
    lvk_status status = lock ? LVK_OK : LVK_ERROR_MEMORY;
    lvk_free(lock);
    *is = false;
    for (size_t i = 0; i < sizeof marks / sizeof *marks && locked && status == LVK_OK; ++i) {
        char *mark = lvk_path_join(folder, marks[i]);
        *is = *is || (mark && lvk_path_is_file(mark));
        status = mark ? LVK_OK : LVK_ERROR_MEMORY;
        lvk_free(mark);
    }
    return status;
}

static lvk_status check_run(const char *path) {
    char *real = realpath(path, NULL);
    if (!real || !is_kept(lvk_path_name(real))) {
        free(real);
        return LVK_OK;
    }
    bool is_run;
    real[lvk_path_name(real) - real - 1] = '\0'; /* leaves the folder; "" for a file in the root */
    lvk_status status = is_run_folder(real, &is_run);
    if (status == LVK_OK && is_run)
        status = lvk_fail(LVK_ERROR_ARGUMENT,
                          "%s: is a file of the run in that folder, and would be overwritten", path);
    free(real);
    return status;
}

lvk_status lvk_output_check(const char *path, const char *const *inputs, size_t count) {
    if (!path || !lvk_path_is_file(path))
        return LVK_OK;
    for (size_t i = 0; i < count; ++i)
        if (inputs[i])
            LVK_TRY(check_input(path, inputs[i]));
    return check_run(path);
}
