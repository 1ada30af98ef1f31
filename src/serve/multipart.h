/* The files of a body of multipart/form-data (RFC 7578). The body is whole in memory, and its files are not copied. A
 * body that ends before its closing boundary is refused, since a file in it may have been cut. */
#ifndef LVK_SERVE_MULTIPART_H
#define LVK_SERVE_MULTIPART_H

#include "core/memory.h"

#include <stdbool.h>

typedef struct lvk_upload {
    char *name;       /* owned: the file's name as the client tells it; "image" where it tells none */
    const void *data; /* in the body */
    size_t size;
} lvk_upload;

/* Finds the boundary in a Content-Type and the parts in the body, those without a file's name left out, at most `most`
 * files. The caller frees *files with lvk_uploads_free, also after a failure. LVK_ERROR_FORMAT: what is wrong with the
 * body; LVK_ERROR_LIMIT: more files; LVK_ERROR_MEMORY. */
LVK_MUST_USE lvk_status lvk_multipart_parse(const char *content_type, const void *body, size_t size,
                                            size_t most, lvk_upload **files, size_t *count);
void lvk_uploads_free(lvk_upload *files, size_t count);

#endif
