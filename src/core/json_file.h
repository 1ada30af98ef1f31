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

enum { LVK_JSON_USUAL = 1 << 20 }; /* the most bytes of a file of settings or results */

/* Reads a file of at most `most` bytes that holds one object. A key that appears twice is a failure. The
 * caller releases *json with json_decref; after a failure it is NULL, and the error line names the file and
 * its line. */
LVK_MUST_USE lvk_status lvk_json_read(const char *path, size_t most, json_t **json);

/* Sets `digest` to the digest of the compact text with sorted keys, in which numbers have 15 significant
 * digits. JSON files with equal contents have equal digests, whatever their layout. */
LVK_MUST_USE lvk_status lvk_json_digest(const json_t *json, char digest[LVK_DIGEST_TEXT]);

#endif
