/* How the tile, block and subgroup kernels divide a convolution. y is divided into tiles; an item of work
 * computes one tile. The sum over taps and input channels is divided into steps. Where the tiles are too few
 * to keep a device busy, the steps are divided into splits. Each split then has its own items, which compute
 * partial sums of all of y; a further launch adds the partial sums of all splits. */
#ifndef LVK_OPS_CONV_TILING_H
#define LVK_OPS_CONV_TILING_H

#include "ops/conv_shape.h"

/* An item is an invocation of conv2d_block.comp and a workgroup of the other kernels. */
typedef struct lvk_conv_tiling {
    uint32_t channels;        /* of y, in a tile */
    uint32_t step;            /* products in a step of the sum */
    uint64_t items;           /* tiles of y */
    uint32_t splits;          /* 1: the sum is not split */
    uint32_t steps_per_split; /* the last split may have fewer */
} lvk_conv_tiling;

/* `shape` is the convolution of the x and w that the kernel reads. Unless may_split, there is one split. */
lvk_conv_tiling lvk_conv_tiling_of(const lvk_conv_shape *shape, lvk_conv_kernel kernel, const lvk_caps *caps,
                                   bool may_split);

#endif
