/* How the ranks of an MPI job share a training. The batches of a step, its parts (ops/accumulate.h), are
 * dealt in turn: part p to rank p mod ranks. The gradients of each part then go to all ranks, who all add
 * them up in the order of the parts and update by the mean: that gives the bits of one process, and equal
 * parameters everywhere without sending them. */
#ifndef LVK_TRAIN_DATA_PARALLEL_H
#define LVK_TRAIN_DATA_PARALLEL_H

#include "predict/evaluation.h"
#include "runtime/network.h"
#include "runtime/ranks.h"

/* What one batch gave. */
typedef struct lvk_part {
    float loss;
    uint32_t correct, images;
} lvk_part;

/* Reduces `images`, from `images[first]` on, to those that this rank has of them, in their order, at the
 * array's beginning: batch b, from 0, of every `cycle` batches is rank b mod ranks'. `first` begins a cycle.
 * Returns how many. */
size_t lvk_parts_deal(const lvk_ranks *ranks, uint32_t *images, size_t first, size_t count, uint32_t batch,
                      uint32_t cycle);

/* Lets all ranks know the parts from `first` on of a step of `parts` parts, one of each rank or what is left,
 * and adds their gradients up on the device of each. `own`: this rank's part, which its shared `network` has
 * just been trained with. `turn` [ranks] receives all. `gradients`: room for two blocks. A failure is this
 * rank's alone, the ranks still have to agree. */
LVK_MUST_USE lvk_status lvk_parts_add(const lvk_ranks *ranks, lvk_network *network, uint32_t first,
                                      uint32_t parts, lvk_part own, lvk_part *turn, float *gradients[2]);

/* lvk_judge_probabilities in one view, to the same bits in all ranks, who share the batches. All agree. */
LVK_MUST_USE lvk_status lvk_parts_judge(const lvk_ranks *ranks, lvk_network *network,
                                        const lvk_source *source, const uint32_t *images, size_t count,
                                        double *probabilities);

#endif
