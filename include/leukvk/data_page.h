/* What a data set holds, as a web page of one file: counts, pictures, areas and colours, duplicates, outliers, and what
 * is not known. */
#ifndef LEUKVK_DATA_PAGE_H
#define LEUKVK_DATA_PAGE_H

#include "leukvk/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero means the default. */
typedef struct lvk_data_page_options {
    size_t struct_size; /* sizeof this struct; 0: its size in version 0.1 */
    const char *crop;   /* "center:N", "bbox" or "none", as in training; NULL: center:300 */
    uint32_t cells;     /* shown of each class, at most 1000; 12, and fewer of more than eight classes */
    uint64_t seed;      /* by which these are chosen; 0 is a seed like any other */
    unsigned threads;   /* 0: as many as processors. The page does not depend on the number */
    lvk_data_progress progress; /* of the pictures; may be NULL */
    void *progress_user;
} lvk_data_page_options;

/* Writes the page to the file `path`, replaced whole. Pictures are in it, and it loads nothing from elsewhere. Equal data
 * sets and options give equal bytes. `options` may be NULL. LVK_ERROR_ARGUMENT: an option is out of range; LVK_ERROR_IO: an
 * image is no longer what the data set read, or the file cannot be written; LVK_ERROR_CANCELLED; LVK_ERROR_MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_data_page_write(const lvk_dataset *dataset,
                                                    const lvk_data_page_options *options, const char *path);

#ifdef __cplusplus
}
#endif
#endif
