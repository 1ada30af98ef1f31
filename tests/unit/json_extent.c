/* What is read of untrusted JSON: a text may be short and make a parser build much. */
#define _XOPEN_SOURCE 700
#include "support/scratch.h"

#include "core/json_file.h"
#include "core/memory.h"
#include "dataset/split.h"
#include "formats/tfjs.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(json_extent, .init = scratch_create, .fini = scratch_remove);

Test(json_extent, strings_do_not_count) {
    static const char text[] = "{\"a[,\\\"{\": [1, [2, {\"b\": \"]}\"}]], \"c\\\\\": []}";
    const lvk_json_extent extent = lvk_json_measure(text, sizeof text - 1);
    cr_expect_eq(extent.depth, 4);
    cr_expect_eq(extent.brackets, 5);
    cr_expect_eq(extent.commas, 3);
}

/* `count` times `piece` between `begin` and `end`, in memory that the caller frees with lvk_free. */
static char *repeat(const char *begin, const char *piece, size_t count, const char *end) {
    const size_t size = strlen(piece), first = strlen(begin);
    char *text = lvk_alloc(first + count * size + strlen(end) + 1, 1);
    cr_assert_not_null(text);
    memcpy(text, begin, first);
    for (size_t i = 0; i < count; ++i)
        memcpy(text + first + i * size, piece, size);
    memcpy(text + first + count * size, end, strlen(end));
    return text;
}

typedef lvk_status (*reader)(const char *path, const char *text);

static lvk_status read_usual(const char *path, const char *text) {
    json_t *json;
    (void)text;
    const lvk_status status = lvk_json_read(path, (size_t)64 << 20, &json);
    json_decref(json);
    return status;
}

static lvk_status read_split(const char *path, const char *text) {
    json_t *json;
    (void)text;
    const lvk_status status = lvk_split_parse(path, &json);
    json_decref(json);
    return status;
}

static lvk_status read_tfjs(const char *path, const char *text) {
    lvk_tfjs_model model = {0};
    const lvk_status status = lvk_tfjs_read(path, text, strlen(text), &model);
    lvk_tfjs_finish(&model);
    return status;
}

/* By the first `count` readers; the last one takes no more than 2 MiB. */
static void expect_refused(char *text, const char *reason, size_t count) {
    static const reader readers[] = {read_usual, read_split, read_tfjs};
    FILE *file = fopen(scratch_path("file.json"), "wb");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
    for (size_t i = 0; i < count; ++i) {
        cr_expect_eq(readers[i](scratch_path("file.json"), text), LVK_ERROR_FORMAT, "reader %zu", i);
        cr_expect_not_null(strstr(lvk_error_message(), reason), "reader %zu: %s", i, lvk_error_message());
        cr_expect_not_null(strstr(lvk_error_message(), "file.json:"), "reader %zu: %s", i,
                           lvk_error_message());
    }
    lvk_free(text);
}

Test(json_extent, what_is_nested_deep_is_refused) {
    expect_refused(repeat("{\"a\": ", "[", 128, "]}"),
                   "nested 129 levels deep, more than the 128 that are read", 3);
    json_t *json;
    char *text = repeat("{\"a\": ", "[", 127, "");
    char *whole = repeat(text, "]", 127, "}");
    FILE *file = fopen(scratch_path("whole.json"), "wb");
    cr_assert_not_null(file);
    fputs(whole, file);
    fclose(file);
    cr_expect_eq(lvk_json_read(scratch_path("whole.json"), 4096, &json), LVK_OK, "%s", lvk_error_message());
    json_decref(json);
    lvk_free(text);
    lvk_free(whole);
}

Test(json_extent, many_small_values_are_refused) {
    expect_refused(repeat("{\"a\": [[]", ",[]", 400000, "]}"), "400003 objects and arrays", 3);
    /* 2 bytes each, so that their commas are more than the free ones and one for 16 bytes */
    expect_refused(repeat("{\"a\": [1", ",1", 2290000, "]}"), "commas, more than are read", 2);
}
