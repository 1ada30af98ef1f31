/* Pages: what is escaped, data in URIs, the numbers of an axis. */
#include "core/memory.h"
#include "page/axis.h"
#include "page/html.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *escaped(lvk_text *text, const char *string) {
    text->length = 0;
    lvk_html_add(text, string);
    return text->data;
}

Test(page, strings_from_outside_are_text_and_nothing_else) {
    lvk_text text = {0};
    lvk_text_add(&text, "before");
    cr_expect_str_eq(escaped(&text, "a<img src=x onerror=\"f('&')\">"),
                     "a&#60;img src=x onerror=&#34;f(&#39;&#38;&#39;)&#34;&#62;");
    cr_expect_str_eq(escaped(&text, "Zelle \xc3\xa4 \xe5\x8d\x81"), "Zelle \xc3\xa4 \xe5\x8d\x81");
    cr_expect_str_eq(escaped(&text, "\xff\x1b[31m\xe2\x80\xae\n"), "??[31m????",
                     "bytes, escapes and marks of direction");
    lvk_text_finish(&text);
}

/* The examples of RFC 4648, and a text of several chunks. */
Test(page, data_is_base64) {
    static const char *const plain[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
    static const char *const coded[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    lvk_text text = {0};
    for (size_t i = 0; i < 7; ++i) {
        text.length = 0;
        lvk_html_add_data(&text, "image/png", plain[i], strlen(plain[i]));
        cr_expect_eq(strncmp(text.data, "data:image/png;base64,", 22), 0);
        cr_expect_str_eq(text.data + 22, coded[i]);
    }
    uint8_t bytes[2000];
    for (size_t i = 0; i < sizeof bytes; ++i)
        bytes[i] = 0xFF;
    text.length = 0;
    lvk_html_add_data(&text, "x", bytes, sizeof bytes);
    cr_expect_eq(text.length, strlen("data:x;base64,") + 2668);
    cr_expect_eq(strspn(text.data + strlen("data:x;base64,"), "/"), 2666);
    cr_expect_str_eq(text.data + text.length - 3, "/8=");
    lvk_text_finish(&text);
}

Test(page, a_document_loads_nothing_and_has_its_title_escaped) {
    lvk_text text = {0};
    lvk_html_begin(&text, &(lvk_html_head){.title = "</title><script>"});
    lvk_html_end(&text);
    cr_assert_not(text.failed);
    cr_expect_eq(strncmp(text.data, "<!DOCTYPE html>\n<html lang=\"en\">", 32), 0);
    cr_expect_not_null(strstr(text.data, "<title>&#60;/title&#62;&#60;script&#62;</title>"));
    cr_expect_not_null(strstr(text.data, "default-src 'none'"));
    cr_expect_null(strstr(text.data, "script-src"));
    cr_expect_null(strstr(text.data, "url("));
    cr_expect_null(strstr(text.data, "http:"));
    cr_expect_null(strstr(text.data, "https:"));
    cr_expect_not_null(strstr(text.data, "prefers-color-scheme: dark"));
    cr_expect_not_null(strstr(text.data, "@media print"));
    text.length = 0;
    lvk_html_begin(&text, &(lvk_html_head){.title = "t", .scripts = true});
    cr_expect_not_null(strstr(text.data, "script-src 'unsafe-inline'"));
    lvk_text_finish(&text);
}

Test(page, an_axis_has_round_numbers) {
    static const struct {
        double least, most;
        int wanted;
        lvk_axis axis;
    } cases[] = {{0, 1, 5, {0, 1, 0.2, 6, 1}},
                 {0.31, 0.69, 4, {0.3, 0.7, 0.1, 5, 1}},
                 {12345, 71234, 5, {0, 80000, 20000, 5, 0}},
                 {-3, 7, 2, {-5, 10, 5, 4, 0}},
                 {0.0123, 0.0188, 3, {0.010, 0.020, 0.005, 3, 3}},
                 {0, 98, 10, {0, 100, 10, 11, 0}},
                 {0, 0, 2, {-0.5, 0.5, 0.5, 3, 1}},
                 {50, 50, 2, {45, 55, 5, 3, 0}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        const lvk_axis a = lvk_axis_choose(cases[i].least, cases[i].most, cases[i].wanted),
                       *b = &cases[i].axis;
        cr_expect(a.ticks == b->ticks && a.decimals == b->decimals, "%zu: %d ticks, %d decimals", i, a.ticks,
                  a.decimals);
        cr_expect_float_eq(a.from, b->from, 1e-9, "%zu: %g", i, a.from);
        cr_expect_float_eq(a.to, b->to, 1e-9, "%zu: %g", i, a.to);
        cr_expect_float_eq(a.step, b->step, 1e-9, "%zu: %g", i, a.step);
        cr_expect_leq(a.ticks, LVK_AXIS_MOST_TICKS);
    }
    const lvk_axis axis = {-5, 10, 5, 4, 0};
    cr_expect_float_eq(lvk_axis_place(&axis, -5), 0, 0);
    cr_expect_float_eq(lvk_axis_place(&axis, 2.5), 0.5, 1e-12);
}
