#include "core/text.h"

#include "core/memory.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- UTF-8 ---- */

/* Returns the length of the character at `s` and sets `code` to its code point. Returns 0 for bytes that are
 * not UTF-8; overlong forms, surrogates and numbers above U+10FFFF are not. */
static size_t decode(const char *s, uint32_t *code) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char first = (unsigned char)*s;
    const size_t length = first < 0x80       ? 1
                          : first >> 5 == 6  ? 2
                          : first >> 4 == 14 ? 3
                          : first >> 3 == 30 ? 4
                                             : 0;
    if (length < 2) {
        *code = first;
        return length;
    }
    uint32_t value = first & (0x7FU >> length);
    for (size_t i = 1; i < length; ++i) {
        const unsigned char byte = (unsigned char)s[i];
        if (byte >> 6 != 2) /* true for the terminating NUL too */
            return 0;
        value = value << 6 | (byte & 0x3FU);
    }
    *code = value;
    return value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF) ? 0 : length;
}

typedef struct code_range {
    uint32_t first, last;
} code_range;

static bool in_ranges(uint32_t code, const code_range *ranges, size_t count) {
    for (size_t i = 0; i < count; ++i)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

static size_t columns_of(uint32_t code) {
    static const code_range none[] = {{0x300, 0x36F},   {0x200B, 0x200F}, {0x20D0, 0x20FF},
                                      {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}};
    static const code_range wide[] = {
        {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},  {0xA960, 0xA97C}, {0xAC00, 0xD7A3},
        {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},  {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
        {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD}};
    if (code < 0x300)
        return 1;
    return in_ranges(code, none, sizeof none / sizeof *none)   ? 0
           : in_ranges(code, wide, sizeof wide / sizeof *wide) ? 2
                                                               : 1;
}

size_t lvk_text_columns(const char *utf8) {
    size_t columns = 0;
    while (*utf8) {
        uint32_t code = 0;
        const size_t length = decode(utf8, &code);
        columns += length ? columns_of(code) : 1;
        utf8 += length ? length : 1;
    }
    return columns;
}

/* Whether the character is a control character, or a mark that changes the direction of text or ends a
 * line. */
static bool is_control(uint32_t code) {
    static const code_range controls[] = {
        {0, 0x1F}, {0x7F, 0x9F}, {0x2028, 0x202E}, {0x2066, 0x2069}, {0xFFF9, 0xFFFB}};
    return in_ranges(code, controls, sizeof controls / sizeof *controls);
}

void lvk_text_make_printable(char *utf8) {
    while (*utf8) {
        uint32_t code = 0;
        const size_t length = decode(utf8, &code);
        if (length == 0 || is_control(code))
            memset(utf8, '?', length ? length : 1);
        utf8 += length ? length : 1;
    }
}

bool lvk_text_is_utf8(const char *string) {
    uint32_t code = 0;
    while (*string) {
        const size_t length = decode(string, &code);
        if (length == 0)
            return false;
        string += length;
    }
    return true;
}

/* ---- growing text ---- */

static bool make_room(lvk_text *text, size_t more) {
    if (text->failed)
        return false;
    if (more < text->capacity - text->length)
        return true;
    size_t wanted = text->capacity ? text->capacity : 256;
    while (wanted - text->length <= more && wanted <= SIZE_MAX / 2)
        wanted *= 2;
    char *grown = wanted - text->length > more ? lvk_realloc(text->data, wanted, 1) : NULL;
    text->failed = !grown;
    if (!grown)
        return false;
    text->data = grown;
    text->capacity = wanted;
    return true;
}

void lvk_text_add_bytes(lvk_text *text, const void *bytes, size_t size) {
    if (!make_room(text, size))
        return;
    if (size)
        memcpy(text->data + text->length, bytes, size);
    text->length += size;
    text->data[text->length] = '\0';
}

void lvk_text_add(lvk_text *text, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    text->failed = text->failed || length < 0; /* too long, or no character */
    if (length >= 0 && make_room(text, (size_t)length)) {
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

void lvk_text_add_csv(lvk_text *text, const char *field) {
    if (!strpbrk(field, ",\"\r\n")) {
        lvk_text_add_bytes(text, field, strlen(field));
        return;
    }
    lvk_text_add_bytes(text, "\"", 1);
    for (; *field; ++field)
        lvk_text_add_bytes(text, *field == '"' ? "\"\"" : field, *field == '"' ? 2 : 1);
    lvk_text_add_bytes(text, "\"", 1);
}

void lvk_text_add_json(lvk_text *text, const char *string) {
    lvk_text_add_bytes(text, "\"", 1);
    while (*string) {
        uint32_t code = 0;
        const size_t length = decode(string, &code);
        if (length == 0)
            lvk_text_add_bytes(text, "\xEF\xBF\xBD", 3);
        else if (code == '"' || code == '\\')
            lvk_text_add(text, "\\%c", (int)code);
        else if (code == '\n')
            lvk_text_add_bytes(text, "\\n", 2);
        else if (is_control(code))
            lvk_text_add(text, "\\u%04X", (unsigned)code);
        else
            lvk_text_add_bytes(text, string, length);
        string += length ? length : 1;
    }
    lvk_text_add_bytes(text, "\"", 1);
}

char *lvk_text_json(const char *string) {
    lvk_text text = {0};
    char *json = NULL;
    lvk_text_add_json(&text, string);
    return lvk_text_take(&text, &json, NULL) == LVK_OK ? json : NULL;
}

lvk_status lvk_text_take(lvk_text *text, char **string, size_t *length) {
    lvk_text_add_bytes(text, "", 0); /* so that an empty text has its NUL too */
    const bool failed = text->failed;
    *string = failed ? NULL : text->data;
    if (length)
        *length = failed ? 0 : text->length;
    if (failed)
        lvk_text_finish(text);
    *text = (lvk_text){0};
    return failed ? lvk_fail(LVK_ERROR_MEMORY, "out of memory for a text") : LVK_OK;
}

void lvk_text_finish(lvk_text *text) {
    lvk_free(text->data);
    *text = (lvk_text){0};
}

/* ---- numbers ---- */

static pthread_once_t plain_once = PTHREAD_ONCE_INIT;
static locale_t plain_locale; /* with '.' in numbers, whatever locale the program has set */

static void create_plain_locale(void) {
    plain_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
}

static locale_t enter_plain_locale(void) {
    pthread_once(&plain_once, create_plain_locale);
    return uselocale(plain_locale);
}

void lvk_text_add_number(lvk_text *text, double value, int digits) {
    const locale_t before = enter_plain_locale();
    lvk_text_add(text, "%.*g", digits, isnan(value) ? (double)NAN : value); /* a positive NaN, not "-nan" */
    uselocale(before);
}

void lvk_text_add_decimal(lvk_text *text, double value, int decimals) {
    const locale_t before = enter_plain_locale();
    lvk_text_add(text, "%.*f", decimals, isnan(value) ? (double)NAN : value);
    uselocale(before);
}

void lvk_number_format(char *buffer, size_t size, double value, int digits) {
    const locale_t before = enter_plain_locale();
    snprintf(buffer, size, "%.*g", digits, isnan(value) ? (double)NAN : value);
    uselocale(before);
}

void lvk_number_format_decimal(char *buffer, size_t size, double value, int decimals) {
    const locale_t before = enter_plain_locale();
    snprintf(buffer, size, "%.*f", decimals, isnan(value) ? (double)NAN : value);
    uselocale(before);
}

bool lvk_number_parse(const char *string, double *value) {
    const size_t length = strlen(string);
    /* strtod alone would also accept hexadecimal numbers, "inf" and leading spaces. */
    if (length == 0 || length > 400 || strspn(string, "+-.0123456789eE") != length)
        return false;
    const locale_t before = enter_plain_locale();
    char *end = NULL;
    const double number = strtod(string, &end);
    uselocale(before);
    if (end != string + length || !isfinite(number))
        return false;
    *value = number;
    return true;
}

bool lvk_number_parse_u64(const char *string, uint64_t most, uint64_t *value) {
    uint64_t number = 0;
    if (!*string)
        return false;
    for (; *string; ++string) {
        const uint64_t digit = (uint64_t)(unsigned char)*string - '0';
        if (!isdigit((unsigned char)*string) || number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    if (number > most)
        return false;
    *value = number;
    return true;
}
