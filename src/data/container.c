#include "data/container.h"

#include <stdbool.h>
#include <string.h>

static uint32_t read32(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* CRC-32 of the PNG specification, annex D, four bits a step: a table of 16 entries needs no initialisation.
 */
static uint32_t crc32_of(const uint8_t *data, size_t size) {
    static const uint32_t table[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
                                       0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                       0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < size; ++i) {
        crc = table[(crc ^ data[i]) & 15] ^ crc >> 4;
        crc = table[(crc ^ data[i] >> 4) & 15] ^ crc >> 4;
    }
    return ~crc;
}

lvk_status lvk_png_check(const char *name, const uint8_t *data, size_t size) {
    for (size_t at = 8; size >= 12 && at <= size - 12;) {
        const uint32_t length = read32(data + at);
        if (length > size - 12 - at)
            break;
        if (crc32_of(data + at + 4, (size_t)length + 4) != read32(data + at + 8 + length))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: broken PNG: wrong checksum at byte %zu", name, at);
        if (memcmp(data + at + 4, "IEND", 4) == 0)
            return LVK_OK;
        at += 12 + (size_t)length;
    }
    return lvk_fail(LVK_ERROR_FORMAT, "%s: truncated PNG: %zu bytes without an end", name, size);
}

/* From the first byte of a scan's data to the marker that ends it; `size` when there is none. */
static size_t skip_scan(const uint8_t *data, size_t size, size_t at) {
    for (; at + 1 < size; ++at)
        if (data[at] == 0xFF && data[at + 1] != 0 && data[at + 1] != 0xFF &&
            (data[at + 1] < 0xD0 || data[at + 1] > 0xD7)) /* stuffed zero, fill byte, restart marker */
            return at;
    return size;
}

/* Huffman tables of a DHT segment: stb_image of Debian 12 writes past its own table when one has more than
 * 256 codes. */
static bool tables_fit(const uint8_t *at, size_t size) {
    while (size) {
        size_t codes = 0;
        if (size < 17)
            return false;
        for (int i = 1; i <= 16; ++i)
            codes += at[i];
        if (codes > 256 || codes > size - 17)
            return false;
        at += 17 + codes;
        size -= 17 + codes;
    }
    return true;
}

lvk_status lvk_jpeg_check(const char *name, const uint8_t *data, size_t size) {
    for (size_t at = 2; at + 1 < size;) {
        if (data[at] != 0xFF)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: broken JPEG: no marker at byte %zu", name, at);
        const uint8_t marker = data[at + 1];
        if (marker == 0xD9)
            return LVK_OK;
        if (marker == 0xFF) { /* fill byte */
            ++at;
            continue;
        }
        if (size - at < 4)
            break;
        const size_t length = (size_t)data[at + 2] << 8 | data[at + 3];
        if (length < 2 || length > size - at - 2)
            break;
        if (marker == 0xC4 && !tables_fit(data + at + 4, length - 2))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: broken JPEG: impossible Huffman table at byte %zu", name,
                            at);
        at += 2 + length;
        if (marker == 0xDA)
            at = skip_scan(data, size, at);
    }
    return lvk_fail(LVK_ERROR_FORMAT, "%s: truncated JPEG: %zu bytes without an end", name, size);
}
