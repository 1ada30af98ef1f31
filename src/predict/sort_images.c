#define _XOPEN_SOURCE 700
#include "leukvk/sort_images.h"

#include "core/digest.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/text.h"
#include "core/unfinished.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORK "links to images by their class"
enum { NAME_SIZE = 201, MOST_SAME = 1000000 };

/* Nothing in a folder is passed over. */
static bool is_ignored(const char *name) {
    (void)name;
    return false;
}

lvk_status lvk_sort_images_check(const char *folder) {
    char name[LVK_FILE_NAME_SIZE];
    if (lvk_folder_has(folder, LVK_UNFINISHED_NAME))
        return lvk_unfinished_check(folder, WORK);
    const lvk_status status = lvk_folder_find(folder, is_ignored, name);
    if (status != LVK_OK)
        return status == LVK_ERROR_IO ? LVK_ERROR_ARGUMENT : status; /* of the name that was typed */
    return *name
               ? lvk_fail(LVK_ERROR_ARGUMENT, "%s: is not empty; name a folder that is new or empty", folder)
               : LVK_OK;
}

/* `text` as the name of one file: without '/', not hidden, its last bytes where it is long. */
static void file_name(const char *text, char name[NAME_SIZE]) {
    const size_t length = strlen(text);
    text += strspn(text, "./");
    if (strlen(text) >= NAME_SIZE)
        text += strlen(text) - (NAME_SIZE - 1);
    while (((unsigned char)*text & 0xc0) == 0x80) /* not in the middle of a character */
        ++text;
    snprintf(name, NAME_SIZE, "%s", *text ? text : length ? "_" : "");
    for (char *c = name; *c; ++c)
        if (*c == '/')
            *c = '_';
    if (name[0] == '.')
        name[0] = '_';
}

/* Whether `path` is a link to `target`, of an earlier start. */
static bool is_link_to(const char *path, const char *target) {
    char linked[PATH_MAX];
    const ssize_t length = readlink(path, linked, sizeof linked);
    return length >= 0 && (size_t)length == strlen(target) && memcmp(linked, target, (size_t)length) == 0;
}

/* Links to `target` as `name`, or as "2-<name>" and so on where there is one already; if `again`, one to another file. */
static lvk_status link_image(const char *target, const char *folder, const char *name, bool again) {
    for (int number = 1; number <= MOST_SAME; ++number) {
        char *path =
            number == 1 ? lvk_format("%s/%s", folder, name) : lvk_format("%s/%d-%s", folder, number, name);
        if (!path)
            return LVK_ERROR_MEMORY;
        int failed = symlink(target, path) == 0 ? 0 : errno;
        if (failed == EEXIST && again && is_link_to(path, target))
            failed = 0;
        const lvk_status status =
            failed && failed != EEXIST ? lvk_fail(LVK_ERROR_IO, "%s: %s", path, strerror(failed)) : LVK_OK;
        lvk_free(path);
        if (failed != EEXIST)
            return status;
    }
    return lvk_fail(LVK_ERROR_LIMIT, "%s: too many images of one name", folder);
}

typedef struct sorter {
    const lvk_dataset *dataset;
    const lvk_prediction_options *options;
    const char *folder;
    bool labelled; /* some rows are */
    lvk_unfinished tree;
} sorter;

static const char *class_name(const sorter *s, uint32_t class) {
    const lvk_prediction_options *o = s->options;
    return o->class_count ? o->class_names[class] : class ? o->positive_class : o->negative_class;
}

/* The folder of a row's image, created. */
static lvk_status make_folder(const sorter *s, const lvk_prediction *row, char **folder) {
    char name[NAME_SIZE];
    const uint32_t class = lvk_prediction_called(row, s->options->class_count, s->options->threshold);
    file_name(class_name(s, class), name);
    *folder = !s->labelled ? lvk_format("%s/%s", s->folder, name)
                           : lvk_format("%s/%s/%s", s->folder, name,
                                        row->label < 0                  ? "unlabelled"
                                        : (uint32_t)row->label == class ? "right"
                                                                        : "wrong");
    return *folder ? lvk_folder_create(*folder) : LVK_ERROR_MEMORY;
}

static lvk_status sort_image(const sorter *s, uint32_t image, const lvk_prediction *row) {
    char name[NAME_SIZE], *folder = NULL;
    const char *path = lvk_dataset_image(s->dataset, image)->path;
    char *typed = *path == '/' || !*lvk_dataset_folder(s->dataset)
                      ? lvk_strdup(path)
                      : lvk_path_join(lvk_dataset_folder(s->dataset), path);
    char *target = typed ? realpath(typed, NULL) : NULL; /* the system's malloc: hence free() */
    lvk_status status = !typed    ? LVK_ERROR_MEMORY
                        : !target ? lvk_fail(LVK_ERROR_IO, "%s: %s", typed, strerror(errno))
                                  : make_folder(s, row, &folder);
    file_name(path, name);
    if (status == LVK_OK)
        status = link_image(target, folder, name, s->tree.again);
    lvk_free(folder);
    lvk_free(typed);
    free(target);
    return status;
}

/* All on which the links depend, as a line. The caller frees *work. */
static lvk_status describe(const sorter *s, const uint32_t *images, const lvk_prediction *rows, size_t count,
                           char **work) {
    const lvk_prediction_options *o = s->options;
    lvk_text text = {0};
    char digest[LVK_DIGEST_TEXT], *all;
    size_t size;
    for (size_t i = 0; i < count; ++i) {
        const uint32_t class = lvk_prediction_called(&rows[i], o->class_count, o->threshold);
        lvk_text_add(&text, "%s %d %s\n", class_name(s, class), rows[i].label,
                     lvk_dataset_image(s->dataset, images[i])->path);
    }
    LVK_TRY(lvk_text_take(&text, &all, &size));
    lvk_digest(all, size, digest);
    lvk_free(all);
    *work = lvk_format(WORK ", of %zu images %s\n", count, digest);
    return *work ? LVK_OK : LVK_ERROR_MEMORY;
}

lvk_status lvk_sort_images(const lvk_dataset *dataset, const uint32_t *images, const lvk_prediction *rows,
                           size_t count, const lvk_prediction_options *given, const char *folder) {
    lvk_prediction_options taken;
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_prediction_options, &taken, given));
    const lvk_prediction_options *const options = &taken;
    sorter s = {.dataset = dataset, .options = options, .folder = folder};
    LVK_TRY(lvk_sort_images_check(folder));
    for (size_t i = 0; i < count; ++i)
        s.labelled |= rows[i].label >= 0;
    char *work = NULL;
    lvk_status status = describe(&s, images, rows, count, &work);
    if (status == LVK_OK)
        status = lvk_unfinished_begin(folder, work, &s.tree);
    lvk_free(work);
    LVK_TRY(status);
    for (size_t i = 0; i < count && status == LVK_OK; ++i)
        status = sort_image(&s, images[i], &rows[i]);
    return lvk_unfinished_close(&s.tree, status);
}
