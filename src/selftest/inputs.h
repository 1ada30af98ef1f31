/* Test data that can be drawn again from its seed. */
#ifndef LVK_SELFTEST_INPUTS_H
#define LVK_SELFTEST_INPUTS_H

#include "selftest/cases.h"

/* How the drawn numbers of LVK_FILL_UNIFORM inputs are changed: each case runs with several. */
typedef struct lvk_pattern {
    const char *name;
    double scale;
    bool constant; /* every element is `scale` */
    bool whole;    /* every element is -3, -2, -1, 1, 2 or 3: none is zero, so that each product counts */
} lvk_pattern;

/* Bytes of the type's elements, rounded up to whole 16-byte vectors. */
uint64_t lvk_case_storage(const lvk_type *type);

/* New memory with the elements of input `index`, as lvk_real, uint32_t or uint8_t; NULL when memory is out.
 */
void *lvk_case_draw_input(const lvk_case *c, int index, const lvk_pattern *pattern, uint64_t seed);

/* The call of `op` on the case, with output types by the shape rule. */
LVK_MUST_USE lvk_status lvk_case_call(int op, const lvk_case *c, lvk_call *call);

/* Case number `draw` of the table's generator. `attributes` has 64 aligned bytes and must outlive the case.
 */
lvk_case lvk_case_drawn(const lvk_case_table *table, uint64_t seed, uint32_t draw, void *attributes);

const lvk_case_table *lvk_case_table_get(int op);

#endif
