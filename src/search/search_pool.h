/* Trials in processes of their own, several at a time. A Vulkan device must not cross a fork, so each process
 * opens one; what it has to tell comes back through a pipe. */
#ifndef LVK_SEARCH_SEARCH_POOL_H
#define LVK_SEARCH_SEARCH_POOL_H

#include "leukvk/log.h"
#include "search/search_trial.h"

typedef enum lvk_report_kind { LVK_REPORT_EPOCH, LVK_REPORT_LOG, LVK_REPORT_ENDED } lvk_report_kind;

/* One write to the pipe, so that reports of several processes do not mix. */
typedef struct lvk_report {
    lvk_report_kind kind;
    uint32_t worker, trial; /* trial 0: the device is checked */
    uint32_t epoch, epochs; /* EPOCH */
    double loss, auc;       /* EPOCH: of the validation part */
    bool best;              /* EPOCH */
    lvk_status status;      /* ENDED */
    lvk_log_level level;    /* LOG */
    char line[768]; /* LOG, ENDED with a failure; may have been cut. ENDED without: the device's name */
} lvk_report;

typedef struct lvk_search_pool {
    const lvk_device_options *device;
    uint32_t workers; /* at a time, 1 to LVK_SEARCH_MAX_JOBS */
    unsigned threads; /* that each may use where the device computes on the processor; 0: as it likes */
    int lock;         /* a file that the processes do not keep open; -1: none */
    /* In this process; NULL: nothing new, told some times a second. False: stop. */
    bool (*tell)(void *user, const lvk_report *report);
    void *user;
} lvk_search_pool;

enum { LVK_SEARCH_POOL_DEVICE_SIZE = 256 };

/* Opens the device in a process of its own, and closes it. `name`: what it is called, "" after a failure. */
LVK_MUST_USE lvk_status lvk_search_pool_check_device(const lvk_search_pool *pool,
                                                     char name[LVK_SEARCH_POOL_DEVICE_SIZE]);

/* Runs the jobs, begun in their order, and returns when no process is left. The first failure stops the
 * others, which save their positions, and is the result. Processes that this one leaves behind when it is
 * killed are killed too. */
LVK_MUST_USE lvk_status lvk_search_pool_run(const lvk_search_pool *pool, const lvk_trial_job *jobs,
                                            uint32_t count);

#endif
