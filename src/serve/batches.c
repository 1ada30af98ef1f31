#include "serve/batches.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/random.h"
#include "image/encode.h"

#include <string.h>

enum { USUAL_BATCH = 32, PROBES = 8, PROBE_SIDE = 160, LEVELS = 8 };

/* ---- drawn pictures ---- */

/* A disc of noise on black; the discs differ in size and brightness. */
static void draw(uint32_t number, uint8_t *pixels) {
    const lvk_random_key key = {1, 0, number, LVK_PURPOSE_BENCH};
    const int radius = 30 + 5 * (int)number, centre = PROBE_SIDE / 2;
    for (int y = 0; y < PROBE_SIDE; ++y)
        for (int x = 0; x < PROBE_SIDE; ++x) {
            uint32_t words[4] = {0};
            const int dx = x - centre, dy = y - centre;
            if (dx * dx + dy * dy < radius * radius)
                lvk_random_words(&key, (uint32_t)(y * PROBE_SIDE + x), words);
            for (int c = 0; c < 3; ++c)
                pixels[(y * PROBE_SIDE + x) * 3 + c] = (uint8_t)((words[c] >> 24) * (number + 1) / LEVELS);
        }
}

static lvk_status make_probe(const lvk_classifier *classifier, uint32_t number, lvk_picture **picture) {
    uint8_t *pixels = lvk_alloc((size_t)PROBE_SIDE * PROBE_SIDE, 3);
    void *file = NULL;
    size_t size;
    lvk_status status = LVK_ERROR_MEMORY;
    if (pixels) {
        draw(number, pixels);
        status = lvk_bmp_encode(pixels, PROBE_SIDE, PROBE_SIDE, &file, &size);
    }
    if (status == LVK_OK)
        status = lvk_picture_decode(classifier, "a drawn picture", file, size, 0, picture);
    lvk_free(file);
    lvk_free(pixels);
    return status;
}

/* ---- sizes ---- */

/* Whether two sizes give the same rows, to the bit. */
static lvk_status compare(lvk_classifier *small, lvk_classifier *large, const lvk_picture *const *probes,
                          bool *same) {
    lvk_prediction rows[2][PROBES];
    LVK_TRY(lvk_classifier_predict_pictures(small, probes, PROBES, rows[0]));
    LVK_TRY(lvk_classifier_predict_pictures(large, probes, PROBES, rows[1]));
    const uint32_t classes = lvk_classifier_get_info(large)->class_count;
    *same = true;
    for (int i = 0; i < PROBES; ++i) {
        const lvk_prediction *a = &rows[0][i], *b = &rows[1][i];
        *same = *same && a->p == b->p && a->novelty == b->novelty;
        for (uint32_t k = 0; k < classes; ++k)
            *same = *same && a->probabilities[k] == b->probabilities[k];
    }
    return LVK_OK;
}

/* Puts a size in front of the larger ones. */
static void put_first(lvk_batches *b, lvk_classifier *classifier, uint32_t batch) {
    memmove(b->sizes + 1, b->sizes, b->count * sizeof *b->sizes);
    b->sizes[0].classifier = classifier;
    b->sizes[0].batch = batch;
    ++b->count;
}

static lvk_status try_size(lvk_device *device, const char *model, lvk_classifier_options options,
                           const lvk_picture *const *probes, lvk_batches *b) {
    lvk_classifier *classifier;
    bool same = false;
    LVK_TRY(lvk_classifier_open(device, model, &options, &classifier));
    const lvk_status status = compare(classifier, lvk_batches_largest(b), probes, &same);
    if (status == LVK_OK && same) {
        put_first(b, classifier, options.batch);
        return LVK_OK;
    }
    lvk_classifier_close(&classifier);
    lvk_log(LVK_LOG_DEBUG, "batches of %u images have other last bits, and are not used",
            (unsigned)options.batch);
    return status;
}

static lvk_status try_sizes(lvk_device *device, const char *model, const lvk_classifier_options *options,
                            lvk_batches *b) {
    lvk_picture *probes[PROBES] = {NULL};
    lvk_status status = LVK_OK;
    for (uint32_t i = 0; i < PROBES && status == LVK_OK; ++i)
        status = make_probe(lvk_batches_largest(b), i, &probes[i]);
    for (uint32_t batch = options->batch / 2; batch > 0 && b->count < LVK_MOST_SIZES && status == LVK_OK;
         batch /= 2) {
        lvk_classifier_options small = *options;
        small.batch = batch;
        status = try_size(device, model, small, (const lvk_picture *const *)probes, b);
    }
    for (int i = 0; i < PROBES; ++i)
        lvk_picture_free(&probes[i]);
    return status;
}

lvk_status lvk_batches_open(lvk_device *device, const char *model, const lvk_classifier_options *options,
                            lvk_batches *batches) {
    lvk_classifier_options largest = *options;
    lvk_classifier *classifier;
    *batches = (lvk_batches){0};
    largest.batch = options->batch ? options->batch : USUAL_BATCH;
    LVK_TRY(lvk_classifier_open(device, model, &largest, &classifier));
    put_first(batches, classifier, largest.batch);
    return try_sizes(device, model, &largest, batches);
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
