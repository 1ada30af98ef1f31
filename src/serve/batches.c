#include "serve/batches.h"

#include "core/error.h"

#include <string.h>

enum { LARGEST_BATCH = 32 };

/* Puts a size in front of the larger ones. */
static lvk_status open_size(lvk_device *device, const char *model, lvk_classifier_options options,
                            uint32_t batch, lvk_batches *b) {
    lvk_classifier *classifier;
    options.batch = batch;
    LVK_TRY(lvk_classifier_open(device, model, &options, &classifier));
    memmove(b->sizes + 1, b->sizes, b->count * sizeof *b->sizes);
    b->sizes[0].classifier = classifier;
    b->sizes[0].batch = batch;
    ++b->count;
    return LVK_OK;
}

lvk_status lvk_batches_open(lvk_device *device, const char *model, const lvk_classifier_options *options,
                            lvk_batches *batches) {
    uint32_t batch = options->batch ? options->batch : LARGEST_BATCH;
    *batches = (lvk_batches){0};
    lvk_status status = open_size(device, model, *options, batch, batches);
    while (status == LVK_OK && !options->batch && (batch /= 2) > 0)
        status = open_size(device, model, *options, batch, batches);
    /* Without the sizes for which memory is short, the larger ones serve. */
    return batches->count && (status == LVK_ERROR_MEMORY || status == LVK_ERROR_LIMIT) ? LVK_OK : status;
}

void lvk_batches_close(lvk_batches *batches) {
    for (uint32_t i = 0; i < batches->count; ++i)
        lvk_classifier_close(&batches->sizes[i].classifier);
    batches->count = 0;
}

lvk_classifier *lvk_batches_largest(const lvk_batches *batches) {
    return batches->sizes[batches->count - 1].classifier;
}

lvk_classifier *lvk_batches_for(const lvk_batches *batches, size_t count) {
    for (uint32_t i = 0; i < batches->count; ++i)
        if (count <= batches->sizes[i].batch)
            return batches->sizes[i].classifier;
    return lvk_batches_largest(batches);
}
