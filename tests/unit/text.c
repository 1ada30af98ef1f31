/* Text, numbers in text, the string map, and what the process used. */
#include "core/text.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/resource.h"
#include "core/string_map.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

typedef struct columns_case {
    const char *text;
    size_t columns;
    bool valid;
} columns_case;

Test(text, columns_and_utf8) {
    static const columns_case cases[] = {
        {"", 0, true},           {"abc", 3, true},
        {"größe", 5, true},      {"224×224", 7, true},
        {"細胞", 4, true},       {"e\u0301", 1, true},
        {"\U0001F9EC", 2, true}, {"\xFF", 1, false},
        {"\xC3", 1, false},      {"a\xC3(", 3, false},
        {"\xC0\xAF", 2, false},  {"\xED\xA0\x80", 3, false},
        {"\xE2\x82", 2, false},  {"\xF5\x80\x80\x80", 4, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        cr_expect_eq(lvk_text_columns(cases[i].text), cases[i].columns, "case %zu", i);
        cr_expect_eq(lvk_text_is_utf8(cases[i].text), cases[i].valid, "case %zu", i);
    }
}

Test(text, printable) {
    char text[] = "a\tb\033[1mü\x7F\xFF\xC2\x85z\xE2\x82";
    lvk_text_make_printable(text);
    cr_expect_str_eq(text, "a?b?[1mü?\?\?\?z\?\?");
}

static char *taken(lvk_text *text) {
    char *string = NULL;
    cr_assert_eq(lvk_text_take(text, &string, NULL), LVK_OK);
    return string;
}

Test(text, grows) {
    lvk_text text = {0};
    char *empty = taken(&text);
    cr_expect_str_eq(empty, "");
    lvk_free(empty);
    for (int i = 0; i < 5000; ++i)
        lvk_text_add(&text, "%d,", i % 10);
    char *string = taken(&text);
    cr_assert_eq(strlen(string), 10000);
    for (int i = 0; i < 5000; ++i)
        cr_expect_eq(string[2 * i], '0' + i % 10);
    cr_expect_null(text.data);
    lvk_free(string);
}

Test(text, a_failed_allocation_is_remembered) {
    lvk_text text = {0};
    char *string = NULL;
    lvk_alloc_fail_after(1);
    lvk_text_add(&text, "lost");
    lvk_alloc_fail_after(0);
    lvk_text_add(&text, "also lost");
    cr_expect_eq(lvk_text_take(&text, &string, NULL), LVK_ERROR_MEMORY);
    cr_expect_null(string);
    lvk_text_add(&text, "a new text");
    string = taken(&text);
    cr_expect_str_eq(string, "a new text");
    lvk_free(string);
}

Test(text, csv_and_json) {
    lvk_text text = {0};
    lvk_text_add_csv(&text, "plain");
    lvk_text_add(&text, ",");
    lvk_text_add_csv(&text, "a,\"b\"\n");
    lvk_text_add_json(&text, "q\"\\\n\x01é\xC3");
    char *string = taken(&text);
    cr_expect_str_eq(string, "plain,\"a,\"\"b\"\"\n\"\"q\\\"\\\\\\n\\u0001é\xEF\xBF\xBD\"");
    lvk_free(string);
}

/* Numbers are the same in a locale that writes 0,5. */
Test(text, numbers) {
    static const char *const locales[] = {"C", "de_DE.UTF-8", "fr_FR.UTF-8"};
    for (size_t i = 0; i < sizeof locales / sizeof *locales; ++i) {
        if (!setlocale(LC_ALL, locales[i]))
            continue; /* not installed */
        lvk_text text = {0};
        lvk_text_add_number(&text, 0.1, 17);
        lvk_text_add(&text, " ");
        lvk_text_add_number(&text, (double)0.1F, 9);
        lvk_text_add(&text, " ");
        lvk_text_add_decimal(&text, 0.5, 3);
        lvk_text_add(&text, " ");
        lvk_text_add_number(&text, -(double)NAN, 9);
        char *string = taken(&text);
        cr_expect_str_eq(string, "0.10000000000000001 0.100000001 0.500 nan", "in %s", locales[i]);
        lvk_free(string);
        double value = 0;
        cr_expect(lvk_number_parse("0.10000000000000001", &value), "in %s", locales[i]);
        cr_expect_eq(value, 0.1);
        cr_expect_not(lvk_number_parse("0,1", &value), "in %s", locales[i]);
    }
}

Test(text, parsing) {
    static const char *const bad[] = {"",      " 1",    "1 ",  "0x10", "inf", "nan",
                                      "1e999", "1.2.3", "--1", "e5",   "1,5"};
    double value = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i)
        cr_expect_not(lvk_number_parse(bad[i], &value), "\"%s\"", bad[i]);
    cr_expect_eq(value, 7);
    cr_expect(lvk_number_parse("-1.5e-3", &value));
    cr_expect_eq(value, -1.5e-3);
    static const char *const bad_whole[] = {
        "", "-1", "+1", "1.0", " 1", "0x1", "18446744073709551616", "99999999999999999999"};
    uint64_t whole = 7;
    for (size_t i = 0; i < sizeof bad_whole / sizeof *bad_whole; ++i)
        cr_expect_not(lvk_number_parse_u64(bad_whole[i], UINT64_MAX, &whole), "\"%s\"", bad_whole[i]);
    cr_expect_not(lvk_number_parse_u64("11", 10, &whole));
    cr_expect_eq(whole, 7);
    cr_expect(lvk_number_parse_u64("18446744073709551615", UINT64_MAX, &whole));
    cr_expect_eq(whole, UINT64_MAX);
}

Test(text, string_map) {
    lvk_string_map map = {0};
    for (int i = 0; i < 40; ++i) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        cr_assert_eq(lvk_string_map_set_u64(&map, key, (uint64_t)i), LVK_OK);
    }
    cr_assert_eq(lvk_string_map_set_number(&map, "k3", 1.0 / 3), LVK_OK);
    cr_expect_eq(map.count, 40);
    cr_expect_str_eq(map.pairs[3].key, "k3");
    double number = 0;
    cr_expect_eq(lvk_string_map_need_number(&map, "k3", &number), LVK_OK);
    cr_expect_eq(number, 1.0 / 3);
    uint64_t whole = 0;
    cr_expect_eq(lvk_string_map_need_u64(&map, "k39", 39, &whole), LVK_OK);
    cr_expect_eq(whole, 39);
    cr_expect_eq(lvk_string_map_need_u64(&map, "k39", 38, &whole), LVK_ERROR_FORMAT);
    cr_expect_str_eq(lvk_error_message(), "the entry \"k39\" is not a whole number from 0 to 38");
    cr_expect_eq(lvk_string_map_need_number(&map, "none", &number), LVK_ERROR_FORMAT);
    cr_expect_null(lvk_string_map_get(&map, "none"));
    lvk_string_map_finish(&map);
}

Test(text, resources) {
    const double clock = lvk_clock_seconds(), cpu = lvk_process_cpu_seconds();
    const uint64_t before = lvk_process_peak_bytes();
    enum { BYTES = 64 << 20 };
    unsigned char *memory = malloc(BYTES);
    cr_assert_not_null(memory);
    for (size_t i = 0; i < BYTES; i += 512)
        ((volatile unsigned char *)memory)[i] = 1;
    cr_expect_geq(lvk_process_peak_bytes(), before + BYTES / 2);
    free(memory);
    while (lvk_process_cpu_seconds() < cpu + 0.01)
        continue;
    cr_expect_geq(lvk_clock_seconds() - clock, 0.005);
}

Test(text, marks_of_direction_are_not_printable) {
    char text[] = "a\xE2\x80\xAE"
                  "b\xE2\x81\xA6z\xE2\x80\xA9\xC2\x9B";
    lvk_text_make_printable(text);
    cr_expect_str_eq(text, "a?\?\?b?\?\?z?\?\?\?\?");
}

Test(text, any_bytes_become_a_string_of_json) {
    char *json = lvk_text_json("a\"\\\n\033\x7F\xC2\x9B\xFFü");
    cr_expect_str_eq(json, "\"a\\\"\\\\\\n\\u001B\\u007F\\u009B\xEF\xBF\xBDü\"");
    lvk_free(json);
}

/* ---- lines for people ---- */

Test(text, an_error_is_one_line) {
    cr_expect_eq(lvk_fail(LVK_ERROR_IO, "%s: gone", "a\nb\033[31m\xFF"), LVK_ERROR_IO);
    cr_expect_str_eq(lvk_error_message(), "a?b?[31m?: gone");
    cr_expect_eq(lvk_fail_within(LVK_ERROR_IO, "%s", "c\rd"), LVK_ERROR_IO);
    cr_expect_str_eq(lvk_error_message(), "c?d: a?b?[31m?: gone");
}

typedef struct log_lines {
    int count;
    char last[64];
} log_lines;

/* Logs itself, and changes the sink: neither may wait for the other. */
static void take_line(void *user, lvk_log_level level, const char *line) {
    log_lines *lines = user;
    (void)level;
    snprintf(lines->last, sizeof lines->last, "%s", line);
    if (++lines->count == 1)
        lvk_log(LVK_LOG_WARNING, "again");
    else
        lvk_log_set_sink(NULL, NULL, LVK_LOG_WARNING);
}

Test(text, a_log_sink_may_log, .timeout = 10) {
    log_lines lines = {0};
    lvk_log_set_sink(take_line, &lines, LVK_LOG_INFO);
    lvk_log(LVK_LOG_INFO, "first");
    cr_expect_eq(lines.count, 2);
    cr_expect_str_eq(lines.last, "again");
    lvk_log(LVK_LOG_INFO, "nowhere");
    cr_expect_eq(lines.count, 2);
    lines = (log_lines){.count = 1};
    lvk_log_set_sink(take_line, &lines, LVK_LOG_INFO);
    lvk_log(LVK_LOG_INFO, "a\nb\033c");
    cr_expect_str_eq(lines.last, "a?b?c");
}

/* What printf cannot write, here no character, is not left out unseen. */
Test(text, what_cannot_be_formatted_is_a_failure) {
    lvk_text text = {0};
    char *string;
    lvk_text_add(&text, "%d%ls", 1, (const wchar_t[]){0x7FFFFFFF, 0});
    cr_expect_eq(lvk_text_take(&text, &string, NULL), LVK_ERROR_MEMORY);
    cr_expect_null(string);
}
