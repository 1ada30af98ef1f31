#define _GNU_SOURCE /* sched_getaffinity */
#include "core/parallel.h"

#include "core/log.h"
#include "core/memory.h"

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

typedef struct loop {
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* signalled when a job is done or a thread ends */
    lvk_job job;
    void *user;
    size_t count, next, done, running;
    lvk_status status;
    size_t failed; /* the index of the job whose failure `status` and `message` describe */
    char message[1024];
} loop;

unsigned lvk_thread_count(unsigned threads) {
    if (threads == 0) {
        cpu_set_t allowed;
        const long online = sysconf(_SC_NPROCESSORS_ONLN);
        threads = online > 0 ? (unsigned)online : 1;
        if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
            threads = (unsigned)CPU_COUNT(&allowed);
    }
    return threads < 256 ? threads : 256;
}

/* What a thread gets that lvk_thread_start starts. */
typedef struct beginning {
    void *(*run)(void *);
    void *argument;
    lvk_log_route route;
} beginning;

static void *begin(void *argument) {
    const beginning b = *(beginning *)argument;
    lvk_free(argument);
    lvk_log_set_thread_route(b.route);
    return b.run(b.argument);
}

bool lvk_thread_start(pthread_t *thread, void *(*run)(void *), void *argument) {
    beginning *b = lvk_alloc(1, sizeof *b);
    if (!b)
        return false;
    *b = (beginning){run, argument, lvk_log_thread_route()};
    if (pthread_create(thread, NULL, begin, b) == 0)
        return true;
    lvk_free(b);
    (void)lvk_fail(LVK_ERROR_MEMORY, "no thread could be started");
    return false;
}

static void *work(void *argument) {
    loop *l = argument;
    pthread_mutex_lock(&l->mutex);
    while (l->status == LVK_OK && l->next < l->count) {
        const size_t index = l->next++;
        pthread_mutex_unlock(&l->mutex);
        const lvk_status status = l->job(l->user, index);
        pthread_mutex_lock(&l->mutex);
        if (status != LVK_OK && (l->status == LVK_OK || index < l->failed)) {
            l->status = status;
            l->failed = index;
            snprintf(l->message, sizeof l->message, "%s", lvk_error_line(status));
        }
        ++l->done;
        pthread_cond_signal(&l->changed);
    }
    --l->running;
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->mutex);
    return NULL;
}

static void report(loop *l, lvk_data_progress progress, void *user) {
    size_t reported = SIZE_MAX;
    while (l->running || reported != l->done) {
        while (l->running && reported == l->done)
            pthread_cond_wait(&l->changed, &l->mutex);
        if (reported == l->done)
            return;
        reported = l->done;
        pthread_mutex_unlock(&l->mutex);
        const bool go_on = !progress || progress(user, reported, l->count);
        pthread_mutex_lock(&l->mutex);
        if (!go_on && l->status == LVK_OK) {
            l->status = LVK_ERROR_CANCELLED;
            l->failed = 0;
            snprintf(l->message, sizeof l->message, "stopped on request");
        }
    }
}

lvk_status lvk_parallel_for(unsigned threads, size_t count, lvk_job job, void *user,
                            lvk_data_progress progress, void *progress_user) {
    threads = lvk_thread_count(threads);
    if (threads > count)
        threads = count ? (unsigned)count : 1;
    pthread_t *handles = lvk_alloc(threads, sizeof *handles);
    if (!handles)
        return LVK_ERROR_MEMORY;
    loop l = {.mutex = PTHREAD_MUTEX_INITIALIZER,
              .changed = PTHREAD_COND_INITIALIZER,
              .job = job,
              .user = user,
              .count = count};
    unsigned started = 0;
    pthread_mutex_lock(&l.mutex);
    while (started < threads && lvk_thread_start(&handles[started], work, &l))
        ++started;
    l.running = started;
    if (started)
        report(&l, progress, progress_user);
    pthread_mutex_unlock(&l.mutex);
    for (unsigned i = 0; i < started; ++i)
        pthread_join(handles[i], NULL);
    pthread_cond_destroy(&l.changed);
    pthread_mutex_destroy(&l.mutex);
    lvk_free(handles);
    if (!started)
        return LVK_ERROR_MEMORY;
    return l.status == LVK_OK ? LVK_OK : lvk_fail(l.status, "%s", l.message);
}
