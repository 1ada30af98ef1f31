/* The operators that the library has, for a table of what is covered. */
#ifndef LEUKVK_OPERATORS_H
#define LEUKVK_OPERATORS_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lvk_operator_info {
    const char *name;
    const char *summary;        /* the formula in one line */
    bool vulkan;                /* it has kernels, or is a view that needs none */
    bool gradient;              /* it can be differentiated */
    size_t candidate_count;     /* kernels for the same job, by name, best first */
    const char *candidates[16]; /* static text */
} lvk_operator_info;

/* Operator number `index`; false past the last. Every operator has a reference in plain C. */
bool lvk_operator_describe(size_t index, lvk_operator_info *info);

#ifdef __cplusplus
}
#endif
#endif
