/* Memory for decoding images: one budget for all threads of the process, so that a few small files that
 * unpack to large pictures do not fill the machine's memory. A thread waits before it allocates until there
 * is room. */
#ifndef LVK_IMAGE_BUDGET_H
#define LVK_IMAGE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

#define LVK_BUDGET_BYTES ((size_t)512 << 20)

/* Waits, in the order of asking, until `bytes` fit beside what others have taken. More than the whole budget
 * is granted when nobody else has anything. A thread that still has some never waits, so that threads cannot
 * wait for one another. */
void lvk_budget_take(size_t bytes);

/* Takes `bytes` more for a thread that has some already, if they fit now. False: nothing was taken. */
bool lvk_budget_grow(size_t bytes);

/* Gives back what was taken, in one or several pieces, on the thread that took it. */
void lvk_budget_give(size_t bytes);

/* The most that was ever taken at once since the last call; for tests. */
size_t lvk_budget_peak(void);

#endif
