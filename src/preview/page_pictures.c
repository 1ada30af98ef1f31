#include "preview/page_pictures.h"

#include "core/memory.h"
#include "core/parallel.h"
#include "image/encode.h"
#include "image/resample.h"
#include "loader/cache.h"
#include "page/html.h"

enum { SIDE = 160 };
static const float QUALITY = 82;

lvk_status lvk_page_pictures_want(lvk_page_pictures *pictures, uint32_t image, bool whole) {
    LVK_TRY(LVK_GROW(&pictures->items, &pictures->capacity, pictures->count));
    pictures->items[pictures->count++] = (lvk_page_picture){.image = image, .whole = whole};
    return LVK_OK;
}

typedef struct making {
    lvk_page_pictures *pictures;
    lvk_cache *caches[2]; /* of crops and of whole pictures */
} making;

static lvk_status make_picture(void *user, size_t index) {
    const making *m = user;
    const lvk_augment plain = {0};
    lvk_page_picture *picture = &m->pictures->items[index];
    const size_t count = (size_t)SIDE * SIDE * 3;
    const lvk_image *crop;
    lvk_image own = {0};
    float *pixels = lvk_alloc(count, sizeof *pixels);
    uint8_t *bytes = lvk_alloc(count, 1);
    lvk_status status = pixels && bytes ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_cache_get(m->caches[picture->whole], picture->image, &crop, &own);
    if (status == LVK_OK)
        status = lvk_resample(crop, &plain, SIDE, pixels);
    if (status == LVK_OK) {
        lvk_pixels_to_bytes(pixels, count, bytes);
        status = lvk_webp_encode(bytes, SIDE, SIDE, QUALITY, &picture->data, &picture->size);
    }
    lvk_image_finish(&own);
    lvk_free(bytes);
    lvk_free(pixels);
    return status;
}

lvk_status lvk_page_pictures_make(lvk_page_pictures *pictures, const lvk_dataset *dataset,
                                  const lvk_crop *crop, unsigned threads, lvk_data_progress progress,
                                  void *user) {
    const lvk_crop whole = {.kind = LVK_CROP_NONE};
    making m = {.pictures = pictures};
    lvk_status status = lvk_cache_create(dataset, crop, SIDE, LVK_CACHE_NOTHING, &m.caches[0]);
    if (status == LVK_OK)
        status = lvk_cache_create(dataset, &whole, SIDE, LVK_CACHE_NOTHING, &m.caches[1]);
    if (status == LVK_OK)
        status = lvk_parallel_for(threads, pictures->count, make_picture, &m, progress, user);
    lvk_cache_destroy(&m.caches[0]);
    lvk_cache_destroy(&m.caches[1]);
    return status;
}

void lvk_page_pictures_add(const lvk_page_pictures *pictures, size_t number, const char *alternative,
                           lvk_text *text) {
    const lvk_page_picture *picture = &pictures->items[number];
    lvk_text_add(text, "<img width=\"%d\" height=\"%d\" alt=\"", SIDE, SIDE);
    lvk_html_add(text, alternative);
    lvk_text_add(text, "\" src=\"");
    lvk_html_add_data(text, "image/webp", picture->data, picture->size);
    lvk_text_add(text, "\">");
}

void lvk_page_pictures_finish(lvk_page_pictures *pictures) {
    for (size_t i = 0; i < pictures->count; ++i)
        lvk_free(pictures->items[i].data);
    lvk_free(pictures->items);
    *pictures = (lvk_page_pictures){0};
}
