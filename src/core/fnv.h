/* The hash FNV-1a of 64 bits (Fowler, Noll, Vo: The FNV Non-Cryptographic Hash Algorithm). It tells whether
 * two pieces of data are equal, and does not protect against forgery. A hash begins with LVK_FNV1A_BASIS;
 * lvk_fnv1a_step adds one value after the other. Thread-safe, never fails. tools/embed-shaders.c, which runs
 * on the build machine, includes this header too, so that it needs nothing of the library. */
#ifndef LVK_CORE_FNV_H
#define LVK_CORE_FNV_H

#include <stdint.h>

#define LVK_FNV1A_BASIS UINT64_C(14695981039346656037)

/* The hash after one more value: a byte, as the algorithm is defined, or a word, which gives another hash
 * than its four bytes. */
static inline uint64_t lvk_fnv1a_step(uint64_t hash, uint32_t value) {
    return (hash ^ value) * UINT64_C(1099511628211);
}

#endif
