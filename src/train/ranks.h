/* The processes of an MPI job (Message Passing Interface) that work on one search through the same folder. In
 * a build without LEUKVK_MPI, and outside of mpirun, there is one. */
#ifndef LVK_TRAIN_RANKS_H
#define LVK_TRAIN_RANKS_H

#include "core/error.h"

#include <stdint.h>

typedef struct lvk_ranks {
    uint32_t number, count; /* this one, from 0 */
} lvk_ranks;

/* Joins the job that this process was started in; the first call does. MPI is left when the process ends. */
LVK_MUST_USE lvk_status lvk_ranks_join(lvk_ranks *ranks);

/* Waits for all ranks to get here, and fails in all of them when `status` is a failure in one. */
LVK_MUST_USE lvk_status lvk_ranks_agree(const lvk_ranks *ranks, lvk_status status);

#endif
