/* A server that classifies images over HTTP, with a page for people and JSON for programs; and one that shows how a
 * training goes. Both serve one program on this machine unless they are told otherwise. docs/serve.md describes the
 * requests and the answers. */
#ifndef LEUKVK_SERVE_H
#define LEUKVK_SERVE_H

#include "leukvk/predict.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A server that runs, on threads of its own. Any number of threads may ask for its address and its model; one stops it. */
typedef struct lvk_server lvk_server;

/* The most bytes of a request's body that an option may allow. */
#define LVK_SERVER_MOST_BODY ((size_t)1 << 30)

typedef struct lvk_server_options {
    size_t struct_size;  /* sizeof this struct; 0: its size in version 0.1 */
    const char *address; /* to listen at, an IPv4 or IPv6 address or "localhost"; NULL: 127.0.0.1 */
    uint16_t port;       /* 0: one that is free */
    /* Of a file whose first line requests must bring as `Authorization: Bearer …`. NULL: none is asked for, which only
     * an address of this machine alone (loopback) may do. */
    const char *token_file;
    bool inherited;       /* take the listening socket that systemd hands over, where it does (LISTEN_FDS) */
    size_t max_body;      /* bytes of a request's body, at most LVK_SERVER_MOST_BODY; 0: 64 MiB */
    unsigned timeout;     /* seconds in which a request must have come; 0: 30 */
    unsigned connections; /* at one time; 0: 256 */
    unsigned connections_per_address; /* of one client; 0: all from this machine, 64 from others */
    unsigned queue;                   /* requests that wait or are computed at one time; 0: 128 */
    double microns_per_pixel;         /* of images whose request does not tell it; 0: not known */
    /* `keep_going` has no effect. `batch` 0: as many images as have come together, up to 32, by the smallest of several
     * sizes that holds them, so that the last digits of a probability may depend on how many came together. */
    lvk_classifier_options classifier;
} lvk_server_options;

/* Starts to serve the model at `model` (lvk_classifier_open). The device must outlive the server and is used by the server
 * alone. `options` may be NULL. The caller stops the server.
 *
 * LVK_ERROR_ARGUMENT: an option is out of range, or an address that others reach has no token; LVK_ERROR_IO: the
 * address cannot be listened at, or a file cannot be read; LVK_ERROR_UNSUPPORTED: the library was built without
 * libmicrohttpd; and the errors of lvk_classifier_open. */
LVK_API LVK_MUST_USE lvk_status lvk_server_start(lvk_device *device, const char *model,
                                                 const lvk_server_options *options, lvk_server **server);

/* Starts to show the learning curves of a run folder, or of the runs below the folder of a cross-validation or a search,
 * as they grow. The folder need not exist yet; LVK_ERROR_IO: a file is there in its place. Other errors as above. */
LVK_API LVK_MUST_USE lvk_status lvk_server_watch(const char *run, const lvk_server_options *options,
                                                 lvk_server **server);

/* Where the page is: "http://127.0.0.1:8080/". Belongs to the server. */
LVK_API const char *lvk_server_url(const lvk_server *server);

/* The classes and the like of the model that is served; NULL of a server that watches. Belongs to the server. */
LVK_API const lvk_classifier_info *lvk_server_classifier_info(const lvk_server *server);

/* Takes no more requests, answers those that have come whole, and ends the server. Accepts NULL in *server. */
LVK_API void lvk_server_stop(lvk_server **server);

#ifdef __cplusplus
}
#endif
#endif
