/* Options that a program gives: structs that may grow at their ends in later versions. */
#ifndef LVK_CORE_OPTIONS_H
#define LVK_CORE_OPTIONS_H

#include "core/error.h"

#include <stddef.h>

/* Sets the `size` bytes at `whole`, a struct whose first member is its size, to what a program gives. `given` may be
 * NULL, or be shorter, of a program built with earlier headers: members that it does not have are zero, which stands
 * for their defaults. A size of 0 in it stands for `first`, the struct's size in the first version. LVK_ERROR_ARGUMENT,
 * with the struct's `name`: the size is none, or `given` has members of a later version that are not zero. */
LVK_MUST_USE lvk_status lvk_options_take(void *whole, size_t size, size_t first, const void *given,
                                         const char *name);

/* The same for a struct that has not grown since the first version. Of one that has, `first` is the offset of the first
 * member that is new, which does not lie where earlier versions had padding. */
#define LVK_OPTIONS_TAKE(type, whole, given)                                                                 \
    lvk_options_take((whole), sizeof(type), sizeof(type), (const type *)(given), #type)

#endif
