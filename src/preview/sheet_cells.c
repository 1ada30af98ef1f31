#include "leukvk/sheet.h"

#include "core/memory.h"
#include "preview/sheet_options.h"
#include "preview/tiles.h"

enum { MOST_CELLS = 1000 };

static lvk_status lay_out(lvk_canvas *canvas, uint32_t side, const uint32_t *images,
                          const char *const *captions, size_t count, const char *title, lvk_tile *tiles) {
    LVK_TRY(lvk_canvas_text(canvas, LVK_SHEET_GAP, LVK_SHEET_GAP, canvas->width - LVK_SHEET_GAP, title));
    for (size_t i = 0; i < count; ++i) {
        tiles[i] =
            (lvk_tile){.image = images[i],
                       .x = LVK_SHEET_GAP + (uint32_t)(i % LVK_SHEET_COLUMNS) * (side + LVK_SHEET_GAP),
                       .y = LVK_SHEET_GAP + LVK_CANVAS_LINE +
                            (uint32_t)(i / LVK_SHEET_COLUMNS) * (side + LVK_CANVAS_LINE + LVK_SHEET_GAP)};
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
    const uint64_t columns = count < LVK_SHEET_COLUMNS ? count : LVK_SHEET_COLUMNS,
                   rows = (count + LVK_SHEET_COLUMNS - 1) / LVK_SHEET_COLUMNS;
    const uint32_t side = resolved.side;
    lvk_tile *tiles = lvk_alloc(count, sizeof *tiles);
    lvk_status status = tiles ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_canvas_create(
            LVK_SHEET_GAP + columns * (side + LVK_SHEET_GAP),
            LVK_SHEET_GAP + LVK_CANVAS_LINE + rows * (side + LVK_CANVAS_LINE + LVK_SHEET_GAP), &canvas);
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
