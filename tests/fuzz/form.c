/* What clients send to the server: the type of the content in the first line, then the body; and names of hosts.
 * Covers: src/serve/multipart.c */
#include "support.h"

#include "serve/listen.h"
#include "serve/multipart.h"

#include <string.h>

void fuzz_begin(void) {}

void fuzz_one(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    const fuzz_input line = fuzz_line(&input);
    char *type = fuzz_string(line.at, line.left);
    uint8_t *body = fuzz_copy(input.at, input.left);
    lvk_upload *files = NULL;
    size_t count = 0;
    if (fuzz_ok(lvk_multipart_parse(type, body, input.left, 4, &files, &count))) {
        REQUIRE(count <= 4);
        for (size_t i = 0; i < count; ++i) {
            const uint8_t *at = files[i].data;
            REQUIRE(files[i].name && *files[i].name && at >= body && at + files[i].size <= body + input.left);
            REQUIRE(strlen(files[i].name) <= line.left + input.left + strlen("image")); /* reads it whole */
        }
    }
    lvk_uploads_free(files, count);
    const bool loopback = lvk_host_is_loopback(type);
    REQUIRE(!loopback || strpbrk(type, "1lL"));
    lvk_free(type);
    lvk_free(body);
}
