#include "serve/worker.h"

#include "core/parallel.h"
#include "serve/explain_reply.h"
#include "serve/predict_reply.h"
#include "serve/server.h"

static void put(lvk_request_queue *queue, lvk_request *request) {
    request->next = NULL;
    if (queue->last)
        queue->last->next = request;
    else
        queue->first = request;
    queue->last = request;
}

static lvk_request *take(lvk_request_queue *queue) {
    lvk_request *request = queue->first;
    queue->first = request->next;
    if (!queue->first)
        queue->last = NULL;
    return request;
}

/* Wakes the connection, whose answer is there. */
static void give_back(lvk_worker *w, lvk_request *request) {
    pthread_mutex_lock(&w->lock);
    --w->requests;
    w->images -= request->image_count;
    pthread_mutex_unlock(&w->lock);
    MHD_resume_connection(request->connection);
}

/* ---- decoding ---- */

static void decode(const lvk_request *request, lvk_request_image *image) {
    image->status = lvk_picture_decode(request->server->classifier, image->file.name, image->file.data,
                                       image->file.size, request->microns_per_pixel, &image->picture);
    if (image->status != LVK_OK)
        image->refusal = lvk_strdup(lvk_error_message());
}

static void *decode_all(void *user) {
    lvk_worker *w = user;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->raw.first && !w->stopping)
            pthread_cond_wait(&w->to_decode, &w->lock);
        if (!w->raw.first)
            break;
        lvk_request *request = w->raw.first;
        lvk_request_image *image = &request->images[request->taken++];
        if (request->taken == request->image_count)
            (void)take(&w->raw);
        pthread_mutex_unlock(&w->lock);
        decode(request, image);
        pthread_mutex_lock(&w->lock);
        if (++request->decoded == request->image_count) {
            lvk_request_drop_body(request);
            put(&w->decoded, request);
            pthread_cond_signal(&w->ready);
        }
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* ---- classifying ---- */

typedef struct batch {
    lvk_request *first; /* the requests, linked */
    const lvk_picture **pictures;
    lvk_prediction *rows;
    size_t count;
} batch;

static size_t count_pictures(const lvk_request *request) {
    size_t count = 0;
    for (size_t i = 0; i < request->image_count; ++i)
        count += request->images[i].picture != NULL;
    return count;
}

/* Takes the requests that have come, as many as fill a batch of the network; one in any case. One that asks for a heat map
 * comes alone. */
static batch take_batch(lvk_worker *w) {
    batch b = {0};
    lvk_request_queue taken = {0};
    while (w->decoded.first) {
        const size_t count = count_pictures(w->decoded.first);
        if (taken.first && (b.count + count > w->batch || w->decoded.first->explains))
            break;
        b.count += count;
        put(&taken, take(&w->decoded));
        if (taken.first->explains)
            break;
    }
    b.first = taken.first;
    return b;
}

static lvk_status classify(lvk_worker *w, batch *b) {
    b->pictures = lvk_alloc(b->count, sizeof *b->pictures);
    b->rows = lvk_alloc(b->count, sizeof *b->rows);
    if (!b->pictures || !b->rows)
        return LVK_ERROR_MEMORY;
    size_t n = 0;
    for (const lvk_request *r = b->first; r; r = r->next)
        for (size_t i = 0; i < r->image_count; ++i)
            if (r->images[i].picture)
                b->pictures[n++] = r->images[i].picture;
    if (b->count == 0)
        return LVK_OK;
    lvk_counters_batch(&w->server->counters, b->count);
    return lvk_classifier_predict_pictures(lvk_batches_for(&w->server->batches, b->count), b->pictures,
                                           b->count, b->rows);
}

static void answer(lvk_worker *w, batch *b) {
    if (b->first->explains && b->count) {
        lvk_explain_reply(b->first);
        give_back(w, b->first);
        return;
    }
    const lvk_status status = classify(w, b);
    const lvk_prediction *rows = b->rows;
    for (lvk_request *r = b->first, *next; r; r = next) {
        const size_t count = count_pictures(r);
        next = r->next;
        if (status == LVK_OK)
            lvk_predict_reply(r, rows);
        else
            lvk_reply_fail(&r->reply, MHD_HTTP_INTERNAL_SERVER_ERROR, "prediction_failed", "%s",
                           lvk_error_message());
        lvk_counters_refused(&w->server->counters, r->image_count - count);
        rows += count;
        give_back(w, r);
    }
    lvk_free(b->pictures);
    lvk_free(b->rows);
}

static void *classify_all(void *user) {
    lvk_worker *w = user;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->decoded.first && !w->stopping)
            pthread_cond_wait(&w->ready, &w->lock);
        if (!w->decoded.first)
            break;
        batch b = take_batch(w);
        pthread_mutex_unlock(&w->lock);
        answer(w, &b);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* ---- both ---- */

lvk_status lvk_worker_begin(lvk_worker *w, lvk_server *server) {
    const lvk_server_options *o = &server->options;
    unsigned threads = lvk_thread_count(o->classifier.threads);
    threads = threads < LVK_WORKER_MOST_THREADS ? threads : LVK_WORKER_MOST_THREADS;
    *w = (lvk_worker){.server = server,
                      .begun = true,
                      .most_requests = o->queue,
                      .most_images = LVK_SERVER_IMAGES_WAITING,
                      .batch = server->batches.sizes[server->batches.count - 1].batch};
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->to_decode, NULL);
    pthread_cond_init(&w->ready, NULL);
    w->classifying_runs = lvk_thread_start(&w->classifying, classify_all, w);
    while (w->classifying_runs && w->decoding_count < threads &&
           lvk_thread_start(&w->decoding[w->decoding_count], decode_all, w))
        ++w->decoding_count;
    return w->decoding_count ? LVK_OK : LVK_ERROR_MEMORY;
}

void lvk_worker_finish(lvk_worker *w) {
    if (!w->begun)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_broadcast(&w->to_decode);
    pthread_cond_broadcast(&w->ready);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->decoding_count; ++i)
        pthread_join(w->decoding[i], NULL);
    if (w->classifying_runs)
        pthread_join(w->classifying, NULL);
    pthread_cond_destroy(&w->to_decode);
    pthread_cond_destroy(&w->ready);
    pthread_mutex_destroy(&w->lock);
}

bool lvk_worker_submit(lvk_worker *w, lvk_request *request) {
    pthread_mutex_lock(&w->lock);
    const bool room = !w->stopping && w->requests < w->most_requests &&
                      (w->images == 0 || w->images + request->image_count <= w->most_images);
    if (room) {
        ++w->requests;
        w->images += request->image_count;
        request->asleep = true;
        MHD_suspend_connection(request->connection); /* before a thread can wake it */
        put(&w->raw, request);
        pthread_cond_broadcast(&w->to_decode);
    }
    pthread_mutex_unlock(&w->lock);
    return room;
}

void lvk_worker_count(lvk_worker *w, size_t *requests, size_t *images) {
    pthread_mutex_lock(&w->lock);
    *requests = w->requests;
    *images = w->images;
    pthread_mutex_unlock(&w->lock);
}
