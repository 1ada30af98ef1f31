/* Requests with images: threads decode, and one thread, to which the classifier belongs, classifies together what has
 * come meanwhile. The queue is bounded. */
#ifndef LVK_SERVE_WORKER_H
#define LVK_SERVE_WORKER_H

#include "serve/request.h"

enum { LVK_WORKER_MOST_THREADS = 8 };

typedef struct lvk_request_queue {
    lvk_request *first, *last;
} lvk_request_queue;

typedef struct lvk_worker {
    lvk_server *server;
    pthread_mutex_t lock;
    pthread_cond_t to_decode, ready;
    lvk_request_queue raw, decoded;
    size_t requests, images; /* that wait or are computed */
    size_t most_requests, most_images;
    uint32_t batch; /* images that are classified together */
    bool stopping, begun;
    pthread_t classifying, decoding[LVK_WORKER_MOST_THREADS];
    unsigned decoding_count;
    bool classifying_runs;
} lvk_worker;

LVK_MUST_USE lvk_status lvk_worker_begin(lvk_worker *worker, lvk_server *server);
void lvk_worker_finish(lvk_worker *worker); /* when no request is with it any more */

/* Takes a request, whose connection sleeps until it is answered. False: the queue is full. */
bool lvk_worker_submit(lvk_worker *worker, lvk_request *request);

void lvk_worker_count(lvk_worker *worker, size_t *requests, size_t *images);

#endif
