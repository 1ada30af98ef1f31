/* A process of its own for work that may crash or never end, such as C libraries that read files from
 * outside. A program is started for it: a process that only forked would have this process's memory, locks
 * that its other threads hold, and the handlers of whoever calls the library. The program's side is
 * core/child_program.h. */
#ifndef LVK_CORE_CHILD_H
#define LVK_CORE_CHILD_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* The limits of a child. */
typedef struct lvk_child_bounds {
    unsigned seconds; /* of processor time */
    size_t memory;    /* bytes of address space more than the program has when it starts */
} lvk_child_bounds;

/* A child that runs. */
typedef struct lvk_child {
    const char *name; /* of what it reads, for error lines */
    lvk_child_bounds bounds;
    int socket;
    int process,
        handle;       /* its number, and a descriptor of it; the descriptor is -1 where the system has none */
    bool out_of_time; /* its processor time has ended it */
} lvk_child;

/* How work ended. */
typedef struct lvk_child_report {
    int32_t status; /* lvk_status */
    char line[1024];
} lvk_child_report;

/* A program whose bytes are in memory, and need no place on disk. */
typedef struct lvk_child_program {
    const char *name; /* in lists of processes */
    const void *bytes;
    size_t size;
} lvk_child_program;

/* Starts a program. It has one open socket, which leads
 * here; it can open no other, and can start and signal no process (core/confine.h). What it prints is lost,
 * and of the environment it has LD_LIBRARY_PATH alone. Safe in a process of many threads. `name` must outlive
 * the child. The caller ends the child with lvk_child_finish, not after a failure. */
LVK_MUST_USE lvk_status lvk_child_start(lvk_child *child, const char *name, lvk_child_program program,
                                        lvk_child_bounds bounds);

/* Sends bytes. That the child has ended is told by lvk_child_receive, as it may have said why before. */
void lvk_child_send(lvk_child *child, const void *bytes, size_t size);

/* The same for several pieces, which are changed. */
void lvk_child_send_pieces(lvk_child *child, struct iovec *pieces, size_t count);

/* Receives `size` bytes, which the caller must not trust: work that was taken over may have sent anything.
 * LVK_ERROR_FORMAT, with an error line that begins with the child's name, says that the child has crashed,
 * exceeded its processor time, or said nothing for long; LVK_ERROR_IO, that somebody has killed it. */
LVK_MUST_USE lvk_status lvk_child_receive(lvk_child *child, void *bytes, size_t size);

/* The status that a report from the child tells, with its error line. LVK_ERROR_MEMORY says that memory ran
 * out, perhaps at the limit. */
LVK_MUST_USE lvk_status lvk_child_report_status(const lvk_child *child, const lvk_child_report *report);

/* Ends the child, whatever it does. */
void lvk_child_finish(lvk_child *child);

/* For child_program.h: the socket's descriptor there, and the first byte that is sent. */
enum { LVK_CHILD_SOCKET = 0, LVK_CHILD_READY = 'L' };

#endif
