#include "formats/safetensors.h"

#include "core/file.h"
#include "core/json_file.h"
#include "core/memory.h"
#include "core/text.h"

#include <stdlib.h>
#include <string.h>

struct lvk_safetensors {
    lvk_arena arena; /* owns names and tensors */
    const char *name;
    unsigned char *bytes; /* NULL: a part, whose tensors are in the bytes of another file */
    size_t size;
    size_t data_start; /* where the tensors' data begins in `bytes` */
    lvk_safetensor *tensors;
    size_t count;
    lvk_string_map metadata;
};

/* ---- element types ---- */

typedef struct element_info {
    const char *name;
    uint64_t size;
} element_info;

static const element_info elements[LVK_ELEMENT_COUNT] = {
    [LVK_ELEMENT_BOOL] = {"BOOL", 1},       [LVK_ELEMENT_U8] = {"U8", 1},
    [LVK_ELEMENT_I8] = {"I8", 1},           [LVK_ELEMENT_F8_E5M2] = {"F8_E5M2", 1},
    [LVK_ELEMENT_F8_E4M3] = {"F8_E4M3", 1}, [LVK_ELEMENT_I16] = {"I16", 2},
    [LVK_ELEMENT_U16] = {"U16", 2},         [LVK_ELEMENT_F16] = {"F16", 2},
    [LVK_ELEMENT_BF16] = {"BF16", 2},       [LVK_ELEMENT_I32] = {"I32", 4},
    [LVK_ELEMENT_U32] = {"U32", 4},         [LVK_ELEMENT_F32] = {"F32", 4},
    [LVK_ELEMENT_I64] = {"I64", 8},         [LVK_ELEMENT_U64] = {"U64", 8},
    [LVK_ELEMENT_F64] = {"F64", 8},
};

const char *lvk_element_name(lvk_element element) {
    return elements[element].name;
}

uint64_t lvk_element_size(lvk_element element) {
    return elements[element].size;
}

static bool find_element(const char *name, lvk_element *element) {
    for (int i = 0; i < LVK_ELEMENT_COUNT; ++i) {
        if (strcmp(elements[i].name, name) == 0) {
            *element = (lvk_element)i;
            return true;
        }
    }
    return false;
}

/* ---- the header ---- */

/* Limits what the JSON parser can build, before it reads the text. A header is an object of objects, which
 * hold flat arrays; there are no more of these than the allowed number of tensors needs. */
static lvk_status check_form(const lvk_safetensors *file, const char *json, size_t length) {
    const size_t most_brackets = 3 * (size_t)LVK_SAFETENSORS_MAX_COUNT + 2;
    const size_t most_commas = (size_t)LVK_SAFETENSORS_MAX_COUNT * (LVK_SAFETENSORS_MAX_RANK + 4);
    const lvk_json_extent extent = lvk_json_measure(json, length);
    if (extent.depth > 3)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: the header is nested too deep", file->name);
    if (extent.brackets > most_brackets || extent.commas > most_commas)
        return lvk_fail(LVK_ERROR_LIMIT, "%s: the header describes more than %d tensors", file->name,
                        LVK_SAFETENSORS_MAX_COUNT);
    return LVK_OK;
}

/* Checks the sizes of the file and parses its header; the caller releases *header. */
static lvk_status parse_header(lvk_safetensors *file, json_t **header) {
    static const char pointer[] = "version https://git-lfs";
    if (file->size >= sizeof pointer - 1 && memcmp(file->bytes, pointer, sizeof pointer - 1) == 0)
        return lvk_fail(LVK_ERROR_FORMAT,
                        "%s: is a Git LFS pointer, not the file: fetch it with `git lfs pull`", file->name);
    if (file->size < 8)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: %zu bytes, too short for a safetensors file", file->name,
                        file->size);
    uint64_t length = 0;
    for (int i = 7; i >= 0; --i)
        length = length << 8 | file->bytes[i];
    if (length > LVK_SAFETENSORS_MAX_HEADER)
        return lvk_fail(LVK_ERROR_FORMAT,
                        "%s: is not a safetensors file (or its header is longer than %llu bytes)", file->name,
                        (unsigned long long)LVK_SAFETENSORS_MAX_HEADER);
    if (length > file->size - 8)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: truncated: %zu bytes, the header alone has %llu", file->name,
                        file->size, (unsigned long long)length);
    const char *json = (const char *)file->bytes + 8;
    if (length < 2 || json[0] != '{')
        return lvk_fail(LVK_ERROR_FORMAT, "%s: is not a safetensors file: no header", file->name);
    LVK_TRY(check_form(file, json, (size_t)length));
    json_error_t error;
    const lvk_status status = lvk_json_parse(json, (size_t)length, header, &error);
    if (status != LVK_OK)
        return lvk_fail_within(status, status == LVK_ERROR_FORMAT ? "%s: bad header" : "%s", file->name);
    file->data_start = 8 + (size_t)length;
    return LVK_OK;
}

static lvk_status read_metadata(lvk_safetensors *file, json_t *object) {
    if (!json_is_object(object))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: __metadata__ is not an object", file->name);
    if (json_object_size(object) > 10000) /* a map is searched entry by entry, which would be slow */
        return lvk_fail(LVK_ERROR_LIMIT, "%s: __metadata__ has more than 10,000 entries", file->name);
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        if (!json_is_string(value))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: __metadata__ holds something that is not a string",
                            file->name);
        LVK_TRY(lvk_string_map_set(&file->metadata, key, json_string_value(value)));
    }
    return LVK_OK;
}

static lvk_status fail_tensor(const lvk_safetensors *file, const lvk_safetensor *tensor, const char *reason) {
    return lvk_fail(LVK_ERROR_FORMAT, "%s: tensor \"%s\": %s", file->name, tensor->name, reason);
}

static lvk_status read_name(lvk_safetensors *file, const char *key, lvk_safetensor *tensor) {
    char *name = lvk_arena_strdup(&file->arena, key);
    if (!name)
        return LVK_ERROR_MEMORY;
    const size_t length = strlen(name);
    lvk_text_make_printable(name);
    if (length == 0 || length > LVK_SAFETENSORS_MAX_NAME || strcmp(name, key) != 0)
        return lvk_fail(LVK_ERROR_FORMAT,
                        "%s: a tensor has an empty, unprintable or too long name \"%.100s\"", file->name,
                        name);
    tensor->name = name;
    return LVK_OK;
}

static bool read_unsigned(const json_t *value, uint64_t *number) {
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *number = (uint64_t)json_integer_value(value);
    return true;
}

static lvk_status read_shape(const lvk_safetensors *file, const json_t *shape, lvk_safetensor *tensor) {
    if (!json_is_array(shape))
        return fail_tensor(file, tensor, "no shape");
    if (json_array_size(shape) > LVK_SAFETENSORS_MAX_RANK)
        return fail_tensor(file, tensor, "more dimensions than are supported");
    tensor->rank = (int)json_array_size(shape);
    tensor->size = elements[tensor->element].size;
    for (int i = 0; i < tensor->rank; ++i) {
        if (!read_unsigned(json_array_get(shape, (size_t)i), &tensor->dim[i]))
            return fail_tensor(file, tensor, "a dimension is not a whole number");
        if (tensor->dim[i] != 0 && tensor->size > UINT64_MAX / tensor->dim[i])
            return fail_tensor(file, tensor, "the shape is too large");
        tensor->size *= tensor->dim[i];
    }
    return LVK_OK;
}

static lvk_status read_tensor(lvk_safetensors *file, const char *key, const json_t *object,
                              lvk_safetensor *tensor) {
    LVK_TRY(read_name(file, key, tensor));
    if (!json_is_object(object))
        return fail_tensor(file, tensor, "is not described by an object");
    if (json_object_size(object) != 3)
        return fail_tensor(file, tensor, "must have dtype, shape and data_offsets, and nothing else");
    const char *element = json_string_value(json_object_get(object, "dtype"));
    if (!element || !find_element(element, &tensor->element))
        return fail_tensor(file, tensor, "the dtype is missing or unknown");
    LVK_TRY(read_shape(file, json_object_get(object, "shape"), tensor));
    const json_t *offsets = json_object_get(object, "data_offsets");
    uint64_t begin = 0, end = 0;
    if (json_array_size(offsets) != 2 || !read_unsigned(json_array_get(offsets, 0), &begin) ||
        !read_unsigned(json_array_get(offsets, 1), &end) || begin > end)
        return fail_tensor(file, tensor, "data_offsets is not a range of two whole numbers");
    if (end > file->size - file->data_start)
        return fail_tensor(file, tensor, "its data lies past the end of the file (truncated?)");
    if (end - begin != tensor->size)
        return fail_tensor(file, tensor,
                           "dtype and shape need another number of bytes than data_offsets gives");
    tensor->data = file->bytes + file->data_start + begin;
    return LVK_OK;
}

static int compare_places(const void *a, const void *b) {
    const lvk_safetensor *const *first = a;
    const lvk_safetensor *const *second = b;
    const uintptr_t places[2] = {(uintptr_t)(*first)->data, (uintptr_t)(*second)->data};
    if (places[0] != places[1])
        return places[0] < places[1] ? -1 : 1;
    return ((*first)->size > (*second)->size) -
           ((*first)->size < (*second)->size); /* empty tensors before others */
}

/* Fails unless the tensors' data, sorted by place, covers all bytes without gap or overlap. */
static lvk_status check_cover(const lvk_safetensors *file) {
    const lvk_safetensor **order = lvk_alloc(file->count, sizeof *order);
    if (!order)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < file->count; ++i)
        order[i] = &file->tensors[i];
    qsort(order, file->count, sizeof *order, compare_places);
    const unsigned char *next = file->bytes + file->data_start;
    lvk_status status = LVK_OK;
    for (size_t i = 0; i < file->count && status == LVK_OK; ++i) {
        const unsigned char *place = order[i]->data;
        if (place != next)
            status = fail_tensor(file, order[i],
                                 place < next ? "its data overlaps that of another"
                                              : "unused bytes before its data");
        next = place + order[i]->size;
    }
    if (status == LVK_OK && next != file->bytes + file->size)
        status = lvk_fail(LVK_ERROR_FORMAT, "%s: %zu bytes behind the last tensor", file->name,
                          (size_t)(file->bytes + file->size - next));
    lvk_free(order);
    return status;
}

static lvk_status read_all(lvk_safetensors *file, json_t *header) {
    const size_t entries = json_object_size(header);
    if (entries > LVK_SAFETENSORS_MAX_COUNT)
        return lvk_fail(LVK_ERROR_LIMIT, "%s: more than %d tensors", file->name, LVK_SAFETENSORS_MAX_COUNT);
    file->tensors = lvk_arena_alloc(&file->arena, entries, sizeof *file->tensors);
    if (!file->tensors)
        return LVK_ERROR_MEMORY;
    const char *key;
    json_t *value;
    json_object_foreach(header, key, value) {
        if (strcmp(key, "__metadata__") == 0) {
            LVK_TRY(read_metadata(file, value));
            continue;
        }
        LVK_TRY(read_tensor(file, key, value, &file->tensors[file->count]));
        ++file->count;
    }
    return check_cover(file);
}

/* ---- the public part ---- */

lvk_status lvk_safetensors_take(const char *name, void *bytes, size_t size, lvk_safetensors **result) {
    *result = NULL;
    lvk_safetensors *file = lvk_alloc(1, sizeof *file);
    if (!file) {
        lvk_free(bytes);
        return LVK_ERROR_MEMORY;
    }
    file->bytes = bytes;
    file->size = size;
    file->name = lvk_arena_strdup(&file->arena, name);
    json_t *header = NULL;
    lvk_status status = file->name ? parse_header(file, &header) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = read_all(file, header);
    json_decref(header);
    if (status != LVK_OK)
        lvk_safetensors_destroy(&file);
    *result = file;
    return status;
}

lvk_status lvk_safetensors_read(const char *path, lvk_safetensors **file) {
    *file = NULL;
    void *bytes = NULL;
    size_t size = 0;
    LVK_TRY(lvk_file_read(path, (size_t)LVK_SAFETENSORS_MAX_FILE, &bytes, &size));
    return lvk_safetensors_take(path, bytes, size, file);
}

static lvk_status take_part(const lvk_safetensors *whole, const char *prefix, lvk_safetensors *part) {
    const size_t length = strlen(prefix);
    part->tensors = lvk_arena_alloc(&part->arena, whole->count, sizeof *part->tensors);
    if (!part->tensors || !part->name)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < whole->count; ++i) {
        const lvk_safetensor *tensor = &whole->tensors[i];
        if (strncmp(tensor->name, prefix, length) != 0)
            continue;
        lvk_safetensor *own = &part->tensors[part->count++];
        *own = *tensor;
        own->name = lvk_arena_strdup(&part->arena, tensor->name + length);
        if (!own->name)
            return LVK_ERROR_MEMORY;
    }
    for (size_t i = 0; i < whole->metadata.count; ++i) {
        const lvk_string_pair *pair = &whole->metadata.pairs[i];
        if (strncmp(pair->key, prefix, length) == 0)
            LVK_TRY(lvk_string_map_set(&part->metadata, pair->key + length, pair->value));
    }
    return LVK_OK;
}

lvk_status lvk_safetensors_part(const lvk_safetensors *file, const char *prefix, const char *name,
                                lvk_safetensors **part) {
    lvk_safetensors *made = *part = lvk_alloc(1, sizeof *made);
    if (!made)
        return LVK_ERROR_MEMORY;
    made->name = lvk_arena_strdup(&made->arena, name);
    const lvk_status status = take_part(file, prefix, made);
    if (status != LVK_OK)
        lvk_safetensors_destroy(part);
    return status;
}

void lvk_safetensors_destroy(lvk_safetensors **pointer) {
    if (!pointer || !*pointer)
        return;
    lvk_safetensors *file = *pointer;
    *pointer = NULL;
    lvk_string_map_finish(&file->metadata);
    lvk_arena_finish(&file->arena);
    lvk_free(file->bytes);
    lvk_free(file);
}

const char *lvk_safetensors_name(const lvk_safetensors *file) {
    return file->name;
}

size_t lvk_safetensors_count(const lvk_safetensors *file) {
    return file->count;
}

const lvk_safetensor *lvk_safetensors_at(const lvk_safetensors *file, size_t index) {
    return &file->tensors[index];
}

const lvk_safetensor *lvk_safetensors_find(const lvk_safetensors *file, const char *name) {
    for (size_t i = 0; i < file->count; ++i)
        if (strcmp(file->tensors[i].name, name) == 0)
            return &file->tensors[i];
    return NULL;
}

const lvk_string_map *lvk_safetensors_metadata(const lvk_safetensors *file) {
    return &file->metadata;
}

uint64_t lvk_first_not_finite(const void *data, uint64_t count) {
    const unsigned char *bytes = data;
    for (uint64_t i = 0; i < count; ++i) {
        uint32_t bits = 0;
        memcpy(&bits, bytes + 4 * i, sizeof bits);
        if ((bits & 0x7F800000U) == 0x7F800000U) /* the exponent of infinity and NaN has all bits set */
            return i;
    }
    return count;
}

/* Returns a tensor's shape, such as "3×3×32", as a new text. */
static char *shape_text(const lvk_safetensor *tensor) {
    lvk_text text = {0};
    char *string = NULL;
    for (int i = 0; i < tensor->rank; ++i)
        lvk_text_add(&text, "%s%llu", i ? "×" : "", (unsigned long long)tensor->dim[i]);
    if (tensor->rank == 0)
        lvk_text_add(&text, "scalar");
    return lvk_text_take(&text, &string, NULL) == LVK_OK ? string : NULL;
}

static lvk_status fail_type(const char *file, const lvk_safetensor *tensor, const char *expected,
                            const lvk_type *type) {
    char wanted[LVK_TYPE_TEXT];
    char *shape = shape_text(tensor);
    if (!shape)
        return LVK_ERROR_MEMORY;
    const lvk_status status =
        lvk_fail(LVK_ERROR_FORMAT, "%s: tensor \"%s\" is %s %s, expected was %s %s", file, tensor->name,
                 elements[tensor->element].name, shape, expected, lvk_type_text(type, wanted));
    lvk_free(shape);
    return status;
}

lvk_status lvk_safetensor_check_finite(const char *file, const lvk_safetensor *tensor) {
    const uint64_t count = tensor->element == LVK_ELEMENT_F32 ? tensor->size / sizeof(float) : 0;
    const uint64_t bad = lvk_first_not_finite(tensor->data, count);
    return bad == count
               ? LVK_OK
               : lvk_fail(LVK_ERROR_NUMERIC, "%s: tensor \"%s\": element %llu is not a finite number", file,
                          tensor->name, (unsigned long long)bad);
}

lvk_status lvk_safetensor_check(const char *file, const lvk_safetensor *tensor, const lvk_type *type) {
    static const lvk_element wanted[] = {
        [LVK_F32] = LVK_ELEMENT_F32, [LVK_U32] = LVK_ELEMENT_U32, [LVK_U8] = LVK_ELEMENT_U8};
    bool same = tensor->element == wanted[type->dtype] && tensor->rank == type->rank;
    for (int i = 0; same && i < type->rank; ++i)
        same = tensor->dim[i] == type->dim[i];
    if (!same)
        return fail_type(file, tensor, elements[wanted[type->dtype]].name, type);
    return lvk_safetensor_check_finite(file, tensor);
}

lvk_status lvk_safetensors_check(const lvk_safetensors *file, const char *name, const lvk_type *type) {
    const lvk_safetensor *tensor = lvk_safetensors_find(file, name);
    if (!tensor)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: tensor \"%s\" is missing", file->name, name);
    return lvk_safetensor_check(file->name, tensor, type);
}

lvk_status lvk_safetensors_copy(const lvk_safetensors *file, const char *name, const lvk_type *type,
                                void *destination) {
    LVK_TRY(lvk_safetensors_check(file, name, type));
    const lvk_safetensor *tensor = lvk_safetensors_find(file, name);
    if (tensor->size)
        memcpy(destination, tensor->data, (size_t)tensor->size);
    return LVK_OK;
}
