#include "image/augment.h"

#include <math.h>

static lvk_status check(const char *option, double value, double most) {
    if (value >= 0 && value <= most) /* false for NaN as well */
        return LVK_OK;
    return lvk_fail(LVK_ERROR_ARGUMENT, "--%s %g: must be from 0 to %g", option, value, most);
}

lvk_status lvk_augment_check(const lvk_augment_strength *strength) {
    LVK_TRY(check("shift", strength->shift, 0.5));
    LVK_TRY(check("zoom", strength->zoom, 1));
    LVK_TRY(check("color", strength->color, 0.5));
    return check("stain", strength->stain, 0.5);
}

/* Uniform in [-most, most). */
static float between(uint32_t word, double most) {
    return (float)((2 * (double)lvk_uniform(word) - 1) * most);
}

lvk_augment lvk_augment_draw(const lvk_augment_strength *strength, uint64_t seed, uint32_t epoch,
                             uint32_t sample) {
    static const lvk_augment_strength none = {0};
    const lvk_augment_strength *s = strength ? strength : &none;
    const lvk_random_key key = {seed, epoch, sample, LVK_PURPOSE_AUGMENT};
    uint32_t words[20];
    for (uint32_t block = 0; block < 5; ++block)
        lvk_random_words(&key, block, words + 4 * block);
    lvk_augment a = {.flip_x = words[0] >> 31,
                     .flip_y = words[1] >> 31,
                     .angle = lvk_uniform(words[2]) * 6.28318530717958648F,
                     .shift = {between(words[3], s->shift), between(words[4], s->shift)},
                     .zoom = between(words[5], log1p(s->zoom)),
                     .brightness = between(words[6], s->color),
                     .contrast = between(words[7], s->color),
                     .saturation = between(words[8], s->color)};
    for (int c = 0; c < 3; ++c) {
        a.gain[c] = between(words[9 + c], s->color / 4);
        a.density[c] = between(words[12 + c], s->stain);
        a.lamp[c] = between(words[15 + c], s->stain);
    }
    return a;
}

lvk_augment lvk_augment_view(uint32_t view) {
    return (lvk_augment){.flip_x = (view & 4) != 0, .angle = (float)(view & 3) * 1.57079632679489662F};
}

/* The tangent of exp(-d) v^s at v = 1/2: *slope v + *offset. */
static void density_tangent(double s, double d, double *slope, double *offset) {
    *slope = exp(-d) * s * pow(0.5, s - 1);
    *offset = exp(-d) * pow(0.5, s) * (1 - s);
}

void lvk_augment_color(const lvk_augment *augment, float map[3][4]) {
    static const double grey[3] = {0.299, 0.587, 0.114};
    const double contrast = 1 + (double)augment->contrast, saturation = 1 + (double)augment->saturation;
    const double scale = (1 + (double)augment->brightness) * contrast, offset = (1 - contrast) / 2;
    for (int c = 0; c < 3; ++c) {
        double gain = 1 + (double)augment->gain[c], slope = 1, added = 0;
        if (augment->density[c] != 0 || augment->lamp[c] != 0)
            density_tangent(1 + (double)augment->density[c], (double)augment->lamp[c], &slope, &added);
        gain *= slope;
        for (int k = 0; k < 3; ++k)
            map[c][k] = (float)(gain * scale * ((c == k ? saturation : 0) + (1 - saturation) * grey[k]));
        map[c][3] = (float)(gain * offset + added); /* grey to the same grey, since the weights' sum is 1 */
    }
}
