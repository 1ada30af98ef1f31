/* Attributes of unflatten. */
#ifndef LVK_OPS_UNFLATTEN_H
#define LVK_OPS_UNFLATTEN_H

#include "backend/type.h"

typedef struct lvk_unflatten_attributes {
    int rank; /* rank of one row, 1 to LVK_MAX_RANK - 1 */
    uint32_t dim[LVK_MAX_RANK - 1];
} lvk_unflatten_attributes;

#endif
