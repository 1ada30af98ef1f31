/* Kernel choices: a table that maps the key of a call to the name of the kernel candidate that computes the
 * call. The planner only reads the table: it does not know who filled it. The planner ignores a name that no
 * candidate of the operator has, and the name of a candidate that cannot compute the call. */
#ifndef LVK_GRAPH_KERNEL_CHOICES_H
#define LVK_GRAPH_KERNEL_CHOICES_H

#include "backend/call.h"
#include "core/string_map.h"
#include "core/text.h"

/* Appends the key of a call to `text`: operator, types, and attributes as 32-bit words.
 *   "conv2d 32x224x224x3, 3x3x3x32 -> 32x222x222x32 {1 1 0 0 0 0}"
 * Types of other elements than floats have a suffix: "32x111x111x32:u8". Calls with equal keys do the same
 * work. */
void lvk_call_key(const lvk_call *call, lvk_text *text);

/* The name that `choices` (NULL: no choices) holds for the call, NULL when there is none. It belongs to
 * `choices`. */
LVK_MUST_USE lvk_status lvk_kernel_choices_find(const lvk_string_map *choices, const lvk_call *call,
                                                const char **name);

/* A table may also set candidates aside, which the self-test has found wrong: the planner then takes none of them,
 * whatever the table holds for a call. `name` is "operator/candidate". */
LVK_MUST_USE lvk_status lvk_kernel_choices_set_aside(lvk_string_map *choices, const char *name);
bool lvk_kernel_choices_is_aside(const lvk_string_map *choices, const char *op, const char *candidate);

/* Whether a key of the table is that of a candidate which is set aside, rather than of a call. */
bool lvk_kernel_choices_is_aside_key(const char *key);

#endif
