/* Text that grows, and numbers in text that do not depend on the locale. */
#ifndef LVK_CORE_TEXT_H
#define LVK_CORE_TEXT_H

#include "core/error.h"
#include "leukvk/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Start with {0}. A failed allocation is remembered and later additions do nothing, so that only the end
 * needs a check: lvk_text_take. Owned by one thread. */
typedef struct lvk_text {
    char *data; /* NUL-terminated; NULL while empty */
    size_t length, capacity;
    bool failed;
} lvk_text;

void lvk_text_add(lvk_text *text, const char *format, ...) LVK_PRINTF(2, 3);
void lvk_text_add_bytes(lvk_text *text, const void *bytes, size_t size);

/* A number with that many significant digits (1 to 17) in the shortest of the usual forms, with '.' in any
 * locale; "nan", "inf" and "-inf" as printf has them. 9 digits bring a float back, 17 a double. */
void lvk_text_add_number(lvk_text *text, double value, int digits);

/* The same with a fixed number of decimals (0 to 17). */
void lvk_text_add_decimal(lvk_text *text, double value, int decimals);

/* A field of a CSV line, quoted by the rule of RFC 4180 where it has to be. */
void lvk_text_add_csv(lvk_text *text, const char *field);

/* A string of JSON with its quotes. Bytes that are not UTF-8 become U+FFFD, control characters "\u001B". */
void lvk_text_add_json(lvk_text *text, const char *string);

/* Hands the text over ("" when nothing was added) and empties the object; freed with lvk_free.
 * LVK_ERROR_MEMORY and NULL when an addition had failed. `length` may be NULL. */
LVK_MUST_USE lvk_status lvk_text_take(lvk_text *text, char **string, size_t *length);

void lvk_text_finish(lvk_text *text);

/* Whether the whole of `string` is valid UTF-8. */
bool lvk_text_is_utf8(const char *string);

/* The whole of `string` as a finite decimal number with '.', no spaces; or as decimal digits of a number up
 * to `most`. False: it is none, *value is left alone. */
bool lvk_number_parse(const char *string, double *value);
bool lvk_number_parse_u64(const char *string, uint64_t most, uint64_t *value);

#endif
