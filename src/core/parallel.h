/* Threads, and a loop over independent jobs on several of them. */
#ifndef LVK_CORE_PARALLEL_H
#define LVK_CORE_PARALLEL_H

#include "core/error.h"
#include "leukvk/dataset.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

typedef lvk_status (*lvk_job)(void *user, size_t index);

/* Runs job(user, i) for every i < count on `threads` threads (0: lvk_thread_count), and returns when all are
 * done. Jobs begin in order, on any thread. When a job fails, no further job begins, and the function returns
 * the failure of the lowest index with its error line; thus the result does not depend on the number of
 * threads. `progress` (may be NULL) is called on the calling thread; if it returns false, the loop ends with
 * LVK_ERROR_CANCELLED. */
LVK_MUST_USE lvk_status lvk_parallel_for(unsigned threads, size_t count, lvk_job job, void *user,
                                         lvk_data_progress progress, void *progress_user);

/* Returns `threads`, or, if it is 0, the number of processors on which this process may run; taskset or a
 * batch system may allow fewer than the machine has. The result is 1 to 256. */
unsigned lvk_thread_count(unsigned threads);

/* Starts run(argument) on a thread that logs where this one does (lvk_log_set_thread_sink). All threads of the library
 * are started by it. False: there is no such thread; the error line of LVK_ERROR_MEMORY says why. */
LVK_MUST_USE bool lvk_thread_start(pthread_t *thread, void *(*run)(void *), void *argument);

#endif
