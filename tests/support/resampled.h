/* Computes on the host the images that a network resamples from a batch of crops on its device. */
#ifndef TESTS_SUPPORT_RESAMPLED_H
#define TESTS_SUPPORT_RESAMPLED_H

#include "loader/loader.h"

/* Fills pixels[output][output][3] with image number `row` of a batch, which comes from a loader without
 * `side`. */
static inline void resampled(const lvk_cache *cache, const lvk_batch *batch, uint32_t row, float *pixels) {
    const uint32_t output = lvk_cache_output(cache), side = lvk_cache_side(cache);
    const uint8_t *crop = (const uint8_t *)batch->input + (size_t)row * side * side * 4;
    const uint32_t taps = lvk_resampling_taps((double)batch->rows[row].radius);
    for (uint32_t j = 0; j < output; ++j) {
        for (uint32_t i = 0; i < output; ++i, pixels += 3) {
            double values[3];
            lvk_resample_pixel(&batch->rows[row], crop, output, taps, i, j, values);
            for (int c = 0; c < 3; ++c)
                pixels[c] = (float)values[c];
        }
    }
}

#endif
