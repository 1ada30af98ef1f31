/* Requests to the server without sockets: the first byte says which server and how it is set up, the next line is "METHOD
 * PATH?QUERY", then come headers to an empty line, then the body. What libmicrohttpd does between the socket and the server is
 * here instead: it hands over the request in pieces and takes the answer. Of a server that watches, the body is the
 * metrics.csv of the run.
 * Covers: src/serve/{request,reply,routes,predict_reply,explain_reply,multipart,worker,watch,counters,connection,listen}.c */
#include "support.h"

#include "core/file.h"
#include "core/text.h"
#include "leukvk/explain.h"
#include "models.h"
#include "serve/server.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_VALUES = 24, MOST_BODY = 1 << 14 };

/* ---- libmicrohttpd ---- */

/* A header or an argument. */
typedef struct value {
    enum MHD_ValueKind kind;
    char *name, *text;
} value;

struct MHD_Connection {
    value values[MOST_VALUES];
    size_t count;
    union MHD_ConnectionInfo watched;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool sleeps;
    unsigned status; /* of the answer; 0: none yet */
};

struct MHD_Response {
    const char *content;
    size_t size;
    char *owned;
    bool json;
};

const char *MHD_lookup_connection_value(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                                        const char *name) {
    for (size_t i = 0; i < connection->count; ++i)
        if (connection->values[i].kind == kind && strcasecmp(connection->values[i].name, name) == 0)
            return connection->values[i].text;
    return NULL;
}

const union MHD_ConnectionInfo *MHD_get_connection_info(struct MHD_Connection *connection,
                                                        enum MHD_ConnectionInfoType type, ...) {
    return type == MHD_CONNECTION_INFO_SOCKET_CONTEXT ? &connection->watched : NULL;
}

void MHD_suspend_connection(struct MHD_Connection *connection) {
    pthread_mutex_lock(&connection->lock);
    connection->sleeps = true;
    pthread_mutex_unlock(&connection->lock);
}

void MHD_resume_connection(struct MHD_Connection *connection) {
    pthread_mutex_lock(&connection->lock);
    connection->sleeps = false;
    pthread_cond_signal(&connection->woken);
    pthread_mutex_unlock(&connection->lock);
}

struct MHD_Response *MHD_create_response_from_buffer(size_t size, void *buffer,
                                                     enum MHD_ResponseMemoryMode mode) {
    struct MHD_Response *response = lvk_alloc(1, sizeof *response);
    REQUIRE(response && mode != MHD_RESPMEM_MUST_FREE);
    response->content = buffer;
    response->size = size;
    if (mode == MHD_RESPMEM_MUST_COPY)
        response->content = response->owned = fuzz_copy(buffer, size);
    return response;
}

/* No header may be broken in two by what a client sends. */
enum MHD_Result MHD_add_response_header(struct MHD_Response *response, const char *header,
                                        const char *content) {
    REQUIRE(*header && !strpbrk(header, "\r\n: ") && !strpbrk(content, "\r\n"));
    if (strcasecmp(header, MHD_HTTP_HEADER_CONTENT_TYPE) == 0)
        response->json = strcmp(content, "application/json") == 0;
    return MHD_YES;
}

/* What claims to be JSON is JSON. */
enum MHD_Result MHD_queue_response(struct MHD_Connection *connection, unsigned status,
                                   struct MHD_Response *response) {
    REQUIRE(connection->status == 0 && status >= 200 && status < 600);
    connection->status = status;
    if (response->json) {
        json_t *json = json_loadb(response->content, response->size, JSON_REJECT_DUPLICATES, NULL);
        REQUIRE(json_is_object(json));
        REQUIRE(status == MHD_HTTP_OK ||
                json_is_string(json_object_get(json_object_get(json, "error"), "code")));
        json_decref(json);
    }
    return MHD_YES;
}

void MHD_destroy_response(struct MHD_Response *response) {
    lvk_free(response->owned);
    lvk_free(response);
}

/* ---- the servers ---- */

static lvk_server classify, watch;
static lvk_device *device;
static char token[] = "0123456789abcdef";

static void count_timed_out(void *user) {
    (void)user;
}

static void prepare(lvk_server *s) {
    s->options = (lvk_server_options){.max_body = MOST_BODY, .timeout = 30, .connections = 4, .queue = 4};
    s->options.classifier.threads = 1;
    lvk_counters_begin(&s->counters);
    REQUIRE(fuzz_ok(lvk_connections_begin(&s->connections, 30, count_timed_out, s)));
}

static void stop(void) {
    lvk_worker_finish(&classify.worker);
    lvk_explainer_destroy(&classify.explainer);
    lvk_batches_close(&classify.batches);
    lvk_connections_finish(&classify.connections);
    lvk_connections_finish(&watch.connections);
    lvk_counters_finish(&classify.counters);
    lvk_counters_finish(&watch.counters);
    lvk_device_close(&device);
    lvk_free(watch.run);
}

/* Makes a first explanation, since the explainer and what it needs are kept. */
static void explain_once(void) {
    static uint8_t pixels[32 * 32 * 3];
    const lvk_pixels whole = {.rgb = pixels, .width = 32, .height = 32};
    lvk_picture *picture;
    lvk_explanation explanation;
    for (size_t i = 0; i < sizeof pixels; ++i)
        pixels[i] = (uint8_t)(i % 200);
    REQUIRE(fuzz_ok(lvk_explainer_create(classify.classifier, NULL, &classify.explainer)));
    REQUIRE(fuzz_ok(lvk_picture_create(classify.classifier, "picture", &whole, &picture)));
    REQUIRE(fuzz_ok(lvk_explain_picture(classify.explainer, picture, LVK_EXPLAIN_CALLED, &explanation)));
    lvk_explanation_finish(&explanation);
    lvk_picture_free(&picture);
}

void fuzz_begin(void) {
    static const char lines[] = "novelty=1";
    static char no_model[] = "{}";
    static const lvk_device_options on_cpu = {.device = "cpu", .no_tuning = true, .threads = 1};
    const lvk_classifier_options small = {.batch = 2, .threads = 1};
    const char *model =
        fuzz_model("model.safetensors", (fuzz_input){(const uint8_t *)lines, sizeof lines - 1});
    fuzz_leaves_memory =
        true; /* for a moment, until the worker's threads have begun and freed what they used */
    REQUIRE(model && fuzz_ok(lvk_device_open(&on_cpu, &device)));
    prepare(&classify);
    prepare(&watch);
    classify.routes = lvk_classify_routes;
    classify.device = device;
    REQUIRE(fuzz_ok(lvk_batches_open(device, model, &small, &classify.batches)));
    classify.classifier = lvk_batches_largest(&classify.batches);

    classify.model = no_model;
    explain_once();
    REQUIRE(fuzz_ok(lvk_worker_begin(&classify.worker, &classify)));
    watch.routes = lvk_watch_routes;
    watch.run = lvk_format("%s/run", fuzz_folder());
    REQUIRE(watch.run && fuzz_ok(lvk_folder_create(watch.run)));
    fuzz_file("run/config.json", "{\"epochs\": 4}", strlen("{\"epochs\": 4}"));
    REQUIRE(atexit(stop) == 0);
}

/* ---- a request ---- */

static void add_value(struct MHD_Connection *c, enum MHD_ValueKind kind, char *text, char separator) {
    char *end = strchr(text, separator);
    if (c->count == MOST_VALUES || !end)
        return;
    *end = '\0';
    c->values[c->count++] = (value){kind, text, end + 1 + strspn(end + 1, " ")};
}

static void add_arguments(struct MHD_Connection *c, char *query) {
    for (char *next; query; query = next) {
        next = strchr(query, '&');
        if (next)
            *next++ = '\0';
        add_value(c, MHD_GET_ARGUMENT_KIND, query, '=');
    }
}

static void wait_for(struct MHD_Connection *c) {
    pthread_mutex_lock(&c->lock);
    while (c->sleeps)
        pthread_cond_wait(&c->woken, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

/* As libmicrohttpd calls the server: the headers, the body in two pieces, the end, and once more after a sleep. */
static void hand_over(lvk_server *s, struct MHD_Connection *c, const char *url, const char *method,
                      fuzz_input body) {
    void *request = NULL;
    size_t none = 0;
    lvk_request_connect(s, c, &c->watched.socket_context, MHD_CONNECTION_NOTIFY_STARTED);
    (void)lvk_request_begin(s, url, c);
    enum MHD_Result result = lvk_request_handle(s, c, url, method, "HTTP/1.1", NULL, &none, &request);
    for (int piece = 0; piece < 2 && result == MHD_YES && c->status == 0 && body.left; ++piece) {
        size_t size = piece ? body.left : (body.left + 1) / 2;
        char *copy = fuzz_copy(body.at, size); /* so that reading behind it is seen */
        body.at += size;
        body.left -= size;
        result = lvk_request_handle(s, c, url, method, "HTTP/1.1", copy, &size, &request);
        REQUIRE(size == 0);
        lvk_free(copy);
    }
    for (int end = 0; end < 2 && result == MHD_YES && c->status == 0; ++end) {
        result = lvk_request_handle(s, c, url, method, "HTTP/1.1", NULL, &none, &request);
        wait_for(c);
    }
    REQUIRE(result == MHD_YES && c->status != 0);
    lvk_request_complete(s, c, &request, MHD_REQUEST_TERMINATED_COMPLETED_OK);
    lvk_request_connect(s, c, &c->watched.socket_context, MHD_CONNECTION_NOTIFY_CLOSED);
    REQUIRE(!request && atomic_load(&s->body_bytes) == 0 && atomic_load(&s->answering) == 0);
}

void fuzz_one(const uint8_t *data, size_t size) {
    enum { WATCH = 1, TOKEN = 2, LOOPBACK = 4, NO_LENGTH = 8, STOPPING = 16 };
    fuzz_input input = {data, size};
    struct MHD_Connection c = {.lock = PTHREAD_MUTEX_INITIALIZER, .woken = PTHREAD_COND_INITIALIZER};
    char *lines[MOST_VALUES], length[24];
    size_t count = 0;
    const uint32_t bits = fuzz_below(&input, 256);
    lvk_server *s = bits & WATCH ? &watch : &classify;
    s->token = bits & TOKEN ? token : NULL;
    s->listener.loopback = bits & LOOPBACK;
    atomic_store(&s->stopping, (bits & STOPPING) && (bits & 224) == 224);
    const fuzz_input line = fuzz_line(&input);
    char *first = fuzz_string(line.at, line.left), *url = strchr(first, ' ');
    if (url)
        *url++ = '\0';
    char *query = url ? strchr(url, '?') : NULL;
    if (query)
        *query++ = '\0';
    add_arguments(&c, query);
    for (fuzz_input header; count < MOST_VALUES - 1 && (header = fuzz_line(&input)).left; ++count) {
        lines[count] = fuzz_string(header.at, header.left);
        add_value(&c, MHD_HEADER_KIND, lines[count], ':');
    }
    if (!(bits & NO_LENGTH) &&
        !MHD_lookup_connection_value(&c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH) &&
        c.count < MOST_VALUES) {
        static char name[] = MHD_HTTP_HEADER_CONTENT_LENGTH;
        snprintf(length, sizeof length, "%zu", input.left);
        c.values[c.count++] = (value){MHD_HEADER_KIND, name, length};
    }
    if (bits & WATCH)
        fuzz_file("run/metrics.csv", input.at, input.left);
    if (url && *first)
        hand_over(s, &c, url, first, input);
    for (size_t i = 0; i < count; ++i)
        lvk_free(lines[i]);
    lvk_free(first);
    pthread_cond_destroy(&c.woken);
    pthread_mutex_destroy(&c.lock);
}
