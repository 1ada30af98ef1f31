/* Small pictures of cells for a page: as the file has them, or as training crops them. */
#ifndef LVK_PREVIEW_PAGE_PICTURES_H
#define LVK_PREVIEW_PAGE_PICTURES_H

#include "core/text.h"
#include "image/crop.h"
#include "leukvk/dataset.h"

typedef struct lvk_page_picture {
    uint32_t image;
    bool whole;
    void *data; /* WebP; NULL until it is made */
    size_t size;
} lvk_page_picture;

typedef struct lvk_page_pictures {
    lvk_page_picture *items;
    size_t count, capacity;
} lvk_page_pictures;

/* Wants a picture; its number is `count` before the call. */
LVK_MUST_USE lvk_status lvk_page_pictures_want(lvk_page_pictures *pictures, uint32_t image, bool whole);

/* Makes all pictures, cropped ones by `crop`. Errors as lvk_tiles_draw, and LVK_ERROR_CANCELLED. */
LVK_MUST_USE lvk_status lvk_page_pictures_make(lvk_page_pictures *pictures, const lvk_dataset *dataset,
                                               const lvk_crop *crop, unsigned threads,
                                               lvk_data_progress progress, void *user);

/* Adds an <img> with this text in its place for those who do not see it. */
void lvk_page_pictures_add(const lvk_page_pictures *pictures, size_t number, const char *alternative,
                           lvk_text *text);

void lvk_page_pictures_finish(lvk_page_pictures *pictures);

#endif
