/* Runs work that may crash or never end in a process of its own, such as C libraries that read files from
 * outside. */
#ifndef LVK_CORE_CHILD_H
#define LVK_CORE_CHILD_H

#include "core/error.h"

#include <stddef.h>

/* Allocates zeroed memory that a child writes and its parent reads. Pages that are never touched take no
 * memory. Returns NULL, with the error line set, when memory is out. */
void *lvk_shared_alloc(size_t size);
void lvk_shared_free(void *memory, size_t size); /* accepts NULL */

/* The limits of a child. */
typedef struct lvk_child_bounds {
    unsigned seconds; /* of processor time */
    size_t memory;    /* bytes of address space more than this process has now */
} lvk_child_bounds;

/* Runs `work` in a child of this process, waits for its end, and returns its status with its error line. The
 * child has a copy of this process's memory; of its changes, only those in shared memory (lvk_shared_alloc)
 * reach this process. It has no open file, pipe or socket, can open none, and can start and signal no process
 * (core/confine.h); what it prints is lost.
 *
 * LVK_ERROR_FORMAT, with an error line that begins with `name`, says that the child crashed or exceeded its
 * processor time. LVK_ERROR_MEMORY says that `work` ran out of memory, perhaps at the limit. After a failure
 * the contents of shared memory must not be trusted. */
LVK_MUST_USE lvk_status lvk_child_run(const char *name, lvk_status (*work)(void *user), void *user,
                                      lvk_child_bounds bounds);

#endif
