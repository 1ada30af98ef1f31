#include "predict/batch_source.h"

#include "core/memory.h"
#include "core/random.h"
#include "image/resample.h"

#include <string.h>

struct lvk_feed {
    lvk_loader *loader; /* of images; the rest is for features */
    const lvk_features *features;
    lvk_loader_options options;
    uint32_t views;
    uint32_t *indices, *samples;
    size_t count, delivered;
    float *rows; /* [batch][length] */
};

static lvk_status create_rows(lvk_feed *f, const uint32_t *indices, size_t count) {
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

lvk_status lvk_feed_create(const lvk_source *source, const uint32_t *indices, size_t count,
                           const lvk_loader_options *options, lvk_feed **feed) {
    *feed = NULL;
    lvk_feed *f = lvk_alloc(1, sizeof *f);
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
        lvk_feed_destroy(&f);
    *feed = f;
    return status;
}

void lvk_feed_destroy(lvk_feed **feed) {
    lvk_feed *f = *feed;
    if (!f)
        return;
    lvk_loader_destroy(&f->loader);
    lvk_free(f->indices);
    lvk_free(f->samples);
    lvk_free(f->rows);
    lvk_free(f);
    *feed = NULL;
}

static uint32_t view_of(const lvk_feed *f, uint32_t sample) {
    if (!f->options.augment)
        return f->options.view;
    const lvk_random_key key = {f->options.seed, f->options.epoch, sample, LVK_PURPOSE_AUGMENT};
    uint32_t words[4];
    lvk_random_words(&key, 0, words);
    return (uint32_t)((uint64_t)words[0] * f->views >> 32);
}

lvk_status lvk_feed_next(lvk_feed *f, lvk_batch *batch) {
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

double lvk_feed_wait_seconds(const lvk_feed *feed) {
    return feed->loader ? lvk_loader_wait_seconds(feed->loader) : 0;
}
