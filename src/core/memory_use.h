/* For tests: how much memory lvk_alloc() and lvk_realloc() give out. */
#ifndef LVK_CORE_MEMORY_USE_H
#define LVK_CORE_MEMORY_USE_H

#include <stdbool.h>

/* Told of each allocation when it has been given out, and before it is freed; by realloc as of two. */
typedef void (*lvk_alloc_watcher)(void *memory, bool given);

/* From now on, `watcher` is told; NULL: nobody. Not while another thread allocates. */
void lvk_alloc_watch(lvk_alloc_watcher watcher);

#endif
