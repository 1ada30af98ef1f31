#include "loader/scale.h"

#include "core/log.h"

/* What is known of the images' scales. */
typedef struct scales {
    size_t count, known, other; /* images; of known scale; of another one than the model's */
    double least, most;
} scales;

static scales look_at(const lvk_dataset *dataset, double model, const uint32_t *images, size_t count) {
    scales s = {.count = count};
    for (size_t i = 0; i < count; ++i) {
        const double own = lvk_dataset_image(dataset, images[i])->microns_per_pixel;
        if (!(own > 0))
            continue;
        s.least = s.known == 0 || own < s.least ? own : s.least;
        s.most = own > s.most ? own : s.most;
        s.other += own != model;
        ++s.known;
    }
    return s;
}

lvk_status lvk_scale_check_ratio(const char *name, double model, double own) {
    const double ratio = lvk_scale_ratio(model, own);
    if (ratio <= LVK_SCALE_MOST_RATIO && ratio >= 1.0 / LVK_SCALE_MOST_RATIO)
        return LVK_OK;
    return lvk_fail(LVK_ERROR_FORMAT,
                    "%s: %.4g microns per pixel, where the model's images have %.4g: such different scales "
                    "cannot be brought together; is the unit right?",
                    name, own, model);
}

static lvk_status check(const lvk_dataset *dataset, double model, const uint32_t *images, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        const lvk_image_info *image = lvk_dataset_image(dataset, images[i]);
        LVK_TRY(lvk_scale_check_ratio(image->path, model, image->microns_per_pixel));
    }
    return LVK_OK;
}

static void tell_brought(const lvk_cache *cache, const scales *s, double model) {
    const lvk_crop *crop = lvk_cache_crop(cache);
    if (crop->kind == LVK_CROP_CENTER)
        lvk_log(
            LVK_LOG_INFO,
            "%zu of %zu images have other scales than the model's %.4g microns per pixel, %.4g to %.4g, and "
            "are brought to it",
            s->other, s->count, model, s->least, s->most);
    else
        lvk_log(
            LVK_LOG_WARNING,
            "%zu of %zu images have other scales than the model's %.4g microns per pixel, %.4g to %.4g; the "
            "crop %s follows the image, so that only areas are brought to it",
            s->other, s->count, model, s->least, s->most, crop->kind == LVK_CROP_BBOX ? "bbox" : "none");
}

/* What a user has to know. */
static void tell(const lvk_cache *cache, const scales *s, double model) {
    if (!(model > 0)) {
        if (s->known)
            lvk_log(LVK_LOG_WARNING,
                    "the model does not know the scale of the images that it was trained on: the "
                    "microns per pixel of these images are not used");
        return;
    }
    if (s->known == 0)
        lvk_log(
            LVK_LOG_WARNING,
            "THE SCALE OF THE IMAGES IS NOT KNOWN: the model was trained at %.4g microns per pixel, and the "
            "images are taken as if they had it; --microns-per-pixel X or a table's column tells theirs",
            model);
    else if (s->known < s->count)
        lvk_log(
            LVK_LOG_WARNING,
            "the scale of %zu of %zu images is not known: they are taken as if they had the model's %.4g microns per "
            "pixel",
            s->count - s->known, s->count, model);
    if (s->other)
        tell_brought(cache, s, model);
}

lvk_status lvk_scale_apply(lvk_cache *cache, double microns_per_pixel, const uint32_t *images, size_t count) {
    const lvk_dataset *dataset = lvk_cache_dataset(cache);
    const scales s = look_at(dataset, microns_per_pixel, images, count);
    LVK_TRY(check(dataset, microns_per_pixel, images, count));
    if (count)
        tell(cache, &s, microns_per_pixel);
    lvk_cache_set_scale(cache, microns_per_pixel);
    return LVK_OK;
}
