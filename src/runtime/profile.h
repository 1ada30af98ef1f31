/* Taking a profile (leukvk/profile.h) of one step, for code inside the library. */
#ifndef LVK_RUNTIME_PROFILE_H
#define LVK_RUNTIME_PROFILE_H

#include "graph/executable.h"
#include "leukvk/profile.h"

/* A profile that is being taken. Initialized with {0}. Not thread-safe. */
typedef struct lvk_profiler {
    double begun[LVK_PHASE_COUNT]; /* lvk_clock_seconds() at the beginning of each phase; 0: left out */
    lvk_profile *profile;          /* the rows; NULL until a program has been run; owned */
} lvk_profiler;

/* Notes that a phase begins now. Does nothing if `profiler` is NULL, so that callers need not check it. */
void lvk_profiler_mark(lvk_profiler *profiler, lvk_phase phase);

/* Runs the program once and measures every operator. LVK_ERROR_UNSUPPORTED says that the backend has no
 * clock. */
LVK_MUST_USE lvk_status lvk_profiler_run(lvk_profiler *profiler, lvk_executable *executable);

/* Notes that the step ends now, clears the profiler, and returns the profile, which the caller destroys; NULL
 * if nothing was run. */
lvk_profile *lvk_profiler_take(lvk_profiler *profiler);

/* The two parts of taking a profile: the first makes the rows from a program and its times, the second fills
 * in the phases from the times at which they began and the end of the step. A phase that was left out takes
 * no time. */
LVK_MUST_USE lvk_status lvk_profile_create(const lvk_program *program, const lvk_step_time *times,
                                           const char *device, lvk_profile **profile);
void lvk_profile_account(lvk_profile *profile, const double begun[LVK_PHASE_COUNT], double end);

#endif
