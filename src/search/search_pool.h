/* A pool of processes that run trials, several at a time. A Vulkan device cannot be used after a fork, so
 * that each process opens the device for itself. The processes send reports through a pipe. */
#ifndef LVK_SEARCH_SEARCH_POOL_H
#define LVK_SEARCH_SEARCH_POOL_H

#include "leukvk/log.h"
#include "search/search_trial.h"

typedef enum lvk_report_kind { LVK_REPORT_EPOCH, LVK_REPORT_LOG, LVK_REPORT_ENDED } lvk_report_kind;

/* A report. It is small enough to be written to the pipe at once, so that reports of several processes do not
 * mix. */
typedef struct lvk_report {
    lvk_report_kind kind;
    uint32_t worker, trial; /* the numbers of process and trial; trial 0 is the check of the device */
    uint32_t epoch, epochs; /* EPOCH */
    double loss, auc;       /* EPOCH: on the validation part */
    bool best;              /* EPOCH */
    lvk_status status;      /* ENDED */
    lvk_log_level level;    /* LOG */
    char line[768]; /* LOG: the line; ENDED: the error line, or the device's name; it may have been cut */
} lvk_report;

typedef struct lvk_search_pool {
    const lvk_device_options *device;
    uint32_t workers; /* processes at a time, 1 to LVK_SEARCH_MAX_JOBS */
    unsigned threads; /* threads of each, if the device computes on the processor; 0: no limit */
    int lock;         /* a file descriptor that the processes close; -1: none */
    /* Called in this process for each report, and several times a second with NULL if there is none. False
     * stops. */
    bool (*tell)(void *user, const lvk_report *report);
    void *user;
} lvk_search_pool;

enum { LVK_SEARCH_POOL_DEVICE_SIZE = 256 };

/* Opens the device in a process of its own, and closes it. Sets `name` to the device's name; "" after a
 * failure. */
LVK_MUST_USE lvk_status lvk_search_pool_check_device(const lvk_search_pool *pool,
                                                     char name[LVK_SEARCH_POOL_DEVICE_SIZE]);

/* Runs the jobs, which begin in their order, and returns when no process is left. The first failure is the
 * result, and stops the other jobs, which save their train states. If this process is killed, its processes
 * are killed too. */
LVK_MUST_USE lvk_status lvk_search_pool_run(const lvk_search_pool *pool, const lvk_trial_job *jobs,
                                            uint32_t count);

#endif
