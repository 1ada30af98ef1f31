/* Text that grows, and numbers in text that do not depend on the locale. */
#ifndef LVK_CORE_TEXT_H
#define LVK_CORE_TEXT_H

#include "core/error.h"
#include "leukvk/app/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing text, initialized with {0}. After a failed allocation all additions do nothing, and lvk_text_take
 * fails; the caller need not check the additions. Not thread-safe. */
typedef struct lvk_text {
    char *data; /* NUL-terminated; NULL while empty */
    size_t length, capacity;
    bool failed;
} lvk_text;

void lvk_text_add(lvk_text *text, const char *format, ...) LVK_PRINTF(2, 3);
void lvk_text_add_bytes(lvk_text *text, const void *bytes, size_t size);

/* Adds a number with `digits` significant digits (1 to 17), as printf's %g but with '.' in any locale; "nan",
 * "inf" or "-inf" where it is not finite. From 9 digits a float, from 17 a double can be read back with the
 * same bits. */
void lvk_text_add_number(lvk_text *text, double value, int digits);

/* Adds a number with a fixed number of decimals (0 to 17). */
void lvk_text_add_decimal(lvk_text *text, double value, int decimals);

/* The same into a buffer of `size` bytes, which needs no memory beside. */
void lvk_number_format(char *buffer, size_t size, double value, int digits);
void lvk_number_format_decimal(char *buffer, size_t size, double value, int decimals);

/* Adds a field of a CSV line, in quotes where RFC 4180 requires them. */
void lvk_text_add_csv(lvk_text *text, const char *field);

/* Adds a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD, control characters escapes such
 * as "\u001B". */
void lvk_text_add_json(lvk_text *text, const char *string);

/* Hands the text over to the caller, who frees it with lvk_free, and empties the object. The text is "" when
 * nothing was added. If an addition has failed, the result is LVK_ERROR_MEMORY and NULL. `length` may be
 * NULL. */
LVK_MUST_USE lvk_status lvk_text_take(lvk_text *text, char **string, size_t *length);

void lvk_text_finish(lvk_text *text);

/* Whether the whole of `string` is valid UTF-8. */
bool lvk_text_is_utf8(const char *string);

/* Parse the whole of `string`, without spaces: the first as a finite decimal number with '.', the second as
 * decimal digits of a number up to `most`. If it is no such number, they return false and do not change
 * *value. */
bool lvk_number_parse(const char *string, double *value);
bool lvk_number_parse_u64(const char *string, uint64_t most, uint64_t *value);

#endif
