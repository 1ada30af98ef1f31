#include "leukvk/sheet.h"

#include "core/memory.h"
#include "preview/sheet_options.h"
#include "preview/tiles.h"

enum { COLUMNS = 10, GAP = 8, MOST_CELLS = 1000 };

static lvk_status lay_out(lvk_canvas *canvas, uint32_t side, const uint32_t *images,
                          const char *const *captions, size_t count, const char *title, lvk_tile *tiles) {
    LVK_TRY(lvk_canvas_text(canvas, GAP, GAP, canvas->width - GAP, title));
    for (size_t i = 0; i < count; ++i) {
        tiles[i] =
            (lvk_tile){.image = images[i],
                       .x = GAP + (uint32_t)(i % COLUMNS) * (side + GAP),
                       .y = GAP + LVK_CANVAS_LINE + (uint32_t)(i / COLUMNS) * (side + LVK_CANVAS_LINE + GAP)};
        LVK_TRY(lvk_canvas_text(canvas, tiles[i].x, tiles[i].y + side + 2, side, captions[i]));
    }
    return LVK_OK;
}

lvk_status lvk_sheet_write_cells(const lvk_dataset *dataset, const lvk_sheet_options *options,
                                 const uint32_t *images, const char *const *captions, size_t count,
                                 const char *title, const char *path) {
    lvk_sheet_options resolved;
    lvk_crop crop;
    lvk_canvas canvas = {0};
    LVK_TRY(lvk_sheet_resolve(options, &(lvk_sheet_options){.cells = 1, .side = 150}, MOST_CELLS, &resolved,
                              &crop));
    if (count == 0 || count > MOST_CELLS)
        return lvk_fail(LVK_ERROR_ARGUMENT, "a sheet of %zu cells: 1 to %d", count, MOST_CELLS);
    const uint64_t columns = count < COLUMNS ? count : COLUMNS, rows = (count + COLUMNS - 1) / COLUMNS;
    const uint32_t side = resolved.side;
    lvk_tile *tiles = lvk_alloc(count, sizeof *tiles);
    lvk_status status = tiles ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_canvas_create(GAP + columns * (side + GAP),
                                   GAP + LVK_CANVAS_LINE + rows * (side + LVK_CANVAS_LINE + GAP), &canvas);
    if (status == LVK_OK)
        status = lay_out(&canvas, side, images, captions, count, title, tiles);
    if (status == LVK_OK)
        status = lvk_tiles_draw(dataset, &crop, tiles, count, side, resolved.threads, &canvas);
    if (status == LVK_OK)
        status = lvk_canvas_write(&canvas, path);
    lvk_canvas_finish(&canvas);
    lvk_free(tiles);
    return status;
}
