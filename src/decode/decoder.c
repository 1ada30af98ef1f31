#include "decode/decoder.h"

#include "core/memory.h"

enum { MEASURING_BYTES = 16 << 20 }; /* more than a library takes to tell the size of a picture */

/* Libraries, among them libtiff and libwebp, call a picture broken for which memory is out. Where there is memory,
 * a second attempt tells the two apart. */
static lvk_status check_room(size_t bytes) {
    void *room = lvk_alloc(bytes, 1);
    lvk_free(room);
    return room ? LVK_OK : LVK_ERROR_MEMORY;
}

lvk_status lvk_decoder_measure(const lvk_decoder *decoder, const char *name, const void *data, size_t size,
                               lvk_image_need *need) {
    *need = (lvk_image_need){0};
    const lvk_status status = decoder->measure(name, data, size, need);
    if (status != LVK_ERROR_FORMAT)
        return status;
    LVK_TRY(check_room(MEASURING_BYTES));
    *need = (lvk_image_need){0};
    return decoder->measure(name, data, size, need);
}

lvk_status lvk_decoder_decode(const lvk_decoder *decoder, const char *name, const void *data, size_t size,
                              const lvk_image_need *need, lvk_decoded *decoded) {
    const lvk_status status = decoder->decode(name, data, size, need, decoded);
    if (status != LVK_ERROR_FORMAT)
        return status;
    LVK_TRY(check_room(need->working));
    return decoder->decode(name, data, size, need, decoded);
}

lvk_status lvk_decoder_check_side(const char *name, const lvk_image_need *need) {
    const uint32_t width = need->width, height = need->height;
    if (width < LVK_IMAGE_LEAST_SIDE || height < LVK_IMAGE_LEAST_SIDE)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: %u x %u pixels, too small to be a cell (at least %d x %d)",
                        name, width, height, LVK_IMAGE_LEAST_SIDE, LVK_IMAGE_LEAST_SIDE);
    if (width > LVK_IMAGE_MOST_SIDE || height > LVK_IMAGE_MOST_SIDE)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: %u x %u pixels, larger than the %d x %d that are read", name,
                        width, height, LVK_IMAGE_MOST_SIDE, LVK_IMAGE_MOST_SIDE);
    return LVK_OK;
}
