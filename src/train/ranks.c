#include "train/ranks.h"

#ifdef LVK_MPI
#include <mpi.h>
#include <stdlib.h>

/* What mpirun of Open MPI, and launchers that speak PMI or PMIx (MPICH, Slurm), leave to its processes. */
static int is_launched(void) {
    return getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMI_SIZE") || getenv("PMIX_RANK");
}

static void leave(void) {
    MPI_Finalize();
}

lvk_status lvk_ranks_join(lvk_ranks *ranks) {
    int number, count, joined;
    *ranks = (lvk_ranks){.count = 1};
    if (!is_launched())
        return LVK_OK;
    MPI_Initialized(&joined);
    if (!joined && (MPI_Init(NULL, NULL) != MPI_SUCCESS || atexit(leave) != 0))
        return lvk_fail(LVK_ERROR_IO, "MPI cannot be joined");
    MPI_Comm_rank(MPI_COMM_WORLD, &number);
    MPI_Comm_size(MPI_COMM_WORLD, &count);
    *ranks = (lvk_ranks){(uint32_t)number, (uint32_t)count};
    return LVK_OK;
}

lvk_status lvk_ranks_agree(const lvk_ranks *ranks, lvk_status status) {
    int own = (int)status, worst = own;
    if (ranks->count > 1)
        MPI_Allreduce(&own, &worst, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    if (status == LVK_OK && worst != LVK_OK)
        return lvk_fail((lvk_status)worst, "stopped, as another rank has");
    return status;
}

#else

lvk_status lvk_ranks_join(lvk_ranks *ranks) {
    *ranks = (lvk_ranks){.count = 1};
    return LVK_OK;
}

lvk_status lvk_ranks_agree(const lvk_ranks *ranks, lvk_status status) {
    (void)ranks;
    return status;
}

#endif
