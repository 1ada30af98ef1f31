/* Work in parts over the threads. oneDNN's Debian packages compute with OpenMP, and so does this: two pools of threads would
 * take the processors from each other. */
#ifndef LVK_CPU_THREADS_H
#define LVK_CPU_THREADS_H

#include <stddef.h>

typedef void (*lvk_cpu_work)(void *user, unsigned part);

/* work(user, part) for every part below `parts`, each on one of `threads` threads; returns when all are done. Which part runs
 * where has no influence on what it computes. */
void lvk_cpu_parallel(unsigned threads, unsigned parts, lvk_cpu_work work, void *user);

typedef void (*lvk_cpu_job)(void *user, size_t job, unsigned worker);

/* job(user, i, worker) for every i below `count`, in any order, on `threads` threads, `worker` being the number of the thread.
 * For jobs of which none needs what another computed. Worker k begins with the k-th share of the jobs (lvk_cpu_range()), which so
 * finds in its caches what part k of lvk_cpu_parallel() has left there; then it takes what others have not begun: with
 * processors of different speed, or busy with other work, the fast ones do more. */
void lvk_cpu_jobs(unsigned threads, size_t count, lvk_cpu_job job, void *user);

/* The share of `count` items that part `part` of `parts` has: [begin, end). */
static inline void lvk_cpu_range(size_t count, unsigned part, unsigned parts, size_t *begin, size_t *end) {
    *begin = count * part / parts;
    *end = count * (part + 1) / parts;
}

/* `threads`; with 0 as many as OpenMP takes: those that OMP_NUM_THREADS says or that the process may run on. */
unsigned lvk_cpu_thread_count(unsigned threads);

/* Lets OpenMP, and so oneDNN, work with `threads` threads when the calling thread asks it to; returns how many there were. */
unsigned lvk_cpu_set_threads(unsigned threads);

/* Ends the calling thread's threads, which the next work starts again. A process forked while there are any would wait for them
 * forever in its first work. */
void lvk_cpu_end_threads(void);

#endif
