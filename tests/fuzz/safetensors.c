/* Safetensors files: read, written and read again.
 * Covers: src/formats/{safetensors,safetensors_write}.c src/core/string_map.c */
#include "support.h"

#include "formats/safetensors.h"

#include <string.h>

enum { MOST = 64 };

void fuzz_begin(void) {}

static bool is_aligned(const lvk_safetensor *tensors, size_t count) { /* else it is read, but not written */
    uint64_t at = 0;
    for (size_t i = 0; i < count; at += tensors[i++].size)
        if (at % lvk_element_size(tensors[i].element) != 0)
            return false;
    return true;
}

static void require_equal(const lvk_safetensor *a, const lvk_safetensor *b) {
    REQUIRE(strcmp(a->name, b->name) == 0 && a->element == b->element && a->rank == b->rank &&
            a->size == b->size);
    REQUIRE(memcmp(a->dim, b->dim, (size_t)a->rank * sizeof *a->dim) == 0);
    REQUIRE(a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

static void write_again(const lvk_safetensors *file) {
    lvk_safetensor tensors[MOST];
    const size_t count = lvk_safetensors_count(file);
    if (count > MOST)
        return;
    for (size_t i = 0; i < count; ++i)
        tensors[i] = *lvk_safetensors_at(file, i);
    if (!is_aligned(tensors, count))
        return;
    lvk_safetensors *again = NULL;
    const char *path = fuzz_file("again.safetensors", "", 0);
    if (!fuzz_ok(lvk_safetensors_write(path, tensors, count, lvk_safetensors_metadata(file))))
        return;
    REQUIRE(fuzz_ok(lvk_safetensors_read(path, &again)));
    REQUIRE(lvk_safetensors_count(again) == count);
    for (size_t i = 0; i < count; ++i)
        require_equal(&tensors[i], lvk_safetensors_at(again, i));
    lvk_safetensors_destroy(&again);
}

void fuzz_one(const uint8_t *data, size_t size) {
    lvk_safetensors *file = NULL, *part = NULL;
    if (!fuzz_ok(lvk_safetensors_take("input", fuzz_copy(data, size), size, &file)))
        return;
    unsigned sum = 0; /* of all bytes, so that a sanitizer sees where they lie */
    for (size_t i = 0; i < lvk_safetensors_count(file); ++i) {
        const lvk_safetensor *tensor = lvk_safetensors_at(file, i);
        const lvk_type type = {.dtype = LVK_F32, .rank = 1, .dim = {(uint32_t)(tensor->size / 4)}};
        for (uint64_t k = 0; k < tensor->size; ++k)
            sum += ((const uint8_t *)tensor->data)[k];
        REQUIRE(lvk_safetensors_find(file, tensor->name) == tensor);
        (void)fuzz_ok(lvk_safetensors_check(file, tensor->name, &type));
    }
    REQUIRE(sum <= 255u * size);
    write_again(file);
    if (fuzz_ok(lvk_safetensors_part(file, "member.1/", "part", &part)))
        lvk_safetensors_destroy(&part);
    lvk_safetensors_destroy(&file);
}
