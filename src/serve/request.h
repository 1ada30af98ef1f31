/* A request from its first line to its answer. */
#ifndef LVK_SERVE_REQUEST_H
#define LVK_SERVE_REQUEST_H

#include "leukvk/predict.h"
#include "serve/connection.h"
#include "serve/multipart.h"
#include "serve/reply.h"

#include <stdatomic.h>

typedef struct lvk_server lvk_server;
typedef struct lvk_route lvk_route;

/* A file that a request brings, and what became of it. */
typedef struct lvk_request_image {
    lvk_upload file;      /* its bytes lie in the request's body, until they are decoded */
    lvk_picture *picture; /* NULL: refused */
    char *refusal;        /* why; owned. NULL: memory was out */
    lvk_status status;    /* of the decoding */
} lvk_request_image;

typedef struct lvk_request {
    struct lvk_request *next; /* in a queue of the worker */
    lvk_server *server;
    struct MHD_Connection *connection;
    lvk_connection *watched;
    const lvk_route *route;
    size_t route_number;
    double begun;
    char *body;
    size_t body_size, body_capacity, body_announced;
    bool overflow; /* there was no memory for the body */
    bool explains; /* a heat map of the one image is asked for */
    double microns_per_pixel;
    lvk_request_image *images;
    size_t image_count;
    size_t taken, decoded; /* images that decoding threads have begun and finished; under the worker's lock */
    lvk_reply reply;
    bool counted; /* among those that have come whole and are not answered */
    bool asleep;  /* handed to the worker, whose the reply is until it wakes the connection; not reset then */
    bool sent;
} lvk_request;

/* libmicrohttpd's calls. */
enum MHD_Result lvk_request_handle(void *server, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *data,
                                   size_t *data_size, void **request);
void lvk_request_complete(void *server, struct MHD_Connection *connection, void **request,
                          enum MHD_RequestTerminationCode code);
void *lvk_request_begin(void *server, const char *uri, struct MHD_Connection *connection);
void lvk_request_connect(void *server, struct MHD_Connection *connection, void **context,
                         enum MHD_ConnectionNotificationCode code);

/* Gives back the memory of the body. */
void lvk_request_drop_body(lvk_request *request);

#endif
