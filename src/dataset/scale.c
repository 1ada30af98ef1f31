#include "dataset/scale.h"

#include "core/quantile.h"
#include "image/crop.h"

lvk_status lvk_scale_check(double microns_per_pixel) {
    if (microns_per_pixel == 0 ||
        (microns_per_pixel >= LVK_LEAST_MICRONS && microns_per_pixel <= LVK_MOST_MICRONS))
        return LVK_OK;
    return lvk_fail(LVK_ERROR_ARGUMENT, "--microns-per-pixel %g: must be from %g to %g", microns_per_pixel,
                    LVK_LEAST_MICRONS, LVK_MOST_MICRONS);
}

lvk_status lvk_dataset_find_scale(lvk_dataset *d) {
    size_t known = 0, filled = 0;
    for (size_t i = 0; i < d->image_count; ++i)
        known += d->images[i].microns_per_pixel > 0;
    if (known == 0)
        return LVK_OK;
    double *scales = lvk_alloc(known, sizeof *scales);
    if (!scales)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < d->image_count; ++i)
        if (d->images[i].microns_per_pixel > 0)
            scales[filled++] = d->images[i].microns_per_pixel;
    lvk_sort_numbers(scales, known);
    d->microns_per_pixel = scales[(known - 1) / 2];
    lvk_free(scales);
    return LVK_OK;
}

double lvk_dataset_microns_per_pixel(const lvk_dataset *dataset) {
    return dataset->microns_per_pixel;
}

double lvk_dataset_area(const lvk_dataset *dataset, size_t index, double microns_per_pixel) {
    const lvk_image_info *image = lvk_dataset_image(dataset, index);
    const double ratio = lvk_scale_ratio(microns_per_pixel, image->microns_per_pixel);
    return image->area / (ratio * ratio);
}
