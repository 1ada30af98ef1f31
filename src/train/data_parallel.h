/* Data parallelism: how the ranks of an MPI job share a training. The microbatches of a step
 * (ops/accumulate.h) are assigned to the ranks in turn: microbatch p to rank p mod ranks. The gradients of
 * each microbatch are then sent to all ranks. Every rank adds them in the order of the microbatches and
 * updates its parameters by the mean. The parameters are thus equal in all ranks without being sent, and have
 * the same bits as in one process. */
#ifndef LVK_TRAIN_DATA_PARALLEL_H
#define LVK_TRAIN_DATA_PARALLEL_H

#include "predict/evaluation.h"
#include "runtime/network.h"
#include "runtime/ranks.h"

/* The results of one microbatch. */
typedef struct lvk_microbatch {
    float loss;
    uint32_t correct, images;
} lvk_microbatch;

/* Moves the images of this rank, of those from images[first] on, to the array's beginning, in their order,
 * and returns their number. Of every `cycle` batches, batch number b (from 0) belongs to rank b mod ranks. A
 * cycle begins at `first`. */
size_t lvk_data_parallel_assign(const lvk_ranks *ranks, uint32_t *images, size_t first, size_t count,
                                uint32_t batch, uint32_t cycle);

/* Sends the gradients of microbatches `first` to `first` + ranks - 1 (of `microbatches` in the step), one
 * from each rank, to all ranks, and accumulates them on the device of each rank. `own` is the result of the
 * microbatch with which this rank's shared `network` has just been trained; round[rank] is set to the results
 * of all. `gradients` has room for two blocks. A failure concerns this rank alone, so that lvk_ranks_agree
 * must follow. */
LVK_MUST_USE lvk_status lvk_data_parallel_accumulate(const lvk_ranks *ranks, lvk_network *network,
                                                     uint32_t first, uint32_t microbatches,
                                                     lvk_microbatch own, lvk_microbatch *round,
                                                     float *gradients[2]);

/* Computes lvk_evaluation_probabilities with one view. The ranks share the batches, and the results have the
 * same bits in all ranks. A failure in one rank is a failure in all. `progress` may be NULL, and is called where there
 * is one rank only. */
LVK_MUST_USE lvk_status lvk_data_parallel_probabilities(const lvk_ranks *ranks, lvk_network *network,
                                                        const lvk_source *source, const uint32_t *images,
                                                        size_t count, lvk_evaluation_progress progress,
                                                        void *user, double *probabilities);

#endif
