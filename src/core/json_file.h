/* JSON files: two spaces of indentation, keys sorted, so that equal contents are equal bytes. */
#ifndef LVK_CORE_JSON_FILE_H
#define LVK_CORE_JSON_FILE_H

#include "core/digest.h"

#include <jansson.h>

/* The text, with a newline at its end, freed with lvk_free; numbers have `digits` significant ones. NULL for
 * `json` is LVK_ERROR_MEMORY, so that a failed json_pack needs no check of its own. */
LVK_MUST_USE lvk_status lvk_json_text(const json_t *json, int digits, char **text);

/* Replaces the file by that text. */
LVK_MUST_USE lvk_status lvk_json_write(const char *path, const json_t *json, int digits);

enum { LVK_JSON_USUAL = 1 << 20 }; /* bytes that a file of settings or results has at most */

/* Reads an object of at most `most` bytes, no key twice. *json is released with json_decref; NULL after a
 * failure, whose line names file and line. */
LVK_MUST_USE lvk_status lvk_json_read(const char *path, size_t most, json_t **json);

/* The digest of the compact text with sorted keys: the same for equal contents, however the file is laid out. Numbers
 * count with 15 significant digits. */
LVK_MUST_USE lvk_status lvk_json_digest(const json_t *json, char digest[LVK_DIGEST_TEXT]);

#endif
