#include "serve/request.h"

#include "core/memory.h"
#include "serve/server.h"

#include <string.h>
#include <strings.h>

enum {
    BODY_STEP = 1 << 16,
    LEAST_BODIES = 256 << 20, /* that all bodies together may take */
    MOST_BODIES = 8,          /* all bodies together take the memory of so many of the largest */
    MOST_FORGOTTEN = 8        /* a body that is so many times too large is read to its end and forgotten */
};

static const char *header(const lvk_request *r, const char *name) {
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

static lvk_connection *watched_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* ---- connections ---- */

void lvk_request_connect(void *user, struct MHD_Connection *connection, void **context,
                         enum MHD_ConnectionNotificationCode code) {
    lvk_server *server = user;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *context = lvk_connections_add(&server->connections, info ? info->connect_fd : -1);
    } else {
        lvk_connections_remove(&server->connections, *context);
        *context = NULL;
    }
}

void *lvk_request_begin(void *user, const char *uri, struct MHD_Connection *connection) {
    lvk_server *server = user;
    (void)uri;
    lvk_connections_enter(&server->connections, watched_of(connection), LVK_PHASE_RECEIVING);
    return NULL;
}

/* ---- what is looked at before the body comes ---- */

static bool is_allowed_method(const lvk_route *route, const char *method) {
    return strcmp(method, route->method) == 0 ||
           (strcmp(route->method, MHD_HTTP_METHOD_GET) == 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) == 0);
}

static void find_route(lvk_request *r, const char *url, const char *method) {
    const lvk_route *routes = r->server->routes;
    r->route_number = lvk_route_count(routes);
    for (size_t i = 0; routes[i].path; ++i)
        if (strcmp(url, routes[i].path) == 0) {
            r->route = &routes[i];
            r->route_number = i;
        }
    if (!r->route) {
        lvk_reply_fail(&r->reply, MHD_HTTP_NOT_FOUND, "not_found", "%.200s: there is no such page", url);
    } else if (!is_allowed_method(r->route, method)) {
        const bool get = strcmp(r->route->method, MHD_HTTP_METHOD_GET) == 0;
        r->reply.allow = get ? "GET, HEAD" : r->route->method;
        lvk_reply_fail(&r->reply, MHD_HTTP_METHOD_NOT_ALLOWED, "method_not_allowed", "%s takes %s, not %.20s",
                       r->route->path, r->reply.allow, method);
    }
}

/* Takes the same time wherever the two differ. */
static bool is_token(const char *token, const char *given) {
    const size_t length = strlen(token), other = strlen(given);
    unsigned differs = length != other;
    for (size_t i = 0; i < length; ++i)
        differs |= (unsigned)(token[i] ^ given[other ? i % other : 0]);
    return !differs;
}

static bool has_token(const lvk_request *r) {
    static const char scheme[] = "Bearer ";
    const char *given = header(r, MHD_HTTP_HEADER_AUTHORIZATION);
    return given && strncasecmp(given, scheme, strlen(scheme)) == 0 &&
           is_token(r->server->token, given + strlen(scheme));
}

/* Whether a page of elsewhere sends the request, by what browsers tell. */
static bool is_of_other_page(const lvk_request *r, const char *host) {
    static const char scheme[] = "http://", secure[] = "https://";
    const char *origin = header(r, MHD_HTTP_HEADER_ORIGIN);
    if (!origin)
        return false;
    if (strncmp(origin, scheme, strlen(scheme)) == 0)
        return strcasecmp(origin + strlen(scheme), host) != 0;
    return strncmp(origin, secure, strlen(secure)) != 0 || strcasecmp(origin + strlen(secure), host) != 0;
}

static void check_sender(lvk_request *r) {
    const lvk_server *server = r->server;
    const char *host = header(r, MHD_HTTP_HEADER_HOST);
    if (server->listener.loopback && host && !lvk_host_is_loopback(host))
        lvk_reply_fail(&r->reply, MHD_HTTP_MISDIRECTED_REQUEST, "wrong_host",
                       "Host: %.200s is not this machine, and the server is for this machine alone", host);
    else if (is_of_other_page(r, host ? host : ""))
        lvk_reply_fail(&r->reply, MHD_HTTP_FORBIDDEN, "foreign_origin",
                       "the request is from a page of another server");
    else if (server->token && (!r->route || !r->route->open) && !has_token(r))
        lvk_reply_fail(&r->reply, MHD_HTTP_UNAUTHORIZED, "unauthorized",
                       "the header 'Authorization: Bearer TOKEN' is missing or wrong");
}

/* A body that is not read makes an end of the connection, since what follows it cannot be found, and a client that
 * sends without looking meets a closed connection before it reads why. Where it waits to be asked for the body, or the
 * body is very large, that is done all the same. */
static void refuse_body(lvk_request *r, uint64_t size) {
    const size_t most = r->server->options.max_body;
    r->reply.close = header(r, MHD_HTTP_HEADER_EXPECT) || size / MOST_FORGOTTEN > most;
    lvk_reply_fail(&r->reply, MHD_HTTP_CONTENT_TOO_LARGE, "too_large",
                   "the body is larger than the %zu bytes that are taken", most);
}

static void check_size(lvk_request *r) {
    const char *length = header(r, MHD_HTTP_HEADER_CONTENT_LENGTH);
    const bool is_post = r->route && strcmp(r->route->method, MHD_HTTP_METHOD_POST) == 0 && !r->reply.status;
    uint64_t size = 0;
    if (header(r, MHD_HTTP_HEADER_TRANSFER_ENCODING) || (!length && is_post)) {
        r->reply.close = true;
        lvk_reply_fail(&r->reply, MHD_HTTP_LENGTH_REQUIRED, "length_required",
                       "a body needs the header Content-Length");
        return;
    }
    if (length && !lvk_number_parse_u64(length, UINT64_MAX, &size))
        size = UINT64_MAX;
    if (size > r->server->options.max_body)
        refuse_body(r, size);
    r->body_announced = (size_t)size;
}

static lvk_request *begin(lvk_server *server, struct MHD_Connection *connection, const char *url,
                          const char *method) {
    lvk_request *r = lvk_alloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->server = server;
    r->connection = connection;
    r->watched = watched_of(connection);
    r->begun = lvk_clock_now();
    r->microns_per_pixel = server->options.microns_per_pixel;
    find_route(r, url, method);
    check_sender(r);
    if (atomic_load(&server->stopping)) {
        r->reply.close = true;
        lvk_reply_fail(&r->reply, MHD_HTTP_SERVICE_UNAVAILABLE, "stopping", "the server is being stopped");
    }
    check_size(r);
    return r;
}

/* ---- the body ---- */

void lvk_request_drop_body(lvk_request *r) {
    atomic_fetch_sub(&r->server->body_bytes, r->body_capacity);
    lvk_free(r->body);
    r->body = NULL;
    r->body_size = r->body_capacity = 0;
}

/* Memory is taken as the body comes, so that a client who announces much and sends little holds little. */
static bool grow(lvk_request *r, size_t wanted) {
    size_t capacity = r->body_capacity ? r->body_capacity * 2 : BODY_STEP;
    capacity = capacity < wanted ? wanted : capacity;
    capacity = capacity > r->body_announced ? r->body_announced : capacity;
    const size_t more = capacity - r->body_capacity;
    const size_t largest = r->server->options.max_body * MOST_BODIES;
    const size_t most = largest > LEAST_BODIES ? largest : LEAST_BODIES;
    if (atomic_fetch_add(&r->server->body_bytes, more) + more > most) {
        atomic_fetch_sub(&r->server->body_bytes, more);
        return false;
    }
    char *body = lvk_realloc(r->body, capacity, 1);
    if (!body) {
        atomic_fetch_sub(&r->server->body_bytes, more);
        return false;
    }
    r->body = body;
    r->body_capacity = capacity;
    return true;
}

/* The body of a request that is refused is read and forgotten, so that the client can read why. */
static void append(lvk_request *r, const char *data, size_t size) {
    const size_t wanted = r->body_size + size;
    if (r->reply.status || r->overflow)
        return;
    if (wanted > r->body_capacity && (wanted > r->body_announced || !grow(r, wanted))) {
        r->overflow = true;
        lvk_request_drop_body(r);
        lvk_reply_fail(&r->reply, MHD_HTTP_SERVICE_UNAVAILABLE, "busy",
                       "other requests take the memory for bodies; try again");
        return;
    }
    memcpy(r->body + r->body_size, data, size);
    r->body_size = wanted;
}

/* ---- the answer ---- */

static enum MHD_Result send_reply(lvk_request *r) {
    const unsigned status = r->reply.status;
    lvk_connections_enter(&r->server->connections, r->watched, LVK_PHASE_SENDING);
    r->sent = true;
    const enum MHD_Result result = lvk_reply_send(r->connection, &r->reply);
    r->reply.status = result == MHD_YES ? status : 0; /* for the counters */
    return result;
}

static enum MHD_Result answer(lvk_request *r) {
    if (r->reply.status)
        return send_reply(r);
    atomic_fetch_add(&r->server->answering, 1);
    r->counted = true;
    lvk_connections_enter(&r->server->connections, r->watched, LVK_PHASE_COMPUTING);
    r->route->answer(r);
    /* While it sleeps, the reply is the worker's, which may be writing it. */
    return !r->asleep && r->reply.status ? send_reply(r) : MHD_YES;
}

enum MHD_Result lvk_request_handle(void *server, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *data,
                                   size_t *data_size, void **request) {
    lvk_request *r = *request;
    (void)version;
    if (!r) {
        *request = r = begin(server, connection, url, method);
        if (!r)
            return MHD_NO;
        return r->reply.status && r->reply.close ? send_reply(r) : MHD_YES;
    }
    if (*data_size) {
        append(r, data, *data_size);
        *data_size = 0;
        return MHD_YES;
    }
    return r->sent ? MHD_YES : answer(r);
}

void lvk_request_complete(void *user, struct MHD_Connection *connection, void **request,
                          enum MHD_RequestTerminationCode code) {
    lvk_server *server = user;
    lvk_request *r = *request;
    (void)connection;
    if (!r)
        return;
    *request = NULL;
    if (r->counted)
        atomic_fetch_sub(&server->answering, 1);
    const bool whole = code == MHD_REQUEST_TERMINATED_COMPLETED_OK && r->sent;
    lvk_counters_request(&server->counters, r->route_number, whole ? r->reply.status : 0,
                         lvk_clock_now() - r->begun);
    for (size_t i = 0; i < r->image_count; ++i) {
        lvk_free(r->images[i].file.name);
        lvk_free(r->images[i].refusal);
        lvk_picture_free(&r->images[i].picture);
    }
    lvk_free(r->images);
    lvk_request_drop_body(r);
    if (!r->sent)
        lvk_reply_finish(&r->reply);
    lvk_connections_enter(&server->connections, r->watched, LVK_PHASE_RECEIVING);
    lvk_free(r);
}
