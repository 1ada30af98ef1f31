#include "serve/connection.h"

#include "core/memory.h"
#include "core/parallel.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { LOOK_MILLISECONDS = 250 };

static const char too_slow[] = "HTTP/1.1 408 Request Timeout\r\n"
                               "Connection: close\r\n"
                               "Content-Type: application/json\r\n"
                               "Cache-Control: no-store\r\n"
                               "X-Content-Type-Options: nosniff\r\n"
                               "Content-Length: 89\r\n\r\n"
                               "{\"error\": {\"code\": \"timeout\", \"message\": \"the request has not come "
                               "whole in time\"}}     \n";

double lvk_clock_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* libmicrohttpd sees the end of the connection and gives it up. Nothing of an answer has been sent in the receiving
 * phase, so that this one can be, past the library. */
static void end(lvk_connections *all, lvk_connection *c) {
    c->ended = true;
    if (c->phase == LVK_PHASE_RECEIVING)
        (void)send(c->socket, too_slow, sizeof too_slow - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)shutdown(c->socket, SHUT_RDWR);
    all->timed_out(all->user);
}

static void *watch(void *user) {
    lvk_connections *all = user;
    pthread_mutex_lock(&all->lock);
    while (!all->stopping) {
        struct timespec next;
        const double now = lvk_clock_now();
        for (lvk_connection *c = all->first; c; c = c->next)
            if (!c->ended && c->phase != LVK_PHASE_COMPUTING && now - c->since > all->timeout)
                end(all, c);
        clock_gettime(CLOCK_MONOTONIC, &next);
        next.tv_nsec += LOOK_MILLISECONDS * 1000000L;
        next.tv_sec += next.tv_nsec / 1000000000L;
        next.tv_nsec %= 1000000000L;
        (void)pthread_cond_timedwait(&all->stop, &all->lock, &next);
    }
    pthread_mutex_unlock(&all->lock);
    return NULL;
}

lvk_status lvk_connections_begin(lvk_connections *all, double timeout, void (*timed_out)(void *),
                                 void *user) {
    pthread_condattr_t attributes;
    *all = (lvk_connections){.timeout = timeout, .timed_out = timed_out, .user = user};
    pthread_mutex_init(&all->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&all->stop, &attributes);
    pthread_condattr_destroy(&attributes);
    all->running = lvk_thread_start(&all->thread, watch, all);
    return all->running ? LVK_OK : LVK_ERROR_MEMORY;
}

void lvk_connections_finish(lvk_connections *all) {
    pthread_mutex_lock(&all->lock);
    all->stopping = true;
    pthread_cond_signal(&all->stop);
    pthread_mutex_unlock(&all->lock);
    if (all->running)
        pthread_join(all->thread, NULL);
    pthread_cond_destroy(&all->stop);
    pthread_mutex_destroy(&all->lock);
}

lvk_connection *lvk_connections_add(lvk_connections *all, int socket) {
    lvk_connection *c = lvk_alloc(1, sizeof *c);
    pthread_mutex_lock(&all->lock);
    ++all->count;
    if (c) {
        *c = (lvk_connection){.next = all->first, .socket = socket, .since = lvk_clock_now()};
        if (all->first)
            all->first->previous = c;
        all->first = c;
    }
    pthread_mutex_unlock(&all->lock);
    return c;
}

void lvk_connections_remove(lvk_connections *all, lvk_connection *c) {
    pthread_mutex_lock(&all->lock);
    --all->count;
    if (c && c->next)
        c->next->previous = c->previous;
    if (c && c->previous)
        c->previous->next = c->next;
    else if (c)
        all->first = c->next;
    pthread_mutex_unlock(&all->lock);
    lvk_free(c);
}

void lvk_connections_enter(lvk_connections *all, lvk_connection *c, lvk_phase phase) {
    if (!c)
        return;
    pthread_mutex_lock(&all->lock);
    c->phase = phase;
    c->since = lvk_clock_now();
    pthread_mutex_unlock(&all->lock);
}

size_t lvk_connections_count(lvk_connections *all) {
    pthread_mutex_lock(&all->lock);
    const size_t count = all->count;
    pthread_mutex_unlock(&all->lock);
    return count;
}
