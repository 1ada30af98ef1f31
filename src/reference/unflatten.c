#include "reference/reference.h"

/* A view: the output is the input's memory, seen with another shape. */
void lvk_reference_unflatten(const lvk_reference_args *args) {
    (void)args;
}
