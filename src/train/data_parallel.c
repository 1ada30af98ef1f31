#include "train/data_parallel.h"

#include "core/memory.h"

#include <string.h>

size_t lvk_data_parallel_assign(const lvk_ranks *ranks, uint32_t *images, size_t first, size_t count,
                                uint32_t batch, uint32_t cycle) {
    size_t kept = 0;
    for (size_t at = first, number = 0; at < count; at += batch, ++number) {
        const size_t size = count - at < batch ? count - at : batch;
        if (number % cycle % ranks->size != ranks->rank)
            continue;
        memmove(images + kept, images + at, size * sizeof *images);
        kept += size;
    }
    return kept;
}

lvk_status lvk_data_parallel_accumulate(const lvk_ranks *ranks, lvk_network *network, uint32_t first,
                                        uint32_t microbatches, lvk_microbatch own, lvk_microbatch *round,
                                        float *gradients[2]) {
    lvk_status status = first + ranks->rank < microbatches
                            ? lvk_network_read(network, LVK_BLOCK_GRADIENTS, gradients[0])
                            : LVK_OK;
    for (uint32_t owner = 0; owner < ranks->size && first + owner < microbatches; ++owner) {
        float *block = gradients[owner != ranks->rank];
        round[owner] = own;
        lvk_ranks_broadcast(ranks, owner, &round[owner], sizeof *round);
        lvk_ranks_broadcast(ranks, owner, block, network->block_size);
        if (status == LVK_OK)
            status = lvk_network_accumulate(network, block, first + owner, microbatches);
    }
    return status;
}

/* Computes the probabilities of this rank's batches, and puts each at its place. */
static lvk_status evaluate_own(const lvk_ranks *ranks, lvk_network *network, const lvk_source *source,
                               const uint32_t *images, size_t count, lvk_evaluation_progress progress,
                               void *user, double *probabilities) {
    const uint32_t batch = network->config.batch, outputs = lvk_network_outputs(network);
    uint32_t *own = lvk_alloc(count, sizeof *own);
    double *evaluated = lvk_alloc(count * outputs, sizeof *evaluated);
    lvk_status status = own && evaluated ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        memcpy(own, images, count * sizeof *own);
        const size_t kept = lvk_data_parallel_assign(ranks, own, 0, count, batch, ranks->size);
        status = lvk_evaluation_probabilities(network, source, own, kept, 1, 1,
                                              ranks->size == 1 ? progress : NULL, user, NULL, evaluated);
    }
    const double *next = evaluated;
    for (size_t at = (size_t)ranks->rank * batch; status == LVK_OK && at < count;
         at += (size_t)ranks->size * batch) {
        const size_t size = count - at < batch ? count - at : batch;
        memcpy(probabilities + at * outputs, next, size * outputs * sizeof *next);
        next += size * outputs;
    }
    lvk_free(own);
    lvk_free(evaluated);
    return status;
}

lvk_status lvk_data_parallel_probabilities(const lvk_ranks *ranks, lvk_network *network,
                                           const lvk_source *source, const uint32_t *images, size_t count,
                                           lvk_evaluation_progress progress, void *user,
                                           double *probabilities) {
    const uint32_t batch = network->config.batch, outputs = lvk_network_outputs(network);
    LVK_TRY(lvk_ranks_agree(
        ranks, evaluate_own(ranks, network, source, images, count, progress, user, probabilities)));
    for (size_t at = 0, number = 0; at < count; at += batch, ++number) {
        const size_t size = count - at < batch ? count - at : batch;
        lvk_ranks_broadcast(ranks, (uint32_t)(number % ranks->size), probabilities + at * outputs,
                            size * outputs * sizeof *probabilities);
    }
    return LVK_OK;
}
