/* A loop over independent jobs on several threads. */
#ifndef LVK_CORE_PARALLEL_H
#define LVK_CORE_PARALLEL_H

#include "core/error.h"
#include "leukvk/dataset.h"

#include <stddef.h>

typedef lvk_status (*lvk_job)(void *user, size_t index);

/* Runs job(user, i) for every i < count on `threads` threads (0: lvk_thread_count) and returns when all
 * are done. Jobs are begun in order, on any thread. When one fails no further job is begun, and the failure
 * of the lowest index is returned with its error line, so the outcome does not depend on the number of
 * threads. `progress` (may be NULL) is called on the calling thread; when it returns false the loop ends with
 * LVK_ERROR_CANCELLED. */
LVK_MUST_USE lvk_status lvk_parallel_for(unsigned threads, size_t count, lvk_job job, void *user,
                                         lvk_data_progress progress, void *progress_user);

/* `threads`, or when it is 0 the number of processors that this process may run on (taskset, a batch system
 * and the like allow fewer than the machine has); at least 1 and at most 256. */
unsigned lvk_thread_count(unsigned threads);

#endif
