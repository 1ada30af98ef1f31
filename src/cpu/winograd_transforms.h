/* The transforms of Winograd's F(2x2, 3x3): see winograd.c. A tile is 2x2 pixels of y and the 4x4 of x that they are made of;
 * each of its 16 positions is a matrix of its own. Channels are a multiple of 16. */
#ifndef LVK_CPU_WINOGRAD_TRANSFORMS_H
#define LVK_CPU_WINOGRAD_TRANSFORMS_H

#include <stdbool.h>
#include <stddef.h>

enum { LVK_WINOGRAD_POSITIONS = 16, LVK_WINOGRAD_LANES = 16 };

/* The positions that a transform computes: those from 8 on need other rows than those before, so that two threads can compute a
 * half each with little done twice. */
typedef enum lvk_winograd_half {
    LVK_WINOGRAD_BOTH,
    LVK_WINOGRAD_FIRST,
    LVK_WINOGRAD_SECOND
} lvk_winograd_half;

/* Images cut into tiles. Tile (n, i, j) has the pixels from (2 i - top, 2 j - left) of image n on. */
typedef struct lvk_winograd_image {
    size_t height, width, channels;
    size_t tiles_h, tiles_w;
    ptrdiff_t top, left;
} lvk_winograd_image;

/* Where transformed tiles or their sums lie: position p of tile t at data[p * position + t * tile], its channels side by side, or,
 * with `panels`, in panels of LVK_GEMM_PANEL channels for `tiles` tiles, as gemm.h has B. */
typedef struct lvk_winograd_tiles {
    float *data;
    size_t position, tile;
    bool panels;
    size_t tiles;
} lvk_winograd_tiles;

/* B^T d B of the tiles from `first` + `begin` to `first` + `end`, which are number `begin` to `end` in `to`. zeros: as many as
 * there are channels. */
void lvk_winograd_input(const lvk_winograd_image *image, const float *x, const float *zeros, size_t first,
                        size_t begin, size_t end, lvk_winograd_half half, const lvk_winograd_tiles *to);

/* y = A^T m A + bias + residual, not below 0 with `relu`; bias and residual may be NULL. */
void lvk_winograd_output(const lvk_winograd_image *image, const lvk_winograd_tiles *from, size_t first,
                         size_t begin, size_t end, const float *bias, const float *residual, bool relu,
                         float *y);

/* A dy A^T, as lvk_winograd_input(). */
void lvk_winograd_output_grad(const lvk_winograd_image *image, const float *dy, const float *zeros,
                              size_t first, size_t begin, size_t end, lvk_winograd_half half,
                              const lvk_winograd_tiles *to);

/* Weights [3, 3, in, out], or with `flip` [3, 3, out, in], whose taps are taken in reverse order then. */
typedef struct lvk_winograd_kernel {
    const float *w;
    size_t in, out;
    bool flip;
    size_t from,
        to; /* the outputs to transform: `from` is a multiple of LVK_GEMM_PANEL, and so is `to`, or it is the last */
} lvk_winograd_kernel;

/* G g G^T of the kernel's outputs, rows `begin` to `end` of its inputs, which are multiples of 16 with `flip`: position p at
 * u[p * position], each [in, to - from] in panels as gemm.h has B. */
void lvk_winograd_weights(const lvk_winograd_kernel *kernel, size_t begin, size_t end, lvk_winograd_half half,
                          float *u, size_t position);

/* dw = G^T du G, rows `begin` to `end`: position p at du[p * position], each [in, out]. */
void lvk_winograd_weights_grad(const float *du, size_t position, size_t in, size_t out, size_t begin,
                               size_t end, float *dw);

#endif
