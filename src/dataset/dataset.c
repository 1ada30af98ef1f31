#include "leukvk/dataset.h"

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/parallel.h"
#include "core/text.h"
#include "dataset/assemble.h"
#include "dataset/file_notes.h"
#include "dataset/measure.h"
#include "dataset/scale.h"
#include "dataset/subject_pattern.h"
#include "dataset/table.h"
#include "dataset/table_columns.h"
#include "image/image.h"

#include <stdio.h>
#include <string.h>

enum { TAKEN_AT_ONCE = 4096 }; /* entries of a scan */

typedef struct reading {
    lvk_dataset *dataset;
    lvk_reading files;
    double microns_per_pixel; /* of images of which no table tells it */
    bool strict;
    bool
        named; /* the files are those that the user has named: whatever is wrong with one is told beside the others */
} reading;

/* Keeps the reason for which a file is left out, without the path that stands in front of it. */
static lvk_status refuse(reading *r, size_t index, const char *path, const char *line) {
    const size_t length = strlen(path);
    if (strncmp(line, path, length) == 0 && strncmp(line + length, ": ", 2) == 0)
        line += length + 2;
    char *reason = lvk_strdup(line);
    if (!reason)
        return LVK_ERROR_MEMORY;
    lvk_free(r->files.reasons[index]);
    r->files.reasons[index] = reason;
    return LVK_OK;
}

/* Only a file that is damaged, and will be so the next time, may be left out: another data set means another
 * split and another model. What may pass (a device that fails, too many open files, a file that grows) stops
 * the reading. */
static bool may_be_left_out(const reading *r, lvk_status status) {
    return !r->strict && (status == LVK_ERROR_FORMAT || status == LVK_ERROR_LIMIT ||
                          (r->named && status != LVK_ERROR_MEMORY));
}

static void measure(const lvk_image *image, lvk_image_info *info, uint64_t turned[2]) {
    lvk_image_info_measure(image, info);
    lvk_image_turned_hash(image, turned);
}

static lvk_status read_image(void *user, size_t index) {
    reading *r = user;
    lvk_image_info *info = &r->dataset->images[index];
    const char *problem = r->files.reasons[index];
    char *path = lvk_path_join(r->dataset->folder, info->path);
    if (!path)
        return LVK_ERROR_MEMORY;
    lvk_image image = {0};
    lvk_status status =
        problem ? lvk_fail(LVK_ERROR_FORMAT, "%s: %s", path, problem) : lvk_image_read(path, &image);
    if (status == LVK_OK) {
        measure(&image, info, r->files.turned[index]);
        lvk_image_finish(&image);
    } else if (may_be_left_out(r, status)) {
        status = refuse(r, index, path, lvk_error_message());
    }
    lvk_free(path);
    return status;
}

static lvk_status name_positive(lvk_dataset *dataset, const char *name) {
    lvk_scan *scan = &dataset->scan;
    lvk_text list = {0};
    if (!name || !*name || scan->class_count == 0)
        return LVK_OK;
    if (scan->class_count > 2)
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "--positive %s: %s has %zu classes, which are told apart one by one; a positive class is of two. "
            "eval --positive and calibrate --positive join classes of the trained model",
            name, dataset->source, scan->class_count);
    for (size_t c = 0; c < scan->class_count; ++c) {
        lvk_text_add(&list, "%s%s", c ? ", " : "", scan->classes[c]);
        if (strcmp(scan->classes[c], name) == 0) {
            scan->positive = (int32_t)c;
            scan->positive_told = true;
            lvk_text_finish(&list);
            return LVK_OK;
        }
    }
    const lvk_status status =
        list.failed ? LVK_ERROR_MEMORY
                    : lvk_fail(LVK_ERROR_ARGUMENT, "--positive %s: the classes of %s are %.*s", name,
                               dataset->source, (int)(list.length < 500 ? list.length : 500), list.data);
    lvk_text_finish(&list);
    return status;
}

/* Split files are JSON, which has only text. */
static lvk_status check_names(const lvk_dataset *dataset) {
    for (size_t i = 0; i < dataset->scan.count; ++i) {
        if (lvk_text_is_utf8(dataset->scan.entries[i].path))
            continue;
        char *path = lvk_path_join(dataset->folder, dataset->scan.entries[i].path);
        if (!path)
            return LVK_ERROR_MEMORY;
        lvk_text_make_printable(path);
        const lvk_status status = lvk_fail(
            LVK_ERROR_FORMAT, "%s: the name is not UTF-8 text, as split files need it: rename it", path);
        lvk_free(path);
        return status;
    }
    return LVK_OK;
}

static lvk_image_info info_of(const lvk_scan_entry *entry, double microns_per_pixel) {
    return (lvk_image_info){.path = entry->path,
                            .microns_per_pixel =
                                entry->microns_per_pixel > 0 ? entry->microns_per_pixel : microns_per_pixel,
                            .label = entry->label,
                            .fold = entry->fold,
                            .part = entry->part,
                            .given = entry->given};
}

/* Takes the entry into the place `index` of the images. */
static lvk_status take_entry(reading *r, size_t index) {
    const lvk_scan_entry *entry = &r->dataset->scan.entries[index];
    r->dataset->images[index] = info_of(entry, r->microns_per_pixel);
    r->files.subjects[index] = entry->subject;
    if (entry->problem && !(r->files.reasons[index] = lvk_strdup(entry->problem)))
        return LVK_ERROR_MEMORY;
    return LVK_OK;
}

/* Makes images of the entries. It begins with the last ones, whose memory is given back on the way, since data
 * sets are large. */
static lvk_status take_entries(reading *r) {
    lvk_scan *scan = &r->dataset->scan;
    r->files.count = scan->count;
    r->dataset->images = lvk_alloc(scan->count, sizeof *r->dataset->images);
    r->files.subjects = lvk_alloc(scan->count, sizeof *r->files.subjects);
    r->files.reasons = lvk_alloc(scan->count, sizeof *r->files.reasons);
    r->files.turned = lvk_alloc(scan->count, sizeof *r->files.turned);
    if (!r->dataset->images || !r->files.subjects || !r->files.reasons || !r->files.turned)
        return LVK_ERROR_MEMORY;
    for (size_t i = scan->count; i-- > 0;) {
        LVK_TRY(take_entry(r, i));
        if (i > 0 && i % TAKEN_AT_ONCE == 0)
            LVK_TRY(lvk_scan_shrink(scan, i));
    }
    lvk_free(scan->entries);
    scan->entries = NULL;
    scan->count = 0;
    return LVK_OK;
}

static lvk_status read_images(reading *r, const lvk_dataset_options *options) {
    LVK_TRY(take_entries(r));
    LVK_TRY(lvk_parallel_for(options->threads, r->files.count, read_image, r, options->progress,
                             options->progress_user));
    return lvk_dataset_assemble(r->dataset, &r->files);
}

static void finish_reading(lvk_reading *files) {
    for (size_t i = 0; files->reasons && i < files->count; ++i)
        lvk_free(files->reasons[i]);
    lvk_free(files->reasons);
    lvk_free(files->subjects);
    lvk_free(files->turned);
}

static lvk_status build(lvk_dataset *dataset, const lvk_dataset_options *options, bool named) {
    if (options->utf8_names)
        LVK_TRY(check_names(dataset));
    reading r = {.dataset = dataset,
                 .microns_per_pixel = options->microns_per_pixel,
                 .strict = options->strict,
                 .named = named};
    lvk_status status = read_images(&r, options);
    finish_reading(&r.files);
    if (status == LVK_OK)
        status = lvk_dataset_find_scale(dataset);
    if (status == LVK_OK)
        lvk_dataset_tell_files(dataset);
    return status;
}

static lvk_status check_classes(const lvk_dataset *dataset) {
    const lvk_scan *scan = &dataset->scan;
    lvk_text names = {0};
    char *list;
    if (scan->class_count >= 2 && scan->class_count <= LVK_MOST_CLASSES)
        return LVK_OK;
    for (size_t i = 0; i < scan->class_count; ++i)
        lvk_text_add(&names, "%s%s", i ? ", " : "", scan->classes[i]);
    LVK_TRY(lvk_text_take(&names, &list, NULL));
    const lvk_status status =
        lvk_fail(LVK_ERROR_FORMAT, "%s: found %zu classes (%.500s); a model tells 2 to %d apart",
                 dataset->source, scan->class_count, list, LVK_MOST_CLASSES);
    lvk_free(list);
    return status;
}

lvk_status lvk_dataset_options_check(const lvk_dataset_options *given) {
    lvk_dataset_options taken;
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_dataset_options, &taken, given));
    const lvk_dataset_options *const options = &taken;
    LVK_TRY(lvk_table_columns_check(options->columns));
    LVK_TRY(lvk_scale_check(options->microns_per_pixel));
    return lvk_subject_pattern_check(options->subject_pattern);
}

static lvk_status scan_source(lvk_dataset *dataset, const lvk_dataset_options *o) {
    const char *source = dataset->source;
    if (lvk_path_is_file(source)) {
        if (!lvk_name_is_table(source))
            return lvk_fail(LVK_ERROR_FORMAT,
                            "%s: is a file; a data set is a folder, or a table named .csv, .tsv or .txt",
                            source);
        return lvk_scan_table(source, o->columns, o->allow_classless, &dataset->scan);
    }
    if (o->columns && *o->columns && !o->inherited)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--columns: is for a table, and %s is none", source);
    return lvk_scan_folder(source, o->allow_classless, &dataset->scan);
}

/* The files, and what is known of them before one is read. */
static lvk_status scan(lvk_dataset *dataset, const char *const *paths, size_t count,
                       const lvk_dataset_options *o) {
    LVK_TRY(lvk_dataset_options_check(o));
    LVK_TRY(paths ? lvk_scan_files(paths, count, &dataset->scan) : scan_source(dataset, o));
    if (o->strict && dataset->scan.unreadable)
        return lvk_fail(LVK_ERROR_IO, "%s", dataset->scan.unreadable_example);
    LVK_TRY(lvk_subject_pattern_apply(o->subject_pattern, dataset->source, o->inherited, &dataset->scan));
    dataset->folder = lvk_strdup(dataset->scan.folder ? dataset->scan.folder : dataset->source);
    return dataset->folder ? LVK_OK : LVK_ERROR_MEMORY;
}

static lvk_status create(const char *source, const char *const *paths, size_t count,
                         const lvk_dataset_options *given, lvk_dataset **out) {
    lvk_dataset_options taken;
    *out = NULL;
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_dataset_options, &taken, given));
    const lvk_dataset_options *const o = &taken;
    lvk_dataset *dataset = lvk_alloc(1, sizeof *dataset);
    if (!dataset)
        return LVK_ERROR_MEMORY;
    dataset->source = lvk_strdup(source);
    lvk_status status = dataset->source ? scan(dataset, paths, count, o) : LVK_ERROR_MEMORY;
    if (status == LVK_OK && o->for_training)
        status = check_classes(dataset);
    if (status == LVK_OK)
        status = name_positive(dataset, o->positive);
    if (status == LVK_OK)
        status = build(dataset, o, paths != NULL);
    if (status != LVK_OK)
        lvk_dataset_destroy(&dataset);
    *out = dataset;
    return status;
}

lvk_status lvk_dataset_create(const char *source, const lvk_dataset_options *options, lvk_dataset **dataset) {
    return create(source, NULL, 0, options, dataset);
}

lvk_status lvk_dataset_create_from_files(const char *const *paths, size_t count,
                                         const lvk_dataset_options *options, lvk_dataset **dataset) {
    static const char *const none;
    return create("", paths ? paths : &none, count, options, dataset);
}

void lvk_dataset_destroy(lvk_dataset **dataset) {
    lvk_dataset *d = *dataset;
    if (!d)
        return;
    lvk_free(d->images);
    lvk_free(d->by_path);
    lvk_free(d->subjects);
    lvk_free(d->duplicate_images);
    lvk_free(d->duplicate_starts);
    lvk_free(d->skipped);
    lvk_scan_finish(&d->scan);
    lvk_free(d->source);
    lvk_free(d->folder);
    lvk_free(d);
    *dataset = NULL;
}

const char *lvk_dataset_source(const lvk_dataset *dataset) {
    return dataset->source;
}

const char *lvk_dataset_folder(const lvk_dataset *dataset) {
    return dataset->folder;
}

bool lvk_dataset_is_table(const lvk_dataset *dataset) {
    return *dataset->scan.digest != '\0';
}

bool lvk_dataset_is_cnmc(const lvk_dataset *dataset) {
    return dataset->scan.is_cnmc;
}

size_t lvk_dataset_image_count(const lvk_dataset *dataset) {
    return dataset->image_count;
}

const lvk_image_info *lvk_dataset_image(const lvk_dataset *dataset, size_t index) {
    return &dataset->images[index];
}

ptrdiff_t lvk_dataset_find(const lvk_dataset *dataset, const char *path) {
    size_t low = 0, high = dataset->image_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const size_t image = dataset->by_path ? dataset->by_path[middle] : middle;
        const int order = strcmp(path, dataset->images[image].path);
        if (order == 0)
            return (ptrdiff_t)image;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

const char *lvk_dataset_label_table(const lvk_dataset *dataset) {
    return dataset->scan.label_table;
}

size_t lvk_dataset_class_count(const lvk_dataset *dataset) {
    return dataset->scan.class_count;
}

const char *lvk_dataset_class_name(const lvk_dataset *dataset, size_t index) {
    return dataset->scan.classes[index];
}

int32_t lvk_dataset_positive_class(const lvk_dataset *dataset) {
    return dataset->scan.positive;
}

bool lvk_dataset_positive_is_told(const lvk_dataset *dataset) {
    return dataset->scan.positive_told;
}

size_t lvk_dataset_subject_count(const lvk_dataset *dataset) {
    return dataset->subject_count;
}

const lvk_subject_info *lvk_dataset_subject(const lvk_dataset *dataset, size_t index) {
    return &dataset->subjects[index];
}

size_t lvk_dataset_unnamed_count(const lvk_dataset *dataset) {
    size_t count = 0;
    for (size_t i = 0; i < dataset->image_count; ++i)
        count += dataset->images[i].label >= 0 && !dataset->subjects[dataset->images[i].subject].named;
    return count;
}

char *lvk_dataset_unnamed_note(size_t unnamed, size_t images, char *text, size_t size) {
    snprintf(
        text, size,
        "no subject is known for %zu of %zu images, since neither a name (UID_<subject>_...) nor a folder, a table's "
        "column or --subject-pattern tells: each of these images counts as a person of its own, cells of one person "
        "may be on both sides of a split, and the figures then say nothing about new people",
        unnamed, images);
    return text;
}

size_t lvk_dataset_group_count(const lvk_dataset *dataset) {
    return dataset->group_count;
}

size_t lvk_dataset_duplicate_count(const lvk_dataset *dataset) {
    return dataset->duplicate_count;
}

const uint32_t *lvk_dataset_duplicate(const lvk_dataset *dataset, size_t index, size_t *count) {
    *count = dataset->duplicate_starts[index + 1] - dataset->duplicate_starts[index];
    return dataset->duplicate_images + dataset->duplicate_starts[index];
}

bool lvk_dataset_contradicts(const lvk_dataset *dataset, size_t index) {
    size_t count;
    const uint32_t *images = lvk_dataset_duplicate(dataset, index, &count);
    int32_t label = -1;
    for (size_t i = 0; i < count; ++i) {
        const int32_t other = dataset->images[images[i]].label;
        if (label >= 0 && other >= 0 && label != other)
            return true;
        label = label >= 0 ? label : other;
    }
    return false;
}

size_t lvk_dataset_skipped_count(const lvk_dataset *dataset) {
    return dataset->skipped_count;
}

lvk_skipped_info lvk_dataset_skipped(const lvk_dataset *dataset, size_t index) {
    return dataset->skipped[index];
}

size_t lvk_dataset_ignored_count(const lvk_dataset *dataset) {
    return dataset->scan.ignored;
}

const char *lvk_dataset_ignored_example(const lvk_dataset *dataset) {
    return dataset->scan.ignored_example;
}

size_t lvk_dataset_unreadable_count(const lvk_dataset *dataset) {
    return dataset->scan.unreadable;
}

const char *lvk_dataset_fingerprint(const lvk_dataset *dataset) {
    return dataset->fingerprint;
}
