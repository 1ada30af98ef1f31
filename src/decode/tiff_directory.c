#include "decode/tiff_directory.h"

#include <stdbool.h>

/* The integers of a file, in its order of bytes; classic files have 4 bytes where big ones have 8. */
typedef struct directory {
    const uint8_t *data;
    size_t size;
    bool reversed; /* the upper byte first */
    bool big;
} directory;

/* The integer of `bytes` bytes at `at`; 0 where it is not in the file. */
static uint64_t read_integer(const directory *d, uint64_t at, unsigned bytes) {
    uint64_t value = 0;
    if (at > d->size || bytes > d->size - at)
        return 0;
    for (unsigned i = 0; i < bytes; ++i)
        value = value << 8 | d->data[at + (d->reversed ? i : bytes - 1 - i)];
    return value;
}

static uint64_t type_bytes(uint64_t type) {
    switch (type) {
    case 1: /* bytes and characters */
    case 2:
    case 6:
    case 7:
        return 1;
    case 3:
    case 8:
        return 2;
    case 4: /* 32-bit integers and floats, places of directories */
    case 9:
    case 11:
    case 13:
        return 4;
    default:
        return 8;
    }
}

uint64_t lvk_tiff_directory_bytes(const uint8_t *data, size_t size) {
    directory d = {.data = data, .size = size};
    d.reversed = size > 0 && data[0] == 'M';
    d.big = read_integer(&d, 2, 2) == 43;
    const unsigned word = d.big ? 8 : 4, entry = 4 + 2 * word;
    const uint64_t start = read_integer(&d, word, word), head = d.big ? 8 : 2;
    const uint64_t count = read_integer(&d, start, d.big ? 8 : 2);
    uint64_t sum = 0;
    if (start > size)
        return 0;
    for (uint64_t i = 0; i < count && i < (size - start) / entry; ++i) {
        const uint64_t at = start + head + i * entry;
        const uint64_t values = read_integer(&d, at + 4, word),
                       bytes = type_bytes(read_integer(&d, at + 2, 2));
        if (values > UINT32_MAX) /* more than any file that is read */
            return UINT64_MAX;
        sum += values * bytes;
    }
    return sum;
}
