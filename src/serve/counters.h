/* What a server counts, as GET /metrics shows it in Prometheus' text format. Thread-safe. */
#ifndef LVK_SERVE_COUNTERS_H
#define LVK_SERVE_COUNTERS_H

#include "core/text.h"

#include <pthread.h>

enum { LVK_COUNTED_ROUTES = 16, LVK_COUNTED_STATUSES = 24, LVK_COUNTED_BUCKETS = 12 };

typedef struct lvk_histogram {
    uint64_t buckets[LVK_COUNTED_BUCKETS + 1]; /* not added up; the last is above all bounds */
    uint64_t count;
    double sum;
} lvk_histogram;

typedef struct lvk_counters {
    pthread_mutex_t lock;
    struct {
        unsigned status; /* 0: not used */
        uint64_t count;
    } requests[LVK_COUNTED_ROUTES][LVK_COUNTED_STATUSES];
    lvk_histogram seconds[LVK_COUNTED_ROUTES], batches;
    uint64_t images, refused, broken_off, timed_out;
} lvk_counters;

void lvk_counters_begin(lvk_counters *counters);
void lvk_counters_finish(lvk_counters *counters);

/* A request of route number `route` was answered; status 0: its client went away before. */
void lvk_counters_request(lvk_counters *counters, size_t route, unsigned status, double seconds);
void lvk_counters_batch(lvk_counters *counters, size_t images);
void lvk_counters_refused(lvk_counters *counters, size_t images);
void lvk_counters_timed_out(lvk_counters *counters);

/* What is true at the moment. */
typedef struct lvk_gauges {
    size_t connections, queue, images_waiting, body_bytes;
    uint64_t device_bytes;
} lvk_gauges;

/* Adds all of it; `routes` names the routes. */
void lvk_counters_text(lvk_counters *counters, const char *const *routes, size_t route_count,
                       const lvk_gauges *gauges, lvk_text *text);

#endif
