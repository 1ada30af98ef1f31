#include "train/epoch_order.h"

#include "core/memory.h"
#include "core/random.h"
#include "predict/evaluation.h"

#include <string.h>

/* Puts the images of one target behind `to`; -1: all. */
static size_t take(const lvk_dataset *dataset, const uint32_t *images, size_t count, int target,
                   uint32_t *to) {
    size_t taken = 0;
    for (size_t i = 0; i < count; ++i)
        if (target < 0 || lvk_evaluation_target(dataset, images[i]) == target)
            to[taken++] = images[i];
    return taken;
}

static void divide(lvk_epoch_order *o, const lvk_dataset *dataset, const uint32_t *images, size_t count) {
    size_t positive = 0;
    for (size_t i = 0; i < count; ++i)
        positive += lvk_evaluation_target(dataset, images[i]) == 1;
    const int larger = positive > count - positive;
    o->larger_count = take(dataset, images, count, larger, o->larger);
    o->smaller_count = take(dataset, images, count, !larger, o->smaller);
    o->count = 2 * o->larger_count;
}

lvk_status lvk_epoch_order_init(lvk_epoch_order *o, const lvk_dataset *dataset, const uint32_t *images,
                                size_t count, bool oversample) {
    *o = (lvk_epoch_order){.count = count, .dataset_count = (uint32_t)lvk_dataset_image_count(dataset)};
    o->larger = lvk_alloc(count, sizeof *o->larger);
    o->smaller = lvk_alloc(count, sizeof *o->smaller);
    o->draws = lvk_alloc(o->dataset_count, sizeof *o->draws);
    if (!o->larger || !o->smaller || !o->draws)
        return LVK_ERROR_MEMORY;
    if (oversample)
        divide(o, dataset, images, count);
    else
        o->larger_count = take(dataset, images, count, -1, o->larger);
    o->images = lvk_alloc(o->count, sizeof *o->images);
    o->samples = lvk_alloc(o->count, sizeof *o->samples);
    return o->images && o->samples ? LVK_OK : LVK_ERROR_MEMORY;
}

void lvk_epoch_order_finish(lvk_epoch_order *o) {
    lvk_free(o->images);
    lvk_free(o->samples);
    lvk_free(o->larger);
    lvk_free(o->smaller);
    lvk_free(o->draws);
    *o = (lvk_epoch_order){0};
}

static void append(uint32_t **to, const uint32_t *images, size_t count) {
    if (count)
        memcpy(*to, images, count * sizeof *images);
    *to += count;
}

/* The smaller class again and again; the last time only those that the epoch draws for it. The images are
 * shuffled from their first order, so that nothing depends on the epochs before. */
static void repeat_smaller(lvk_epoch_order *o, uint32_t *to, uint64_t seed, uint32_t epoch) {
    const lvk_random_key key = {.seed = seed, .epoch = epoch, .sample = 1, .purpose = LVK_PURPOSE_SHUFFLE};
    size_t left = o->count - o->larger_count;
    for (; left >= o->smaller_count; left -= o->smaller_count)
        append(&to, o->smaller, o->smaller_count);
    if (left == 0)
        return;
    uint32_t *drawn = o->samples; /* which is filled in later: as large as the whole order */
    memcpy(drawn, o->smaller, o->smaller_count * sizeof *drawn);
    lvk_random_shuffle(&key, drawn, o->smaller_count);
    append(&to, drawn, left);
}

void lvk_epoch_order_draw(lvk_epoch_order *o, uint64_t seed, uint32_t epoch) {
    const lvk_random_key key = {.seed = seed, .epoch = epoch, .purpose = LVK_PURPOSE_SHUFFLE};
    uint32_t *to = o->images;
    append(&to, o->larger, o->larger_count);
    if (o->smaller_count)
        repeat_smaller(o, to, seed, epoch);
    lvk_random_shuffle(&key, o->images, o->count);
    memset(o->draws, 0, o->dataset_count * sizeof *o->draws);
    for (size_t i = 0; i < o->count; ++i)
        o->samples[i] = o->images[i] + o->draws[o->images[i]]++ * o->dataset_count;
}
