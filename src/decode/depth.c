#include "decode/depth.h"

static bool holds(unsigned bits, uint32_t sample) {
    return sample < (uint32_t)1 << bits;
}

lvk_depth lvk_depth_decide(unsigned told, const lvk_depth_range *greatest) {
    lvk_depth depth = {.colour = 16, .alpha = 16, .told = told > 0};
    const unsigned bits = told && told < 8 ? 8 : told;
    if (bits && bits < 16 && holds(bits, greatest->colour)) {
        depth.colour = (uint8_t)bits;
    } else if (!told && greatest->colour > 0) {
        depth.colour = 8;
        while (!holds(depth.colour, greatest->colour))
            depth.colour = (uint8_t)(depth.colour + 2);
    }
    if (holds(depth.colour, greatest->alpha)) /* the same camera's opaque; otherwise of 16 bits */
        depth.alpha = depth.colour;
    return depth;
}
