#include "cpu/threads.h"

#include <stdatomic.h>

/* As in omp.h, which GCC has among its own headers, where clang-tidy does not look. */
int omp_get_max_threads(void);
int omp_get_thread_num(void);
void omp_set_num_threads(int threads);
int omp_pause_resource_all(int kind);

enum { PAUSE_HARD = 2 }; /* omp_pause_hard */

/* ThreadSanitizer does not see that OpenMP's threads wait for each other, since their library is built without it.
 * Here it is told: what was done before a region comes before its parts, and these before what follows. This file
 * itself is compiled without it, since OpenMP hands its variables over. */
#ifdef LVK_THREAD_SANITIZER
void __tsan_acquire(void *at);
void __tsan_release(void *at);
static char begins, ends;
#define PARTS_BEGIN() __tsan_release(&begins)
#define PART_BEGINS() __tsan_acquire(&begins)
#define PART_ENDS()   __tsan_release(&ends)
#define PARTS_END()   __tsan_acquire(&ends)
#else
#define PARTS_BEGIN() ((void)0)
#define PART_BEGINS() ((void)0)
#define PART_ENDS()   ((void)0)
#define PARTS_END()   ((void)0)
#endif

void lvk_cpu_parallel(unsigned threads, unsigned parts, lvk_cpu_work work, void *user) {
    if (threads <= 1 || parts <= 1) {
        for (unsigned part = 0; part < parts; ++part)
            work(user, part);
        return;
    }
    PARTS_BEGIN();
#pragma omp parallel for num_threads(threads) schedule(static)
    for (unsigned part = 0; part < parts; ++part) {
        PART_BEGINS();
        work(user, part);
        PART_ENDS();
    }
    PARTS_END();
}

enum { MOST_QUEUES = 64 };

/* Jobs of which no one has begun: from `next` to `end`. Aligned so that no two lie in one line of the caches. */
typedef struct queue {
    _Alignas(64) atomic_size_t next;
    size_t end;
} queue;

/* Each thread begins with its own share of the jobs, and goes on with what others have left. */
static void take_jobs(queue *queues, unsigned count, lvk_cpu_job job, void *user, unsigned worker) {
    for (unsigned i = 0; i < count; ++i) {
        queue *q = &queues[(worker + i) % count];
        for (size_t taken = atomic_fetch_add(&q->next, 1); taken < q->end;
             taken = atomic_fetch_add(&q->next, 1))
            job(user, taken, worker);
    }
}

void lvk_cpu_jobs(unsigned threads, size_t count, lvk_cpu_job job, void *user) {
    if (threads <= 1 || count <= 1) {
        for (size_t i = 0; i < count; ++i)
            job(user, i, 0);
        return;
    }
    queue queues[MOST_QUEUES];
    const unsigned queue_count = threads < MOST_QUEUES ? threads : MOST_QUEUES;
    for (unsigned i = 0; i < queue_count; ++i) {
        size_t begin;
        lvk_cpu_range(count, i, queue_count, &begin, &queues[i].end);
        atomic_init(&queues[i].next, begin);
    }
    PARTS_BEGIN();
#pragma omp parallel num_threads(threads)
    {
        PART_BEGINS();
        take_jobs(queues, queue_count, job, user, (unsigned)omp_get_thread_num());
        PART_ENDS();
    }
    PARTS_END();
}

unsigned lvk_cpu_thread_count(unsigned threads) {
    return threads ? threads : (unsigned)omp_get_max_threads();
}

unsigned lvk_cpu_set_threads(unsigned threads) {
    const int before = omp_get_max_threads();
    omp_set_num_threads((int)threads);
    return (unsigned)before;
}

void lvk_cpu_end_threads(void) {
    (void)omp_pause_resource_all(PAUSE_HARD);
}
