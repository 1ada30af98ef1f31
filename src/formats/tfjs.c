#include "formats/tfjs.h"

#include "core/file.h"
#include "core/json_file.h"
#include "core/text.h"

#include <string.h>

/* A model that is being read. */
typedef struct reader {
    const char *path; /* the path of model.json */
    char *folder;     /* in the model's arena */
    lvk_tfjs_model *model;
    size_t shards; /* the number of shards read so far */
} reader;

/* ---- the manifest ---- */

static lvk_status parse(const char *path, const char *json, size_t size, json_t **root) {
    json_error_t error;
    if (size > LVK_TFJS_MAX_JSON)
        return lvk_fail(LVK_ERROR_LIMIT, "%s: %zu bytes, more than the %zu that are read", path, size,
                        LVK_TFJS_MAX_JSON);
    const lvk_status status = lvk_json_parse(json, size, root, &error);
    return status == LVK_ERROR_FORMAT ? lvk_fail(status, "%s:%d: %s", path, error.line, error.text) : status;
}

/* Counts the weights of all groups, before anything is allocated for them. */
static lvk_status count_weights(const reader *r, const json_t *manifest, size_t *count) {
    size_t index;
    const json_t *group;
    *count = 0;
    if (!json_is_array(manifest) || json_array_size(manifest) == 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: is not a TensorFlow.js layers model: no weightsManifest",
                        r->path);
    json_array_foreach(manifest, index, group) {
        const json_t *weights = json_object_get(group, "weights");
        if (!json_is_array(weights) || !json_is_array(json_object_get(group, "paths")))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: group %zu of the manifest has no paths or no weights",
                            r->path, index + 1);
        *count += json_array_size(weights);
    }
    if (*count > LVK_TFJS_MAX_TENSORS)
        return lvk_fail(LVK_ERROR_LIMIT, "%s: %zu tensors, more than %d", r->path, *count,
                        LVK_TFJS_MAX_TENSORS);
    return LVK_OK;
}

static lvk_status fail_tensor(const reader *r, const lvk_safetensor *tensor, const char *reason) {
    return lvk_fail(LVK_ERROR_FORMAT, "%s: tensor \"%s\": %s", r->path, tensor->name, reason);
}

static lvk_status read_name(const reader *r, const json_t *value, lvk_safetensor *tensor) {
    const char *given = json_string_value(value);
    char *name = lvk_arena_strdup(&r->model->arena, given ? given : "");
    if (!name)
        return LVK_ERROR_MEMORY;
    const size_t length = strlen(name);
    lvk_text_make_printable(name);
    if (length == 0 || length > LVK_SAFETENSORS_MAX_NAME || strcmp(name, given) != 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: a tensor has no, an unprintable or a too long name \"%.100s\"",
                        r->path, name);
    tensor->name = name;
    return LVK_OK;
}

static lvk_status read_shape(const reader *r, const json_t *shape, lvk_safetensor *tensor) {
    if (!json_is_array(shape) || json_array_size(shape) > LVK_SAFETENSORS_MAX_RANK)
        return fail_tensor(r, tensor, "no shape, or one of more dimensions than are supported");
    tensor->rank = (int)json_array_size(shape);
    tensor->size = lvk_element_size(tensor->element);
    for (int i = 0; i < tensor->rank; ++i) {
        const json_t *dim = json_array_get(shape, (size_t)i);
        if (!json_is_integer(dim) || json_integer_value(dim) < 1)
            return fail_tensor(r, tensor, "a dimension is not a positive whole number");
        tensor->dim[i] = (uint64_t)json_integer_value(dim);
        if (tensor->dim[i] > LVK_TFJS_MAX_DATA / tensor->size)
            return fail_tensor(r, tensor, "is too large");
        tensor->size *= tensor->dim[i];
    }
    return LVK_OK;
}

static lvk_status read_weight(const reader *r, const json_t *weight, lvk_safetensor *tensor) {
    LVK_TRY(read_name(r, json_object_get(weight, "name"), tensor));
    const char *dtype = json_string_value(json_object_get(weight, "dtype"));
    if (!dtype || strcmp(dtype, "float32") != 0)
        return fail_tensor(r, tensor, "is not of dtype float32, which alone is read");
    if (json_object_get(weight, "quantization"))
        return fail_tensor(r, tensor, "is quantized, which is not read");
    tensor->element = LVK_ELEMENT_F32;
    return read_shape(r, json_object_get(weight, "shape"), tensor);
}

/* Describes the tensors of all groups, whose data will be one tensor after the other. */
static lvk_status read_weights(const reader *r, const json_t *manifest) {
    lvk_tfjs_model *model = r->model;
    size_t count, g, w;
    const json_t *group, *weight;
    LVK_TRY(count_weights(r, manifest, &count));
    model->tensors = lvk_arena_alloc(&model->arena, count, sizeof *model->tensors);
    if (!model->tensors)
        return LVK_ERROR_MEMORY;
    json_array_foreach(manifest, g, group) {
        json_array_foreach(json_object_get(group, "weights"), w, weight) {
            lvk_safetensor *tensor = &model->tensors[model->count];
            LVK_TRY(read_weight(r, weight, tensor));
            if (tensor->size > LVK_TFJS_MAX_DATA - model->size)
                return lvk_fail(LVK_ERROR_LIMIT, "%s: tensor \"%s\" goes past the %llu bytes that are read",
                                r->path, tensor->name, (unsigned long long)LVK_TFJS_MAX_DATA);
            model->size += (size_t)tensor->size;
            ++model->count;
        }
    }
    return LVK_OK;
}

/* ---- the shards ---- */

/* Sets `path`, in the model's arena, to the path of a shard, which must be a file of the same folder. */
static lvk_status shard_path(const reader *r, const json_t *value, char **path) {
    const char *given = json_string_value(value);
    char *name = lvk_arena_strdup(&r->model->arena, given ? given : "");
    if (!name)
        return LVK_ERROR_MEMORY;
    lvk_text_make_printable(name);
    if (!given || *name == '\0' || strlen(name) > 255 || strcmp(name, given) != 0 || strpbrk(name, "/\\") ||
        strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: shard \"%.100s\" is not the name of a file in the same folder",
                        r->path, name);
    *path = lvk_arena_format(&r->model->arena, "%s%s", r->folder, name);
    return *path ? LVK_OK : LVK_ERROR_MEMORY;
}

/* Reads a shard behind the first `*done` of the `size` bytes of its group. */
static lvk_status read_shard(const reader *r, const char *path, unsigned char *data, size_t size,
                             size_t *done) {
    void *bytes = NULL;
    size_t length = 0;
    const lvk_status status = lvk_file_read(path, size - *done, &bytes, &length);
    if (status == LVK_ERROR_LIMIT)
        return lvk_fail(LVK_ERROR_FORMAT,
                        "%s: is longer than the %zu bytes that the tensors in %s leave for it", path,
                        size - *done, lvk_path_name(r->path));
    LVK_TRY(status);
    memcpy(data + *done, bytes, length);
    *done += length;
    lvk_free(bytes);
    return LVK_OK;
}

/* The tensor to which byte number `end` of the data from tensor `first` on belongs. */
static const lvk_safetensor *tensor_at(const lvk_safetensor *first, size_t end) {
    size_t before = 0;
    while (before + first->size <= end)
        before += (size_t)first++->size;
    return first;
}

static lvk_status read_shards(reader *r, const json_t *paths, const lvk_safetensor *first,
                              unsigned char *data, size_t size) {
    size_t index, done = 0;
    const json_t *value;
    char *path = NULL;
    json_array_foreach(paths, index, value) {
        if (++r->shards > LVK_TFJS_MAX_SHARDS)
            return lvk_fail(LVK_ERROR_LIMIT, "%s: more than %d shards", r->path, LVK_TFJS_MAX_SHARDS);
        LVK_TRY(shard_path(r, value, &path));
        LVK_TRY(read_shard(r, path, data, size, &done));
    }
    if (done < size)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: ends within tensor \"%s\" (truncated?): %zu bytes of %zu",
                        path ? path : r->path, tensor_at(first, done)->name, done, size);
    return LVK_OK;
}

static lvk_status read_data(reader *r, const json_t *manifest) {
    lvk_tfjs_model *model = r->model;
    size_t g, next = 0, begin = 0;
    const json_t *group;
    model->data = lvk_alloc(model->size, 1);
    if (!model->data)
        return LVK_ERROR_MEMORY;
    json_array_foreach(manifest, g, group) {
        const size_t first = next, count = json_array_size(json_object_get(group, "weights"));
        size_t end = begin;
        for (; next < first + count; ++next) {
            model->tensors[next].data = model->data + end;
            end += (size_t)model->tensors[next].size;
        }
        LVK_TRY(read_shards(r, json_object_get(group, "paths"), model->tensors + first, model->data + begin,
                            end - begin));
        begin = end;
    }
    return LVK_OK;
}

/* ---- the whole ---- */

lvk_status lvk_tfjs_read(const char *path, const char *json, size_t size, lvk_tfjs_model *model) {
    reader r = {.path = path, .model = model};
    const int folder = (int)(lvk_path_name(path) - path);
    json_t *root = NULL;
    r.folder = lvk_arena_format(&model->arena, "%.*s", folder, path);
    if (!r.folder)
        return LVK_ERROR_MEMORY;
    LVK_TRY(parse(path, json, size, &root));
    const json_t *manifest = json_object_get(root, "weightsManifest");
    lvk_status status = read_weights(&r, manifest);
    if (status == LVK_OK)
        status = read_data(&r, manifest);
    json_decref(root);
    return status;
}

void lvk_tfjs_finish(lvk_tfjs_model *model) {
    lvk_arena_finish(&model->arena);
    lvk_free(model->data);
    *model = (lvk_tfjs_model){0};
}
