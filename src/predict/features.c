#include "predict/features.h"

#include "core/digest.h"
#include "core/file.h"
#include "core/log.h"
#include "formats/safetensors.h"
#include "image/resample.h"
#include "loader/loader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char format[] = "leukvk features 1";

/* The most bytes of rows in a file; further rows are kept in memory only. */
#define MOST_BYTES ((uint64_t)2 << 30)

enum { NAMES = 3 /* numbers that identify a row: two of the picture's hash, and the view */ };

struct lvk_features {
    const lvk_dataset *dataset;
    char *key, *path; /* path may be NULL */
    uint32_t length;
    uint64_t (*names)[NAMES]; /* [count] */
    float *rows;              /* [count][length] */
    size_t count, capacity;
    size_t saved; /* the number of rows in the file */
    uint32_t
        *first;   /* [image] the first image with the same picture, which all such images share rows with */
    int64_t *row; /* [first image * LVK_VIEW_COUNT + view] index of the row; -1: not computed */
};

/* ---- rows in memory ---- */

static void name_row(const lvk_features *f, uint32_t image, uint32_t view, uint64_t name[NAMES]) {
    const lvk_image_info *info = lvk_dataset_image(f->dataset, image);
    uint64_t scale; /* the crop depends on it */
    memcpy(&scale, &info->microns_per_pixel, sizeof scale);
    name[0] = info->hash[0];
    name[1] = info->hash[1] + scale; /* 0 where no scale is known */
    name[2] = view;
}

static int64_t *place_of(const lvk_features *f, uint32_t image, uint32_t view) {
    return &f->row[(size_t)f->first[image] * LVK_VIEW_COUNT + view];
}

static lvk_status reserve(lvk_features *f, size_t rows) {
    if (f->capacity >= rows)
        return LVK_OK;
    const size_t capacity = rows > 2 * f->capacity ? rows : 2 * f->capacity;
    uint64_t(*names)[NAMES] = lvk_realloc(f->names, capacity, sizeof *names);
    if (!names)
        return LVK_ERROR_MEMORY;
    f->names = names;
    float *grown = lvk_realloc(f->rows, capacity * f->length, sizeof *grown);
    if (!grown)
        return LVK_ERROR_MEMORY;
    f->rows = grown;
    f->capacity = capacity;
    return LVK_OK;
}

/* Appends a row, unless there is one of the same picture and view, so that a file never has two. */
static lvk_status append(lvk_features *f, uint32_t image, uint32_t view, const float *values) {
    if (*place_of(f, image, view) >= 0)
        return LVK_OK;
    LVK_TRY(reserve(f, f->count + 1));
    name_row(f, image, view, f->names[f->count]);
    memcpy(f->rows + f->count * f->length, values, f->length * sizeof *values);
    *place_of(f, image, view) = (int64_t)f->count++;
    return LVK_OK;
}

static int compare_names(const void *a, const void *b) {
    const uint64_t *x = *(uint64_t *const *)a, *y = *(uint64_t *const *)b;
    for (int i = 0; i < NAMES; ++i)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

typedef struct picture {
    uint64_t hash[2];
    uint32_t image;
} picture;

static int compare_pictures(const void *a, const void *b) {
    const picture *x = a, *y = b;
    for (int i = 0; i < 2; ++i)
        if (x->hash[i] != y->hash[i])
            return x->hash[i] < y->hash[i] ? -1 : 1;
    return x->image < y->image ? -1 : x->image > y->image;
}

static lvk_status find_first(lvk_features *f) {
    const size_t count = lvk_dataset_image_count(f->dataset);
    picture *pictures = lvk_alloc(count, sizeof *pictures);
    if (!pictures)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < count; ++i) {
        uint64_t name[NAMES];
        name_row(f, (uint32_t)i, 0, name);
        pictures[i] = (picture){{name[0], name[1]}, (uint32_t)i};
    }
    if (count)
        qsort(pictures, count, sizeof *pictures, compare_pictures);
    for (size_t i = 0, first = 0; i < count; ++i) {
        if (memcmp(pictures[i].hash, pictures[first].hash, sizeof pictures[i].hash) != 0)
            first = i;
        f->first[pictures[i].image] = pictures[first].image;
    }
    lvk_free(pictures);
    return LVK_OK;
}

/* Finds, for each image of the data set, the rows that were read from the file. */
static lvk_status index_rows(lvk_features *f) {
    uint64_t **sorted = lvk_alloc(f->count, sizeof *sorted);
    if (!sorted)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < f->count; ++i)
        sorted[i] = f->names[i];
    if (f->count)
        qsort(sorted, f->count, sizeof *sorted, compare_names);
    for (size_t image = 0; image < lvk_dataset_image_count(f->dataset); ++image) {
        for (uint32_t view = 0; view < LVK_VIEW_COUNT; ++view) {
            uint64_t name[NAMES], *wanted = name;
            name_row(f, (uint32_t)image, view, name);
            uint64_t **found =
                f->count ? bsearch(&wanted, sorted, f->count, sizeof *sorted, compare_names) : NULL;
            *place_of(f, (uint32_t)image, view) = found ? (*found - f->names[0]) / NAMES : -1;
        }
    }
    lvk_free(sorted);
    return LVK_OK;
}

/* ---- the file ---- */

static void digest_rows(const lvk_features *f, char digest[LVK_DIGEST_TEXT]) {
    char parts[2 * LVK_DIGEST_TEXT];
    lvk_digest(f->names, f->count * sizeof *f->names, parts);
    lvk_digest(f->rows, f->count * f->length * sizeof *f->rows, parts + LVK_DIGEST_TEXT);
    lvk_digest(parts, sizeof parts, digest);
}

static lvk_status check_rows(const lvk_features *f, const lvk_safetensors *file) {
    char digest[LVK_DIGEST_TEXT];
    const char *stored = lvk_string_map_get(lvk_safetensors_metadata(file), "digest");
    digest_rows(f, digest);
    return stored && strcmp(stored, digest) == 0 ? LVK_OK
                                                 : lvk_fail(LVK_ERROR_FORMAT, "%s: damaged", f->path);
}

static lvk_status take_rows(lvk_features *f, const lvk_safetensors *file) {
    const lvk_string_map *metadata = lvk_safetensors_metadata(file);
    const char *kind = lvk_string_map_get(metadata, "format"), *key = lvk_string_map_get(metadata, "key");
    const lvk_safetensor *names = lvk_safetensors_find(file, "names");
    const lvk_safetensor *rows = lvk_safetensors_find(file, "features");
    if (!kind || strcmp(kind, format) != 0 || !key || strcmp(key, f->key) != 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: holds something else", f->path);
    if (!names || !rows || names->element != LVK_ELEMENT_U64 || rows->element != LVK_ELEMENT_F32 ||
        names->rank != 2 || rows->rank != 2 || names->dim[1] != NAMES || rows->dim[1] != f->length ||
        names->dim[0] != rows->dim[0])
        return lvk_fail(LVK_ERROR_FORMAT, "%s: has other tensors than it should", f->path);
    LVK_TRY(reserve(f, (size_t)rows->dim[0]));
    f->count = f->saved = (size_t)rows->dim[0];
    if (f->count) {
        memcpy(f->names, names->data, names->size);
        memcpy(f->rows, rows->data, rows->size);
    }
    return check_rows(f, file);
}

/* Reads the file. One that cannot be used is ignored with a warning, since its rows can be computed again. */
static lvk_status read_file(lvk_features *f) {
    if (!f->path || !lvk_path_is_file(f->path))
        return LVK_OK;
    lvk_safetensors *file = NULL;
    lvk_status status = lvk_safetensors_read(f->path, &file);
    if (status == LVK_OK)
        status = take_rows(f, file);
    lvk_safetensors_destroy(&file);
    if (status == LVK_OK || status == LVK_ERROR_MEMORY)
        return status;
    f->count = f->saved = 0;
    lvk_log(LVK_LOG_WARNING, "%s: the features are computed anew", lvk_error_message());
    return LVK_OK;
}

lvk_status lvk_features_save(lvk_features *f) {
    const uint64_t size = (uint64_t)f->count * f->length * sizeof *f->rows;
    if (!f->path || f->count == f->saved || size > MOST_BYTES)
        return LVK_OK;
    char digest[LVK_DIGEST_TEXT];
    lvk_string_map metadata = {0};
    const lvk_safetensor tensors[] = {
        {.name = "names", .element = LVK_ELEMENT_U64, .rank = 2, .dim = {f->count, NAMES}, .data = f->names},
        {.name = "features",
         .element = LVK_ELEMENT_F32,
         .rank = 2,
         .dim = {f->count, f->length},
         .data = f->rows}};
    lvk_status status;
    digest_rows(f, digest);
    LVK_GO(status, lvk_string_map_set(&metadata, "format", format), done);
    LVK_GO(status, lvk_string_map_set(&metadata, "key", f->key), done);
    LVK_GO(status, lvk_string_map_set(&metadata, "digest", digest), done);
    LVK_GO(status, lvk_safetensors_write(f->path, tensors, 2, &metadata), done);
    f->saved = f->count;
done:
    lvk_string_map_finish(&metadata);
    return status;
}

/* ---- opening ---- */

/* Sets *path to that of the file; NULL: without a cache folder there is none. */
static lvk_status find_path(const char *key, char **path) {
    char digest[LVK_DIGEST_TEXT], *folder;
    *path = NULL;
    const lvk_status status = lvk_cache_folder_open(&folder);
    if (status != LVK_OK)
        return status == LVK_ERROR_MEMORY ? status : LVK_OK;
    lvk_digest(key, strlen(key), digest);
    *path = lvk_format("%s/features-%s.safetensors", folder, digest);
    lvk_free(folder);
    return *path ? LVK_OK : LVK_ERROR_MEMORY;
}

lvk_status lvk_features_open(const lvk_dataset *dataset, const char *key, uint32_t length,
                             lvk_features **features) {
    *features = NULL;
    lvk_features *f = lvk_alloc(1, sizeof *f);
    if (!f)
        return LVK_ERROR_MEMORY;
    f->dataset = dataset;
    f->length = length;
    f->key = lvk_strdup(key);
    f->row = lvk_alloc(lvk_dataset_image_count(dataset) * LVK_VIEW_COUNT, sizeof *f->row);
    f->first = lvk_alloc(lvk_dataset_image_count(dataset), sizeof *f->first);
    lvk_status status = f->key && f->row && f->first ? find_first(f) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = find_path(key, &f->path);
    if (status == LVK_OK)
        status = read_file(f);
    if (status == LVK_OK)
        status = index_rows(f);
    if (status != LVK_OK)
        lvk_features_destroy(&f);
    *features = f;
    return status;
}

void lvk_features_destroy(lvk_features **features) {
    lvk_features *f = *features;
    if (!f)
        return;
    lvk_free(f->key);
    lvk_free(f->path);
    lvk_free(f->names);
    lvk_free(f->rows);
    lvk_free(f->row);
    lvk_free(f->first);
    lvk_free(f);
    *features = NULL;
}

uint32_t lvk_features_length(const lvk_features *features) {
    return features->length;
}

const char *lvk_features_path(const lvk_features *features) {
    return features->path;
}

const float *lvk_features_row(const lvk_features *features, uint32_t image, uint32_t view) {
    return features->rows + (size_t)*place_of(features, image, view) * features->length;
}

/* ---- computing ---- */

static size_t missing_of_view(const lvk_features *f, const lvk_features_request *request, uint32_t view,
                              uint32_t *images) {
    size_t count = 0;
    for (size_t i = 0; i < request->count; ++i) {
        if (*place_of(f, request->images[i], view) >= 0)
            continue;
        if (images)
            images[count] = request->images[i];
        ++count;
    }
    return count;
}

size_t lvk_features_missing(const lvk_features *f, const lvk_features_request *request) {
    size_t count = 0;
    for (uint32_t view = 0; view < request->views; ++view)
        count += missing_of_view(f, request, view, NULL);
    return count;
}

typedef struct computation {
    lvk_features *features;
    lvk_network *backbone;
    lvk_features_progress progress;
    void *user;
    size_t done, total;
    float *outputs; /* [batch][length] */
} computation;

static lvk_status compute_batch(computation *c, const lvk_batch *batch, uint32_t view) {
    lvk_features *f = c->features;
    LVK_TRY(lvk_network_infer(c->backbone, batch->input, batch->rows, c->outputs));
    for (uint32_t i = 0; i < batch->count; ++i) {
        const float *values = c->outputs + (size_t)i * f->length;
        for (uint32_t k = 0; k < f->length; ++k)
            if (!isfinite(values[k]))
                return lvk_fail(LVK_ERROR_NUMERIC, "%s: a feature is not a finite number",
                                lvk_dataset_image(f->dataset, batch->indices[i])->path);
        LVK_TRY(append(f, batch->indices[i], view, values));
    }
    c->done += batch->count;
    if (c->progress && !c->progress(c->user, c->done, c->total))
        return lvk_fail(LVK_ERROR_CANCELLED, "stopped after %zu of %zu features; they are kept", c->done,
                        c->total);
    return LVK_OK;
}

static lvk_status compute_view(computation *c, const uint32_t *images, size_t count, uint32_t view,
                               lvk_cache *cache, unsigned threads) {
    const lvk_loader_options options = {.batch = c->backbone->config.batch,
                                        .view = view,
                                        .side = c->backbone->config.crop_side,
                                        .threads = threads,
                                        .memory = c->backbone->backend->host_memory};
    lvk_loader *loader = NULL;
    lvk_status status = lvk_loader_create(cache, images, count, &options, &loader);
    lvk_batch batch = {.count = 1};
    while (status == LVK_OK && batch.count) {
        status = lvk_loader_next(loader, &batch);
        if (status == LVK_OK && batch.count)
            status = compute_batch(c, &batch, view);
    }
    lvk_loader_destroy(&loader);
    return status;
}

lvk_status lvk_features_compute(lvk_features *f, const lvk_features_request *request, lvk_network *backbone,
                                lvk_cache *cache, unsigned threads, lvk_features_progress progress,
                                void *user) {
    computation c = {.features = f,
                     .backbone = backbone,
                     .progress = progress,
                     .user = user,
                     .total = lvk_features_missing(f, request),
                     .outputs = lvk_alloc((size_t)backbone->config.batch * f->length, sizeof(float))};
    uint32_t *images = lvk_alloc(request->count, sizeof *images);
    lvk_status status = c.outputs && images ? LVK_OK : LVK_ERROR_MEMORY;
    for (uint32_t view = 0; view < request->views && status == LVK_OK; ++view) {
        const size_t count = missing_of_view(f, request, view, images);
        status = compute_view(&c, images, count, view, cache, threads);
    }
    lvk_free(images);
    lvk_free(c.outputs);
    return status;
}
