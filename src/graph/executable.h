/* An executable: a plan whose program a backend has prepared over its memory, and that can run any number of
 * times. Not thread-safe. */
#ifndef LVK_GRAPH_EXECUTABLE_H
#define LVK_GRAPH_EXECUTABLE_H

#include "backend/backend.h"
#include "graph/plan.h"

typedef struct lvk_executable {
    lvk_backend *backend; /* borrowed */
    const lvk_plan *plan; /* borrowed; must outlive the executable */
    lvk_buffer *blocks[LVK_BLOCK_COUNT];
    bool owned[LVK_BLOCK_COUNT];
    lvk_exec *exec;
} lvk_executable;

/* Prepares the program of `plan`. The blocks in `shared` (NULL: none) are used as they are, and the caller
 * keeps them; a training program and an inference program thus work on the same parameters. The other blocks
 * belong to the executable, which creates them, sets them to zero, and fills in constants. */
LVK_MUST_USE lvk_status lvk_executable_init(lvk_executable *executable, lvk_backend *backend,
                                            const lvk_plan *plan, lvk_buffer *const shared[LVK_BLOCK_COUNT]);
void lvk_executable_finish(lvk_executable *executable); /* also after a failed init, also of {0} */

/* Write or read a whole tensor of the program. `data` holds its elements without gaps, in row-major order. */
LVK_MUST_USE lvk_status lvk_executable_write(lvk_executable *executable, int tensor, const void *data);
LVK_MUST_USE lvk_status lvk_executable_read(lvk_executable *executable, int tensor, void *data);

LVK_MUST_USE lvk_status lvk_executable_run(lvk_executable *executable);

/* Runs the program once and measures every step. `times` has an entry for each of the program's step_count
 * steps. LVK_ERROR_UNSUPPORTED says that the backend has no clock. */
LVK_MUST_USE lvk_status lvk_executable_profile(lvk_executable *executable, lvk_step_time *times);

#endif
