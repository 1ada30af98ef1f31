#include "image/resample.h"

#include "core/memory.h"

#include <math.h>

static void fill_geometry(const lvk_augment *augment, uint32_t side, uint32_t output, lvk_resampling *row) {
    const double scale = (double)side / output / exp((double)augment->zoom);
    const double flip_x = augment->flip_x ? -scale : scale, flip_y = augment->flip_y ? -scale : scale;
    const bool turned = augment->angle != 0;
    const double cosine = turned ? cos((double)augment->angle) : 1;
    const double sine = turned ? sin((double)augment->angle) : 0;
    row->side = (float)side;
    row->radius = (float)fmax(scale, 1);
    row->map[0][0] = (float)(cosine * flip_x);
    row->map[0][1] = (float)(-sine * flip_y);
    row->map[1][0] = (float)(sine * flip_x);
    row->map[1][1] = (float)(cosine * flip_y);
    row->center[0] = (0.5F + augment->shift[0]) * (float)side;
    row->center[1] = (0.5F + augment->shift[1]) * (float)side;
}

static void fill_output(const lvk_standard *standard, lvk_resampling *row) {
    for (int c = 0; c < 3; ++c) {
        const int place = standard->bgr ? 2 - c : c;
        row->output[place][c] = (float)(1 / standard->deviation[c]);
        row->output[place][3] = (float)(-standard->mean[c] / standard->deviation[c]);
    }
}

lvk_resampling lvk_resampling_make(const lvk_augment *augment, uint32_t side, uint32_t output,
                                   const lvk_standard *standard) {
    lvk_resampling row = {.side = 0};
    fill_geometry(augment, side, output, &row);
    lvk_augment_color(augment, row.color);
    fill_output(standard, &row);
    return row;
}

void lvk_crop_pixels(const lvk_image *crop, uint8_t *pixels) {
    const uint8_t *in = crop->pixels;
    for (size_t left = (size_t)crop->width * crop->width; left; --left, in += 3, pixels += 4) {
        pixels[0] = in[0];
        pixels[1] = in[1];
        pixels[2] = in[2];
        pixels[3] = lvk_pixel_is_black(in, crop->black) ? 0 : 255;
    }
}

lvk_status lvk_resample(const lvk_image *crop, const lvk_augment *augment, uint32_t output, float *pixels) {
    const lvk_resampling row = lvk_resampling_make(augment, crop->width, output, &lvk_standard_none);
    const uint32_t taps = lvk_resampling_taps((double)row.radius);
    uint8_t *in = lvk_alloc((size_t)crop->width * crop->width, 4);
    if (!in)
        return LVK_ERROR_MEMORY;
    lvk_crop_pixels(crop, in);
    for (uint32_t j = 0; j < output; ++j) {
        for (uint32_t i = 0; i < output; ++i) {
            double values[3];
            lvk_resample_pixel(&row, in, output, taps, i, j, values);
            for (int c = 0; c < 3; ++c)
                *pixels++ = (float)values[c];
        }
    }
    lvk_free(in);
    return LVK_OK;
}

void lvk_pixels_to_bytes(const float *pixels, size_t count, uint8_t *bytes) {
    for (size_t i = 0; i < count; ++i)
        bytes[i] = (uint8_t)lroundf(fminf(fmaxf(pixels[i], 0), 1) * 255);
}
