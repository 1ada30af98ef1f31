/* The report of a training, a cross-validation or a search: one page of HTML that needs no network, a model card
 * in Markdown, and the figures as SVG. */
#ifndef LEUKVK_REPORT_H
#define LEUKVK_REPORT_H

#include "leukvk/device.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Paths of what was written. */
typedef struct lvk_report_files {
    char *page;    /* report.html */
    char *card;    /* model-card.md */
    char *figures; /* a folder of SVG files */
} lvk_report_files;

/* Writes the report of `folder`, a run, cross-validation or search of leukvk, into it. `out` (NULL: none) is the
 * page to write instead; card and figures are then NAME-model-card.md and NAME-figures beside NAME.html. All
 * numbers are those of the folder's files, or follow from its predictions; equal folders give equal bytes on a device. Images
 * of cells are read from the data set if it is still there, and their heat maps (leukvk/explain.h) are made on
 * `device` (NULL: none). The caller finishes *files; after a failure they are
 * empty. LVK_ERROR_ARGUMENT: the folder is none of these; LVK_ERROR_IO, LVK_ERROR_FORMAT: a file of it is wrong or
 * cannot be written; LVK_ERROR_MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_report_write(lvk_device *device, const char *folder, const char *out,
                                                 lvk_report_files *files);
LVK_API void lvk_report_files_finish(lvk_report_files *files);

#ifdef __cplusplus
}
#endif
#endif
