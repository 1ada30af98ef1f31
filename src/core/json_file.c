#include "core/json_file.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"

#include <stdlib.h>
#include <string.h>

lvk_status lvk_json_text(const json_t *json, int digits, char **text) {
    *text = NULL;
    if (!json)
        return lvk_fail(LVK_ERROR_MEMORY, "out of memory for a JSON text");
    char *dump = json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(digits));
    if (!dump)
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "what is to be written as JSON has a text that is not UTF-8, or memory is out");
    *text = lvk_format("%s\n", dump);
    free(dump); /* jansson allocated it */
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
    *json = json_loadb(data, size, JSON_REJECT_DUPLICATES, &error);
    lvk_free(data);
    if (!*json) {
        lvk_text_make_printable(error.text);
        return lvk_fail(LVK_ERROR_FORMAT, "%s:%d: %s", path, error.line, error.text);
    }
    if (json_is_object(*json))
        return LVK_OK;
    json_decref(*json);
    *json = NULL;
    return lvk_fail(LVK_ERROR_FORMAT, "%s: is not a JSON object", path);
}

lvk_status lvk_json_digest(const json_t *json, char digest[LVK_DIGEST_TEXT]) {
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(15));
    if (!text)
        return lvk_fail(LVK_ERROR_ARGUMENT, "the configuration cannot be written as JSON");
    lvk_digest(text, strlen(text), digest);
    free(text); /* jansson allocated it */
    return LVK_OK;
}
