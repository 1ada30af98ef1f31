/* The connections of a server, and the time that each has: a client that sends a request byte by byte, or does not take
 * its answer, would hold a connection for ever. libmicrohttpd ends connections that are silent, these end by the whole
 * time of a request. */
#ifndef LVK_SERVE_CONNECTION_H
#define LVK_SERVE_CONNECTION_H

#include "core/error.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum lvk_phase { LVK_PHASE_RECEIVING, LVK_PHASE_COMPUTING, LVK_PHASE_SENDING } lvk_phase;

typedef struct lvk_connection {
    struct lvk_connection *next, *previous;
    int socket;
    lvk_phase phase;
    double since; /* when the phase began */
    bool ended;   /* for its slowness */
} lvk_connection;

typedef struct lvk_connections {
    pthread_mutex_t lock;
    pthread_cond_t stop;
    pthread_t thread;
    bool running, stopping;
    double timeout;
    lvk_connection *first;
    size_t count;
    void (*timed_out)(void *user); /* called for each connection that is ended */
    void *user;
} lvk_connections;

/* Seconds of a clock that only goes forward. */
double lvk_clock_now(void);

LVK_MUST_USE lvk_status lvk_connections_begin(lvk_connections *connections, double timeout,
                                              void (*timed_out)(void *), void *user);
void lvk_connections_finish(lvk_connections *connections); /* after the last connection */

/* NULL when memory is out: the connection has no bound of time then. */
lvk_connection *lvk_connections_add(lvk_connections *connections, int socket);
void lvk_connections_remove(lvk_connections *connections, lvk_connection *connection);

/* The connection, NULL: none, enters a phase. */
void lvk_connections_enter(lvk_connections *connections, lvk_connection *connection, lvk_phase phase);

size_t lvk_connections_count(lvk_connections *connections);

#endif
