#include "serve/reply.h"

#include "core/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Pages run their own scripts alone, load nothing from elsewhere, and are not shown inside other pages. */
#define CONTENT_POLICY                                                                                          \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static const char out_of_memory[] =
    "{\"error\": {\"code\": \"out_of_memory\", \"message\": \"out of memory\"}}\n";

void lvk_reply_fixed(lvk_reply *reply, const char *type, const void *bytes, size_t size) {
    lvk_reply_finish(reply);
    reply->status = MHD_HTTP_OK;
    reply->type = type;
    reply->content = bytes;
    reply->size = size;
}

void lvk_reply_text(lvk_reply *reply, unsigned status, const char *type, lvk_text *text) {
    char *body;
    size_t size;
    if (lvk_text_take(text, &body, &size) != LVK_OK) {
        lvk_reply_fixed(reply, "application/json", out_of_memory, strlen(out_of_memory));
        reply->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
        return;
    }
    lvk_reply_finish(reply);
    reply->status = status;
    reply->type = type;
    reply->content = reply->owned = body;
    reply->size = size;
}

void lvk_reply_fail(lvk_reply *reply, unsigned status, const char *code, const char *format, ...) {
    char message[1024];
    lvk_text text = {0};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    lvk_text_add(&text, "{\"error\": {\"code\": \"%s\", \"message\": ", code);
    lvk_text_add_json(&text, message);
    lvk_text_add(&text, "}}\n");
    lvk_reply_text(reply, status, "application/json", &text);
}

/* False: memory is out. An answer that lacks a header is not sent: it could be one that protects. */
static bool add_headers(struct MHD_Response *response, const lvk_reply *reply) {
    const char *const headers[][2] = {
        {MHD_HTTP_HEADER_CONTENT_TYPE, reply->type},
        {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"Content-Security-Policy", CONTENT_POLICY},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {MHD_HTTP_HEADER_ALLOW, reply->allow},
        {MHD_HTTP_HEADER_CONNECTION, reply->close ? "close" : NULL},
        {MHD_HTTP_HEADER_RETRY_AFTER, reply->status == MHD_HTTP_SERVICE_UNAVAILABLE ? "1" : NULL},
        {MHD_HTTP_HEADER_WWW_AUTHENTICATE, reply->status == MHD_HTTP_UNAUTHORIZED ? "Bearer" : NULL}};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; ++i)
        if (headers[i][1] && MHD_add_response_header(response, headers[i][0], headers[i][1]) != MHD_YES)
            return false;
    return true;
}

enum MHD_Result lvk_reply_send(struct MHD_Connection *connection, lvk_reply *reply) {
    /* What is owned is copied: MHD would free it by free(), which need not be lvk_free's. What is not is only read. */
    union {
        const void *read;
        void *given;
    } content = {reply->content};
    struct MHD_Response *response = MHD_create_response_from_buffer(
        reply->size, content.given, reply->owned ? MHD_RESPMEM_MUST_COPY : MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    const enum MHD_Result result =
        add_headers(response, reply) ? MHD_queue_response(connection, reply->status, response) : MHD_NO;
    MHD_destroy_response(response);
    lvk_reply_finish(reply);
    return result;
}

void lvk_reply_finish(lvk_reply *reply) {
    lvk_free(reply->owned);
    *reply = (lvk_reply){.allow = reply->allow, .close = reply->close};
}
