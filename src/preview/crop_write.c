#define _XOPEN_SOURCE 700
#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/parallel.h"
#include "core/text.h"
#include "core/unfinished.h"
#include "dataset/labels.h"
#include "dataset/names.h"
#include "dataset/parts.h"
#include "dataset/scan.h"
#include "image/crop.h"
#include "image/encode.h"
#include "image/resample.h"
#include "leukvk/crop.h"
#include "leukvk/split.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What becomes of one image. */
typedef struct crop_file {
    char *path; /* below the folder; owned */
    lvk_crop_window window;
    bool left_out;
} crop_file;

typedef struct crop_job {
    const lvk_dataset *dataset;
    const char *folder;
    lvk_crop_options options;
    lvk_crop crop;
    lvk_unfinished state;
    crop_file *files; /* [image_count] */
    size_t count;
    bool has_scale; /* the data set tells microns per pixel of some image */
} crop_job;

static lvk_status resolve(const lvk_crop_options *given, lvk_crop_options *o, lvk_crop *crop) {
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_crop_options, o, given));
    if (o->size && (o->size < LVK_IMAGE_LEAST_SIDE || o->size > LVK_IMAGE_MOST_SIDE))
        return lvk_fail(LVK_ERROR_ARGUMENT, "crop: a size of %u pixels: must be from %d to %d", o->size,
                        LVK_IMAGE_LEAST_SIDE, LVK_IMAGE_MOST_SIDE);
    return lvk_crop_parse(o->mode ? o->mode : "center", crop);
}

lvk_status lvk_crop_mode_check(const char *mode) {
    lvk_crop crop;
    return lvk_crop_parse(mode, &crop);
}

/* What all files of the tree depend on, but for the images: they are not known at first. */
static void describe(const lvk_crop_options *o, char *text, size_t size) {
    snprintf(text, size, "leukvk crop --mode %.64s --size %u, of images ", o->mode ? o->mode : "center",
             o->size);
}

lvk_status lvk_crop_check(const char *folder, const lvk_crop_options *options) {
    lvk_crop_options resolved;
    lvk_crop crop;
    char work[256];
    LVK_TRY(resolve(options, &resolved, &crop));
    describe(&resolved, work, sizeof work);
    return lvk_unfinished_check(folder, work);
}

/* Crops among the sources would be read as further images of the data set. Both folders exist. */
static lvk_status check_outside(const char *source, const char *folder) {
    char *from = realpath(source, NULL), *to = realpath(folder, NULL); /* the system's malloc: hence free() */
    lvk_status status = LVK_OK;
    if (!from || !to)
        status = lvk_fail(LVK_ERROR_IO, "%s: cannot be resolved", from ? folder : source);
    else if (strncmp(to, from, strlen(from)) == 0 && (to[strlen(from)] == '/' || to[strlen(from)] == '\0'))
        status = lvk_fail(LVK_ERROR_ARGUMENT, "%s: lies in %s, where its images would count as further ones",
                          folder, source);
    free(from);
    free(to);
    return status;
}

/* The data set's own name with a '/' when that tells the images' places, otherwise "". */
static lvk_status find_prefix(const lvk_dataset *dataset, char prefix[NAME_MAX + 2]) {
    bool inside = true;
    *prefix = '\0';
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i)
        inside = inside && lvk_scan_is_cnmc_path(lvk_dataset_image(dataset, i)->path);
    if (inside || !lvk_dataset_is_cnmc(dataset))
        return LVK_OK;
    char *real = realpath(lvk_dataset_folder(dataset), NULL);
    if (!real)
        return lvk_fail(LVK_ERROR_IO, "%s: cannot be resolved", lvk_dataset_folder(dataset));
    snprintf(prefix, NAME_MAX + 2, "%s/", lvk_path_name(real));
    free(real);
    return LVK_OK;
}

static int compare_files(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static lvk_status check_distinct(const crop_job *job) {
    const char **paths = lvk_alloc(job->count, sizeof *paths);
    if (!paths)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < job->count; ++i)
        paths[i] = job->files[i].path;
    qsort(paths, job->count, sizeof *paths, compare_files);
    lvk_status status = LVK_OK;
    for (size_t i = 1; i < job->count && status == LVK_OK; ++i)
        if (strcmp(paths[i - 1], paths[i]) == 0)
            status = lvk_fail(LVK_ERROR_FORMAT, "%s/%s: two images that differ in their extension only",
                              lvk_dataset_folder(job->dataset), paths[i]);
    lvk_free(paths);
    return status;
}

/* The path in which nothing leads out of the folder: a table may name files above its own. */
static char *inner_path(const char *prefix, const char *path) {
    const size_t stem = lvk_name_stem(path);
    char *inner = lvk_format("%s%.*s.png", prefix, (int)stem, path);
    for (char *at = inner; at && *at; ++at) {
        if (at != inner && at[-1] != '/')
            continue;
        if (*at == '/')
            *at = '_';
        else if (strncmp(at, "../", 3) == 0)
            memcpy(at, "__", 2);
    }
    return inner;
}

static lvk_status name_files(crop_job *job) {
    char prefix[NAME_MAX + 2];
    LVK_TRY(find_prefix(job->dataset, prefix));
    for (size_t i = 0; i < job->count; ++i) {
        const char *path = lvk_dataset_image(job->dataset, i)->path;
        job->files[i].path = inner_path(prefix, path);
        if (!job->files[i].path)
            return LVK_ERROR_MEMORY;
    }
    return check_distinct(job);
}

/* The folder of every image that is in another one than the image before it. */
static lvk_status create_folders(const crop_job *job) {
    lvk_status status = LVK_OK;
    const char *before = "";
    size_t length_before = SIZE_MAX;
    for (size_t i = 0; i < job->count && status == LVK_OK; ++i) {
        const char *path = job->files[i].path;
        const size_t length = (size_t)(lvk_path_name(path) - path);
        if (length == length_before && memcmp(path, before, length) == 0)
            continue;
        before = path;
        length_before = length;
        char *folder = lvk_format("%s/%.*s", job->folder, (int)length, path);
        status = folder ? lvk_folder_create(folder) : LVK_ERROR_MEMORY;
        lvk_free(folder);
    }
    return status;
}

/* The crop's pixels, *side a side, in `cropped` or in memory of their own. */
static lvk_status cut(const crop_job *job, const lvk_image *image, lvk_image *cropped) {
    const uint32_t size = job->options.size;
    LVK_TRY(lvk_crop_extract(&job->crop, image, size ? size : LVK_IMAGE_MOST_SIDE, cropped));
    if (size == 0)
        return LVK_OK;
    const lvk_augment plain = lvk_augment_view(0);
    const size_t values = (size_t)size * size * 3;
    float *pixels = lvk_alloc(values, sizeof *pixels);
    uint8_t *bytes = lvk_alloc(values, 1);
    lvk_status status = pixels && bytes ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_resample(cropped, &plain, size, pixels);
    if (status == LVK_OK) {
        lvk_pixels_to_bytes(pixels, values, bytes);
        lvk_image_finish(cropped);
        *cropped = (lvk_image){.pixels = bytes, .width = size, .height = size};
        bytes = NULL;
    }
    lvk_free(pixels);
    lvk_free(bytes);
    return status;
}

static lvk_status write_picture(const crop_job *job, const crop_file *file, const lvk_image *cropped) {
    void *data = NULL;
    size_t size = 0;
    char *path = lvk_path_join(job->folder, file->path);
    lvk_status status =
        path ? lvk_png_encode(cropped->pixels, cropped->width, cropped->height, 3, &data, &size)
             : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_unfinished_write(&job->state, path, data, size);
    lvk_free(data);
    lvk_free(path);
    return status;
}

static lvk_status crop_image(const crop_job *job, crop_file *file, const lvk_image *image) {
    file->window = lvk_crop_place(&job->crop, image);
    file->left_out = job->options.size == 0 && file->window.side < LVK_IMAGE_LEAST_SIDE;
    if (file->left_out)
        return LVK_OK;
    lvk_image cropped = {0};
    lvk_status status = cut(job, image, &cropped);
    if (status == LVK_OK)
        status = write_picture(job, file, &cropped);
    lvk_image_finish(&cropped);
    return status;
}

static lvk_status do_image(void *user, size_t index) {
    const crop_job *job = user;
    crop_file *file = &job->files[index];
    const lvk_image_info *info = lvk_dataset_image(job->dataset, index);
    lvk_image image = {0};
    char *path = lvk_path_join(lvk_dataset_folder(job->dataset), info->path);
    lvk_status status = path ? lvk_image_read(path, &image) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = crop_image(job, file, &image);
    if (status == LVK_OK && file->left_out && job->options.strict)
        status = lvk_fail(LVK_ERROR_FORMAT, "%s: its crop is %lld pixels wide, less than an image needs (%d)",
                          path, (long long)file->window.side, LVK_IMAGE_LEAST_SIDE);
    lvk_image_finish(&image);
    lvk_free(path);
    return status;
}

static lvk_status write_text(const crop_job *job, const char *name, lvk_text *text) {
    char *string, *path = lvk_path_join(job->folder, name);
    size_t length;
    lvk_status status = lvk_text_take(text, &string, &length);
    if (status == LVK_OK)
        status = path ? lvk_unfinished_write(&job->state, path, string, length) : LVK_ERROR_MEMORY;
    lvk_free(string);
    lvk_free(path);
    return status;
}

/* Folders tell them otherwise. */
static bool tells_parts(const lvk_dataset *dataset) {
    return lvk_dataset_is_table(dataset) && lvk_dataset_has_parts(dataset);
}

/* Of the crop's own pixels. */
static void add_scale(lvk_text *text, const crop_job *job, const lvk_image_info *image,
                      const crop_file *file) {
    const uint32_t size = job->options.size;
    const double shrinking = size ? (double)file->window.side / size : 1;
    lvk_text_add(text, ",");
    if (image->microns_per_pixel > 0)
        lvk_text_add_number(text, image->microns_per_pixel * shrinking, 15);
}

static void add_index_row(lvk_text *text, const crop_job *job, const lvk_image_info *image,
                          const crop_file *file) {
    const lvk_dataset *dataset = job->dataset;
    const lvk_subject_info *subject = lvk_dataset_subject(dataset, image->subject);
    lvk_text_add_csv(text, image->path);
    lvk_text_add(text, ",");
    lvk_text_add_csv(text, file->path);
    lvk_text_add(text, ",%lld,%lld,%lld,%lld,", (long long)file->window.x, (long long)file->window.y,
                 (long long)file->window.side, (long long)file->window.side);
    lvk_text_add_csv(text, image->label < 0 ? "" : lvk_dataset_class_name(dataset, (size_t)image->label));
    lvk_text_add(text, ",");
    lvk_text_add_csv(text, subject->named ? subject->name : "");
    if (tells_parts(dataset))
        lvk_text_add(text, ",%s", lvk_given_part_name(image->given));
    if (job->has_scale)
        add_scale(text, job, image, file);
    lvk_text_add(text, "\n");
}

static lvk_status write_index(const crop_job *job, size_t *written) {
    lvk_text text = {0};
    lvk_text_add(&text, "source,output,x,y,width,height,class,subject%s%s\n",
                 tells_parts(job->dataset) ? ",part" : "", job->has_scale ? ",microns_per_pixel" : "");
    *written = 0;
    for (size_t i = 0; i < job->count; ++i) {
        const lvk_image_info *image = lvk_dataset_image(job->dataset, i);
        if (job->files[i].left_out) {
            lvk_log(LVK_LOG_WARNING,
                    "%s: left out: its crop is %lld pixels wide, less than an image needs (%d)", image->path,
                    (long long)job->files[i].window.side, LVK_IMAGE_LEAST_SIDE);
            continue;
        }
        ++*written;
        add_index_row(&text, job, image, &job->files[i]);
    }
    const lvk_status status = write_text(job, "index.csv", &text);
    lvk_text_finish(&text);
    return status;
}

/* The label table's rows for the images that were written: one of an image that is not there is a mistake. */
static lvk_status write_labels(const crop_job *job) {
    lvk_labels labels;
    lvk_text text = {0};
    if (!lvk_dataset_label_table(job->dataset))
        return LVK_OK;
    LVK_TRY(lvk_labels_read(lvk_dataset_label_table(job->dataset), &labels));
    lvk_text_add(&text, "Patient_ID,new_names,labels\n");
    for (size_t i = 0; i < job->count; ++i) {
        const lvk_image_info *image = lvk_dataset_image(job->dataset, i);
        const char *name = lvk_path_name(image->path);
        if (image->part != LVK_PART_PRELIMINARY || job->files[i].left_out)
            continue;
        const lvk_label_row *row = lvk_labels_find(&labels, name);
        row = row ? row : lvk_labels_find_patient(&labels, name);
        if (!row)
            continue; /* the table has changed since; the folder's reader will miss the row and say so */
        lvk_text_add_csv(&text, row->patient);
        lvk_text_add(&text, ",");
        lvk_text_add_csv(&text, lvk_path_name(job->files[i].path));
        lvk_text_add(&text, ",%d\n", row->is_all);
    }
    const lvk_status status = write_text(job, "C-NMC_test_prelim_phase_data_labels.csv", &text);
    lvk_text_finish(&text);
    lvk_labels_finish(&labels);
    return status;
}

static lvk_status write_all(crop_job *job, size_t *written) {
    LVK_TRY(name_files(job));
    LVK_TRY(create_folders(job));
    LVK_TRY(lvk_parallel_for(job->options.threads, job->count, do_image, job, job->options.progress,
                             job->options.progress_user));
    LVK_TRY(write_labels(job));
    return write_index(job, written);
}

lvk_status lvk_crop_write(const lvk_dataset *dataset, const char *folder, const lvk_crop_options *options,
                          size_t *written) {
    crop_job job = {.dataset = dataset,
                    .folder = folder,
                    .count = lvk_dataset_image_count(dataset),
                    .has_scale = lvk_dataset_microns_per_pixel(dataset) > 0};
    *written = 0;
    LVK_TRY(lvk_crop_check(folder, options));
    LVK_TRY(resolve(options, &job.options, &job.crop));
    const bool existed = lvk_path_is_folder(folder);
    LVK_TRY(lvk_folder_create(folder));
    lvk_status status =
        lvk_dataset_is_table(dataset) ? LVK_OK : check_outside(lvk_dataset_folder(dataset), folder);
    if (status != LVK_OK && !existed)
        rmdir(folder);
    if (status != LVK_OK)
        return status;
    char work[256];
    describe(&job.options, work, sizeof work);
    snprintf(work + strlen(work), sizeof work - strlen(work), "%s\n", lvk_dataset_fingerprint(dataset));
    LVK_TRY(lvk_unfinished_begin(folder, work, &job.state));
    job.files = lvk_alloc(job.count, sizeof *job.files);
    status = job.files ? write_all(&job, written) : LVK_ERROR_MEMORY;
    for (size_t i = 0; job.files && i < job.count; ++i)
        lvk_free(job.files[i].path);
    lvk_free(job.files);
    return lvk_unfinished_close(&job.state, status);
}
