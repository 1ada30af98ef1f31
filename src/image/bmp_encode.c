#include "image/encode.h"

#include "core/memory.h"

static void put16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value) {
    put16(at, value);
    put16(at + 2, value >> 16);
}

lvk_status lvk_bmp_encode(const uint8_t *pixels, uint32_t width, uint32_t height, void **data, size_t *size) {
    enum { HEADERS = 54, PIXELS_A_METRE = 3779 };
    const size_t row = ((size_t)width * 3 + 3) / 4 * 4;
    *size = HEADERS + row * height;
    uint8_t *bytes = *data = lvk_alloc(*size, 1);
    if (!bytes)
        return LVK_ERROR_MEMORY;
    bytes[0] = 'B';
    bytes[1] = 'M';
    put32(bytes + 2, (uint32_t)*size);
    put32(bytes + 10, HEADERS);
    put32(bytes + 14, 40);
    put32(bytes + 18, width);
    put32(bytes + 22, height);
    put16(bytes + 26, 1);
    put16(bytes + 28, 24);
    put32(bytes + 34, (uint32_t)(row * height));
    put32(bytes + 38, PIXELS_A_METRE);
    put32(bytes + 42, PIXELS_A_METRE);
    for (uint32_t y = 0; y < height; ++y) {
        const uint8_t *in = pixels + (size_t)(height - 1 - y) * width * 3;
        uint8_t *out = bytes + HEADERS + y * row;
        for (uint32_t x = 0; x < width; ++x, in += 3, out += 3) {
            out[0] = in[2];
            out[1] = in[1];
            out[2] = in[0];
        }
    }
    return LVK_OK;
}
