/* One budget of memory for decoding images, shared by all threads of the process, so that a few small files
 * that decode to large pictures do not fill the machine's memory. A thread takes from the budget before it
 * allocates, and waits while the budget is spent. */
#ifndef LVK_IMAGE_BUDGET_H
#define LVK_IMAGE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

#define LVK_BUDGET_BYTES ((size_t)512 << 20)

/* Takes `bytes`; waits until they fit beside what other threads have taken. Threads are served in the order
 * of their calls. A request for more than the whole budget is granted when no other thread has taken
 * anything. A thread that has taken something already never waits, so that threads cannot wait for one
 * another. */
void lvk_budget_take(size_t bytes);

/* Takes `bytes` more, for a thread that has taken something already, if they fit now. False: nothing was
 * taken. */
bool lvk_budget_grow(size_t bytes);

/* Gives back `bytes`, all or some of those that the calling thread has taken. */
void lvk_budget_give(size_t bytes);

/* The most bytes that were taken at one time since the last call of this function; for tests. */
size_t lvk_budget_peak(void);

#endif
