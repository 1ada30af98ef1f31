#include "formats/weights.h"

#include "core/digest.h"
#include "core/memory.h"

#include <stdio.h>
#include <string.h>

struct lvk_weights {
    lvk_safetensors *file;
    lvk_resnet_table table;
    lvk_resnet_tensor expected[LVK_RESNET_MAX_TENSORS + 2];
    size_t count;
    bool classifier;
    char digest[LVK_DIGEST_TEXT];
};

lvk_status lvk_weights_check_tensor(const char *file, const lvk_safetensor *tensor, lvk_resnet_role role,
                                    const lvk_type *type) {
    LVK_TRY(lvk_safetensor_check(file, tensor, type));
    const unsigned char *bytes = tensor->data;
    for (uint64_t i = 0; role == LVK_RESNET_VARIANCE && i < tensor->size / sizeof(float); ++i) {
        float value;
        memcpy(&value, bytes + i * sizeof value, sizeof value);
        if (value < 0)
            return lvk_fail(LVK_ERROR_NUMERIC, "%s: tensor \"%s\": element %llu of a variance is negative",
                            file, tensor->name, (unsigned long long)i);
    }
    return LVK_OK;
}

/* ---- metadata ---- */

static lvk_status fail_metadata(const char *key, const char *value) {
    return lvk_fail(LVK_ERROR_FORMAT, "metadata \"%s\" is \"%.100s\", which is not known here", key, value);
}

static lvk_status read_network(lvk_weights *weights, const lvk_string_map *metadata) {
    const char *architecture, *variant, *preprocessing;
    LVK_TRY(lvk_string_map_need(metadata, "architecture", &architecture));
    LVK_TRY(lvk_string_map_need(metadata, "variant", &variant));
    LVK_TRY(lvk_string_map_need(metadata, "preprocessing", &preprocessing));
    const lvk_resnet_spec *spec = lvk_resnet_find(architecture);
    if (!spec)
        return fail_metadata("architecture", architecture);
    lvk_resnet_variant found;
    if (!lvk_resnet_variant_find(variant, &found))
        return fail_metadata("variant", variant);
    if (strcmp(preprocessing, lvk_resnet_preprocessing_name(found)) != 0)
        return fail_metadata("preprocessing", preprocessing);
    lvk_resnet_table_init(&weights->table, spec, found);
    return LVK_OK;
}

static lvk_status read_metadata(lvk_weights *weights, const lvk_string_map *metadata) {
    const char *source, *digest;
    const char *format = lvk_string_map_get(metadata, "format");
    const char *classes = lvk_string_map_get(metadata, "classes");
    if (!format || strcmp(format, LVK_WEIGHTS_FORMAT) != 0)
        return lvk_fail(LVK_ERROR_FORMAT,
                        "holds no weights for leukvk; leukvk import converts those of other libraries");
    LVK_TRY(lvk_string_map_need(metadata, "source", &source));
    LVK_TRY(lvk_string_map_need(metadata, "digest", &digest));
    if (classes && strcmp(classes, LVK_WEIGHTS_CLASSES) != 0)
        return fail_metadata("classes", classes);
    weights->classifier = classes != NULL;
    return read_network(weights, metadata);
}

/* ---- tensors ---- */

static bool is_expected(const lvk_weights *weights, const char *name) {
    for (size_t i = 0; i < weights->count; ++i)
        if (strcmp(weights->expected[i].name, name) == 0)
            return true;
    return false;
}

/* Fails because the file has more tensors than those expected, all of which it has; names the first other
 * one. */
static lvk_status fail_unknown(const lvk_weights *weights) {
    size_t i = 0;
    while (is_expected(weights, lvk_safetensors_at(weights->file, i)->name))
        ++i;
    return lvk_fail(LVK_ERROR_FORMAT, "%s: tensor \"%s\" is not one of %s's",
                    lvk_safetensors_name(weights->file), lvk_safetensors_at(weights->file, i)->name,
                    weights->table.spec->architecture);
}

static lvk_status check_digest(lvk_weights *weights, const lvk_span *spans) {
    const char *file = lvk_safetensors_name(weights->file);
    const char *stored = lvk_string_map_get(lvk_safetensors_metadata(weights->file), "digest");
    LVK_TRY(lvk_digest_spans(spans, weights->count, weights->digest));
    if (strcmp(stored, weights->digest) != 0)
        return lvk_fail(LVK_ERROR_FORMAT,
                        "%s: is damaged: the digest of the tensors is not the one in the file", file);
    return LVK_OK;
}

static lvk_status check_tensors(lvk_weights *weights, lvk_span *spans) {
    const char *file = lvk_safetensors_name(weights->file);
    for (size_t i = 0; i < weights->count; ++i) {
        const lvk_resnet_tensor *expected = &weights->expected[i];
        const lvk_safetensor *tensor = lvk_safetensors_find(weights->file, expected->name);
        if (!tensor)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: tensor \"%s\" is missing", file, expected->name);
        LVK_TRY(lvk_weights_check_tensor(file, tensor, expected->role, &expected->type));
        spans[i] = (lvk_span){tensor->data, (size_t)tensor->size};
    }
    if (lvk_safetensors_count(weights->file) != weights->count)
        return fail_unknown(weights);
    return check_digest(weights, spans);
}

static lvk_status read_tensors(lvk_weights *weights) {
    weights->count = lvk_resnet_tensors(&weights->table, weights->expected);
    if (weights->classifier) {
        lvk_resnet_classifier(&weights->table, weights->expected + weights->count);
        weights->count += 2;
    }
    lvk_span *spans = lvk_alloc(weights->count, sizeof *spans);
    if (!spans)
        return LVK_ERROR_MEMORY;
    const lvk_status status = check_tensors(weights, spans);
    lvk_free(spans);
    return status;
}

/* ---- the whole ---- */

lvk_status lvk_weights_open(const char *path, lvk_weights **result) {
    *result = NULL;
    lvk_weights *weights = lvk_alloc(1, sizeof *weights);
    if (!weights)
        return LVK_ERROR_MEMORY;
    lvk_status status = lvk_safetensors_read(path, &weights->file);
    if (status == LVK_OK) {
        status = read_metadata(weights, lvk_safetensors_metadata(weights->file));
        if (status != LVK_OK)
            status = lvk_fail_within(status, "%s", path);
    }
    if (status == LVK_OK)
        status = read_tensors(weights);
    if (status != LVK_OK)
        lvk_weights_close(&weights);
    *result = weights;
    return status;
}

void lvk_weights_close(lvk_weights **pointer) {
    if (!pointer || !*pointer)
        return;
    lvk_safetensors_destroy(&(*pointer)->file);
    lvk_free(*pointer);
    *pointer = NULL;
}

const char *lvk_weights_path(const lvk_weights *weights) {
    return lvk_safetensors_name(weights->file);
}

const lvk_safetensors *lvk_weights_file(const lvk_weights *weights) {
    return weights->file;
}

const lvk_resnet_table *lvk_weights_table(const lvk_weights *weights) {
    return &weights->table;
}

const char *lvk_weights_digest(const lvk_weights *weights) {
    return weights->digest;
}

bool lvk_weights_have_classifier(const lvk_weights *weights) {
    return weights->classifier;
}

lvk_status lvk_weights_copy(const lvk_weights *weights, const char *name, const lvk_type *type,
                            float *destination) {
    return lvk_safetensors_copy(weights->file, name, type, destination);
}

lvk_status lvk_weights_default_path(char **path) {
    char *folder;
    *path = NULL;
    lvk_status status = lvk_cache_folder(&folder);
    if (status == LVK_OK)
        *path = lvk_path_join(folder, "resnet50-imagenet.safetensors");
    lvk_free(folder);
    if (status == LVK_ERROR_MEMORY || (status == LVK_OK && !*path))
        return LVK_ERROR_MEMORY;
    if (*path && lvk_path_is_file(*path))
        return LVK_OK;
    status = lvk_fail(
        LVK_ERROR_IO,
        "%s: no pretrained weights here; leukvk-fetch-weights gets them (tools/fetch-weights.sh of the sources)",
        *path ? *path : "the cache folder");
    lvk_free(*path);
    *path = NULL;
    return status;
}
