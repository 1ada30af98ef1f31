#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"
#include "formats/safetensors.h"

#include <stdlib.h>
#include <string.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensors are written as they lie in memory, which must be little-endian"
#endif

enum { ALIGNMENT = 8 };

static bool is_printable(const char *name) {
    if (!lvk_text_is_utf8(name))
        return false;
    for (; *name; ++name)
        if ((unsigned char)*name < 0x20 || *name == 0x7F)
            return false;
    return true;
}

static lvk_status check_name(const char *path, const char *name) {
    const size_t length = strlen(name);
    if (length == 0 || length > LVK_SAFETENSORS_MAX_NAME || !is_printable(name) ||
        strcmp(name, "__metadata__") == 0)
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: a tensor cannot be named \"%.100s\"", path, name);
    return LVK_OK;
}

static lvk_status byte_size(const char *path, const lvk_safetensor *tensor, uint64_t *size) {
    *size = lvk_element_size(tensor->element);
    if (tensor->rank < 0 || tensor->rank > LVK_SAFETENSORS_MAX_RANK)
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: tensor \"%s\": rank %d", path, tensor->name, tensor->rank);
    for (int i = 0; i < tensor->rank; ++i) {
        if (tensor->dim[i] != 0 && *size > LVK_SAFETENSORS_MAX_FILE / tensor->dim[i])
            return lvk_fail(LVK_ERROR_LIMIT, "%s: tensor \"%s\" is too large for a file", path, tensor->name);
        *size *= tensor->dim[i];
    }
    return LVK_OK;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static lvk_status check_unique(const char *path, const lvk_safetensor *tensors, size_t count) {
    const char **names = lvk_alloc(count, sizeof *names);
    if (!names)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < count; ++i)
        names[i] = tensors[i].name;
    qsort(names, count, sizeof *names, compare_names);
    lvk_status status = LVK_OK;
    for (size_t i = 1; i < count && status == LVK_OK; ++i)
        if (strcmp(names[i - 1], names[i]) == 0)
            status = lvk_fail(LVK_ERROR_ARGUMENT, "%s: two tensors are named \"%s\"", path, names[i]);
    lvk_free(names);
    return status;
}

/* The header is written by lvk_text_add_json and not by jansson, which would change the bytes of files:
 * jansson writes tabs as \t and leaves marks of direction as they are, where lvk_text_add_json writes
 * \u0009 and so on; and it refuses bytes that are not UTF-8. */
static void add_metadata(lvk_text *header, const lvk_string_map *metadata) {
    lvk_text_add(header, "\"__metadata__\":{");
    for (size_t i = 0; i < metadata->count; ++i) {
        lvk_text_add(header, i ? "," : "");
        lvk_text_add_json(header, metadata->pairs[i].key);
        lvk_text_add(header, ":");
        lvk_text_add_json(header, metadata->pairs[i].value);
    }
    lvk_text_add(header, "}");
}

static void add_tensor(lvk_text *header, const lvk_safetensor *tensor, uint64_t begin, uint64_t end) {
    lvk_text_add_json(header, tensor->name);
    lvk_text_add(header, ":{\"dtype\":\"%s\",\"shape\":[", lvk_element_name(tensor->element));
    for (int i = 0; i < tensor->rank; ++i)
        lvk_text_add(header, "%s%llu", i ? "," : "", (unsigned long long)tensor->dim[i]);
    lvk_text_add(header, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)begin,
                 (unsigned long long)end);
}

/* Appends the header's text to `header`, and sets spans[0] to spans[count - 1] to the tensors' bytes. */
static lvk_status describe(const char *path, const lvk_safetensor *tensors, size_t count,
                           const lvk_string_map *metadata, lvk_text *header, lvk_span *spans) {
    const bool has_metadata = metadata && metadata->count > 0;
    lvk_text_add(header, "{");
    if (has_metadata)
        add_metadata(header, metadata);
    uint64_t offset = 0;
    for (size_t i = 0; i < count; ++i) {
        uint64_t size = 0;
        LVK_TRY(check_name(path, tensors[i].name));
        LVK_TRY(byte_size(path, &tensors[i], &size));
        if (offset % lvk_element_size(tensors[i].element) != 0)
            return lvk_fail(LVK_ERROR_ARGUMENT,
                            "%s: tensor \"%s\" would not be aligned; put large elements first", path,
                            tensors[i].name);
        if (size > LVK_SAFETENSORS_MAX_FILE - LVK_SAFETENSORS_MAX_HEADER - ALIGNMENT - offset)
            return lvk_fail(LVK_ERROR_LIMIT, "%s: the tensors are too large for one file", path);
        lvk_text_add(header, i || has_metadata ? "," : "");
        add_tensor(header, &tensors[i], offset, offset + size);
        spans[i] = (lvk_span){tensors[i].data, (size_t)size};
        offset += size;
    }
    lvk_text_add(header, "}");
    while (header->length % ALIGNMENT != 0 && !header->failed)
        lvk_text_add(header, " ");
    return LVK_OK;
}

lvk_status lvk_safetensors_write(const char *path, const lvk_safetensor *tensors, size_t count,
                                 const lvk_string_map *metadata) {
    if (count > LVK_SAFETENSORS_MAX_COUNT)
        return lvk_fail(LVK_ERROR_LIMIT, "%s: %zu tensors, more than %d", path, count,
                        LVK_SAFETENSORS_MAX_COUNT);
    LVK_TRY(check_unique(path, tensors, count));
    lvk_span *spans = lvk_alloc(count + 2, sizeof *spans);
    if (!spans)
        return LVK_ERROR_MEMORY;
    lvk_text header = {0};
    char *json = NULL;
    size_t length = 0;
    lvk_status status = describe(path, tensors, count, metadata, &header, spans + 2);
    if (status == LVK_OK)
        status = lvk_text_take(&header, &json, &length);
    if (status == LVK_OK && length > LVK_SAFETENSORS_MAX_HEADER)
        status =
            lvk_fail(LVK_ERROR_LIMIT, "%s: a header of %zu bytes, more than the format allows", path, length);
    if (status == LVK_OK) {
        const uint64_t prefix = length;
        spans[0] = (lvk_span){&prefix, sizeof prefix};
        spans[1] = (lvk_span){json, length};
        status = lvk_file_write_spans(path, spans, count + 2);
    }
    lvk_text_finish(&header);
    lvk_free(json);
    lvk_free(spans);
    return status;
}
