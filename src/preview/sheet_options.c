#include "preview/sheet_options.h"

#include "core/options.h"

enum { MOST_VIEWS = 100, LEAST_SIDE = 32, MOST_SIDE = 1024 };

lvk_status lvk_sheet_resolve(const lvk_sheet_options *given, const lvk_sheet_options *defaults,
                             uint32_t most_cells, lvk_sheet_options *options, lvk_crop *crop) {
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_sheet_options, options, given));
    options->cells = options->cells ? options->cells : defaults->cells;
    options->views = options->views ? options->views : defaults->views;
    options->side = options->side ? options->side : defaults->side;
    if (options->cells > most_cells)
        return lvk_fail(LVK_ERROR_ARGUMENT, "sheet: %u cells are too many, at most %u", options->cells,
                        most_cells);
    if (options->views > MOST_VIEWS)
        return lvk_fail(LVK_ERROR_ARGUMENT, "sheet: %u views are too many, at most %d", options->views,
                        MOST_VIEWS);
    if (options->side < LEAST_SIDE || options->side > MOST_SIDE)
        return lvk_fail(LVK_ERROR_ARGUMENT, "sheet: cells of %u pixels: must be from %d to %d", options->side,
                        LEAST_SIDE, MOST_SIDE);
    return lvk_crop_parse(options->crop ? options->crop : "center", crop);
}
