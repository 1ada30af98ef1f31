#include "support/golden.h"

#include "core/file.h"
#include "core/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_LIMIT = 64 << 20 };

json_t *golden_load(const char *name) {
    return golden_load_from(GOLDEN_NUMBERS, name);
}

json_t *golden_load_from(const char *folder, const char *name) {
    char *path = lvk_path_join(folder, name);
    void *text = NULL;
    size_t size = 0;
    json_error_t error;
    cr_assert_eq(lvk_file_read(path, FILE_LIMIT, &text, &size), LVK_OK, "%s", lvk_error_message());
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    cr_assert(root, "%s, line %d: %s", path, error.line, error.text);
    lvk_free(text);
    lvk_free(path);
    return root;
}

const json_t *golden_member(const json_t *object, const char *key) {
    const json_t *member = json_object_get(object, key);
    cr_assert(member, "the reference file has no '%s' where it should", key);
    return member;
}

double golden_number(const json_t *object, const char *key) {
    const json_t *member = golden_member(object, key);
    cr_assert(json_is_number(member), "the reference file's '%s' is no number", key);
    return json_number_value(member);
}

const char *golden_text(const json_t *object, const char *key) {
    const char *text = json_string_value(golden_member(object, key));
    cr_assert(text, "the reference file's '%s' is no text", key);
    return text;
}

const json_t *golden_find(const json_t *objects, const char *name) {
    for (size_t i = 0; i < json_array_size(objects); ++i)
        if (strcmp(golden_text(json_array_get(objects, i), "name"), name) == 0)
            return json_array_get(objects, i);
    return NULL;
}

double *golden_list(const json_t *list, uint64_t *count) {
    cr_assert(json_is_array(list), "the reference file has something else where a list should be");
    *count = json_array_size(list);
    double *values = lvk_alloc(*count, sizeof *values);
    cr_assert(values);
    for (uint64_t i = 0; i < *count; ++i) {
        const json_t *value = json_array_get(list, i);
        cr_assert(json_is_number(value), "the reference file has something else in a list of numbers");
        values[i] = json_number_value(value);
    }
    return values;
}

lvk_type golden_type(const json_t *object) {
    const json_t *shape = golden_member(object, "shape");
    lvk_type type = {.dtype = LVK_F32, .rank = (int)json_array_size(shape)};
    cr_assert(json_is_array(shape) && type.rank <= LVK_MAX_RANK, "the reference file has an unknown shape");
    for (int i = 0; i < type.rank; ++i)
        type.dim[i] = (uint32_t)json_integer_value(json_array_get(shape, (size_t)i));
    return type.rank ? type : lvk_type_1d(LVK_F32, 1);
}

uint64_t golden_splitmix64(uint64_t x) {
    x += 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31);
}

static uint64_t word(uint64_t element, uint32_t stream) {
    return golden_splitmix64(((uint64_t)stream << 32) + element);
}

float golden_unit(uint64_t element, uint32_t stream) {
    return (float)(word(element, stream) >> 40) * 0x1p-24F;
}

float golden_uniform(uint64_t element, uint32_t stream, float scale) {
    return (2 * golden_unit(element, stream) - 1) * scale;
}

void golden_image(const lvk_type *type, uint32_t stream, uint32_t coarse_stream, uint32_t block,
                  float *values) {
    const uint32_t height = type->dim[1], width = type->dim[2], channels = type->dim[3];
    for (uint64_t i = 0; i < lvk_type_count(type); ++i) {
        const uint64_t c = i % channels, x = i / channels % width, y = i / channels / width % height;
        const uint64_t n = i / channels / width / height;
        const uint64_t j = ((n * (height / block) + y / block) * (width / block) + x / block) * channels + c;
        values[i] = 0.5F * (golden_unit(j, coarse_stream) + golden_unit(i, stream));
    }
}

static uint32_t stream_of(const json_t *description, const char *key) {
    const double stream = golden_number(description, key);
    cr_assert(stream >= 0 && stream <= UINT32_MAX, "the reference file has an unknown stream");
    return (uint32_t)stream;
}

static float optional_number(const json_t *description, const char *key, float otherwise) {
    return json_object_get(description, key) ? (float)golden_number(description, key) : otherwise;
}

bool golden_fill(const json_t *description, float *values) {
    const char *kind = golden_text(description, "kind");
    const lvk_type type = golden_type(description);
    const uint64_t count = lvk_type_count(&type);
    const bool zeros = strcmp(kind, "zeros") == 0, ones = strcmp(kind, "ones") == 0;
    const bool uniform = strcmp(kind, "uniform") == 0, one_plus = strcmp(kind, "one_plus") == 0;
    const bool unit = strcmp(kind, "unit") == 0, small_ints = strcmp(kind, "small_ints") == 0;
    const bool image = strcmp(kind, "image") == 0;
    if (!zeros && !ones && !uniform && !one_plus && !unit && !small_ints && !image)
        return false;
    const uint32_t stream = zeros || ones ? 0 : stream_of(description, "stream");
    const float scale = uniform || one_plus ? (float)golden_number(description, "scale") : 1;
    const uint64_t range = small_ints ? (uint64_t)golden_number(description, "count") : 1;
    const float low = small_ints ? (float)golden_number(description, "low") : 0;
    if (image)
        golden_image(&type, stream, stream_of(description, "coarse_stream"),
                     (uint32_t)golden_number(description, "block"), values);
    for (uint64_t i = 0; i < count && !image; ++i) {
        if (zeros || ones)
            values[i] = ones ? 1 : 0;
        else if (small_ints)
            values[i] = (float)((word(i, stream) >> 40) % range) + low;
        else if (unit)
            values[i] = golden_unit(i, stream);
        else
            values[i] = golden_uniform(i, stream, scale) + (one_plus ? 1 : 0);
    }
    const float times = optional_number(description, "times", 1);
    for (uint64_t i = 0; i < count; ++i)
        values[i] *= times;
    return true;
}

uint64_t golden_sample(uint32_t sample_stream, uint64_t j, uint64_t samples, uint64_t count) {
    return count <= samples ? j : word(j, sample_stream) % count;
}
