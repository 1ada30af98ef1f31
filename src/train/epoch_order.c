#include "train/epoch_order.h"

#include "core/memory.h"
#include "core/random.h"
#include "predict/evaluation.h"

#include <string.h>

/* Appends the images with one target to the sorted images; -1: all images. */
static void append_class(lvk_epoch_order *o, const lvk_dataset *dataset, const uint32_t *images, size_t count,
                         int target) {
    size_t end = o->starts[o->class_count];
    for (size_t i = 0; i < count; ++i)
        if (target < 0 || lvk_evaluation_target(dataset, images[i]) == target)
            o->sorted[end++] = images[i];
    if (end > o->starts[o->class_count])
        o->starts[++o->class_count] = end;
}

static void divide(lvk_epoch_order *o, const lvk_dataset *dataset, const uint32_t *images, size_t count) {
    size_t counts[LVK_MOST_CLASSES] = {0};
    int largest = 0;
    for (size_t i = 0; i < count; ++i)
        ++counts[lvk_evaluation_target(dataset, images[i])];
    for (int c = 1; c < LVK_MOST_CLASSES; ++c)
        largest = counts[c] > counts[largest] ? c : largest;
    append_class(o, dataset, images, count, largest);
    for (int c = 0; c < LVK_MOST_CLASSES; ++c)
        if (c != largest && counts[c])
            append_class(o, dataset, images, count, c);
    o->count = o->class_count * counts[largest];
}

lvk_status lvk_epoch_order_init(lvk_epoch_order *o, const lvk_dataset *dataset, const uint32_t *images,
                                size_t count, bool oversample) {
    *o = (lvk_epoch_order){.count = count, .dataset_count = (uint32_t)lvk_dataset_image_count(dataset)};
    o->sorted = lvk_alloc(count, sizeof *o->sorted);
    o->draws = lvk_alloc(o->dataset_count, sizeof *o->draws);
    if (!o->sorted || !o->draws)
        return LVK_ERROR_MEMORY;
    if (oversample)
        divide(o, dataset, images, count);
    else
        append_class(o, dataset, images, count, -1);
    o->images = lvk_alloc(o->count, sizeof *o->images);
    o->samples = lvk_alloc(o->count, sizeof *o->samples);
    return o->images && o->samples ? LVK_OK : LVK_ERROR_MEMORY;
}

void lvk_epoch_order_finish(lvk_epoch_order *o) {
    lvk_free(o->images);
    lvk_free(o->samples);
    lvk_free(o->sorted);
    lvk_free(o->draws);
    *o = (lvk_epoch_order){0};
}

static void append(uint32_t **to, const uint32_t *images, size_t count) {
    if (count)
        memcpy(*to, images, count * sizeof *images);
    *to += count;
}

/* Repeats the images of a smaller class until there are `wanted`; the last repetition has only images that
 * are drawn for this epoch. The images are shuffled from their sorted order, so that nothing depends on
 * earlier epochs. */
static void repeat_class(lvk_epoch_order *o, uint32_t class, size_t wanted, uint32_t **to, uint64_t seed,
                         uint32_t epoch) {
    const lvk_random_key key = {
        .seed = seed, .epoch = epoch, .sample = class, .purpose = LVK_PURPOSE_SHUFFLE};
    const uint32_t *images = o->sorted + o->starts[class];
    const size_t count = o->starts[class + 1] - o->starts[class];
    for (; wanted >= count; wanted -= count)
        append(to, images, count);
    if (wanted == 0)
        return;
    uint32_t *drawn = o->samples; /* used as scratch memory here; its own contents are filled in later */
    memcpy(drawn, images, count * sizeof *drawn);
    lvk_random_shuffle(&key, drawn, count);
    append(to, drawn, wanted);
}

void lvk_epoch_order_draw(lvk_epoch_order *o, uint64_t seed, uint32_t epoch) {
    const lvk_random_key key = {.seed = seed, .epoch = epoch, .purpose = LVK_PURPOSE_SHUFFLE};
    uint32_t *to = o->images;
    append(&to, o->sorted, o->starts[1]);
    for (uint32_t class = 1; class < o->class_count; ++class)
        repeat_class(o, class, o->starts[1], &to, seed, epoch);
    lvk_random_shuffle(&key, o->images, o->count);
    memset(o->draws, 0, o->dataset_count * sizeof *o->draws);
    for (size_t i = 0; i < o->count; ++i)
        o->samples[i] = o->images[i] + o->draws[o->images[i]]++ * o->dataset_count;
}
