/* Test cases are data: each operator has a table in tests/cases/<operator>.c, which the tests of shapes,
 * parity, gradients and slices read. A table holds shapes and attributes, the expected output types, and the
 * allowed error of kernels. */
#ifndef LVK_SELFTEST_CASES_H
#define LVK_SELFTEST_CASES_H

#include "ops/op.h"

/* How the numbers of an input are drawn. */
typedef enum lvk_fill {
    LVK_FILL_UNIFORM,   /* numbers in [-1, 1), the default */
    LVK_FILL_POSITIVE,  /* numbers in [0, 1) */
    LVK_FILL_BINARY,    /* 0 or 1 */
    LVK_FILL_SMALL_INT, /* whole numbers from -3 to 3, for ties and zeros */
    LVK_FILL_WORDS,     /* any 32-bit words (LVK_U32) or bytes (LVK_U8) */
    LVK_FILL_INDEX,     /* whole numbers 0 to fill_limit - 1: window indices and masks */
    LVK_FILL_LISTED     /* the values in lvk_case.listed[input], for scalars such as learning rates */
} lvk_fill;

typedef struct lvk_case {
    const char *name;
    const void *attributes;
    int input_count;
    lvk_type inputs[LVK_MAX_INPUTS];
    lvk_type outputs[LVK_MAX_OUTPUTS]; /* expected, written out and not computed */
    lvk_fill fill[LVK_MAX_INPUTS];
    uint32_t fill_limit;
    const float *listed[LVK_MAX_INPUTS];
    uint32_t listed_rows; /* rows of the batch that the lists hold; a larger batch repeats them. 0: the lists
                             hold the whole batch */
    bool large;           /* takes seconds on the reference: only in parity, with one pattern, no gradients */
    bool many_groups; /* large so that kernels start more than 65,535 workgroups; only for those that do */
} lvk_case;

typedef enum lvk_tolerance {
    LVK_EXACT, /* the same bits, but -0 equals 0 */
    LVK_SUM, /* a sum of K products of inputs: |a - b| <= 2 sqrt(K) eps S, where S is the same sum of absolute
                  values, which the reference computes from absolute inputs */
    LVK_BOUND /* the bound that the table's function gives */
} lvk_tolerance;

/* Inputs and reference results of a case, for bound functions. Elements are float, uint32_t or uint8_t, by
 * dtype. */
typedef struct lvk_case_run {
    const lvk_call *call;
    const void *const *inputs;
    const void *const *outputs; /* of the reference */
} lvk_case_run;

typedef struct lvk_case_table {
    const lvk_case *cases;
    int count;
    lvk_tolerance tolerance[LVK_MAX_OUTPUTS];
    double (*terms)(const lvk_call *call); /* K of LVK_SUM; the largest K where elements differ */
    bool scaled; /* the sums are multiplied by a factor, so that sums of whole numbers are not exact */
    double (*bound)(const lvk_case_run *run, int output,
                    uint64_t element); /* the largest allowed |a - b|; a comment derives it */

    /* Optional, for candidates that compute an output of LVK_SUM by other sums than the plain sum of
     * products, as Winograd's kernels do. Fills `sums` with S for every element of output 0, and returns K.
     * Returns 0 for other candidates. */
    double (*own_sums)(const lvk_case_run *run, const char *candidate, float *sums);

    /* Optional: draws a random case from `words`, 16 random words, and writes its attributes into the 64
     * aligned bytes at `attributes`. The shape rule gives the output types. A drawn case is small, with at
     * most about 50,000 multiply-adds for an output tensor. */
    void (*draw)(const uint32_t *words, void *attributes, lvk_case *result);

    /* For gradient tests: bit i is set if the gradient with respect to input i is compared with central
     * differences. 0: the operator has no gradient. */
    uint32_t differentiable;
} lvk_case_table;

#define LVK_OP(name) extern const lvk_case_table lvk_cases_##name;
#include "ops/op_list.h"
#undef LVK_OP

#endif
