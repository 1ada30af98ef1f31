/* Test data, drawn from a seed, so that it can be drawn again. */
#ifndef LVK_SELFTEST_INPUTS_H
#define LVK_SELFTEST_INPUTS_H

#include "selftest/cases.h"

/* How the numbers of LVK_FILL_UNIFORM inputs are changed. Each case runs with several patterns. */
typedef struct lvk_pattern {
    const char *name;
    double scale;
    bool constant; /* every element is `scale` */
    bool whole;    /* every element is -3, -2, -1, 1, 2 or 3; none is zero, so that each product counts */
} lvk_pattern;

/* Bytes of the type's elements, rounded up to a multiple of 16. */
uint64_t lvk_case_storage(const lvk_type *type);

/* Draws the elements of input number `index`, as lvk_real, uint32_t or uint8_t, into new memory, which the
 * caller frees with lvk_free. NULL when memory is out. */
void *lvk_case_draw_input(const lvk_case *c, int index, const lvk_pattern *pattern, uint64_t seed);

/* Sets `call` to the call of operator `op` on the case, with the output types that the shape rule gives. Fails
 * where the rule does, and where only one of case and operator has attributes. */
LVK_MUST_USE lvk_status lvk_case_call(int op, const lvk_case *c, lvk_call *call);

/* Draws case number `draw` by the table's function `draw`. `attributes` has 64 aligned bytes and must outlive
 * the case. */
lvk_case lvk_case_drawn(const lvk_case_table *table, uint64_t seed, uint32_t draw, void *attributes);

const lvk_case_table *lvk_case_table_get(int op);

#endif
