/* Pictures from memory: decoded by any thread, classified together. */
#include "core/memory.h"
#include "dataset/measure.h"
#include "image/crop.h"
#include "loader/scale.h"
#include "predict/classifier.h"

#include <string.h>

struct lvk_picture {
    char *name;
    lvk_image_info info; /* its path is `name` */
    lvk_image crop;
};

static lvk_status check_scale(const lvk_model_info *model, const char *name, double microns_per_pixel) {
    const double ratio = lvk_scale_ratio(model->microns_per_pixel, microns_per_pixel);
    if (ratio <= LVK_SCALE_MOST_RATIO && ratio >= 1.0 / LVK_SCALE_MOST_RATIO)
        return LVK_OK;
    return lvk_fail(LVK_ERROR_FORMAT,
                    "%s: %.4g microns per pixel, where the model's images have %.4g: such different scales "
                    "cannot be brought together; is the unit right?",
                    name, microns_per_pixel, model->microns_per_pixel);
}

static lvk_status decode(const lvk_classifier *classifier, const void *data, size_t size, lvk_picture *p) {
    const lvk_model_info *model = lvk_classifier_model(classifier);
    const lvk_crop crop =
        lvk_crop_scaled(lvk_classifier_crop(classifier),
                        lvk_scale_ratio(model->microns_per_pixel, p->info.microns_per_pixel));
    lvk_image image;
    LVK_TRY(lvk_image_decode(p->name, data, size, &image));
    lvk_image_info_measure(&image, &p->info);
    const lvk_status status = lvk_crop_extract(&crop, &image, model->image_size, &p->crop);
    lvk_image_finish(&image);
    return status;
}

lvk_status lvk_picture_decode(const lvk_classifier *classifier, const char *name, const void *data,
                              size_t size, double microns_per_pixel, lvk_picture **picture) {
    *picture = NULL;
    LVK_TRY(check_scale(lvk_classifier_model(classifier), name, microns_per_pixel));
    lvk_picture *p = lvk_alloc(1, sizeof *p);
    if (!p)
        return LVK_ERROR_MEMORY;
    p->name = lvk_strdup(name);
    p->info = (lvk_image_info){.path = p->name, .microns_per_pixel = microns_per_pixel};
    lvk_status status = p->name ? decode(classifier, data, size, p) : LVK_ERROR_MEMORY;
    if (status != LVK_OK)
        lvk_picture_free(&p);
    *picture = p;
    return status;
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
