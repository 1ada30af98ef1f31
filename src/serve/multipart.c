#define _GNU_SOURCE /* memmem */
#include "serve/multipart.h"

#include <string.h>
#include <strings.h>

enum { MOST_BOUNDARY = 70, MOST_NAME = 1024 };

typedef struct span {
    const char *at;
    size_t size;
} span;

typedef struct parsing {
    const char *at, *end;
    char boundary[MOST_BOUNDARY + 5]; /* with "\r\n--" in front */
    size_t boundary_size;
    size_t most, capacity;
    lvk_upload *files;
    size_t count;
} parsing;

static lvk_status fail(const char *what) {
    return lvk_fail(LVK_ERROR_FORMAT, "multipart/form-data: %s", what);
}

/* The value of `name` in "…; name=value; name="value"", in quotes or not; false: there is none. */
static bool find_parameter(span text, const char *name, span *value) {
    const size_t length = strlen(name);
    const char *end = text.at + text.size;
    for (const char *at = text.at; at < end;) {
        at = memchr(at, ';', (size_t)(end - at));
        if (!at)
            return false;
        do
            ++at;
        while (at < end && (*at == ' ' || *at == '\t'));
        const bool found =
            (size_t)(end - at) > length && strncasecmp(at, name, length) == 0 && at[length] == '=';
        while (at < end && *at != '=' && *at != ';')
            ++at;
        if (at == end || *at == ';')
            continue;
        ++at;
        const bool quoted = at < end && *at == '"';
        const char *first = at += quoted;
        while (at < end && (quoted ? *at != '"' : *at != ';' && *at != ' ' && *at != '\t'))
            ++at;
        *value = (span){first, (size_t)(at - first)};
        if (found)
            return true;
    }
    return false;
}

static lvk_status take_boundary(parsing *p, const char *content_type) {
    span value;
    if (!find_parameter((span){content_type, strlen(content_type)}, "boundary", &value))
        return fail("the Content-Type has no boundary");
    if (value.size == 0 || value.size > MOST_BOUNDARY)
        return fail("the boundary must have 1 to 70 characters");
    memcpy(p->boundary, "\r\n--", 4);
    memcpy(p->boundary + 4, value.at, value.size);
    p->boundary_size = value.size + 4;
    return LVK_OK;
}

/* The next line of a part's header, without its end; false: the body ends before it does. */
static bool take_line(parsing *p, span *line) {
    const char *end = memmem(p->at, (size_t)(p->end - p->at), "\r\n", 2);
    if (!end)
        return false;
    *line = (span){p->at, (size_t)(end - p->at)};
    p->at = end + 2;
    return true;
}

/* Browsers write a quote in a name as %22, and line ends as %0D and %0A; other characters stay. A name ends with the first NUL. */
static char *copy_name(span name) {
    const char *nul = name.size ? memchr(name.at, '\0', name.size) : NULL;
    if (nul)
        name.size = (size_t)(nul - name.at);
    if (name.size == 0)
        name = (span){"image", 5};
    if (name.size > MOST_NAME)
        name.size = MOST_NAME;
    char *copy = lvk_alloc(name.size + 1, 1);
    size_t length = 0;
    for (size_t i = 0; copy && i < name.size; ++i) {
        const bool quote = i + 3 <= name.size && strncmp(name.at + i, "%22", 3) == 0;
        copy[length++] = (char)(quote ? '"' : name.at[i]);
        i += quote ? 2 : 0;
    }
    return copy;
}

static lvk_status add_file(parsing *p, span name, span data) {
    if (p->count == p->most)
        return lvk_fail(LVK_ERROR_LIMIT, "more than the %zu images that a request may bring", p->most);
    LVK_TRY(LVK_GROW(&p->files, &p->capacity, p->count));
    p->files[p->count] = (lvk_upload){copy_name(name), data.at, data.size};
    return p->files[p->count++].name ? LVK_OK : LVK_ERROR_MEMORY;
}

/* One part, from behind the line end of the boundary to the next boundary, behind which `at` stands then. */
static lvk_status take_part(parsing *p) {
    static const char disposition[] = "content-disposition:";
    span line, name = {0};
    bool is_file = false;
    for (;;) {
        if (!take_line(p, &line))
            return fail("the body ends inside the header of a part");
        if (line.size == 0)
            break;
        if (line.size > strlen(disposition) && strncasecmp(line.at, disposition, strlen(disposition)) == 0)
            is_file = find_parameter(line, "filename", &name);
    }
    p->at -= 2; /* the line end may be the boundary's, of a part without content */
    const char *end = memmem(p->at, (size_t)(p->end - p->at), p->boundary, p->boundary_size);
    if (!end)
        return fail("the body ends before its closing boundary: it was cut");
    const char *begin = end > p->at ? p->at + 2 : end;
    p->at = end + p->boundary_size;
    return is_file ? add_file(p, name, (span){begin, (size_t)(end - begin)}) : LVK_OK;
}

static lvk_status parse(parsing *p) {
    const size_t first = p->boundary_size - 2; /* the body may begin with the boundary, without a line end */
    if ((size_t)(p->end - p->at) >= first && memcmp(p->at, p->boundary + 2, first) == 0) {
        p->at += first;
    } else {
        const char *at = memmem(p->at, (size_t)(p->end - p->at), p->boundary, p->boundary_size);
        if (!at)
            return fail("the body has no boundary");
        p->at = at + p->boundary_size;
    }
    while ((size_t)(p->end - p->at) < 2 || memcmp(p->at, "--", 2) != 0) {
        span rest; /* spaces may follow the boundary */
        if (!take_line(p, &rest) || rest.size > MOST_BOUNDARY)
            return fail("the body ends before its closing boundary: it was cut");
        LVK_TRY(take_part(p));
    }
    return LVK_OK;
}

lvk_status lvk_multipart_parse(const char *content_type, const void *body, size_t size, size_t most,
                               lvk_upload **files, size_t *count) {
    parsing p = {.at = body, .end = (const char *)body + size, .most = most};
    lvk_status status = take_boundary(&p, content_type);
    if (status == LVK_OK)
        status = parse(&p);
    *files = p.files;
    *count = p.count;
    return status;
}

void lvk_uploads_free(lvk_upload *files, size_t count) {
    for (size_t i = 0; i < count; ++i)
        lvk_free(files[i].name);
    lvk_free(files);
}
