#include "preview/pick.h"

#include "core/memory.h"
#include "core/random.h"

#include <stdlib.h>
#include <string.h>

typedef struct turn {
    uint32_t round; /* images of the same subject that come before */
    uint32_t place; /* in the shuffled order */
    uint32_t image;
} turn;

static int compare_turns(const void *a, const void *b) {
    const turn *x = a, *y = b;
    if (x->round != y->round)
        return x->round < y->round ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

size_t lvk_pick_available(const lvk_dataset *dataset, int32_t label) {
    size_t count = 0;
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i)
        count += lvk_dataset_image(dataset, i)->label == label;
    return count;
}

lvk_status lvk_pick(const lvk_dataset *dataset, int32_t label, uint64_t seed, uint32_t *images,
                    size_t count) {
    const size_t available = lvk_pick_available(dataset, label);
    uint32_t *order = lvk_alloc(available, sizeof *order);
    uint32_t *rounds = lvk_alloc(lvk_dataset_subject_count(dataset), sizeof *rounds);
    turn *turns = lvk_alloc(available, sizeof *turns);
    const lvk_status status = order && rounds && turns ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        const lvk_random_key key = {seed, (uint32_t)(label + 1), 0, LVK_PURPOSE_SHEET};
        for (uint32_t i = 0, filled = 0; i < lvk_dataset_image_count(dataset); ++i)
            if (lvk_dataset_image(dataset, i)->label == label)
                order[filled++] = i;
        lvk_random_shuffle(&key, order, available);
        for (uint32_t i = 0; i < available; ++i)
            turns[i] = (turn){rounds[lvk_dataset_image(dataset, order[i])->subject]++, i, order[i]};
        if (available)
            qsort(turns, available, sizeof *turns, compare_turns);
        for (size_t i = 0; i < count; ++i)
            images[i] = turns[i].image;
    }
    lvk_free(turns);
    lvk_free(rounds);
    lvk_free(order);
    return status;
}
