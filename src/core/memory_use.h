/* For tests: how much memory lvk_alloc() and lvk_realloc() have given out. */
#ifndef LVK_CORE_MEMORY_USE_H
#define LVK_CORE_MEMORY_USE_H

#include <stdint.h>

/* The bytes of all allocations that are not yet freed, as the C library has rounded them. */
uint64_t lvk_alloc_live_bytes(void);

#endif
