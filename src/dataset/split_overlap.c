/* How many images of a data set a split has, wherever they lie now. */
#include "dataset/split.h"

#include "core/file.h"
#include "core/memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A labelled image of the data set. */
typedef struct place {
    const char *name; /* of the file */
    uint32_t image;
} place;

static int compare_places(const void *a, const void *b) {
    const place *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order ? order : (x->image > y->image) - (x->image < y->image);
}

/* Whether one is the other, or the end of it behind a folder: "fold_0/all/x.png" is in "all/x.png". */
static bool is_same_path(const char *a, const char *b) {
    const size_t m = strlen(a), n = strlen(b);
    const char *longer = m > n ? a : b, *shorter = m > n ? b : a;
    const size_t skip = m > n ? m - n : n - m;
    return strcmp(longer + skip, shorter) == 0 && (skip == 0 || longer[skip - 1] == '/');
}

static lvk_status list_places(const lvk_dataset *dataset, place **places, size_t *count) {
    *count = 0;
    *places = lvk_alloc(lvk_dataset_image_count(dataset), sizeof **places);
    if (!*places)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i) {
        const lvk_image_info *image = lvk_dataset_image(dataset, i);
        if (image->label >= 0)
            (*places)[(*count)++] = (place){lvk_path_name(image->path), (uint32_t)i};
    }
    if (*count)
        qsort(*places, *count, sizeof **places, compare_places);
    return LVK_OK;
}

/* The first of them with that name, or where it would be. */
static size_t find_name(const place *places, size_t count, const char *name) {
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(places[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has_path(const lvk_dataset *dataset, const place *places, size_t count, const char *path) {
    const char *name = lvk_path_name(path);
    for (size_t i = find_name(places, count, name); i < count && strcmp(places[i].name, name) == 0; ++i)
        if (is_same_path(lvk_dataset_image(dataset, places[i].image)->path, path))
            return true;
    return false;
}

static lvk_status count_overlap(const char *path, const json_t *root, const lvk_dataset *dataset,
                                lvk_split_overlap *overlap) {
    const char *fingerprint = json_string_value(json_object_get(root, "dataset"));
    const json_t *parts = json_object_get(root, "parts"), *item;
    place *places;
    size_t count, i;
    if (!fingerprint || !json_is_object(parts))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: is not a split", path);
    overlap->same = strcmp(fingerprint, lvk_dataset_fingerprint(dataset)) == 0;
    LVK_TRY(list_places(dataset, &places, &count));
    for (int part = 0; part < LVK_SPLIT_PART_COUNT; ++part) {
        json_array_foreach(json_object_get(parts, lvk_split_part_name((lvk_split_part)part)), i, item) {
            const char *of_split = json_string_value(item);
            overlap->images[part] += of_split && has_path(dataset, places, count, of_split);
        }
    }
    lvk_free(places);
    return LVK_OK;
}

lvk_status lvk_split_compare(const char *path, const lvk_dataset *dataset, lvk_split_overlap *overlap) {
    json_t *root;
    *overlap = (lvk_split_overlap){0};
    LVK_TRY(lvk_split_parse(path, &root));
    const lvk_status status = count_overlap(path, root, dataset, overlap);
    json_decref(root);
    return status;
}
