#include "page/html.h"

#include "core/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

extern const char lvk_html_style[]; /* style.css */

void lvk_html_begin(lvk_text *text, const lvk_html_head *head) {
    lvk_text_add(text, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<meta name=\"color-scheme\" content=\"light dark\">\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                       "img-src data:; style-src 'unsafe-inline'");
    const char *style = head->style ? head->style : lvk_html_style;
    lvk_text_add(text, "%s\">\n%s<title>", head->scripts ? "; script-src 'unsafe-inline'" : "",
                 head->more ? head->more : "");
    lvk_html_add(text, head->title);
    lvk_text_add(text, "</title>\n<style>\n");
    lvk_text_add_bytes(text, style, strlen(style));
    lvk_text_add(text, "</style>\n</head>\n<body>\n");
}

void lvk_html_end(lvk_text *text) {
    lvk_text_add(text, "</body>\n</html>\n");
}

void lvk_html_add(lvk_text *text, const char *string) {
    char *copy = lvk_strdup(string);
    text->failed = text->failed || !copy;
    if (!copy)
        return;
    lvk_text_make_printable(copy);
    for (const char *at = copy; *at;) {
        const size_t plain = strcspn(at, "&<>\"'");
        lvk_text_add_bytes(text, at, plain);
        at += plain;
        if (*at)
            lvk_text_add(text, "&#%d;", *at++);
    }
    lvk_free(copy);
}

/* ---- numbers ---- */

void lvk_html_add_count(lvk_text *text, uint64_t count) {
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    for (int i = 0; i < length; ++i)
        lvk_text_add(text, "%s%c", i && (length - i) % 3 == 0 ? "," : "", digits[i]);
}

void lvk_html_add_number(lvk_text *text, double value, int decimals) {
    lvk_text number = {0};
    if (!isfinite(value)) {
        lvk_text_add(text, "n/a");
        return;
    }
    lvk_text_add_decimal(&number, fabs(value), decimals);
    text->failed = text->failed || number.failed;
    if (!number.failed) {
        const size_t whole = strcspn(number.data, ".");
        lvk_text_add(text, "%s", value < 0 ? "−" : "");
        for (size_t i = 0; i < number.length; ++i)
            lvk_text_add(text, "%s%c", i && i < whole && (whole - i) % 3 == 0 ? "," : "", number.data[i]);
    }
    lvk_text_finish(&number);
}

/* ---- base64: RFC 4648 ---- */

static void encode_three(const uint8_t *bytes, size_t count, char out[4]) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint32_t bits =
        (uint32_t)bytes[0] << 16 | (count > 1 ? (uint32_t)bytes[1] << 8 : 0) | (count > 2 ? bytes[2] : 0);
    for (int i = 0; i < 4; ++i)
        out[i] = (size_t)i > count ? '=' : digits[bits >> (18 - 6 * i) & 63];
}

void lvk_html_add_data(lvk_text *text, const char *type, const void *bytes, size_t size) {
    enum { CHUNK = 768 };
    const uint8_t *at = bytes;
    lvk_text_add(text, "data:%s;base64,", type);
    while (size) {
        char out[CHUNK / 3 * 4];
        size_t length = 0;
        for (size_t left = size < CHUNK ? size : CHUNK; left; length += 4) {
            const size_t count = left < 3 ? left : 3;
            encode_three(at, count, out + length);
            at += count;
            left -= count;
            size -= count;
        }
        lvk_text_add_bytes(text, out, length);
    }
}

const char *lvk_html_color(size_t index) {
    static const char *const colors[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"};
    return colors[index % (sizeof colors / sizeof *colors)];
}
