/* Pages: what is escaped, data in URIs, the numbers of an axis. */
#include "core/memory.h"
#include "page/axis.h"
#include "page/box_plot.h"
#include "page/html.h"

#include <criterion/criterion.h>
#include <math.h>
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

static const char *written(lvk_text *text, double value, int decimals) {
    text->length = 0;
    lvk_html_add_number(text, value, decimals);
    return text->data;
}

Test(page, numbers_have_commas_between_thousands) {
    lvk_text text = {0};
    cr_expect_str_eq(written(&text, 1234567.891, 2), "1,234,567.89");
    cr_expect_str_eq(written(&text, 999, 0), "999");
    cr_expect_str_eq(written(&text, 1000, 0), "1,000");
    cr_expect_str_eq(written(&text, -1234.5, 1), "\xe2\x88\x92"
                                                 "1,234.5");
    cr_expect_str_eq(written(&text, 0.12345, 3), "0.123");
    cr_expect_str_eq(written(&text, NAN, 3), "n/a");
    text.length = 0;
    lvk_html_add_count(&text, 10203040);
    cr_expect_str_eq(text.data, "10,203,040");
    lvk_text_finish(&text);
}

/* 0, 10, ... 100 and 300: quartiles 27.5, 55 and 82.5, fences at -55 and 165. */
Test(page, a_box_has_its_quartiles_and_what_is_beyond_the_fences) {
    static const double values[] = {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 300}, few[] = {50, 200};
    const lvk_fences f = lvk_fences_of(values, 12);
    cr_expect(f.quartiles[0] == 27.5 && f.quartiles[1] == 55 && f.quartiles[2] == 82.5 && f.low == -55 &&
              f.high == 165);
    const lvk_box_row rows[] = {
        {.name = "a<b", .color = "#0072b2", .sorted = values, .count = 12},
        {.name = "few", .color = "#d55e00", .swatch = "#123456", .sorted = few, .count = 2},
        {.name = "none", .color = "#009e73"}};
    lvk_text text = {0};
    lvk_box_plot_add(&text, &(lvk_box_plot){.title = "t", .axis = "area & more", .rows = rows, .count = 3});
    cr_assert_not(text.failed);
    /* the axis goes from 0 at 24 to 300 at 316 */
    static const char *const parts[] = {
        "role=\"img\" width=\"340\" height=\"164\" viewBox=\"0 0 340 164\"",
        "y=\"139.0\">0</text>",
        "x=\"316.0\" y=\"139.0\">300</text>",
        ">area &#38; more</text>",
        ">a&#60;b</text>",
        "<line x1=\"24.0\" y1=\"30.0\" x2=\"121.3\" y2=\"30.0\" stroke=\"#0072b2\"", /* whiskers: 0 to 100 */
        "x=\"50.8\" y=\"24.0\" width=\"53.5\"/>",                                    /* box: 27.5 to 82.5 */
        "<line x1=\"77.5\" y1=\"24.0\" x2=\"77.5\" y2=\"36.0\" stroke=\"currentColor\"", /* median: 55 */
        "<circle r=\"2\" fill=\"#0072b2\" cx=\"316.0\" cy=\"30.0\"/>",
        "<circle r=\"2\" fill=\"#d55e00\" cx=\"72.7\" cy=\"70.0\"/>",
        "<circle r=\"2\" fill=\"#d55e00\" cx=\"218.7\" cy=\"70.0\"/>",
        "fill=\"#123456\"",
        ">none</text>"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; ++i)
        cr_expect_not_null(strstr(text.data, parts[i]), "no '%s' in %s", parts[i], text.data);
    size_t circles = 0;
    for (const char *at = text.data; (at = strstr(at, "<circle")); ++at)
        ++circles;
    cr_expect_eq(circles, 3);
    text.length = 0;
    text.data[0] = '\0';
    lvk_box_plot_add(&text, &(lvk_box_plot){.title = "t", .axis = "x", .rows = rows + 2, .count = 1});
    cr_expect_str_eq(text.data, "", "no value");
    lvk_text_finish(&text);
}
