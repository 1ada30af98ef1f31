/* JSON while memory runs out: no text lacks a value, and no text is called wrong that is right. */
#include "support/scratch.h"

#include "core/json_file.h"
#include "core/memory.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static uint64_t countdown; /* that allocation of jansson's from now fails; 0: none */
static bool for_good;      /* and all later ones */

static void *allocate(size_t size) {
    const bool fails = countdown == 1;
    countdown -= countdown > 1 || (fails && !for_good);
    return fails ? NULL : malloc(size);
}

static void begin(void) {
    json_set_alloc_funcs(allocate, free);
}
static void end(void) {
    json_set_alloc_funcs(malloc, free);
}
TestSuite(json_file, .init = begin, .fini = end);

static const char whole[] = "{\n  \"list\": [\n    1,\n    \"two\"\n  ],\n  \"one\": 1.5\n}\n";

static lvk_status make(char **text) {
    json_t *object = json_object(), *list = json_array();
    lvk_json_append(list, json_integer(1));
    lvk_json_append(list, json_string("two"));
    lvk_json_set(object, "one", json_real(1.5));
    lvk_json_set(object, "list", list);
    const lvk_status status = lvk_json_text(object, 9, text);
    json_decref(object);
    return status;
}

Test(json_file, a_text_is_whole_or_memory_is_out) {
    uint64_t n = 0;
    lvk_status status = LVK_ERROR_MEMORY;
    while (status != LVK_OK && ++n < 1000) {
        char *text = NULL;
        countdown = n;
        status = make(&text);
        const bool reached = countdown == 0;
        countdown = 0;
        if (status == LVK_OK) {
            cr_assert_str_eq(text, whole, "allocation %d: %s", (int)n, text);
            cr_assert_not(reached, "allocation %d failed unseen", (int)n);
        }
        cr_assert(status == LVK_OK || status == LVK_ERROR_MEMORY, "allocation %d: %s", (int)n,
                  lvk_error_message());
        lvk_free(text);
    }
    cr_expect_gt(n, 10);
}

/* jansson loses parts of keys where its text cannot grow (seen: "accumulate without its end in a config.json). */
Test(json_file, a_text_of_long_keys_is_whole_or_memory_is_out) {
    json_t *object = json_object();
    char key[100], *expected, *text;
    for (int i = 0; i < 50; ++i) {
        snprintf(key, sizeof key, "a key of some length, %d", i);
        lvk_json_set(object, key, json_integer(i));
    }
    cr_assert_eq(lvk_json_text(object, 9, &expected), LVK_OK);
    lvk_status status = LVK_ERROR_MEMORY;
    for (uint64_t n = 1; status != LVK_OK && n < 1000; ++n) {
        countdown = n;
        lvk_alloc_fail_after(n);
        status = lvk_json_text(object, 9, &text);
        countdown = 0;
        lvk_alloc_fail_after(0);
        cr_assert(status == LVK_ERROR_MEMORY || (status == LVK_OK && strcmp(text, expected) == 0), "%d: %s",
                  (int)n, text);
        lvk_free(text);
    }
    cr_expect_eq(status, LVK_OK);
    lvk_free(expected);
    json_decref(object);
}

/* A failure that was told is not told of the next text. */
Test(json_file, the_next_text_is_made) {
    char *text;
    countdown = 3;
    cr_assert_neq(make(&text), LVK_OK);
    countdown = 0;
    cr_assert_eq(make(&text), LVK_OK, "%s", lvk_error_message());
    cr_expect_str_eq(text, whole);
    lvk_free(text);
}

Test(json_file, a_right_text_is_read) {
    json_error_t error;
    for (uint64_t n = 1; n < 40; ++n) {
        json_t *json = NULL;
        countdown = n;
        const lvk_status status = lvk_json_parse(whole, strlen(whole), &json, &error);
        countdown = 0;
        cr_expect_eq(status, LVK_OK, "allocation %d: %s", (int)n, lvk_error_message());
        json_decref(json);
    }
}

/* A key that memory was out for is a value that is missing. */
Test(json_file, a_missing_key_is_told) {
    json_t *object = json_object();
    char *text = NULL;
    lvk_json_set(object, NULL, json_integer(1));
    cr_expect_eq(lvk_json_text(object, 9, &text), LVK_ERROR_MEMORY);
    json_decref(object);
}

Test(json_file, a_wrong_text_is_told) {
    json_error_t error;
    json_t *json;
    cr_expect_eq(lvk_json_parse("{\"a\": 1,\n \"a\": 2}", 18, &json, &error), LVK_ERROR_FORMAT);
    cr_expect_null(json);
    cr_expect_eq(error.line, 2);
    cr_expect_not_null(strstr(lvk_error_message(), "duplicate"), "%s", lvk_error_message());
}

/* Keys are names from outside as well; JSON cannot have these. */
Test(json_file, a_key_that_is_not_utf_8_is_left_out) {
    json_t *object = json_object();
    char *text = NULL;
    lvk_json_set(object, "cells\xFF", json_integer(1));
    lvk_json_set(object, "all", json_integer(2));
    cr_assert_eq(lvk_json_text(object, 9, &text), LVK_OK, "%s", lvk_error_message());
    cr_expect_str_eq(text, "{\n  \"all\": 2\n}\n");
    lvk_free(text);
    json_decref(object);
}
