#include "train/data_counts.h"

#include "core/file.h"
#include "core/json_file.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"

#include <string.h>

static lvk_status out_of_memory(void) {
    return lvk_fail(LVK_ERROR_MEMORY, "out of memory for the counts of a data set");
}

/* ---- files that were left out ---- */

static json_t *find_reason(json_t *list, const char *reason) {
    size_t i;
    json_t *entry;
    json_array_foreach(list, i, entry) {
        const char *own = json_string_value(json_object_get(entry, "reason"));
        if (own && strcmp(own, reason) == 0)
            return entry;
    }
    return NULL;
}

/* JSON has UTF-8 only; names of files have any bytes. */
static json_t *first_of(const lvk_skipped_info *file) {
    char *path = lvk_strdup(file->path);
    if (path && !lvk_text_is_utf8(path))
        lvk_text_make_printable(path);
    json_t *entry =
        path ? json_pack("{s:s, s:i, s:s}", "reason", file->reason, "files", 1, "example", path) : NULL;
    lvk_free(path);
    return entry;
}

static json_t *count_left_out(const lvk_dataset *dataset) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < lvk_dataset_skipped_count(dataset); ++i) {
        const lvk_skipped_info file = lvk_dataset_skipped(dataset, i);
        json_t *entry = find_reason(list, file.reason);
        if (entry) {
            const json_int_t files = json_integer_value(json_object_get(entry, "files"));
            lvk_json_set(entry, "files", json_integer(files + 1));
        } else {
            lvk_json_append(list, first_of(&file));
        }
    }
    return list;
}

/* ---- parts ---- */

typedef struct counts {
    const lvk_dataset *dataset;
    size_t images[LVK_MOST_CLASSES], people[LVK_MOST_CLASSES]; /* by class */
    size_t all_people, unnamed;
    uint64_t *seen; /* [subjects] a bit for each class of which a person has an image */
} counts;

static void count_image(counts *c, uint32_t index) {
    const lvk_image_info *image = lvk_dataset_image(c->dataset, index);
    const uint64_t bit = (uint64_t)1 << image->label;
    ++c->images[image->label];
    if (!lvk_dataset_subject(c->dataset, image->subject)->named) {
        ++c->unnamed;
        return;
    }
    c->all_people += !c->seen[image->subject];
    c->people[image->label] += !(c->seen[image->subject] & bit);
    c->seen[image->subject] |= bit;
}

static json_t *by_class(const lvk_dataset *dataset, const size_t *numbers) {
    json_t *object = json_object();
    for (size_t k = 0; object && k < lvk_dataset_class_count(dataset); ++k)
        lvk_json_set(object, lvk_dataset_class_name(dataset, k), json_integer((json_int_t)numbers[k]));
    return object;
}

/* NULL: memory is out. */
static json_t *count_part(const lvk_dataset *dataset, const lvk_split *split, lvk_split_part part) {
    size_t count;
    const uint32_t *images = lvk_split_images(split, part, &count);
    counts c = {.dataset = dataset,
                .seen = lvk_alloc(lvk_dataset_subject_count(dataset) + 1, sizeof *c.seen)};
    if (!c.seen)
        return NULL;
    for (size_t i = 0; i < count; ++i)
        count_image(&c, images[i]);
    lvk_free(c.seen);
    return json_pack("{s:I, s:I, s:I, s:o, s:o}", "images", (json_int_t)count, "people",
                     (json_int_t)c.all_people, "images_without_person", (json_int_t)c.unnamed,
                     "images_by_class", by_class(dataset, c.images), "people_by_class",
                     by_class(dataset, c.people));
}

static json_t *count_parts(const lvk_dataset *dataset, const lvk_split *split) {
    json_t *parts = json_object();
    for (int part = 0; parts && part < LVK_SPLIT_PART_COUNT; ++part)
        if (json_object_set_new(parts, lvk_split_part_name((lvk_split_part)part),
                                count_part(dataset, split, (lvk_split_part)part)) != 0) {
            json_decref(parts);
            return NULL;
        }
    return parts;
}

static size_t count_without_label(const lvk_dataset *dataset) {
    size_t count = 0;
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i)
        count += lvk_dataset_image(dataset, i)->label < 0;
    return count;
}

/* NULL: memory is out. */
static json_t *count_all(const lvk_dataset *dataset, const lvk_split *split) {
    json_t *left_out = count_left_out(dataset), *parts = count_parts(dataset, split);
    json_t *json = left_out && parts
                       ? json_pack("{s:I, s:I, s:I, s:I, s:O, s:O}", "images",
                                   (json_int_t)lvk_dataset_image_count(dataset), "without_label",
                                   (json_int_t)count_without_label(dataset), "outside_class_folders",
                                   (json_int_t)lvk_dataset_ignored_count(dataset), "same_picture",
                                   (json_int_t)lvk_dataset_duplicate_count(dataset), "left_out", left_out,
                                   "parts", parts)
                       : NULL;
    json_decref(left_out);
    json_decref(parts);
    return json;
}

/* Sets *same to whether the file tells what `now` does; logs a warning if it does not. */
static lvk_status compare(const char *path, const json_t *now, bool *same) {
    json_t *before = NULL;
    *same = false;
    const lvk_status status =
        lvk_path_is_file(path) ? lvk_json_read(path, LVK_JSON_USUAL, &before) : LVK_ERROR_FORMAT;
    if (status != LVK_OK && status != LVK_ERROR_FORMAT)
        return status;
    *same = before && json_equal(before, now);
    json_decref(before);
    if (!lvk_path_is_file(path))
        lvk_log(LVK_LOG_WARNING, "%s: is missing; it is written anew", path);
    else if (status != LVK_OK)
        lvk_log(LVK_LOG_WARNING, "%s; it is written anew", lvk_error_message());
    else if (!*same)
        lvk_log(LVK_LOG_WARNING, "%s: does not tell what the data set has; it is written anew", path);
    return LVK_OK;
}

static lvk_status write_counts(const lvk_dataset *dataset, const lvk_split *split, const char *folder,
                               bool renew) {
    bool same = false;
    char *path = lvk_path_join(folder, "data.json");
    json_t *json = count_all(dataset, split);
    lvk_status status = path && json ? LVK_OK : out_of_memory();
    if (status == LVK_OK && renew)
        status = compare(path, json, &same);
    if (status == LVK_OK && !same)
        status = lvk_json_write(path, json, 9);
    json_decref(json);
    lvk_free(path);
    return status;
}

lvk_status lvk_data_counts_write(const lvk_dataset *dataset, const lvk_split *split, const char *folder) {
    return write_counts(dataset, split, folder, false);
}

lvk_status lvk_data_counts_renew(const lvk_dataset *dataset, const lvk_split *split, const char *folder) {
    return write_counts(dataset, split, folder, true);
}
