/* The seed of drawn test data: LEUKVK_SEED if it is set, else 1. Messages of failures contain the seed. */
#ifndef TESTS_SUPPORT_SEED_H
#define TESTS_SUPPORT_SEED_H

#include <stdint.h>
#include <stdlib.h>

static inline uint64_t test_seed(void) {
    const char *text = getenv("LEUKVK_SEED");
    return text && *text ? strtoull(text, NULL, 0) : 1;
}

#endif
