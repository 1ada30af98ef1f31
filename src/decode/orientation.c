#include "decode/orientation.h"

#include <string.h>

enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, TYPE_LONG = 4, ENTRY = 12 };

/* Integers of a TIFF structure, whose first two bytes tell the order of bytes. */
typedef struct integers {
    const uint8_t *data;
    bool big;
} integers;

static uint32_t read16(integers in, size_t at) {
    const uint32_t first = in.data[at], second = in.data[at + 1];
    return in.big ? first << 8 | second : second << 8 | first;
}

static uint32_t read32(integers in, size_t at) {
    return in.big ? read16(in, at) << 16 | read16(in, at + 2) : read16(in, at + 2) << 16 | read16(in, at);
}

/* The value of the entry at `at`, where it is the orientation; otherwise 0. */
static uint32_t entry_value(integers in, size_t at) {
    if (read16(in, at) != TAG_ORIENTATION || read32(in, at + 4) != 1)
        return 0;
    const uint32_t type = read16(in, at + 2);
    return type == TYPE_SHORT ? read16(in, at + 8) : type == TYPE_LONG ? read32(in, at + 8) : 0;
}

uint8_t lvk_orientation_read(const uint8_t *exif, size_t size) {
    if (size >= 6 && memcmp(exif, "Exif\0", 5) == 0) {
        exif += 6;
        size -= 6;
    }
    if (size < 8 || (memcmp(exif, "II*\0", 4) != 0 && memcmp(exif, "MM\0*", 4) != 0))
        return LVK_ORIENTATION_UPRIGHT;
    const integers in = {exif, exif[0] == 'M'};
    const size_t directory = read32(in, 4);
    if (directory > size - 2)
        return LVK_ORIENTATION_UPRIGHT;
    const size_t room = (size - 2 - directory) / ENTRY, told = read16(in, directory);
    const size_t count = told < room ? told : room;
    for (size_t i = 0; i < count; ++i) {
        const uint32_t value = entry_value(in, directory + 2 + i * ENTRY);
        if (value > 0)
            return value <= LVK_ORIENTATION_LAST ? (uint8_t)value : LVK_ORIENTATION_UPRIGHT;
    }
    return LVK_ORIENTATION_UPRIGHT;
}

bool lvk_orientation_is_sideways(uint8_t orientation) {
    return orientation >= 5 && orientation <= LVK_ORIENTATION_LAST;
}

/* Orientation n says where the stored picture's first row and first column belong (EXIF 2.32, 4.6.4):
 *
 *      1: top, left     2: top, right    3: bottom, right   4: bottom, left
 *      5: left, top     6: right, top    7: right, bottom   8: left, bottom */
void lvk_orientation_turn(uint8_t orientation, const uint8_t *in, uint32_t width, uint32_t height,
                          uint8_t *out) {
    const bool sideways = lvk_orientation_is_sideways(orientation);
    const bool rows_from_end = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const bool columns_from_end =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const size_t out_width = sideways ? height : width;
    for (size_t y = 0; y < height; ++y) {
        const size_t row = rows_from_end ? height - 1 - y : y;
        for (size_t x = 0; x < width; ++x, in += 3) {
            const size_t column = columns_from_end ? width - 1 - x : x;
            const size_t place = sideways ? column * out_width + row : row * out_width + column;
            memcpy(out + place * 3, in, 3);
        }
    }
}
