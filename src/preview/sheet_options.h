/* What the sheets have in common: their options and the grid of the contact sheets. */
#ifndef LVK_PREVIEW_SHEET_OPTIONS_H
#define LVK_PREVIEW_SHEET_OPTIONS_H

#include "core/error.h"
#include "image/crop.h"
#include "leukvk/sheet.h"

enum { LVK_SHEET_COLUMNS = 10, LVK_SHEET_GAP = 8 /* pixels between cells */ };

/* Fills *options with the given options, or `defaults` where an option is 0, and *crop with the parsed crop.
 * LVK_ERROR_ARGUMENT names an option that is out of range. */
LVK_MUST_USE lvk_status lvk_sheet_resolve(const lvk_sheet_options *given, const lvk_sheet_options *defaults,
                                          uint32_t most_cells, lvk_sheet_options *options, lvk_crop *crop);

#endif
