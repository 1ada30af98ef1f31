#define _POSIX_C_SOURCE 200809L /* nanosleep */
#include "runtime/ranks.h"

#include <stdlib.h>

#ifdef LVK_MPI
#include "core/text.h"

#include <mpi.h>
#include <stdio.h>
#include <time.h>

enum { LINE = 1024, MOST_AT_ONCE = 1 << 30, PATIENT = 2000, PAUSE_NANOSECONDS = 500000 };

/* Whether this process was started by mpirun of Open MPI or by a launcher with PMI or PMIx (MPICH, Slurm),
 * which set these variables. */
static int is_launched(void) {
    return getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMI_SIZE") || getenv("PMIX_RANK");
}

static void leave(void) {
    MPI_Finalize();
}

static int number_on_machine(void) {
    MPI_Comm machine;
    int number;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
    MPI_Comm_rank(machine, &number);
    MPI_Comm_free(&machine);
    return number;
}

lvk_status lvk_ranks_join(lvk_ranks *ranks) {
    int number, count, joined, provided;
    *ranks = (lvk_ranks){.size = 1};
    if (!is_launched())
        return LVK_OK;
    MPI_Initialized(&joined);
    if (!joined && (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS ||
                    provided < MPI_THREAD_FUNNELED || atexit(leave) != 0))
        return lvk_fail(LVK_ERROR_IO, "MPI cannot be joined");
    MPI_Comm_rank(MPI_COMM_WORLD, &number);
    MPI_Comm_size(MPI_COMM_WORLD, &count);
    *ranks = (lvk_ranks){(uint32_t)number, (uint32_t)count, (uint32_t)number_on_machine()};
    return LVK_OK;
}

/* Waits for a request with pauses. MPI's own wait keeps a processor busy, even if another rank works alone
 * for minutes. */
static void wait_for(MPI_Request request) {
    static const struct timespec pause = {.tv_nsec = PAUSE_NANOSECONDS};
    int done = 0;
    for (int tries = 0; !done; ++tries) {
        MPI_Test(&request, &done, MPI_STATUS_IGNORE);
        if (!done && tries >= PATIENT)
            nanosleep(&pause, NULL);
    }
}

static int find_least(int own) {
    MPI_Request request;
    int least = own;
    MPI_Iallreduce(&own, &least, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD, &request);
    wait_for(request);
    return least;
}

void lvk_ranks_broadcast(const lvk_ranks *ranks, uint32_t owner, void *data, size_t size) {
    for (size_t done = 0; done < size && ranks->size > 1; done += MOST_AT_ONCE) {
        MPI_Request request;
        const size_t left = size - done;
        MPI_Ibcast((char *)data + done, (int)(left < MOST_AT_ONCE ? left : MOST_AT_ONCE), MPI_BYTE,
                   (int)owner, MPI_COMM_WORLD, &request);
        wait_for(request);
    }
}

bool lvk_ranks_any(const lvk_ranks *ranks, bool own) {
    return ranks->size > 1 ? find_least(!own) == 0 : own;
}

lvk_status lvk_ranks_agree(const lvk_ranks *ranks, lvk_status status) {
    if (ranks->size < 2)
        return status;
    const uint32_t failed = (uint32_t)find_least((int)(status == LVK_OK ? ranks->size : ranks->rank));
    struct {
        lvk_status status;
        char line[LINE];
    } failure = {.status = status};
    if (failed == ranks->size)
        return LVK_OK;
    if (failed == ranks->rank)
        snprintf(failure.line, sizeof failure.line, "%s", lvk_error_line(status));
    lvk_ranks_broadcast(ranks, failed, &failure, sizeof failure);
    if (status != LVK_OK)
        return status;
    failure.line[LINE - 1] = '\0';
    lvk_text_make_printable(failure.line);
    return lvk_fail(failure.status, "rank %u: %s", failed, failure.line);
}

#else

/* Without MPI: fails if the process is one of several ranks, since each would do the whole work. */
lvk_status lvk_ranks_join(lvk_ranks *ranks) {
    static const char *const counts[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"};
    *ranks = (lvk_ranks){.size = 1};
    for (int i = 0; i < 2; ++i) {
        const char *count = getenv(counts[i]);
        if (count && atoi(count) > 1)
            return lvk_fail(
                LVK_ERROR_UNSUPPORTED,
                "mpirun has started %d processes, but this leukvk was built without MPI: build it with "
                "-DLEUKVK_MPI=ON",
                atoi(count));
    }
    return LVK_OK;
}

bool lvk_ranks_any(const lvk_ranks *ranks, bool own) {
    (void)ranks;
    return own;
}

void lvk_ranks_broadcast(const lvk_ranks *ranks, uint32_t owner, void *data, size_t size) {
    (void)ranks;
    (void)owner;
    (void)data;
    (void)size;
}

lvk_status lvk_ranks_agree(const lvk_ranks *ranks, lvk_status status) {
    (void)ranks;
    return status;
}

#endif
