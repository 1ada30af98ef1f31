/* Ranks: the processes of an MPI job (Message Passing Interface), which share a search or a training. Without
 * mpirun there is one rank.
 *
 * All ranks must call a function that concerns all ranks, in the same order. When one rank ends early, mpirun
 * ends the others. */
#ifndef LEUKVK_RANKS_H
#define LEUKVK_RANKS_H

#include "leukvk/status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lvk_ranks {
    uint32_t rank, size; /* the number of this process, from 0, and the number of all processes */
    uint32_t neighbour;  /* the number of this process among those on this machine, from 0 */
} lvk_ranks;

/* Joins the MPI job in which this process was started; further calls give the same result. The process leaves
 * MPI when it ends. LVK_ERROR_UNSUPPORTED: there is a job, but the library was built without MPI. */
LVK_API LVK_MUST_USE lvk_status lvk_ranks_join(lvk_ranks *ranks);

/* Waits until all ranks have called it. If `status` is a failure in any rank, it fails in all ranks, with the
 * error line of the lowest such rank. */
LVK_API LVK_MUST_USE lvk_status lvk_ranks_agree(const lvk_ranks *ranks, lvk_status status);

#ifdef __cplusplus
}
#endif
#endif
