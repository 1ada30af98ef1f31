#include "selection.h"

#include "ui/memory.h"
#include "ui/output.h"
#include "ui/quiet.h"
#include "verb.h"

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
    s->indices = allocate(count, sizeof *s->indices);
    for (size_t i = 0; i < count; ++i)
        if (!labelled_only || lvk_dataset_image(s->dataset, i)->label >= 0)
            s->indices[s->count++] = (uint32_t)i;
    return LVK_OK;
}

static int find_part(const char *name) {
    for (int part = 0; part < LVK_SPLIT_PART_COUNT; ++part)
        if (strcmp(lvk_split_part_name((lvk_split_part)part), name) == 0)
            return part;
    fprintf(stderr, "leukvk: --part %s: must be train, validation, test or preliminary\n", shown(name));
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
    char folder[4096], *file;
    run_folder_of(path, folder, sizeof folder);
    int status = lvk_run_split_file(folder, &file);
    if (status != LVK_OK)
        return status;
    if (!file)
        return fail(path, "no split.json is beside it, which tells the part of each image");
    status = lvk_split_read(file, dataset, split);
    lvk_text_free(file);
    return status;
}

/* The images of the part in the place of those that were selected. */
static int take_part(selection *s, int part) {
    const uint32_t *indices = lvk_split_images(s->split, (lvk_split_part)part, &s->count);
    const char *name = lvk_split_part_name((lvk_split_part)part);
    free(s->indices);
    s->indices = allocate(s->count, sizeof *s->indices);
    memcpy(s->indices, indices, s->count * sizeof *s->indices);
    s->part = name;
    return LVK_OK;
}

/* Reads a data set as the command line says, and the run's own as the run does where the command line says
 * nothing. Another one is read as the run's where the command line says nothing at all. */
static int read_data(selection *s, const char *run, const char *data, bool is_own,
                     const lvk_dataset_options *reading) {
    char *columns = NULL, *pattern = NULL, *scale = NULL;
    lvk_dataset_options options = *reading;
    int status = lvk_run_data_option(run, "columns", &columns);
    if (status == LVK_OK)
        status = lvk_run_data_option(run, "subject_pattern", &pattern);
    if (status == LVK_OK)
        status = lvk_run_data_option(run, "microns_per_pixel", &scale);
    if (status == LVK_OK) {
        if (is_own && !options.microns_per_pixel) /* other images may be of another camera */
            options.microns_per_pixel = strtod(scale, NULL);
        const bool is_said = reading->columns || reading->subject_pattern;
        options.inherited = !is_own && !is_said;
        if (!options.columns && (is_own || !is_said))
            options.columns = columns;
        if (!options.subject_pattern && (is_own || !is_said))
            options.subject_pattern = pattern;
        status = lvk_dataset_create(data, &options, &s->dataset);
    }
    lvk_text_free(columns);
    lvk_text_free(pattern);
    lvk_text_free(scale);
    if (status == LVK_ERROR_ARGUMENT)
        exit(report_mistake(status));
    return status;
}

int selection_of_files(selection *s, const char *run, const char *const *paths, size_t count,
                       const lvk_dataset_options *reading) {
    char folder[4096];
    char *pattern = NULL;
    lvk_dataset_options options = {.subject_pattern = reading->subject_pattern,
                                   .microns_per_pixel = reading->microns_per_pixel};
    int status = LVK_OK;
    if (run && !options.subject_pattern) {
        run_folder_of(run, folder, sizeof folder);
        status = lvk_run_data_option(folder, "subject_pattern", &pattern);
        options.subject_pattern = pattern;
        options.inherited = true;
    }
    if (status == LVK_OK)
        status = lvk_dataset_create_from_files(paths, count, &options, &s->dataset);
    lvk_text_free(pattern);
    if (status != LVK_OK)
        return status;
    name_skipped(s->dataset);
    return take_all(s, false);
}

/* The run's own data set, wherever it lies now. */
static int open_data(selection *s, const char *run, const char *data, const lvk_dataset_options *reading) {
    char folder[4096];
    char *own_data = NULL;
    run_folder_of(run, folder, sizeof folder);
    int status = data ? LVK_OK : lvk_run_data_folder(folder, &own_data);
    if (status == LVK_OK)
        status = read_data(s, folder, data ? data : own_data, true, reading);
    lvk_text_free(own_data);
    return status;
}

int selection_of_data(selection *s, const char *run, const char *data, const lvk_dataset_options *reading,
                      bool labelled_only) {
    char folder[4096];
    lvk_dataset_options options = *reading;
    options.allow_classless = !labelled_only;
    run_folder_of(run, folder, sizeof folder);
    const int status = read_data(s, folder, data, false, &options);
    if (status != LVK_OK)
        return status;
    name_skipped(s->dataset);
    return take_all(s, labelled_only);
}

int selection_of_part(selection *s, const char *run, const char *part_name, const char *data,
                      const lvk_dataset_options *reading) {
    const int part = find_part(part_name);
    int status = open_data(s, run, data, reading);
    if (status == LVK_OK)
        status = read_split(run, s->dataset, &s->split);
    if (status == LVK_OK)
        status = take_part(s, part);
    if (status == LVK_OK && s->count == 0)
        return fail(part_name, "the run has no images in this part");
    return status;
}

int selection_of_run(selection *s, const char *run, const char *data, const lvk_dataset_options *reading) {
    const int status = open_data(s, run, data, reading);
    if (status != LVK_OK)
        return status;
    name_skipped(s->dataset);
    return take_all(s, true);
}

static void warn_trained(const selection *s, const char *run, const lvk_split_overlap *overlap) {
    const size_t trained = overlap->images[LVK_SPLIT_TRAIN], chose = overlap->images[LVK_SPLIT_VALIDATION];
    if (trained + chose == 0)
        return;
    fprintf(
        stderr,
        "warning: of %zu images, %zu %s images that %s was trained on, and %zu its validation images: the scores "
        "are better than those of new images; --part test evaluates only the test part of the run\n",
        s->count, trained, overlap->same ? "are" : "have the paths of", shown(run), chose);
}

int selection_leave_trained(selection *s, const char *run, bool all) {
    char folder[4096], *file = NULL;
    lvk_split_overlap overlap;
    run_folder_of(run, folder, sizeof folder);
    int status = lvk_run_split_file(folder, &file);
    if (status != LVK_OK || !file) /* a model file alone: nothing tells */
        return status;
    status = lvk_split_compare(file, s->dataset, &overlap);
    lvk_text_free(file);
    if (status != LVK_OK)
        return status;
    const size_t before = s->count;
    for (int part = 0; part < LVK_SPLIT_PART_COUNT; ++part)
        s->known = s->known || overlap.images[part] > 0;
    if (all || !overlap.same || overlap.images[LVK_SPLIT_TEST] == 0) {
        warn_trained(s, run, &overlap);
        return LVK_OK;
    }
    if (s->split) /* another model's test part was taken */
        return selection_check_part(s, run, s->part);
    status = read_split(run, s->dataset, &s->split);
    if (status == LVK_OK)
        status = take_part(s, LVK_SPLIT_TEST);
    if (status == LVK_OK && !quiet_is_set())
        fprintf(
            stderr,
            "%s is the data set that %s was trained on: its test part is evaluated, %zu of %zu images (--part all: "
            "all of them)\n",
            shown(lvk_dataset_source(s->dataset)), shown(run), s->count, before);
    return status;
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
