#include "image/budget.h"

#include <pthread.h>
#include <stdint.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static size_t taken, peak;
static uint64_t next_ticket, served; /* who waits is served in order, so that a large picture's turn comes */
static _Thread_local size_t own;     /* of this thread */

static bool fits(size_t bytes) {
    return taken == 0 || (taken < LVK_BUDGET_BYTES && bytes <= LVK_BUDGET_BYTES - taken);
}

/* With the mutex held. */
static void add(size_t bytes) {
    taken += bytes;
    own += bytes;
    peak = peak < taken ? taken : peak;
}

void lvk_budget_take(size_t bytes) {
    if (bytes == 0)
        return;
    pthread_mutex_lock(&mutex);
    if (own == 0) {
        const uint64_t ticket = next_ticket++;
        while (ticket != served || !fits(bytes))
            pthread_cond_wait(&changed, &mutex);
        ++served;
        pthread_cond_broadcast(&changed);
    }
    add(bytes);
    pthread_mutex_unlock(&mutex);
}

bool lvk_budget_grow(size_t bytes) {
    pthread_mutex_lock(&mutex);
    const bool room = fits(bytes) || taken == own;
    if (room)
        add(bytes);
    pthread_mutex_unlock(&mutex);
    return room;
}

void lvk_budget_give(size_t bytes) {
    pthread_mutex_lock(&mutex);
    taken -= bytes;
    own -= bytes < own ? bytes : own;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

size_t lvk_budget_peak(void) {
    pthread_mutex_lock(&mutex);
    const size_t most = peak;
    peak = taken;
    pthread_mutex_unlock(&mutex);
    return most;
}
