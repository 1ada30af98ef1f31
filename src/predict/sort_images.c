#define _XOPEN_SOURCE 700
#include "leukvk/sort_images.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/options.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_SIZE = 201, MOST_SAME = 1000000 };

lvk_status lvk_sort_images_check(const char *folder) {
    DIR *dir = opendir(folder);
    bool empty = true;
    if (!dir)
        return errno == ENOENT ? LVK_OK : lvk_fail(LVK_ERROR_ARGUMENT, "%s: %s", folder, strerror(errno));
    for (const struct dirent *entry; empty && (entry = readdir(dir));)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(dir);
    return empty
               ? LVK_OK
               : lvk_fail(LVK_ERROR_ARGUMENT, "%s: is not empty; name a folder that is new or empty", folder);
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

/* Links to `target` as `name`, or as "2-<name>" and so on where there is one already. */
static lvk_status link_image(const char *target, const char *folder, const char *name) {
    for (int number = 1; number <= MOST_SAME; ++number) {
        char *path =
            number == 1 ? lvk_format("%s/%s", folder, name) : lvk_format("%s/%d-%s", folder, number, name);
        if (!path)
            return LVK_ERROR_MEMORY;
        const int failed = symlink(target, path) == 0 ? 0 : errno;
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
        status = link_image(target, folder, name);
    lvk_free(folder);
    lvk_free(typed);
    free(target);
    return status;
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
    LVK_TRY(lvk_folder_create(folder));
    for (size_t i = 0; i < count; ++i)
        LVK_TRY(sort_image(&s, images[i], &rows[i]));
    return LVK_OK;
}
