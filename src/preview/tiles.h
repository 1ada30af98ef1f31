/* Cells on a canvas, made as training makes the network's input. */
#ifndef LVK_PREVIEW_TILES_H
#define LVK_PREVIEW_TILES_H

#include "image/crop.h"
#include "image/resample.h"
#include "leukvk/dataset.h"
#include "preview/canvas.h"

typedef struct lvk_tile {
    uint32_t image; /* data-set index */
    lvk_augment augment;
    uint32_t x, y; /* where its upper left corner goes */
} lvk_tile;

/* Draws tiles of side x side pixels, which must lie within the canvas and apart from each other, on `threads`
 * threads (0: as many as processors). Fails as lvk_cache_get does. */
LVK_MUST_USE lvk_status lvk_tiles_draw(const lvk_dataset *dataset, const lvk_crop *crop,
                                       const lvk_tile *tiles, size_t count, uint32_t side, unsigned threads,
                                       lvk_canvas *canvas);

#endif
