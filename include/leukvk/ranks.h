/* The processes of an MPI job (Message Passing Interface), which share a search or a training. Outside
 * of mpirun there is one.
 *
 * What a function here says of all ranks, all have to call, in the same order. When one ends in between,
 * mpirun ends the others. */
#ifndef LEUKVK_RANKS_H
#define LEUKVK_RANKS_H

#include "leukvk/status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lvk_ranks {
    uint32_t rank, size; /* this process, from 0; how many there are */
    uint32_t neighbour;  /* this one among those on this machine, from 0 */
} lvk_ranks;

/* Joins the job that this process was started in; the first call does. MPI is left when the process ends.
 * LVK_ERROR_UNSUPPORTED: there is a job, but this is a build without MPI. */
LVK_MUST_USE lvk_status lvk_ranks_join(lvk_ranks *ranks);

/* Waits for all ranks to get here, and fails in all of them when `status` is a failure in one: with the line
 * of the first that failed. */
LVK_MUST_USE lvk_status lvk_ranks_agree(const lvk_ranks *ranks, lvk_status status);

#ifdef __cplusplus
}
#endif
#endif
