/* JSON files, with an indentation of two spaces and sorted keys, so that files with equal contents have equal
 * bytes. */
#ifndef LVK_CORE_JSON_FILE_H
#define LVK_CORE_JSON_FILE_H

#include "core/digest.h"

#include <jansson.h>

/* Sets `text` to the JSON text with a newline at its end, which the caller frees with lvk_free. Numbers have
 * `digits` significant digits. If `json` is NULL, the result is LVK_ERROR_MEMORY, so that the caller need not
 * check json_pack. */
LVK_MUST_USE lvk_status lvk_json_text(const json_t *json, int digits, char **text);

/* Replaces the file by that text. */
LVK_MUST_USE lvk_status lvk_json_write(const char *path, const json_t *json, int digits);

/* Put a value, which like its key may be NULL when memory is out, into an object or an array, and release it. Where memory
 * is out the value is not there; the next call of lvk_json_text, lvk_json_write, lvk_json_dump or
 * lvk_json_digest on this thread fails then with LVK_ERROR_MEMORY, so that no text lacks a value and the caller
 * need not check. A key that is not UTF-8 is left out. */
void lvk_json_set(json_t *object, const char *key, json_t *value);
void lvk_json_append(json_t *array, json_t *value);

/* The text of `json`, with flags of json_dumps, which the caller releases with lvk_free; LVK_ERROR_MEMORY as told above. */
LVK_MUST_USE lvk_status lvk_json_dump(const json_t *json, size_t flags, char **text);

/* What a text makes a JSON parser build, found without parsing it; what stands in strings does not count. */
typedef struct lvk_json_extent {
    size_t depth;    /* the deepest nesting of objects and arrays */
    size_t brackets; /* how many objects and arrays begin */
    size_t commas;
} lvk_json_extent;

lvk_json_extent lvk_json_measure(const char *text, size_t size);

enum { LVK_JSON_MOST_DEPTH = 128, LVK_JSON_MOST_BRACKETS = 400000, LVK_JSON_FREE_COMMAS = 2000000 };

/* json_loadb with JSON_REJECT_DUPLICATES. A text that is nested deeper than LVK_JSON_MOST_DEPTH, has more objects and
 * arrays than LVK_JSON_MOST_BRACKETS or more commas than LVK_JSON_FREE_COMMAS and one for every 16 bytes is not
 * parsed: a value takes some 100 bytes, and 2 bytes of text are enough for one. *error tells what is wrong after LVK_ERROR_FORMAT, made printable; a
 * lack of memory is not taken for a wrong text. After a failure *json is NULL. */
LVK_MUST_USE lvk_status lvk_json_parse(const char *text, size_t size, json_t **json, json_error_t *error);

enum { LVK_JSON_USUAL = 1 << 20 }; /* the most bytes of a file of settings or results */

/* Reads a file of at most `most` bytes that holds one object. A key that appears twice is a failure. The
 * caller releases *json with json_decref; after a failure it is NULL, and the error line names the file and
 * its line. */
LVK_MUST_USE lvk_status lvk_json_read(const char *path, size_t most, json_t **json);

/* Sets `digest` to the digest of the compact text with sorted keys, in which numbers have 15 significant
 * digits. JSON files with equal contents have equal digests, whatever their layout. */
LVK_MUST_USE lvk_status lvk_json_digest(const json_t *json, char digest[LVK_DIGEST_TEXT]);

#endif
