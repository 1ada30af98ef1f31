/* Finds the operator that makes the first number that is not finite: runs a program once more, step by step, and looks
 * at what each step has written. The steps are those of the program, in the same places and by the same kernels, so that
 * the bits are the same as well. */
#ifndef LVK_RUNTIME_TRACE_H
#define LVK_RUNTIME_TRACE_H

#include "runtime/network.h"

enum { LVK_TRACE_TEXT = 512 };

/* Trains with a batch as lvk_network_train does, step by step. Sets `text` to a line that names the operator, its node
 * and kernel, what it wrote, and whether what it read was finite; "" if all numbers are finite. The parameters are then
 * as the steps up to that one have left them. */
LVK_MUST_USE lvk_status lvk_network_trace_train(lvk_network *network, const lvk_train_batch *batch,
                                                char text[LVK_TRACE_TEXT]);

/* The same for lvk_network_update of a shared network. */
LVK_MUST_USE lvk_status lvk_network_trace_update(lvk_network *network, const lvk_real *hyper,
                                                 char text[LVK_TRACE_TEXT]);

/* The same for the last lvk_network_infer, with its inputs. */
LVK_MUST_USE lvk_status lvk_network_trace_infer(lvk_network *network, char text[LVK_TRACE_TEXT]);

/* What a training step changes: the parameters, their average and the optimizer's moments. */
typedef struct lvk_network_values {
    float *block[LVK_BLOCK_COUNT]; /* NULL: the network does not have the block */
} lvk_network_values;

/* Reads the values; *finite says whether all of them are finite. Memory is allocated where it is missing, and released
 * by lvk_network_values_finish, also after a failure. */
LVK_MUST_USE lvk_status lvk_network_values_read(lvk_network *network, lvk_network_values *values,
                                                bool *finite);
LVK_MUST_USE lvk_status lvk_network_values_write(lvk_network *network, const lvk_network_values *values);
void lvk_network_values_finish(lvk_network_values *values);

#endif
