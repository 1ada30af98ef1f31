#include "serve/counters.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static const double second_bounds[LVK_COUNTED_BUCKETS] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                          0.1,   0.25,   0.5,   1,    2.5,   10};
static const double batch_bounds[LVK_COUNTED_BUCKETS] = {1, 2, 4, 8, 16, 24, 32, 64, 128, 256, 512, 1024};

void lvk_counters_begin(lvk_counters *counters) {
    *counters = (lvk_counters){0};
    pthread_mutex_init(&counters->lock, NULL);
}

void lvk_counters_finish(lvk_counters *counters) {
    pthread_mutex_destroy(&counters->lock);
}

static void observe(lvk_histogram *histogram, const double *bounds, double value) {
    size_t bucket = 0;
    while (bucket < LVK_COUNTED_BUCKETS && value > bounds[bucket])
        ++bucket;
    ++histogram->buckets[bucket];
    ++histogram->count;
    histogram->sum += value;
}

void lvk_counters_request(lvk_counters *counters, size_t route, unsigned status, double seconds) {
    pthread_mutex_lock(&counters->lock);
    if (status == 0) {
        ++counters->broken_off;
    } else if (route < LVK_COUNTED_ROUTES) {
        size_t i = 0;
        while (i + 1 < LVK_COUNTED_STATUSES && counters->requests[route][i].status &&
               counters->requests[route][i].status != status)
            ++i;
        counters->requests[route][i].status = status;
        ++counters->requests[route][i].count;
        observe(&counters->seconds[route], second_bounds, seconds);
    }
    pthread_mutex_unlock(&counters->lock);
}

void lvk_counters_batch(lvk_counters *counters, size_t images) {
    pthread_mutex_lock(&counters->lock);
    observe(&counters->batches, batch_bounds, (double)images);
    counters->images += images;
    pthread_mutex_unlock(&counters->lock);
}

void lvk_counters_refused(lvk_counters *counters, size_t images) {
    pthread_mutex_lock(&counters->lock);
    counters->refused += images;
    pthread_mutex_unlock(&counters->lock);
}

void lvk_counters_timed_out(lvk_counters *counters) {
    pthread_mutex_lock(&counters->lock);
    ++counters->timed_out;
    pthread_mutex_unlock(&counters->lock);
}

static void add_head(lvk_text *text, const char *name, const char *type, const char *help) {
    lvk_text_add(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_value(lvk_text *text, const char *name, const char *type, const char *help, uint64_t value) {
    add_head(text, name, type, help);
    lvk_text_add(text, "%s %" PRIu64 "\n", name, value);
}

static void add_histogram(lvk_text *text, const char *name, const char *labels, const double *bounds,
                          const lvk_histogram *histogram) {
    uint64_t below = 0;
    const char *comma = *labels ? "," : "", *open = *labels ? "{" : "", *close = *labels ? "}" : "";
    for (size_t b = 0; b <= LVK_COUNTED_BUCKETS; ++b) {
        below += histogram->buckets[b];
        lvk_text_add(text, "%s_bucket{%s%sle=\"", name, labels, comma);
        if (b < LVK_COUNTED_BUCKETS)
            lvk_text_add_number(text, bounds[b], 6);
        else
            lvk_text_add(text, "+Inf");
        lvk_text_add(text, "\"} %" PRIu64 "\n", below);
    }
    lvk_text_add(text, "%s_sum%s%s%s ", name, open, labels, close);
    lvk_text_add_number(text, histogram->sum, 9);
    lvk_text_add(text, "\n%s_count%s%s%s %" PRIu64 "\n", name, open, labels, close, histogram->count);
}

static void add_requests(const lvk_counters *counters, const char *const *routes, size_t route_count,
                         lvk_text *text) {
    add_head(text, "leukvk_http_requests_total", "counter", "Requests that were answered.");
    for (size_t r = 0; r < route_count; ++r)
        for (size_t i = 0; i < LVK_COUNTED_STATUSES && counters->requests[r][i].status; ++i)
            lvk_text_add(text, "leukvk_http_requests_total{route=\"%s\",status=\"%u\"} %" PRIu64 "\n",
                         routes[r], counters->requests[r][i].status, counters->requests[r][i].count);
    add_head(text, "leukvk_http_request_seconds", "histogram",
             "From a request's first line to the end of its answer.");
    for (size_t r = 0; r < route_count; ++r) {
        char label[64];
        snprintf(label, sizeof label, "route=\"%s\"", routes[r]);
        if (counters->seconds[r].count)
            add_histogram(text, "leukvk_http_request_seconds", label, second_bounds, &counters->seconds[r]);
    }
}

/* Of this process, by Linux' own count; 0 where it has none. */
static uint64_t resident_bytes(void) {
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file)
        return 0;
    if (fscanf(file, "%*s %llu", &pages) != 1)
        pages = 0;
    (void)fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t open_descriptors(void) {
    uint64_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (!folder)
        return 0;
    while (readdir(folder))
        ++count;
    closedir(folder);
    return count > 3 ? count - 3 : 0; /* ".", ".." and the folder's own */
}

void lvk_counters_text(lvk_counters *counters, const char *const *routes, size_t route_count,
                       const lvk_gauges *gauges, lvk_text *text) {
    pthread_mutex_lock(&counters->lock);
    add_requests(counters, routes, route_count, text);
    add_value(text, "leukvk_http_broken_off_total", "counter",
              "Requests whose client went away before the answer.", counters->broken_off);
    add_value(text, "leukvk_http_timed_out_total", "counter", "Connections that were too slow.",
              counters->timed_out);
    add_value(text, "leukvk_images_total", "counter", "Images that were classified.", counters->images);
    add_value(text, "leukvk_images_refused_total", "counter", "Files that are no image to classify.",
              counters->refused);
    add_head(text, "leukvk_batch_images", "histogram", "Images that were classified together.");
    add_histogram(text, "leukvk_batch_images", "", batch_bounds, &counters->batches);
    pthread_mutex_unlock(&counters->lock);
    add_value(text, "leukvk_connections", "gauge", "Open connections.", gauges->connections);
    add_value(text, "leukvk_queue_requests", "gauge", "Requests that wait or are computed.", gauges->queue);
    add_value(text, "leukvk_queue_images", "gauge", "Images that wait or are computed.",
              gauges->images_waiting);
    add_value(text, "leukvk_body_bytes", "gauge", "Memory that bodies of requests take.", gauges->body_bytes);
    add_value(text, "leukvk_device_memory_bytes", "gauge", "Memory that the library holds on the device.",
              gauges->device_bytes);
    add_value(text, "process_resident_memory_bytes", "gauge", "Resident memory of the process.",
              resident_bytes());
    add_value(text, "process_open_fds", "gauge", "Open file descriptors of the process.", open_descriptors());
}
