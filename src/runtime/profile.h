/* Inside the library: taking a profile (leukvk/profile.h) of one step. */
#ifndef LVK_RUNTIME_PROFILE_H
#define LVK_RUNTIME_PROFILE_H

#include "graph/executable.h"
#include "leukvk/profile.h"

/* Start with {0}. Used by one thread. */
typedef struct lvk_profiler {
    double
        begun[LVK_PHASE_COUNT]; /* lvk_clock_seconds() at the beginning of each phase; 0: it was left out */
    lvk_profile *profile;       /* its rows; NULL until a program has been run */
} lvk_profiler;

/* A phase begins now. Does nothing when `profiler` is NULL, so that steps may be marked always. */
void lvk_profiler_mark(lvk_profiler *profiler, lvk_phase phase);

/* Runs the program once, with a clock on every operator. LVK_ERROR_UNSUPPORTED: the backend has no clock. */
LVK_MUST_USE lvk_status lvk_profiler_run(lvk_profiler *profiler, lvk_executable *executable);

/* The step ends now: hands over its profile, NULL if nothing was run, and clears the profiler. */
lvk_profile *lvk_profiler_take(lvk_profiler *profiler);

/* The parts of that: rows from a program and its times, then the phases from the clock (begun, and end). A
 * phase that was left out takes no time. */
LVK_MUST_USE lvk_status lvk_profile_create(const lvk_program *program, const lvk_step_time *times,
                                           const char *device, lvk_profile **profile);
void lvk_profile_account(lvk_profile *profile, const double begun[LVK_PHASE_COUNT], double end);

#endif
