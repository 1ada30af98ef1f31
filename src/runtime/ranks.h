/* What the ranks of an MPI job tell each other, besides leukvk/ranks.h. */
#ifndef LVK_RUNTIME_RANKS_H
#define LVK_RUNTIME_RANKS_H

#include "core/error.h"
#include "leukvk/ranks.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether it is so in any of the ranks. */
bool lvk_ranks_any(const lvk_ranks *ranks, bool own);

/* Gives the `size` bytes at `data` of rank `owner` to all ranks, at their `data`. */
void lvk_ranks_broadcast(const lvk_ranks *ranks, uint32_t owner, void *data, size_t size);

#endif
