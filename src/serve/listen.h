/* The socket at which a server listens, and who may reach it. */
#ifndef LVK_SERVE_LISTEN_H
#define LVK_SERVE_LISTEN_H

#include "leukvk/serve.h"

enum { LVK_URL_SIZE = 128 };

typedef struct lvk_listener {
    int socket;    /* -1: none */
    bool loopback; /* only this machine reaches the address */
    bool inherited;
    char url[LVK_URL_SIZE];
} lvk_listener;

/* Opens the socket, or takes the one that systemd hands over. The caller closes it. LVK_ERROR_ARGUMENT: `address` is no
 * address; LVK_ERROR_IO: it cannot be listened at. */
LVK_MUST_USE lvk_status lvk_listener_open(const lvk_server_options *options, lvk_listener *listener);

/* Whether a Host header names this machine, with any port. A page of elsewhere whose name was made to lead here (DNS
 * rebinding) sends its own name. */
bool lvk_host_is_loopback(const char *host);

#endif
