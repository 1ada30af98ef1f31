/* An executable: a plan bound to memory on a backend, ready to run as often as wanted. */
#ifndef LVK_GRAPH_EXECUTABLE_H
#define LVK_GRAPH_EXECUTABLE_H

#include "backend/backend.h"
#include "graph/plan.h"

typedef struct lvk_executable {
    lvk_backend *backend; /* borrowed */
    const lvk_plan *plan; /* borrowed; outlives the executable */
    lvk_buffer *blocks[LVK_BLOCK_COUNT];
    bool owned[LVK_BLOCK_COUNT];
    lvk_exec *exec;
} lvk_executable;

/* Blocks that `shared` names (NULL: none) are used as they are and stay the caller's: this is how a training
 * and an inference program work on the same parameters. The others are created, zeroed, and constants are
 * filled in. */
LVK_MUST_USE lvk_status lvk_executable_init(lvk_executable *executable, lvk_backend *backend,
                                            const lvk_plan *plan, lvk_buffer *const shared[LVK_BLOCK_COUNT]);
void lvk_executable_finish(lvk_executable *executable); /* also after a failed init, also of {0} */

/* Whole tensors. The tensor must be in the program; `data` has its elements, dense. */
LVK_MUST_USE lvk_status lvk_executable_write(lvk_executable *executable, int tensor, const void *data);
LVK_MUST_USE lvk_status lvk_executable_read(lvk_executable *executable, int tensor, void *data);

LVK_MUST_USE lvk_status lvk_executable_run(lvk_executable *executable);

/* The same with a clock on every step of the program: `times` has step_count entries. LVK_ERROR_UNSUPPORTED:
 * the backend has no clock. */
LVK_MUST_USE lvk_status lvk_executable_profile(lvk_executable *executable, lvk_step_time *times);

#endif
