/* The operators of the library, for a table of what it can compute. */
#ifndef LEUKVK_OPERATORS_H
#define LEUKVK_OPERATORS_H

#include "leukvk/api.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lvk_operator_info {
    const char *name;
    const char *summary;        /* the formula in one line */
    bool vulkan;                /* it has kernels for Vulkan, or is a view, which needs none */
    bool gradient;              /* it can be differentiated */
    size_t candidate_count;     /* the number of names in `candidates`, its kernels, best first */
    const char *candidates[16]; /* static text */
} lvk_operator_info;

/* Describes operator number `index`, from 0; false past the last. The reference device computes every
 * operator. */
LVK_API bool lvk_operator_describe(size_t index, lvk_operator_info *info);

#ifdef __cplusplus
}
#endif
#endif
