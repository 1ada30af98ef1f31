#include "core/resample.h"

#include <math.h>

uint32_t lvk_resampling_taps(double radius) {
    return (uint32_t)ceil(2 * radius);
}

static int first_pixel(float u, float radius) {
    return (int)floorf(u - radius - 0.5F) + 1;
}

static double tent(int pixel, float u, float radius) {
    return fmax(0, 1 - fabs(pixel + 0.5 - (double)u) / (double)radius);
}

/* Sets `means` to the means of the four numbers, 0 to 1, under the tent around (u, v). */
static void mean(const lvk_resampling *row, const uint8_t *crop, int taps, float u, float v,
                 double means[4]) {
    const int side = (int)row->side;
    const int x0 = first_pixel(u, row->radius), y0 = first_pixel(v, row->radius);
    double sum[4] = {0, 0, 0, 0}, weights = 0;
    for (int y = y0; y < y0 + taps; ++y) {
        const double wy = tent(y, v, row->radius);
        for (int x = x0; x < x0 + taps; ++x) {
            const double w = wy * tent(x, u, row->radius);
            weights += w;
            for (int k = 0; k < 4 && x >= 0 && x < side && y >= 0 && y < side; ++k)
                sum[k] += w * crop[((int64_t)y * side + x) * 4 + k];
        }
    }
    for (int k = 0; k < 4; ++k)
        means[k] = sum[k] / weights / 255;
}

void lvk_resample_pixel(const lvk_resampling *row, const uint8_t *crop, uint32_t output, uint32_t taps,
                        uint32_t i, uint32_t j, double values[3]) {
    const float half = 0.5F * (float)output, x = (float)i + 0.5F - half, y = (float)j + 0.5F - half;
    const float u = row->map[0][0] * x + row->map[0][1] * y + row->center[0];
    const float v = row->map[1][0] * x + row->map[1][1] * y + row->center[1];
    double means[4] = {0, 0, 0, 0}, color[4] = {0, 0, 0, 1};
    if (row->side > 0)
        mean(row, crop, (int)taps, u, v, means);
    for (int c = 0; c < 3; ++c) {
        for (int k = 0; k < 4; ++k)
            color[c] += (double)row->color[c][k] * means[k];
        color[c] = fmin(fmax(color[c], 0), 1);
    }
    for (int c = 0; c < 3; ++c) {
        values[c] = 0;
        for (int k = 0; k < 4; ++k)
            values[c] += (double)row->output[c][k] * color[k];
    }
}
