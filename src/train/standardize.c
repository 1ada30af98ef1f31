#include "train/standardize.h"

#include <math.h>

/* Features that vary less over the training images are constant: a ReLU that is never positive. They are left
 * alone, since a division by their deviation would make much of what is little in other images. */
static const double least_variance = 1e-10;

/* Sums over the rows of the training images: of the values, or, with a mean, of their squared distances. */
static size_t add_rows(const lvk_trainer *t, const double *mean, double *sums) {
    const uint32_t length = lvk_features_length(t->features), views = t->settings.options.views;
    size_t count;
    const uint32_t *images = lvk_split_images(t->split, LVK_SPLIT_TRAIN, &count);
    for (size_t i = 0; i < count; ++i) {
        for (uint32_t view = 0; view < views; ++view) {
            const float *row = lvk_features_row(t->features, images[i], view);
            for (uint32_t f = 0; f < length; ++f) {
                const double distance = (double)row[f] - (mean ? mean[f] : 0);
                sums[f] += mean ? distance * distance : distance;
            }
        }
    }
    return count * views;
}

/* Sets mean[length] and variance[length]. */
static void measure(const lvk_trainer *t, double *mean, double *variance) {
    const uint32_t length = lvk_features_length(t->features);
    const double count = (double)add_rows(t, NULL, mean);
    for (uint32_t f = 0; f < length; ++f)
        mean[f] /= count;
    (void)add_rows(t, mean, variance);
    for (uint32_t f = 0; f < length; ++f) {
        variance[f] /= count;
        if (variance[f] < least_variance)
            variance[f] = 1;
    }
}

/* Of the features of the training images, [length] each. */
typedef struct moments {
    double *mean, *variance, *gamma;
} moments;

static void put(const void *user, const lvk_builder *builder, float *block) {
    const moments *m = user;
    lvk_parameter_set(builder, LVK_HEAD_STANDARDIZE "/gamma", m->gamma, block);
    lvk_parameter_set(builder, LVK_HEAD_STANDARDIZE "/moving_mean", m->mean, block);
    lvk_parameter_set(builder, LVK_HEAD_STANDARDIZE "/moving_variance", m->variance, block);
}

lvk_status lvk_standardize_features(lvk_trainer *t) {
    const uint32_t length = lvk_features_length(t->features);
    double *sums = lvk_alloc((size_t)length * 3, sizeof *sums);
    if (!sums)
        return LVK_ERROR_MEMORY;
    const moments m = {.mean = sums, .variance = sums + length, .gamma = sums + 2 * (size_t)length};
    measure(t, m.mean, m.variance);
    for (uint32_t f = 0; f < length; ++f)
        m.gamma[f] = 1 / sqrt(length);
    const lvk_status status = lvk_network_change_parameters(t->network, put, &m);
    lvk_free(sums);
    return status;
}
