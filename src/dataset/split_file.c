/* A split as a JSON file. */
#include "dataset/split.h"

#include "core/file.h"
#include "core/json_file.h"
#include "core/memory.h"
#include "core/text.h"

#include <string.h>

enum { VERSION = 1, NOWHERE = 255 };
#define MOST_BYTES ((size_t)256 << 20)

/* Subjects with an image in the split, in the order of the data set: name -> group. `listed` has an entry for
 * each subject, false. */
static json_t *groups_json(const lvk_split *split, bool *listed) {
    const lvk_dataset *dataset = split->dataset;
    json_t *object = json_object();
    for (int p = 0; object && p < LVK_SPLIT_PART_COUNT; ++p)
        for (size_t i = 0; i < split->counts[p]; ++i)
            listed[lvk_dataset_image(dataset, split->images[p][i])->subject] = true;
    for (size_t s = 0; object && s < lvk_dataset_subject_count(dataset); ++s) {
        const lvk_subject_info *subject = lvk_dataset_subject(dataset, s);
        if (listed[s] && json_object_set_new(object, subject->name, json_integer(subject->group)) != 0) {
            json_decref(object);
            object = NULL;
        }
    }
    return object;
}

static json_t *paths_json(const lvk_split *split, int part) {
    json_t *array = json_array();
    for (size_t i = 0; array && i < split->counts[part]; ++i) {
        const char *path = lvk_dataset_image(split->dataset, split->images[part][i])->path;
        if (json_array_append_new(array, json_string(path)) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

static json_t *parts_json(const lvk_split *split) {
    json_t *object = json_object();
    for (int p = 0; object && p < LVK_SPLIT_PART_COUNT; ++p) {
        if (json_object_set_new(object, lvk_split_part_name(p), paths_json(split, p)) != 0) {
            json_decref(object);
            object = NULL;
        }
    }
    return object;
}

/* Names the image that JSON cannot. */
static lvk_status fail_text(const lvk_dataset *dataset, const char *path) {
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i)
        if (!lvk_text_is_utf8(lvk_dataset_image(dataset, i)->path))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: cannot be written, since the image path %s is not UTF-8",
                            path, lvk_dataset_image(dataset, i)->path);
    return lvk_fail(LVK_ERROR_MEMORY, "%s: cannot be written: out of memory", path);
}

lvk_status lvk_split_write(const lvk_split *split, const char *path) {
    bool *listed = lvk_alloc(lvk_dataset_subject_count(split->dataset), sizeof *listed);
    if (!listed)
        return LVK_ERROR_MEMORY;
    json_t *groups = groups_json(split, listed), *parts = parts_json(split);
    lvk_free(listed);
    json_t *root =
        groups && parts
            ? json_pack("{s:i, s:I, s:{s:f, s:f}, s:s, s:O, s:O}", "version", VERSION, "seed",
                        (json_int_t)split->seed, "fractions", "validation",
                        split->fractions[LVK_SPLIT_VALIDATION], "test", split->fractions[LVK_SPLIT_TEST],
                        "dataset", lvk_dataset_fingerprint(split->dataset), "groups", groups, "parts", parts)
            : NULL;
    json_decref(groups);
    json_decref(parts);
    if (root && split->by_image)
        lvk_json_set(root, "by_image", json_true());
    if (root && split->given)
        lvk_json_set(root, "given", json_true());
    char *text;
    lvk_status status =
        lvk_json_dump(root, JSON_INDENT(1) | JSON_REAL_PRECISION(15), &text); /* keeps its order */
    json_decref(root);
    if (status != LVK_OK)
        return fail_text(split->dataset, path);
    const lvk_span spans[] = {{text, strlen(text)}, {"\n", 1}};
    lvk_folder_clear_beside(path);
    status = lvk_file_write_spans(path, spans, 2);
    lvk_free(text);
    return status;
}

typedef struct reading {
    const char *path;
    lvk_split *split;
    uint8_t *part_of_image; /* NOWHERE: in none */
} reading;

static lvk_status take_image(reading *r, int part, const char *image_path) {
    const ptrdiff_t index = lvk_dataset_find(r->split->dataset, image_path);
    if (index < 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: %s image %s is not in the data set %s", r->path,
                        lvk_split_part_name(part), image_path, lvk_dataset_source(r->split->dataset));
    const lvk_image_info *image = lvk_dataset_image(r->split->dataset, (size_t)index);
    if (r->part_of_image[index] != NOWHERE)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: image %s is there twice, in %s and %s", r->path, image_path,
                        lvk_split_part_name(r->part_of_image[index]), lvk_split_part_name(part));
    if (image->label < 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: image %s has no label", r->path, image_path);
    if ((image->part == LVK_PART_PRELIMINARY) != (part == LVK_SPLIT_PRELIMINARY))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: image %s cannot be in the %s part", r->path, image_path,
                        lvk_split_part_name(part));
    r->part_of_image[index] = (uint8_t)part;
    return LVK_OK;
}

static lvk_status take_parts(reading *r, const json_t *parts) {
    for (int p = 0; p < LVK_SPLIT_PART_COUNT; ++p) {
        const json_t *list = json_object_get(parts, lvk_split_part_name(p)), *item;
        size_t i;
        if (!json_is_array(list))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: no list of images '%s'", r->path, lvk_split_part_name(p));
        json_array_foreach(list, i, item) {
            if (!json_is_string(item))
                return lvk_fail(LVK_ERROR_FORMAT, "%s: entry %zu of '%s' is not a path", r->path, i,
                                lvk_split_part_name(p));
            LVK_TRY(take_image(r, p, json_string_value(item)));
        }
    }
    return LVK_OK;
}

static lvk_status check_complete(const reading *r) {
    for (size_t i = 0; i < lvk_dataset_image_count(r->split->dataset); ++i) {
        const lvk_image_info *image = lvk_dataset_image(r->split->dataset, i);
        if (lvk_split_assigns(image) && image->given != LVK_GIVEN_TEST && r->part_of_image[i] == NOWHERE)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: image %s of the data set is in no part", r->path,
                            image->path);
    }
    return LVK_OK;
}

/* No group on two sides. first[g]: the first image that was seen of group g. */
static lvk_status check_sides(const reading *r, size_t *first) {
    const lvk_dataset *dataset = r->split->dataset;
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i) {
        const lvk_image_info *image = lvk_dataset_image(dataset, i);
        if (r->part_of_image[i] == NOWHERE)
            continue;
        if (first[image->group] == 0) {
            first[image->group] = i + 1;
            continue;
        }
        const size_t other = first[image->group] - 1;
        if (r->part_of_image[other] == r->part_of_image[i])
            continue;
        const uint32_t other_subject = lvk_dataset_image(dataset, other)->subject;
        const char *name = lvk_dataset_subject(dataset, image->subject)->name;
        const char *here = lvk_split_part_name(r->part_of_image[i]);
        const char *there = lvk_split_part_name(r->part_of_image[other]);
        if (other_subject == image->subject)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: subject %s is on two sides, %s and %s", r->path, name,
                            there, here);
        return lvk_fail(LVK_ERROR_FORMAT,
                        "%s: subjects %s (%s) and %s (%s) share a picture, yet are on two sides", r->path,
                        lvk_dataset_subject(dataset, other_subject)->name, there, name, here);
    }
    return LVK_OK;
}

static lvk_status check_all_sides(const reading *r) {
    size_t *first = lvk_alloc(lvk_dataset_group_count(r->split->dataset), sizeof *first);
    if (!first)
        return LVK_ERROR_MEMORY;
    const lvk_status status = check_sides(r, first);
    lvk_free(first);
    return status;
}

static bool is_share(const json_t *value) {
    return json_is_number(value) && json_number_value(value) >= 0 && json_number_value(value) <= 1;
}

static lvk_status take_root(reading *r, const json_t *root) {
    const json_t *version = json_object_get(root, "version"), *seed = json_object_get(root, "seed");
    const json_t *fractions = json_object_get(root, "fractions"), *parts = json_object_get(root, "parts");
    const json_t *validation = json_object_get(fractions, "validation"),
                 *test = json_object_get(fractions, "test");
    const char *fingerprint = json_string_value(json_object_get(root, "dataset"));
    if (!json_is_integer(version) || json_integer_value(version) != VERSION)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: not a split of version %d", r->path, VERSION);
    if (!json_is_integer(seed) || !json_is_number(validation) || !json_is_number(test) || !fingerprint)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: seed, fractions or dataset is missing", r->path);
    if (!is_share(validation) || !is_share(test))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: the fraction of %s is not from 0 to 1", r->path,
                        is_share(validation) ? "test" : "validation");
    lvk_split *split = r->split;
    split->seed = (uint64_t)json_integer_value(seed);
    split->fractions[LVK_SPLIT_VALIDATION] = json_number_value(validation);
    split->fractions[LVK_SPLIT_TEST] = json_number_value(test);
    split->fractions[LVK_SPLIT_TRAIN] = 1 - json_number_value(validation) - json_number_value(test);
    LVK_TRY(take_parts(r, parts));
    LVK_TRY(check_complete(r));
    split->by_image = json_is_true(json_object_get(root, "by_image"));
    split->given = json_is_true(json_object_get(root, "given"));
    if (!split->by_image && !split->given)
        LVK_TRY(check_all_sides(r));
    if (strcmp(fingerprint, lvk_dataset_fingerprint(split->dataset)) != 0)
        return lvk_fail(LVK_ERROR_FORMAT,
                        "%s: the pictures, labels or subjects in %s are not those that were split", r->path,
                        lvk_dataset_source(split->dataset));
    for (size_t i = 0; i < lvk_dataset_image_count(split->dataset); ++i) {
        const uint8_t part = r->part_of_image[i];
        if (part != NOWHERE)
            split->images[part][split->counts[part]++] = (uint32_t)i;
    }
    return LVK_OK;
}

lvk_status lvk_split_parse(const char *path, json_t **root) {
    void *text;
    size_t size;
    json_error_t error;
    LVK_TRY(lvk_file_read(path, MOST_BYTES, &text, &size));
    const lvk_status status = lvk_json_parse(text, size, root, &error);
    lvk_free(text);
    if (status == LVK_ERROR_FORMAT)
        return lvk_fail(status, "%s: line %d: %s", path, error.line, error.text);
    return status == LVK_OK ? LVK_OK : lvk_fail_within(status, "%s", path);
}

lvk_status lvk_split_read(const char *path, const lvk_dataset *dataset, lvk_split **split) {
    json_t *root = NULL;
    *split = NULL;
    LVK_TRY(lvk_split_parse(path, &root));
    const size_t count = lvk_dataset_image_count(dataset);
    reading r = {.path = path, .part_of_image = lvk_alloc(count, 1)};
    lvk_status status = r.part_of_image ? lvk_split_allocate(dataset, &r.split) : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        memset(r.part_of_image, NOWHERE, count);
        status = take_root(&r, root);
    }
    json_decref(root);
    lvk_free(r.part_of_image);
    if (status != LVK_OK)
        lvk_split_destroy(&r.split);
    *split = r.split;
    return status;
}
