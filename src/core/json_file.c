#include "core/json_file.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local bool lost; /* a value is missing in what this thread has made */

void lvk_json_set(json_t *object, const char *key, json_t *value) {
    lost |= json_object_set_new(object, key, value) != 0 && (!key || lvk_text_is_utf8(key));
}

void lvk_json_append(json_t *array, json_t *value) {
    lost |= json_array_append_new(array, value) != 0;
}

static lvk_status out_of_memory(void) {
    return lvk_fail(LVK_ERROR_MEMORY, "out of memory for a JSON text");
}

static int add_bytes(const char *bytes, size_t size, void *text) {
    lvk_text_add_bytes(text, bytes, size);
    return ((lvk_text *)text)->failed ? -1 : 0;
}

/* jansson 2.14 goes on where a part of a key could not be added, and json_dumps returns a text without it: so the text
 * is gathered here. */
lvk_status lvk_json_dump(const json_t *json, size_t flags, char **text) {
    const bool incomplete = lost;
    lvk_text dump = {0};
    lost = false;
    *text = NULL;
    if (json && !incomplete && json_dump_callback(json, add_bytes, &dump, flags) == 0)
        return lvk_text_take(&dump, text, NULL);
    lvk_text_finish(&dump);
    return out_of_memory(); /* nothing else can fail: jansson has taken no text that is not UTF-8 */
}

lvk_json_extent lvk_json_measure(const char *text, size_t size) {
    lvk_json_extent extent = {0};
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < size; ++i) {
        const char c = text[i];
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            ++extent.brackets;
            ++depth;
            extent.depth = depth > extent.depth ? depth : extent.depth;
        } else if (c == '}' || c == ']') {
            depth -= depth > 0;
        } else if (c == ',') {
            ++extent.commas;
        }
    }
    return extent;
}

static bool is_modest(const lvk_json_extent *extent, size_t size, json_error_t *error) {
    *error = (json_error_t){.line = 1};
    if (extent->depth > LVK_JSON_MOST_DEPTH)
        snprintf(error->text, sizeof error->text, "nested %zu levels deep, more than the %d that are read",
                 extent->depth, LVK_JSON_MOST_DEPTH);
    else if (extent->brackets > LVK_JSON_MOST_BRACKETS || extent->commas > LVK_JSON_FREE_COMMAS + size / 16)
        snprintf(error->text, sizeof error->text, "%zu objects and arrays and %zu commas, more than are read",
                 extent->brackets, extent->commas);
    else
        return true;
    return false;
}

/* Whether memory is there for all that jansson allocates while it parses: its parser may end the program where a token
 * cannot grow. */
static bool has_room(const lvk_json_extent *extent, size_t size) {
    enum { OF_BRACKET = 512, OF_COMMA = 192, AT_LEAST = 4096 };
    void *room =
        lvk_alloc(4 * size + OF_BRACKET * extent->brackets + OF_COMMA * extent->commas + AT_LEAST, 1);
    lvk_free(room);
    return room != NULL;
}

/* Where another thread has taken the memory, jansson 2.14 may call a token invalid. The second attempt tells the two
 * apart. */
lvk_status lvk_json_parse(const char *text, size_t size, json_t **json, json_error_t *error) {
    const lvk_json_extent extent = lvk_json_measure(text, size);
    *json = NULL;
    if (!is_modest(&extent, size, error))
        return lvk_fail(LVK_ERROR_FORMAT, "%s", error->text);
    for (int attempt = 0; attempt < 2 && !*json; ++attempt) {
        if (!has_room(&extent, size))
            return LVK_ERROR_MEMORY;
        *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, error);
    }
    if (*json)
        return LVK_OK;
    lvk_text_make_printable(error->text);
    return lvk_fail(LVK_ERROR_FORMAT, "%s", error->text);
}

lvk_status lvk_json_text(const json_t *json, int digits, char **text) {
    char *dump;
    *text = NULL;
    LVK_TRY(lvk_json_dump(json, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(digits), &dump));
    *text = lvk_format("%s\n", dump);
    lvk_free(dump);
    return *text ? LVK_OK : LVK_ERROR_MEMORY;
}

lvk_status lvk_json_write(const char *path, const json_t *json, int digits) {
    char *text;
    lvk_status status = lvk_json_text(json, digits, &text);
    if (status != LVK_OK)
        return lvk_fail_within(status, "%s", path);
    status = lvk_file_write(path, text, strlen(text));
    lvk_free(text);
    return status;
}

lvk_status lvk_json_read(const char *path, size_t most, json_t **json) {
    void *data;
    size_t size;
    json_error_t error;
    *json = NULL;
    LVK_TRY(lvk_file_read(path, most, &data, &size));
    const lvk_status status = lvk_json_parse(data, size, json, &error);
    lvk_free(data);
    if (status == LVK_ERROR_FORMAT)
        return lvk_fail(LVK_ERROR_FORMAT, "%s:%d: %s", path, error.line, error.text);
    if (status != LVK_OK)
        return lvk_fail_within(status, "%s", path);
    if (json_is_object(*json))
        return LVK_OK;
    json_decref(*json);
    *json = NULL;
    return lvk_fail(LVK_ERROR_FORMAT, "%s: is not a JSON object", path);
}

lvk_status lvk_json_digest(const json_t *json, char digest[LVK_DIGEST_TEXT]) {
    char *text;
    LVK_TRY(lvk_json_dump(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(15), &text));
    lvk_digest(text, strlen(text), digest);
    lvk_free(text);
    return LVK_OK;
}
