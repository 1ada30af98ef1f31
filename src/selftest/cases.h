/* Test cases are data: one table per operator in tests/cases/<operator>.c, read by the shape, parity,
 * gradient and slicing tests. A table states shapes and attributes, the literal output types, and how close
 * kernels must come. */
#ifndef LVK_SELFTEST_CASES_H
#define LVK_SELFTEST_CASES_H

#include "ops/op.h"

/* How an input is drawn. Zero, the default, is mixed signs in [-1, 1). */
typedef enum lvk_fill {
    LVK_FILL_UNIFORM,
    LVK_FILL_POSITIVE,  /* [0, 1) */
    LVK_FILL_BINARY,    /* 0 or 1 */
    LVK_FILL_SMALL_INT, /* whole numbers from -3 to 3, for ties and zeros */
    LVK_FILL_WORDS,     /* 32-bit words (LVK_U32), or bytes */
    LVK_FILL_INDEX,     /* whole numbers 0 to fill_limit - 1: window indices and masks */
    LVK_FILL_LISTED     /* the values in lvk_case.listed[input], for scalars such as learning rates */
} lvk_fill;

typedef struct lvk_case {
    const char *name;
    const void *attributes;
    int input_count;
    lvk_type inputs[LVK_MAX_INPUTS];
    lvk_type outputs[LVK_MAX_OUTPUTS]; /* literal, not computed */
    lvk_fill fill[LVK_MAX_INPUTS];
    uint32_t fill_limit;
    const float *listed[LVK_MAX_INPUTS];
    uint32_t listed_rows; /* of the batch that the lists hold; a larger batch has them again and again. 0: the
                             batch is as large as the lists */
    bool large;           /* takes seconds on the reference: parity only, once, no gradients */
    bool many_groups; /* large for the workgroups: for the kernels that start more than 65,535, if any does */
} lvk_case;

typedef enum lvk_tolerance {
    LVK_EXACT, /* the same bits (-0 equals 0) */
    LVK_SUM,   /* a sum of K products of inputs: |a - b| <= 2 sqrt(K) eps S, S the same sum over absolute
                  values, which the runner gets by running the reference on absolute inputs */
    LVK_BOUND  /* the table's bound function says */
} lvk_tolerance;

/* Inputs and reference results of a case, for bound functions. Elements are float, uint32_t or uint8_t by
 * dtype. */
typedef struct lvk_case_run {
    const lvk_call *call;
    const void *const *inputs;
    const void *const *outputs; /* the reference's */
} lvk_case_run;

typedef struct lvk_case_table {
    const lvk_case *cases;
    int count;
    lvk_tolerance tolerance[LVK_MAX_OUTPUTS];
    double (*terms)(const lvk_call *call); /* K of LVK_SUM, the larger one when elements differ */
    bool scaled; /* the sums are multiplied by a factor, so that they are not exact on whole numbers */
    double (*bound)(const lvk_case_run *run, int output,
                    uint64_t element); /* largest |a - b|, with its derivation */

    /* Optional: for candidates that reach an output of LVK_SUM by other sums than that of the products. Fills
     * `sums` with their S for every element of output 0 and returns their K; 0: the candidate is none. */
    double (*own_sums)(const lvk_case_run *run, const char *candidate, float *sums);

    /* Optional: draws a random case from `words` (16 random words), attributes into the 64 aligned bytes at
     * `attributes`. Output types are then those of the shape rule. Small: at most about 50,000 multiply-adds
     * per output tensor. */
    void (*draw)(const uint32_t *words, void *attributes, lvk_case *result);

    /* Gradient tests: inputs whose gradient is compared with central differences; 0: the operator has none.
     * Bit i: input i. */
    uint32_t differentiable;
} lvk_case_table;

#define LVK_OP(name) extern const lvk_case_table lvk_cases_##name;
#include "ops/op_list.h"
#undef LVK_OP

#endif
