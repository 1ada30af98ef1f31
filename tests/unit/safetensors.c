/* The safetensors files: the exact bytes that are written, and that no file, however damaged, is read
 * wrongly. */
#include "support/scratch.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/random.h"
#include "formats/safetensors.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(safetensors, .init = scratch_create, .fini = scratch_remove);

/* A file in memory from a header and data, with the length in front. Freed with lvk_free. */
static unsigned char *file_of(const char *header, const void *data, size_t data_size, size_t *size) {
    const uint64_t length = strlen(header);
    *size = 8 + length + data_size;
    unsigned char *bytes = lvk_alloc(*size, 1);
    cr_assert_not_null(bytes);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    if (data_size)
        memcpy(bytes + 8 + length, data, data_size);
    return bytes;
}

static lvk_status take_copy(const unsigned char *bytes, size_t size, lvk_safetensors **file) {
    unsigned char *copy = lvk_alloc(size, 1); /* exactly as large: the sanitizer sees every overrun */
    cr_assert_not_null(copy);
    if (size)
        memcpy(copy, bytes, size);
    return lvk_safetensors_take("test.st", copy, size, file);
}

static const float small_kernel[] = {1, -2, 0.5F, 4};
static const uint8_t small_mask[] = {7, 8, 9};
static const char small_header[] =
    "{\"__metadata__\":{\"format\":\"test\",\"note\":\"a \\\"b\\\"\\nc\\u0009é\"},"
    "\"conv/kernel\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]},"
    "\"mask\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[16,19]},"
    "\"nothing\":{\"dtype\":\"U8\",\"shape\":[0,5],\"data_offsets\":[19,19]}}";

static void write_small(const char *path) {
    const lvk_safetensor tensors[] = {
        {.name = "conv/kernel", .element = LVK_ELEMENT_F32, .rank = 2, .dim = {2, 2}, .data = small_kernel},
        {.name = "mask", .element = LVK_ELEMENT_U8, .rank = 1, .dim = {3}, .data = small_mask},
        {.name = "nothing", .element = LVK_ELEMENT_U8, .rank = 2, .dim = {0, 5}},
    };
    lvk_string_map metadata = {0};
    cr_assert_eq(lvk_string_map_set(&metadata, "format", "test"), LVK_OK);
    cr_assert_eq(lvk_string_map_set(&metadata, "note", "a \"b\"\nc\té"), LVK_OK);
    cr_assert_eq(lvk_safetensors_write(path, tensors, 3, &metadata), LVK_OK, "%s", lvk_error_message());
    lvk_string_map_finish(&metadata);
}

Test(safetensors, bytes_written) {
    void *bytes = NULL;
    size_t size = 0;
    write_small(scratch_path("a"));
    cr_assert_eq(lvk_file_read(scratch_path("a"), 1 << 20, &bytes, &size), LVK_OK);
    const size_t length = sizeof small_header - 1, padded = (length + 7) / 8 * 8;
    cr_assert_eq(size, 8 + padded + 16 + 3);
    const unsigned char *at = bytes;
    const unsigned char expected_length[8] = {(unsigned char)(padded & 255), (unsigned char)(padded >> 8)};
    cr_expect_arr_eq(at, expected_length, 8);
    cr_expect_arr_eq(at + 8, small_header, length, "header: %.*s", (int)padded, (const char *)at + 8);
    for (size_t i = length; i < padded; ++i)
        cr_expect_eq(at[8 + i], ' ');
    cr_expect_arr_eq(at + 8 + padded, small_kernel, 16);
    cr_expect_arr_eq(at + 8 + padded + 16, small_mask, 3);
    lvk_free(bytes);
}

Test(safetensors, reads_what_was_written) {
    write_small(scratch_path("a"));
    lvk_safetensors *file = NULL;
    cr_assert_eq(lvk_safetensors_read(scratch_path("a"), &file), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(lvk_safetensors_count(file), 3);
    cr_expect_str_eq(lvk_safetensors_at(file, 0)->name, "conv/kernel");
    cr_expect_str_eq(lvk_string_map_get(lvk_safetensors_metadata(file), "note"), "a \"b\"\nc\té");
    cr_expect_null(lvk_safetensors_find(file, "conv/kerne"));
    const lvk_type type = lvk_type_2d(LVK_F32, 2, 2);
    float kernel[4] = {0};
    cr_expect_eq(lvk_safetensors_copy(file, "conv/kernel", &type, kernel), LVK_OK);
    cr_expect_arr_eq(kernel, small_kernel, sizeof kernel);
    const lvk_type mask_type = lvk_type_1d(LVK_U8, 3);
    uint8_t mask[3] = {0};
    cr_expect_eq(lvk_safetensors_copy(file, "mask", &mask_type, mask), LVK_OK);
    cr_expect_arr_eq(mask, small_mask, sizeof mask);
    lvk_safetensors_destroy(&file);
    cr_expect_null(file);
    lvk_safetensors_destroy(&file);
}

/* Every element type, ranks 0 to 8, through a file and back. */
Test(safetensors, every_type_and_rank) {
    lvk_safetensor tensors[LVK_ELEMENT_COUNT];
    char names[LVK_ELEMENT_COUNT][16];
    unsigned char data[8 * 6];
    for (size_t i = 0; i < sizeof data; ++i)
        data[i] = (unsigned char)(i * 37 + 1);
    for (int i = 0; i < LVK_ELEMENT_COUNT; ++i) {
        lvk_safetensor *t = &tensors[i];
        *t = (lvk_safetensor){
            .name = names[i], .element = (lvk_element)(LVK_ELEMENT_COUNT - 1 - i), .data = data};
        snprintf(names[i], sizeof names[i], "t%d", i);
        t->rank = i % (LVK_SAFETENSORS_MAX_RANK + 1);
        for (int d = 0; d < t->rank; ++d)
            t->dim[d] = d == 0 ? 3 : d == 1 ? 2 : 1;
    }
    const char *path = scratch_path("a");
    cr_assert_eq(lvk_safetensors_write(path, tensors, LVK_ELEMENT_COUNT, NULL), LVK_OK, "%s",
                 lvk_error_message());
    lvk_safetensors *file = NULL;
    cr_assert_eq(lvk_safetensors_read(path, &file), LVK_OK, "%s", lvk_error_message());
    for (int i = 0; i < LVK_ELEMENT_COUNT; ++i) {
        const lvk_safetensor *t = lvk_safetensors_find(file, names[i]);
        cr_assert_not_null(t);
        cr_expect_eq(t->element, tensors[i].element);
        cr_expect_eq(t->rank, tensors[i].rank);
        cr_expect_arr_eq(t->dim, tensors[i].dim, sizeof t->dim);
        const uint64_t count = t->rank == 0 ? 1 : t->rank == 1 ? 3 : 6;
        cr_expect_eq(t->size, count * lvk_element_size(t->element));
        cr_expect_arr_eq(t->data, data, t->size);
    }
    lvk_safetensors_destroy(&file);
}

Test(safetensors, equal_bytes) {
    void *bytes[2] = {NULL, NULL};
    size_t sizes[2] = {0, 0};
    for (int i = 0; i < 2; ++i) {
        write_small(scratch_path("a"));
        cr_assert_eq(lvk_file_read(scratch_path("a"), 1 << 20, &bytes[i], &sizes[i]), LVK_OK);
    }
    cr_assert_eq(sizes[0], sizes[1]);
    cr_expect_arr_eq(bytes[0], bytes[1], sizes[0]);
    lvk_free(bytes[0]);
    lvk_free(bytes[1]);
}

typedef struct refused_case {
    const char *header;
    size_t data_size;
    const char *reason; /* a part of the error line */
} refused_case;

Test(safetensors, refused_headers) {
    static const refused_case cases[] = {
        {"{", 0, "no header"},
        {"  {}", 0, "no header"},
        {"{\"a\":1", 0, "bad header"},
        {"{}}", 0, "bad header"},
        {"[]", 0, "no header"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 3, "past the end"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 5, "1 bytes behind"},
        {"{}", 1, "1 bytes behind"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "another number of bytes"},
        {"{\"a\":{\"dtype\":\"F31\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "dtype"},
        {"{\"a\":{\"dtype\":4,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "dtype"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 4, "no shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "whole number"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}", 4, "whole number"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4,
         "more dimensions"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967297],\"data_offsets\":[0,4]}}", 4,
         "too large"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775808],\"data_offsets\":[0,4]}}", 4,
         "bad header"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,4]}}", 4, "data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4, "data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,9223372036854775807]}}", 4,
         "past the end"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":0}}", 4, "nothing else"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"x\":0}}", 4, "data_offsets"},
        {"{\"a\":[]}", 0, "not described"},
        {"{\"\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, "empty, unprintable"},
        {"{\"a\\nb\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, "unprintable"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
         "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}",
         3, "overlaps"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
         "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}",
         2, "overlaps"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
         "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[3,5]}}",
         5, "unused bytes"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
         "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}",
         2, "duplicate"},
        {"{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "duplicate"},
        {"{\"__metadata__\":{\"a\":1}}", 0, "not a string"},
        {"{\"__metadata__\":[]}", 0, "not an object"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[[1]],\"data_offsets\":[0,1]}}", 1, "nested too deep"},
        {"{\"a\":\"\xFF\"}", 0, "bad header"},
    };
    static const unsigned char data[8];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        size_t size = 0;
        lvk_safetensors *file = NULL;
        unsigned char *bytes = file_of(cases[i].header, data, cases[i].data_size, &size);
        const lvk_status status = lvk_safetensors_take("test.st", bytes, size, &file);
        cr_expect_neq(status, LVK_OK, "accepted: %s", cases[i].header);
        cr_expect_null(file);
        cr_expect_not_null(strstr(lvk_error_message(), cases[i].reason), "%s: \"%s\"", cases[i].header,
                           lvk_error_message());
        cr_expect_eq(strncmp(lvk_error_message(), "test.st", 7), 0);
        cr_expect_null(strchr(lvk_error_message(), '\n'));
        lvk_safetensors_destroy(&file);
    }
}

/* Files of other programs: gaps in the alignment, spaces behind the header, tensors in any order, an unaligned float.
 */
Test(safetensors, accepted_headers) {
    static const refused_case cases[] = {
        {"{}", 0, NULL},
        {"{}   ", 0, NULL},
        {"{\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]},"
         "\"e\":{\"dtype\":\"I64\",\"shape\":[0],\"data_offsets\":[1,1]},"
         "\"a\":{\"data_offsets\":[0,1],\"shape\":[1],\"dtype\":\"U8\"}}",
         3, NULL},
        {"{\"s\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]},"
         "\"f\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[1,5]}}",
         5, NULL},
    };
    static const unsigned char data[8];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        size_t size = 0;
        lvk_safetensors *file = NULL;
        unsigned char *bytes = file_of(cases[i].header, data, cases[i].data_size, &size);
        cr_expect_eq(lvk_safetensors_take("test.st", bytes, size, &file), LVK_OK, "%s: %s", cases[i].header,
                     lvk_error_message());
        const lvk_type one = lvk_type_1d(LVK_F32, 1);
        float value = 5;
        if (file && lvk_safetensors_find(file, "f")) {
            cr_expect_eq(lvk_safetensors_copy(file, "f", &one, &value), LVK_OK);
            cr_expect_eq(value, 0);
        }
        lvk_safetensors_destroy(&file);
    }
}

static unsigned char *small_file(size_t *size) {
    void *bytes = NULL;
    write_small(scratch_path("a"));
    cr_assert_eq(lvk_file_read(scratch_path("a"), 1 << 20, &bytes, size), LVK_OK);
    return bytes;
}

Test(safetensors, every_truncation_is_refused) {
    size_t size = 0;
    unsigned char *bytes = small_file(&size);
    for (size_t length = 0; length < size; ++length) {
        lvk_safetensors *file = NULL;
        cr_expect_neq(take_copy(bytes, length, &file), LVK_OK, "%zu of %zu bytes were accepted", length,
                      size);
        cr_expect_null(file);
    }
    lvk_free(bytes);
}

/* Whatever was accepted must be whole: the tensors' bytes inside the file and of the right number. */
static void expect_sound(const lvk_safetensors *file) {
    unsigned sum = 0;
    for (size_t i = 0; i < lvk_safetensors_count(file); ++i) {
        const lvk_safetensor *t = lvk_safetensors_at(file, i);
        uint64_t size = lvk_element_size(t->element);
        for (int d = 0; d < t->rank; ++d)
            size *= t->dim[d];
        cr_expect_eq(size, t->size);
        for (uint64_t b = 0; b < t->size; ++b)
            sum += ((const unsigned char *)t->data)[b]; /* the sanitizer watches */
    }
    cr_expect_lt(sum, 256 * 19 + 1);
}

Test(safetensors, every_bit_flipped) {
    size_t size = 0, accepted = 0;
    unsigned char *bytes = small_file(&size);
    for (size_t bit = 0; bit < 8 * size; ++bit) {
        lvk_safetensors *file = NULL;
        bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
        if (take_copy(bytes, size, &file) == LVK_OK) {
            ++accepted;
            expect_sound(file);
        }
        lvk_safetensors_destroy(&file);
        bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
    }
    cr_expect_geq(accepted, 8 * 19, "flips in the data itself cannot be seen");
    cr_expect_lt(accepted, 8 * size);
    lvk_free(bytes);
}

Test(safetensors, random_damage) {
    size_t size = 0;
    unsigned char *bytes = small_file(&size);
    static const char likely[] = "{}[]\",:0123456789-eF\\u \xFF";
    for (uint32_t trial = 0; trial < 20000; ++trial) {
        const lvk_random_key key = {.seed = 1, .sample = trial, .purpose = 99};
        unsigned char *copy = lvk_alloc(size, 1);
        cr_assert_not_null(copy);
        memcpy(copy, bytes, size);
        const uint32_t changes = 1 + lvk_random_word(&key, 0) % 6;
        for (uint32_t i = 0; i < changes; ++i) {
            const uint32_t word = lvk_random_word(&key, 1 + i);
            copy[word % size] = (unsigned char)likely[(word >> 20) % (sizeof likely - 1)];
        }
        lvk_safetensors *file = NULL;
        if (lvk_safetensors_take("test.st", copy, size, &file) == LVK_OK)
            expect_sound(file);
        lvk_safetensors_destroy(&file);
    }
    lvk_free(bytes);
}

Test(safetensors, hostile_frames) {
    static const unsigned char huge[16] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, '{', '}'};
    lvk_safetensors *file = NULL;
    cr_expect_neq(take_copy(huge, sizeof huge, &file), LVK_OK);
    static const char pointer[] = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n";
    cr_expect_eq(take_copy((const unsigned char *)pointer, sizeof pointer - 1, &file), LVK_ERROR_FORMAT);
    cr_expect_not_null(strstr(lvk_error_message(), "Git LFS"), "%s", lvk_error_message());
    /* A million empty lists, and a very deep one: refused before a parser builds them. */
    enum { LISTS = 1000000 };
    char *header = lvk_alloc(3 * LISTS + 16, 1);
    cr_assert_not_null(header);
    strcpy(header, "{\"a\":[[]");
    char *at = header + strlen(header);
    for (int i = 0; i < LISTS; ++i, at += 3)
        memcpy(at, ",[]", 3);
    memcpy(at, "]}", 3);
    size_t size = 0;
    unsigned char *bytes = file_of(header, NULL, 0, &size);
    cr_expect_eq(lvk_safetensors_take("test.st", bytes, size, &file), LVK_ERROR_LIMIT, "%s",
                 lvk_error_message());
    memset(header, '[', LISTS);
    header[0] = '{';
    header[LISTS] = '\0';
    bytes = file_of(header, NULL, 0, &size);
    cr_expect_eq(lvk_safetensors_take("test.st", bytes, size, &file), LVK_ERROR_FORMAT, "%s",
                 lvk_error_message());
    lvk_free(header);
}

Test(safetensors, expected_type) {
    write_small(scratch_path("a"));
    lvk_safetensors *file = NULL;
    cr_assert_eq(lvk_safetensors_read(scratch_path("a"), &file), LVK_OK);
    float kernel[8] = {42};
    const lvk_type wrong[] = {lvk_type_2d(LVK_F32, 4, 1), lvk_type_1d(LVK_F32, 4), lvk_type_2d(LVK_U32, 2, 2),
                              lvk_type_4d(LVK_F32, 1, 1, 2, 2)};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        cr_expect_eq(lvk_safetensors_copy(file, "conv/kernel", &wrong[i], kernel), LVK_ERROR_FORMAT);
        cr_expect_not_null(strstr(lvk_error_message(), "tensor \"conv/kernel\" is F32 2×2, expected was"),
                           "%s", lvk_error_message());
    }
    cr_expect_eq(lvk_safetensors_copy(file, "conv/bias", &wrong[0], kernel), LVK_ERROR_FORMAT);
    cr_expect_not_null(strstr(lvk_error_message(), "tensor \"conv/bias\" is missing"), "%s",
                       lvk_error_message());
    cr_expect_eq(kernel[0], 42);
    lvk_safetensors_destroy(&file);
}

Test(safetensors, finite_numbers_only) {
    const float bad[] = {NAN, INFINITY, -INFINITY};
    const lvk_type type = lvk_type_1d(LVK_F32, 5);
    for (size_t i = 0; i < 3; ++i) {
        float values[5] = {0, 1, 2, 3, 3.4e38F}, read[5] = {-1};
        values[3] = bad[i];
        const lvk_safetensor tensor = {
            .name = "w", .element = LVK_ELEMENT_F32, .rank = 1, .dim = {5}, .data = values};
        lvk_safetensors *file = NULL;
        cr_assert_eq(lvk_safetensors_write(scratch_path("a"), &tensor, 1, NULL), LVK_OK);
        cr_assert_eq(lvk_safetensors_read(scratch_path("a"), &file), LVK_OK);
        cr_expect_eq(lvk_safetensors_copy(file, "w", &type, read), LVK_ERROR_NUMERIC);
        cr_expect_not_null(strstr(lvk_error_message(), "tensor \"w\": element 3"), "%s", lvk_error_message());
        cr_expect_eq(read[0], -1);
        lvk_safetensors_destroy(&file);
    }
}

Test(safetensors, refused_writing) {
    static const float data[2];
    const lvk_safetensor good = {
        .name = "a", .element = LVK_ELEMENT_F32, .rank = 1, .dim = {2}, .data = data};
    const char *const names[] = {"", "__metadata__", "a\nb", "a\xFF"};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        lvk_safetensor tensor = good;
        tensor.name = names[i];
        cr_expect_eq(lvk_safetensors_write(scratch_path("a"), &tensor, 1, NULL), LVK_ERROR_ARGUMENT, "%zu",
                     i);
    }
    const lvk_safetensor twice[] = {good, good};
    cr_expect_eq(lvk_safetensors_write(scratch_path("a"), twice, 2, NULL), LVK_ERROR_ARGUMENT);
    lvk_safetensor unaligned[] = {good, good};
    unaligned[0] =
        (lvk_safetensor){.name = "odd", .element = LVK_ELEMENT_U8, .rank = 1, .dim = {3}, .data = data};
    cr_expect_eq(lvk_safetensors_write(scratch_path("a"), unaligned, 2, NULL), LVK_ERROR_ARGUMENT);
    lvk_safetensor large = good;
    large.rank = 3;
    large.dim[0] = large.dim[1] = large.dim[2] = 1U << 31;
    cr_expect_eq(lvk_safetensors_write(scratch_path("a"), &large, 1, NULL), LVK_ERROR_LIMIT);
    cr_expect_not(lvk_path_is_file(scratch_path("a")));
}

/* Every allocation fails once; nothing leaks (sanitizer) and the call fails cleanly. */
Test(safetensors, out_of_memory) {
    size_t size = 0;
    unsigned char *bytes = small_file(&size);
    lvk_status status = LVK_ERROR_MEMORY;
    uint64_t n = 1;
    for (; status != LVK_OK && n < 1000; ++n) {
        unsigned char *copy = lvk_alloc(size, 1);
        cr_assert_not_null(copy);
        memcpy(copy, bytes, size);
        lvk_safetensors *file = NULL;
        lvk_alloc_fail_after(n);
        status = lvk_safetensors_take("test.st", copy, size, &file);
        lvk_alloc_fail_after(0);
        cr_expect(status == LVK_OK || status == LVK_ERROR_MEMORY, "%s", lvk_error_message());
        lvk_safetensors_destroy(&file);
    }
    cr_expect_gt(n, 8, "there are more allocations than that");
    cr_expect_eq(status, LVK_OK);
    lvk_free(bytes);
}
