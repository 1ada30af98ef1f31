/* Communication between the ranks of an MPI job, for code inside the library; see also leukvk/ranks.h. */
#ifndef LVK_RUNTIME_RANKS_H
#define LVK_RUNTIME_RANKS_H

#include "core/error.h"
#include "leukvk/ranks.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether `own` is true in any of the ranks. All ranks must call it. */
bool lvk_ranks_any(const lvk_ranks *ranks, bool own);

/* Copies the `size` bytes at `data` of rank `owner` to `data` of all ranks. All ranks must call it. */
void lvk_ranks_broadcast(const lvk_ranks *ranks, uint32_t owner, void *data, size_t size);

#endif
