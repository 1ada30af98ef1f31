/* For sheet.c and sheet_views.c. */
#ifndef LVK_PREVIEW_SHEET_OPTIONS_H
#define LVK_PREVIEW_SHEET_OPTIONS_H

#include "core/error.h"
#include "image/crop.h"
#include "leukvk/sheet.h"

/* The options with `defaults` where they say nothing. LVK_ERROR_ARGUMENT names what is out of range. */
LVK_MUST_USE lvk_status lvk_sheet_resolve(const lvk_sheet_options *given, const lvk_sheet_options *defaults,
                                          uint32_t most_cells, lvk_sheet_options *options, lvk_crop *crop);

#endif
