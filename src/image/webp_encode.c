#include "core/memory.h"
#include "image/encode.h"

#include <string.h>
#include <webp/encode.h>

lvk_status lvk_webp_encode(const uint8_t *pixels, uint32_t width, uint32_t height, float quality, void **data,
                           size_t *size) {
    uint8_t *encoded = NULL;
    *data = NULL;
    *size = WebPEncodeRGB(pixels, (int)width, (int)height, (int)width * 3, quality, &encoded);
    if (*size)
        *data = lvk_alloc(*size, 1);
    if (*data)
        memcpy(*data, encoded, *size);
    WebPFree(encoded);
    return *data ? LVK_OK
                 : lvk_fail(LVK_ERROR_MEMORY, "out of memory for a WebP of %u x %u pixels", width, height);
}
