#include "preview/tiles.h"

#include "core/memory.h"
#include "core/parallel.h"
#include "loader/cache.h"

typedef struct drawing {
    lvk_cache *cache;
    const lvk_tile *tiles;
    uint32_t side;
    lvk_canvas *canvas;
} drawing;

static lvk_status draw_tile(void *user, size_t index) {
    const drawing *d = user;
    const lvk_tile *tile = &d->tiles[index];
    const lvk_image *crop;
    lvk_image own;
    float *pixels = lvk_alloc((size_t)d->side * d->side * 3, sizeof *pixels);
    if (!pixels)
        return LVK_ERROR_MEMORY;
    lvk_status status = lvk_cache_get(d->cache, tile->image, &crop, &own);
    if (status == LVK_OK)
        status = lvk_resample(crop, &tile->augment, d->side, pixels);
    if (status == LVK_OK)
        lvk_canvas_square(d->canvas, tile->x, tile->y, pixels, d->side);
    lvk_image_finish(&own);
    lvk_free(pixels);
    return status;
}

lvk_status lvk_tiles_draw(const lvk_dataset *dataset, const lvk_crop *crop, const lvk_tile *tiles,
                          size_t count, uint32_t side, unsigned threads, lvk_canvas *canvas) {
    drawing d = {.tiles = tiles, .side = side, .canvas = canvas};
    LVK_TRY(lvk_cache_create(dataset, crop, side, LVK_CACHE_NOTHING, &d.cache));
    const lvk_status status = lvk_parallel_for(threads, count, draw_tile, &d, NULL, NULL);
    lvk_cache_destroy(&d.cache);
    return status;
}
