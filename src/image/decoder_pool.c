#define _POSIX_C_SOURCE 200809L
#include "image/decoder_pool.h"

#include "core/log.h"
#include "image/decoder_program.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 256 }; /* as many as lvk_thread_count says */

/* A process, or the place for one. */
typedef struct place {
    lvk_decoder_process process; /* first: one is the other's address */
    atomic_bool taken;
    bool runs;
    ino_t socket; /* tells whether the descriptor is still that of the socket */
} place;

static place places[MOST];
static atomic_long owner; /* the process whose pool it is; -owner while it takes the pool over */
static atomic_bool started, missing;

/* ---- copies of this process ---- */

static ino_t number_of(int descriptor) {
    struct stat info;
    return fstat(descriptor, &info) == 0 && S_ISSOCK(info.st_mode) ? info.st_ino : 0;
}

/* What was idle at the fork is closed here, so that it ends with the process that it belongs to. Places that
 * were taken may be in any state. */
static void leave_to_parent(void) {
    for (int i = 0; i < MOST; ++i) {
        place *p = &places[i];
        if (!atomic_load(&p->taken) && p->runs && number_of(p->process.child.socket) == p->socket)
            close(p->process.child.socket);
        p->runs = false;
        atomic_store(&p->taken, false);
    }
}

/* No lock, which the thread that held it at the fork would never give back. */
static void take_pool_over(void) {
    const long self = getpid();
    long known = atomic_load(&owner);
    while (known != self) {
        if (known == -self) {
            sched_yield();
            known = atomic_load(&owner);
        } else if (atomic_compare_exchange_strong(&owner, &known, -self)) {
            if (known != 0)
                leave_to_parent();
            atomic_store(&owner, self);
            return;
        }
    }
}

/* ---- taking and giving ---- */

/* The first one that is free, so that no more processes run than are needed at a time. */
static place *take_place(void) {
    const struct timespec pause = {.tv_nsec = 1000000};
    for (;;) {
        for (int i = 0; i < MOST; ++i) {
            bool taken = false;
            if (atomic_compare_exchange_strong(&places[i].taken, &taken, true))
                return &places[i];
        }
        (void)nanosleep(&pause, NULL);
    }
}

static void end(place *p) {
    if (p->runs)
        lvk_child_finish(&p->process.child);
    p->runs = false;
}

static lvk_status start(place *p, const char *name, size_t memory) {
    const lvk_child_bounds bounds = {.seconds = LVK_DECODER_SECONDS,
                                     .memory = memory > LVK_DECODER_MEMORY ? memory : LVK_DECODER_MEMORY};
    p->process = (lvk_decoder_process){.used = false};
    LVK_TRY(lvk_child_start(&p->process.child, name, lvk_decoder_program(), bounds));
    p->socket = number_of(p->process.child.socket);
    p->runs = true;
    atomic_store(&started, true);
    return LVK_OK;
}

/* A system that has started one and refuses the next lacks something for now. */
static lvk_status do_without(lvk_status status) {
    if (atomic_load(&started))
        return status;
    if (!atomic_exchange(&missing, true))
        lvk_log(LVK_LOG_WARNING,
                "%s. All pictures are decoded in this process instead, which a damaged one may crash",
                lvk_error_message());
    return LVK_OK;
}

lvk_status lvk_decoder_pool_take(const char *name, size_t memory, bool fresh, lvk_decoder_process **process) {
    *process = NULL;
    if (atomic_load(&missing))
        return LVK_OK;
    take_pool_over();
    place *p = take_place();
    if (p->runs && (fresh || p->process.child.bounds.memory < memory))
        end(p);
    const lvk_status status = p->runs ? LVK_OK : start(p, name, memory);
    if (status != LVK_OK) {
        atomic_store(&p->taken, false);
        return do_without(status);
    }
    p->process.child.name = name;
    *process = &p->process;
    return LVK_OK;
}

void lvk_decoder_pool_give(lvk_decoder_process *process) {
    place *p = (place *)process;
    if (process->failed || process->over || process->child.bounds.memory > LVK_DECODER_MEMORY)
        end(p);
    process->used = true;
    process->child.name = NULL;
    atomic_store(&p->taken, false);
}
