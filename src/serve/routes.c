/* The paths that the server answers. src/serve/page/openapi.json describes them, which a test compares. */
#include "serve/explain_reply.h"
#include "serve/model_reply.h"
#include "serve/predict_reply.h"
#include "serve/server.h"
#include "serve/watch.h"

#include <string.h>

#define GET  MHD_HTTP_METHOD_GET
#define POST MHD_HTTP_METHOD_POST

/* The files of src/serve/page, which are a part of the program (cmake/Embed.cmake). */
extern const char lvk_serve_classify_html[], lvk_serve_classify_js[], lvk_serve_watch_html[],
    lvk_serve_watch_js[], lvk_serve_page_css[], lvk_serve_icon_svg[], lvk_serve_openapi_json[];

#define HTML       "text/html; charset=utf-8"
#define JAVASCRIPT "text/javascript; charset=utf-8"

static void answer_file(lvk_request *r, const char *type, const char *text) {
    lvk_reply_fixed(&r->reply, type, text, strlen(text));
}

static void answer_classify_page(lvk_request *r) {
    answer_file(r, HTML, lvk_serve_classify_html);
}

static void answer_classify_script(lvk_request *r) {
    answer_file(r, JAVASCRIPT, lvk_serve_classify_js);
}

static void answer_watch_page(lvk_request *r) {
    answer_file(r, HTML, lvk_serve_watch_html);
}

static void answer_watch_script(lvk_request *r) {
    answer_file(r, JAVASCRIPT, lvk_serve_watch_js);
}

static void answer_style(lvk_request *r) {
    answer_file(r, "text/css; charset=utf-8", lvk_serve_page_css);
}

static void answer_icon(lvk_request *r) {
    answer_file(r, "image/svg+xml", lvk_serve_icon_svg);
}

static void answer_description(lvk_request *r) {
    answer_file(r, "application/json", lvk_serve_openapi_json);
}

void lvk_answer_health(lvk_request *r) {
    static const char healthy[] = "{\"status\": \"ok\"}\n";
    lvk_reply_fixed(&r->reply, "application/json", healthy, sizeof healthy - 1);
}

void lvk_answer_metrics(lvk_request *r) {
    const char *names[LVK_COUNTED_ROUTES];
    lvk_server *server = r->server;
    lvk_text text = {0};
    lvk_gauges gauges = {.connections = lvk_connections_count(&server->connections),
                         .body_bytes = atomic_load(&server->body_bytes)};
    size_t count = 0;
    for (; server->routes[count].path; ++count)
        names[count] = server->routes[count].path;
    names[count++] = "other";
    if (server->classifier) {
        gauges.device_bytes = lvk_device_memory(server->device);
        lvk_worker_count(&server->worker, &gauges.queue, &gauges.images_waiting);
    }
    lvk_counters_text(&server->counters, names, count, &gauges, &text);
    lvk_reply_text(&r->reply, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", &text);
}

const lvk_route lvk_classify_routes[] = {{"/", GET, true, answer_classify_page},
                                         {"/page.css", GET, true, answer_style},
                                         {"/classify.js", GET, true, answer_classify_script},
                                         {"/icon.svg", GET, true, answer_icon},
                                         {"/openapi.json", GET, true, answer_description},
                                         {"/healthz", GET, true, lvk_answer_health},
                                         {"/metrics", GET, false, lvk_answer_metrics},
                                         {"/v1/model", GET, false, lvk_model_answer},
                                         {"/v1/predict", POST, false, lvk_predict_answer},
                                         {"/v1/explain", POST, false, lvk_explain_answer},
                                         {0}};

const lvk_route lvk_watch_routes[] = {
    {"/", GET, true, answer_watch_page},           {"/page.css", GET, true, answer_style},
    {"/watch.js", GET, true, answer_watch_script}, {"/icon.svg", GET, true, answer_icon},
    {"/healthz", GET, true, lvk_answer_health},    {"/metrics", GET, false, lvk_answer_metrics},
    {"/v1/run", GET, false, lvk_watch_answer},     {0}};

size_t lvk_route_count(const lvk_route *routes) {
    size_t count = 0;
    while (routes[count].path)
        ++count;
    return count;
}
