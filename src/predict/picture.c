/* Pictures from memory: decoded by any thread, classified together. */
#include "core/memory.h"
#include "dataset/measure.h"
#include "image/budget.h"
#include "image/crop.h"
#include "loader/scale.h"
#include "predict/classifier.h"

#include <string.h>

struct lvk_picture {
    char *name;
    lvk_image_info info; /* its path is `name` */
    lvk_image crop;
};

/* Measures and crops the image, which it takes over, after a failure too. */
static lvk_status take(const lvk_classifier *classifier, lvk_image *image, lvk_picture *p) {
    const lvk_model_info *model = lvk_classifier_model(classifier);
    const lvk_crop crop =
        lvk_crop_scaled(lvk_classifier_crop(classifier),
                        lvk_scale_ratio(model->microns_per_pixel, p->info.microns_per_pixel));
    lvk_image_info_measure(image, &p->info);
    const lvk_status status = lvk_crop_extract(&crop, image, model->image_size, &p->crop);
    lvk_image_finish(image);
    return status;
}

static lvk_status create(const lvk_classifier *classifier, const char *name, double microns_per_pixel,
                         lvk_picture **picture) {
    *picture = NULL;
    LVK_TRY(
        lvk_scale_check_ratio(name, lvk_classifier_model(classifier)->microns_per_pixel, microns_per_pixel));
    lvk_picture *p = *picture = lvk_alloc(1, sizeof *p);
    if (!p)
        return LVK_ERROR_MEMORY;
    p->name = lvk_strdup(name);
    p->info = (lvk_image_info){.path = p->name, .microns_per_pixel = microns_per_pixel};
    if (!p->name)
        lvk_picture_free(picture);
    return *picture ? LVK_OK : LVK_ERROR_MEMORY;
}

/* `status` is that of the image, whose pixels the picture takes over. */
static lvk_status fill(const lvk_classifier *classifier, lvk_status status, lvk_image *image,
                       lvk_picture **picture) {
    if (status == LVK_OK)
        status = take(classifier, image, *picture);
    if (status != LVK_OK)
        lvk_picture_free(picture);
    return status;
}

lvk_status lvk_picture_decode(const lvk_classifier *classifier, const char *name, const void *data,
                              size_t size, double microns_per_pixel, lvk_picture **picture) {
    lvk_image image;
    LVK_TRY(create(classifier, name, microns_per_pixel, picture));
    return fill(classifier, lvk_image_decode(name, data, size, &image), &image, picture);
}

lvk_status lvk_picture_read(const lvk_classifier *classifier, const char *path, double microns_per_pixel,
                            lvk_picture **picture) {
    lvk_image image;
    LVK_TRY(create(classifier, path, microns_per_pixel, picture));
    return fill(classifier, lvk_image_read(path, &image), &image, picture);
}

static lvk_status check_pixels(const char *name, const lvk_pixels *pixels) {
    const uint32_t least = LVK_IMAGE_LEAST_SIDE, most = LVK_IMAGE_MOST_SIDE;
    if (!pixels->rgb)
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: there are no pixels", name);
    if (pixels->width < least || pixels->height < least || pixels->width > most || pixels->height > most)
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: %u × %u pixels: a side must be from %u to %u", name,
                        (unsigned)pixels->width, (unsigned)pixels->height, (unsigned)least, (unsigned)most);
    if (pixels->stride && pixels->stride < 3 * (size_t)pixels->width)
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: a stride of %zu bytes is less than a row of %u pixels", name,
                        pixels->stride, (unsigned)pixels->width);
    if (!(pixels->microns_per_pixel == 0 ||
          (pixels->microns_per_pixel >= LVK_LEAST_MICRONS && pixels->microns_per_pixel <= LVK_MOST_MICRONS)))
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: %g microns per pixel: must be from %g to %g, or 0", name,
                        pixels->microns_per_pixel, LVK_LEAST_MICRONS, LVK_MOST_MICRONS);
    return LVK_OK;
}

lvk_status lvk_picture_create(const lvk_classifier *classifier, const char *name, const lvk_pixels *pixels,
                              lvk_picture **picture) {
    *picture = NULL;
    LVK_TRY(check_pixels(name, pixels));
    LVK_TRY(create(classifier, name, pixels->microns_per_pixel, picture));
    const size_t row = 3 * (size_t)pixels->width, stride = pixels->stride ? pixels->stride : row;
    lvk_image image = {.width = pixels->width,
                       .height = pixels->height,
                       .black = pixels->lossy ? LVK_IMAGE_LOSSY_BLACK : 0,
                       .budget = row * pixels->height};
    lvk_budget_take(image.budget);
    image.pixels = lvk_alloc(pixels->height, row);
    for (uint32_t y = 0; image.pixels && y < pixels->height; ++y)
        memcpy(image.pixels + y * row, pixels->rgb + y * stride, row);
    if (!image.pixels)
        lvk_image_finish(&image);
    return fill(classifier, image.pixels ? LVK_OK : LVK_ERROR_MEMORY, &image, picture);
}

void lvk_picture_free(lvk_picture **picture) {
    if (!*picture)
        return;
    lvk_image_finish(&(*picture)->crop);
    lvk_free((*picture)->name);
    lvk_free(*picture);
    *picture = NULL;
}

void lvk_picture_size(const lvk_picture *picture, uint32_t *width, uint32_t *height) {
    *width = picture->info.width;
    *height = picture->info.height;
}

const char *lvk_picture_name(const lvk_picture *picture) {
    return picture->name;
}

const lvk_image *lvk_picture_crop(const lvk_picture *picture) {
    return &picture->crop;
}

/* A cache to which the crops are lent, and the numbers of its images. */
static lvk_status lend(const lvk_classifier *classifier, const lvk_dataset *dataset,
                       const lvk_picture *const *pictures, size_t count, uint32_t *images,
                       lvk_cache **cache) {
    const lvk_model_info *model = lvk_classifier_model(classifier);
    LVK_TRY(lvk_cache_create(dataset, lvk_classifier_crop(classifier), model->image_size, LVK_CACHE_NOTHING,
                             cache));
    lvk_cache_set_scale(*cache, model->microns_per_pixel);
    for (size_t i = 0; i < count; ++i) {
        images[i] = (uint32_t)i;
        LVK_TRY(lvk_cache_lend(*cache, (uint32_t)i, &pictures[i]->crop));
    }
    return LVK_OK;
}

/* The rows' texts are the data set's, and so the pictures': it copies no path. */
static lvk_status predict(lvk_classifier *classifier, const lvk_image_info *infos,
                          const lvk_picture *const *pictures, size_t count, uint32_t *images,
                          lvk_prediction *rows) {
    lvk_dataset *dataset;
    lvk_cache *cache = NULL;
    LVK_TRY(lvk_dataset_create_measured(infos, count, &dataset));
    lvk_status status = lend(classifier, dataset, pictures, count, images, &cache);
    if (status == LVK_OK)
        status = lvk_classifier_predict_cached(classifier, cache, images, count, NULL, NULL, rows);
    if (cache)
        lvk_cache_destroy(&cache);
    lvk_dataset_destroy(&dataset);
    return status;
}

lvk_status lvk_classifier_predict_pictures(lvk_classifier *classifier, const lvk_picture *const *pictures,
                                           size_t count, lvk_prediction *rows) {
    lvk_image_info *infos = lvk_alloc(count, sizeof *infos);
    uint32_t *images = lvk_alloc(count, sizeof *images);
    for (size_t i = 0; infos && i < count; ++i)
        infos[i] = pictures[i]->info;
    const lvk_status status =
        infos && images ? predict(classifier, infos, pictures, count, images, rows) : LVK_ERROR_MEMORY;
    lvk_free(infos);
    lvk_free(images);
    return status;
}
