#include "train/standardize.h"

#include <math.h>
#include <string.h>

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

/* Writes the layer's parameters into the block of all. */
static void put(const lvk_trainer *t, const double *mean, const double *variance, float *block) {
    const uint32_t length = lvk_features_length(t->features);
    const lvk_builder *builder = lvk_network_builder(t->network);
    for (size_t p = 0; p < builder->parameter_count; ++p) {
        const lvk_tensor *tensor = &builder->graph->tensors[builder->parameters[p].tensor];
        float *values = block + tensor->offset / sizeof *values;
        for (uint32_t f = 0; f < length; ++f) {
            if (strcmp(tensor->name, LVK_HEAD_STANDARDIZE "/gamma") == 0)
                values[f] = (float)(1 / sqrt(length));
            else if (strcmp(tensor->name, LVK_HEAD_STANDARDIZE "/moving_mean") == 0)
                values[f] = (float)mean[f];
            else if (strcmp(tensor->name, LVK_HEAD_STANDARDIZE "/moving_variance") == 0)
                values[f] = (float)variance[f];
        }
    }
}

lvk_status lvk_standardize_features(lvk_trainer *t) {
    const uint32_t length = lvk_features_length(t->features);
    double *sums = lvk_alloc((size_t)length * 2, sizeof *sums);
    float *block = lvk_alloc(t->network->block_size, 1);
    lvk_status status = sums && block ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        measure(t, sums, sums + length);
        status = lvk_network_read(t->network, LVK_BLOCK_PARAMETERS, block);
    }
    if (status == LVK_OK) {
        put(t, sums, sums + length, block);
        status = lvk_network_write(t->network, LVK_BLOCK_PARAMETERS, block);
    }
    lvk_free(sums);
    lvk_free(block);
    return status;
}
