/* Which bits of 16-bit samples hold a picture. Cameras of 10, 12 and 14 bits write files of 16 bits a sample
 * whose upper bits are zero. Read as they stand, such pictures are nearly black.
 *
 * The decision depends on the file alone, so it is the same wherever the file lies. It is made over all
 * samples of the picture but its alpha channel:
 *  1. What the file says (PNG: sBIT; TIFF: MaxSampleValue) holds where no sample exceeds it.
 *  2. A file that says less than its samples hold has scaled them to 16 bits, as PNG asks for: 16.
 *  3. Otherwise the range of the samples tells: the least of 8, 10, 12, 14 and 16 bits that holds them all.
 * The upper 8 of these bits become the pixel. */
#ifndef LVK_DECODE_DEPTH_H
#define LVK_DECODE_DEPTH_H

#include <stdbool.h>
#include <stdint.h>

/* The greatest samples of a picture. */
typedef struct lvk_depth_range {
    uint32_t colour, alpha;
} lvk_depth_range;

typedef struct lvk_depth {
    uint8_t colour, alpha; /* bits, 8 to 16 */
    bool told;             /* by the file */
} lvk_depth;

/* `told`: the bits that the file says, 0 where it says nothing. */
lvk_depth lvk_depth_decide(unsigned told, const lvk_depth_range *greatest);

static inline void lvk_depth_see(uint32_t *greatest, uint32_t sample) {
    *greatest = *greatest < sample ? sample : *greatest;
}

/* The pixel of a sample of `bits` bits. */
static inline uint8_t lvk_depth_take(uint32_t sample, unsigned bits) {
    return (uint8_t)(sample >> (bits - 8));
}

#endif
