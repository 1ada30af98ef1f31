/* The server's struct, for the files of this folder. */
#ifndef LVK_SERVE_SERVER_H
#define LVK_SERVE_SERVER_H

#include "leukvk/explain.h"
#include "leukvk/serve.h"
#include "serve/batches.h"
#include "serve/counters.h"
#include "serve/listen.h"
#include "serve/request.h"
#include "serve/worker.h"

enum {
    LVK_SERVER_MOST_IMAGES = 256,    /* of one request */
    LVK_SERVER_IMAGES_WAITING = 1024 /* of all requests */
};

/* What a path answers. `answer` sets the reply, or gives the request to the worker, which does so later. */
struct lvk_route {
    const char *path, *method;
    bool open; /* without the token: it tells nothing that needs one */
    void (*answer)(lvk_request *request);
};

struct lvk_server {
    lvk_server_options options; /* with the defaults filled in; its texts are not kept */
    lvk_listener listener;
    char *token; /* NULL: none */
    struct MHD_Daemon *daemon;
    const lvk_route *routes; /* ends with a row without a path */
    lvk_connections connections;
    lvk_counters counters;
    lvk_device *device; /* NULL of a server that watches; so are the three below */
    lvk_batches batches;
    lvk_classifier *classifier; /* of `batches`, the one with the largest */
    lvk_explainer *explainer;   /* made and used by the worker's thread; NULL: not yet needed */
    lvk_worker worker;
    char *model;              /* the answer of GET /v1/model */
    char *run;                /* the folder that is watched */
    atomic_size_t body_bytes; /* that bodies take now */
    atomic_size_t answering;  /* requests that have come whole and are not answered */
    atomic_bool stopping;
};

extern const lvk_route lvk_classify_routes[], lvk_watch_routes[];

/* Number of routes; requests of no route are counted as one more. */
size_t lvk_route_count(const lvk_route *routes);

/* Answers that both kinds of servers give. */
void lvk_answer_health(lvk_request *request);
void lvk_answer_metrics(lvk_request *request);

#endif
