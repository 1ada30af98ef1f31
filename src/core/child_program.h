/* The other side of core/child.h: what a program does that lvk_child_start has started. */
#ifndef LVK_CORE_CHILD_PROGRAM_H
#define LVK_CORE_CHILD_PROGRAM_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

/* To be called first, in the program's only thread: takes the limits from the process that started this one,
 * and keeps to them from now on (core/confine.h). */
LVK_MUST_USE lvk_status lvk_child_begin(void);

/* Whether half of the processor time is spent, so that a next piece of work may not have enough of it. */
bool lvk_child_is_worn(void);

/* Takes `size` bytes from the other process, and gives it bytes; a failure says that it is gone. */
LVK_MUST_USE lvk_status lvk_parent_get(void *bytes, size_t size);
LVK_MUST_USE lvk_status lvk_parent_put(const void *bytes, size_t size);

/* Gives a status, with this thread's error line where it is a failure. */
LVK_MUST_USE lvk_status lvk_parent_put_report(lvk_status status);

#endif
