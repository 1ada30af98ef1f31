/* Cells on a canvas, cropped and resampled as training makes the network's input. */
#ifndef LVK_PREVIEW_TILES_H
#define LVK_PREVIEW_TILES_H

#include "image/crop.h"
#include "image/resample.h"
#include "leukvk/dataset.h"
#include "preview/canvas.h"

typedef struct lvk_tile {
    uint32_t image; /* data-set index */
    lvk_augment augment;
    uint32_t x, y; /* the tile's upper left corner on the canvas */
} lvk_tile;

/* Draws `count` tiles of side x side pixels with `threads` threads (0: as many as processors). Tiles must lie
 * within the canvas and must not overlap. Errors as lvk_cache_get. */
LVK_MUST_USE lvk_status lvk_tiles_draw(const lvk_dataset *dataset, const lvk_crop *crop,
                                       const lvk_tile *tiles, size_t count, uint32_t side, unsigned threads,
                                       lvk_canvas *canvas);

#endif
