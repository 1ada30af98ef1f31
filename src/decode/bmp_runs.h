/* The run-length codings of BMP, RLE8 and RLE4 ([MS-WMF] 3.1.6.4). The data is a walk over the picture: runs
 * of one index (of two in turn with 4 bits), rows of indices, moves to the right and to later rows. */
#ifndef LVK_DECODE_BMP_RUNS_H
#define LVK_DECODE_BMP_RUNS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct lvk_bmp_runs {
    const uint8_t *at, *end;
    uint32_t width, height, bits;
    uint32_t x, y;          /* of the piece's first pixel; rows as stored */
    uint32_t count;         /* pixels of the piece, all in row y; may be 0 */
    uint32_t step;          /* from the piece to what follows it */
    const uint8_t *indices; /* of the piece */
    bool repeats;           /* one byte of indices holds for all of the piece */
    const char *reason;     /* why there is no further piece; NULL: the picture has ended */
} lvk_bmp_runs;

/* Goes on to the next piece. False: there is none. */
bool lvk_bmp_runs_next(lvk_bmp_runs *runs);

/* The palette index of pixel i of the piece. */
static inline uint32_t lvk_bmp_runs_index(const lvk_bmp_runs *runs, uint32_t i) {
    if (runs->bits == 8)
        return runs->indices[runs->repeats ? 0 : i];
    const uint8_t pair = runs->indices[runs->repeats ? 0 : i / 2];
    return i % 2 ? pair & 15 : pair >> 4;
}

#endif
