/* How the ranks of an MPI job share a training. The microbatches of a step (ops/accumulate.h) are
 * assigned to the ranks in turn: microbatch p to rank p mod ranks. The gradients of each microbatch then go
 * to all ranks, which all add them up in the order of the microbatches and update by the mean. That gives the
 * bits of one process, and equal parameters everywhere without sending them. */
#ifndef LVK_TRAIN_DATA_PARALLEL_H
#define LVK_TRAIN_DATA_PARALLEL_H

#include "predict/evaluation.h"
#include "runtime/network.h"
#include "runtime/ranks.h"

/* What one batch gave. */
typedef struct lvk_microbatch {
    float loss;
    uint32_t correct, images;
} lvk_microbatch;

/* Keeps those of `images`, from `images[first]` on, that this rank trains with, in their order, at the
 * array's beginning: batch b, from 0, of every `cycle` batches is rank b mod ranks'. `first` begins a cycle.
 * Returns how many are kept. */
size_t lvk_data_parallel_assign(const lvk_ranks *ranks, uint32_t *images, size_t first, size_t count,
                                uint32_t batch, uint32_t cycle);

/* Sends the gradients of microbatches `first` to `first` + ranks - 1, of a step of `microbatches`, one of
 * each rank as far as there are any, to all ranks, and adds them up on the device of each. `own` is what this
 * rank's microbatch gave, which its shared `network` has just been trained with; `round` [ranks] receives
 * what each gave. `gradients`: room for two blocks. A failure is this rank's alone: the ranks still have to
 * agree. */
LVK_MUST_USE lvk_status lvk_data_parallel_accumulate(const lvk_ranks *ranks, lvk_network *network,
                                                     uint32_t first, uint32_t microbatches,
                                                     lvk_microbatch own, lvk_microbatch *round,
                                                     float *gradients[2]);

/* lvk_evaluation_probabilities in one view, to the same bits in all ranks, who share the batches. All
 * agree. */
LVK_MUST_USE lvk_status lvk_data_parallel_probabilities(const lvk_ranks *ranks, lvk_network *network,
                                                        const lvk_source *source, const uint32_t *images,
                                                        size_t count, double *probabilities);

#endif
