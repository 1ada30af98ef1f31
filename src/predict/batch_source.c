#include "predict/batch_source.h"

#include "core/memory.h"
#include "core/random.h"
#include "image/resample.h"

#include <string.h>

struct lvk_batch_source {
    lvk_loader *loader; /* for images; the other members are for features */
    const lvk_features *features;
    lvk_loader_options options;
    uint32_t views;
    uint32_t *indices, *samples;
    size_t count, delivered;
    float *rows; /* [batch][length] */
};

static lvk_status create_rows(lvk_batch_source *f, const uint32_t *indices, size_t count) {
    f->count = count;
    f->indices = lvk_alloc(count, sizeof *f->indices);
    f->samples = lvk_alloc(count, sizeof *f->samples);
    f->rows = lvk_alloc((size_t)f->options.batch * lvk_features_length(f->features), sizeof *f->rows);
    if (!f->indices || !f->samples || !f->rows)
        return LVK_ERROR_MEMORY;
    if (count) {
        memcpy(f->indices, indices, count * sizeof *indices);
        memcpy(f->samples, f->options.samples ? f->options.samples : indices, count * sizeof *indices);
    }
    return LVK_OK;
}

lvk_status lvk_batch_source_create(const lvk_source *source, const uint32_t *indices, size_t count,
                                   const lvk_loader_options *options, lvk_batch_source **batches) {
    *batches = NULL;
    lvk_batch_source *f = lvk_alloc(1, sizeof *f);
    if (!f)
        return LVK_ERROR_MEMORY;
    f->options = *options;
    f->options.threads = source->threads;
    f->options.unreadable = source->unreadable;
    f->features = source->features;
    f->views = source->views;
    lvk_status status = f->features
                            ? create_rows(f, indices, count)
                            : lvk_loader_create(source->cache, indices, count, &f->options, &f->loader);
    if (status != LVK_OK)
        lvk_batch_source_destroy(&f);
    *batches = f;
    return status;
}

void lvk_batch_source_destroy(lvk_batch_source **batches) {
    lvk_batch_source *f = *batches;
    if (!f)
        return;
    lvk_loader_destroy(&f->loader);
    lvk_free(f->indices);
    lvk_free(f->samples);
    lvk_free(f->rows);
    lvk_free(f);
    *batches = NULL;
}

static uint32_t view_of(const lvk_batch_source *f, uint32_t sample) {
    if (!f->options.augment)
        return f->options.view;
    const lvk_random_key key = {f->options.seed, f->options.epoch, sample, LVK_PURPOSE_AUGMENT};
    uint32_t words[4];
    lvk_random_words(&key, 0, words);
    return (uint32_t)((uint64_t)words[0] * f->views >> 32);
}

lvk_status lvk_batch_source_next(lvk_batch_source *f, lvk_batch *batch) {
    if (f->loader)
        return lvk_loader_next(f->loader, batch);
    const size_t length = lvk_features_length(f->features), left = f->count - f->delivered;
    *batch = (lvk_batch){.input = f->rows,
                         .indices = f->indices + f->delivered,
                         .samples = f->samples + f->delivered,
                         .count = left < f->options.batch ? (uint32_t)left : f->options.batch};
    memset(f->rows, 0, f->options.batch * length * sizeof *f->rows);
    for (uint32_t i = 0; i < batch->count; ++i)
        memcpy(f->rows + i * length,
               lvk_features_row(f->features, batch->indices[i], view_of(f, batch->samples[i])),
               length * sizeof *f->rows);
    f->delivered += batch->count;
    return LVK_OK;
}

double lvk_batch_source_wait_seconds(const lvk_batch_source *batches) {
    return batches->loader ? lvk_loader_wait_seconds(batches->loader) : 0;
}
