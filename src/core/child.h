/* Work that may crash or never end, in a process of its own: libraries that read files of others in C. */
#ifndef LVK_CORE_CHILD_H
#define LVK_CORE_CHILD_H

#include "core/error.h"

#include <stddef.h>

/* Zeroed memory that a child writes and its parent reads; pages that nobody touches cost nothing. NULL with
 * the error line set when there is none. */
void *lvk_shared_alloc(size_t size);
void lvk_shared_free(void *memory, size_t size); /* accepts NULL */

/* What a child may use. */
typedef struct lvk_child_bounds {
    unsigned seconds; /* of processor time */
    size_t memory;    /* bytes of address space beside what this process has now */
} lvk_child_bounds;

/* Runs `work` in a child of this process, waits for its end, and returns its status with its error line. The
 * child sees all memory as it is now; of what it changes, only shared memory is seen here. It can
 * write no files, and what it prints to standard error is lost. LVK_ERROR_FORMAT, a line that begins with
 * `name`: it crashed, or had not ended after its processor time. LVK_ERROR_MEMORY: `work` says that memory is out,
 * which it is at the bound. What it left in shared memory is then not to be trusted. */
LVK_MUST_USE lvk_status lvk_child_run(const char *name, lvk_status (*work)(void *user), void *user,
                                      lvk_child_bounds bounds);

#endif
