#include "selection.h"

#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int fail(const char *what, const char *why) {
    fprintf(stderr, "leukvk: %s: %s\n", shown(what), why);
    exit(1);
}

static void name_skipped(const lvk_dataset *dataset) {
    for (size_t i = 0; i < lvk_dataset_skipped_count(dataset); ++i) {
        const lvk_skipped_info file = lvk_dataset_skipped(dataset, i);
        fprintf(stderr, "left out: %s: %s\n", shown(file.path), shown(file.reason));
    }
}

static int take_all(selection *s, bool labelled_only) {
    const size_t count = lvk_dataset_image_count(s->dataset);
    s->indices = calloc(count + 1, sizeof *s->indices);
    if (!s->indices)
        return fail("predict", "out of memory");
    for (size_t i = 0; i < count; ++i)
        if (!labelled_only || lvk_dataset_image(s->dataset, i)->label >= 0)
            s->indices[s->count++] = (uint32_t)i;
    return LVK_OK;
}

int selection_of_files(selection *s, const char *const *paths, size_t count) {
    const int status = lvk_dataset_create_from_files(paths, count, NULL, &s->dataset);
    if (status != LVK_OK)
        return status;
    name_skipped(s->dataset);
    return take_all(s, false);
}

int selection_of_labelled(selection *s, const char *data) {
    const int status = lvk_dataset_create(data, NULL, &s->dataset);
    if (status != LVK_OK)
        return status;
    name_skipped(s->dataset);
    return take_all(s, true);
}

static int find_part(const char *name) {
    for (int part = 0; part < LVK_SPLIT_PART_COUNT; ++part)
        if (strcmp(lvk_split_part_name((lvk_split_part)part), name) == 0)
            return part;
    fprintf(stderr, "leukvk: --part %s: train, validation, test or preliminary\n", shown(name));
    exit(2);
}

/* The run folder of a folder, or of a file in one. */
static void run_folder_of(const char *path, char *folder, size_t size) {
    struct stat info;
    snprintf(folder, size, "%s", path);
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return;
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    else
        snprintf(folder, size, ".");
}

/* The split of the run of which `path` is the folder, or a file in it. */
static int read_split(const char *path, const lvk_dataset *dataset, lvk_split **split) {
    char folder[4096], file[4200];
    run_folder_of(path, folder, sizeof folder);
    snprintf(file, sizeof file, "%s/split.json", folder);
    return lvk_split_read(file, dataset, split);
}

int selection_of_part(selection *s, const char *run, const char *part_name, const char *data) {
    const int part = find_part(part_name);
    char folder[4096];
    char *own_data = NULL;
    run_folder_of(run, folder, sizeof folder);
    int status = data ? LVK_OK : lvk_run_data_folder(folder, &own_data);
    if (status == LVK_OK)
        status = lvk_dataset_create(data ? data : own_data, NULL, &s->dataset);
    if (status == LVK_OK)
        status = read_split(run, s->dataset, &s->split);
    lvk_text_free(own_data);
    if (status != LVK_OK)
        return status;
    const uint32_t *indices = lvk_split_images(s->split, (lvk_split_part)part, &s->count);
    if (s->count == 0)
        return fail(part_name, "the run has no images in this part");
    s->indices = calloc(s->count, sizeof *s->indices);
    if (!s->indices)
        return fail(part_name, "out of memory");
    memcpy(s->indices, indices, s->count * sizeof *s->indices);
    return LVK_OK;
}

int selection_check_part(const selection *s, const char *run, const char *part_name) {
    lvk_split *split;
    size_t count;
    const int status = read_split(run, s->dataset, &split);
    if (status != LVK_OK)
        return status;
    const uint32_t *indices = lvk_split_images(split, (lvk_split_part)find_part(part_name), &count);
    if (count != s->count || memcmp(indices, s->indices, count * sizeof *indices) != 0)
        fail(run, "its split is not the first model's: what one held out, the other may have learned");
    lvk_split_destroy(&split);
    return LVK_OK;
}

void selection_finish(selection *s) {
    free(s->indices);
    lvk_split_destroy(&s->split);
    lvk_dataset_destroy(&s->dataset);
    *s = (selection){0};
}
