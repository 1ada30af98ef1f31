/* Dealing groups out to parts. */
#include "dataset/split.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/random.h"

#include <math.h>
#include <stdlib.h>

typedef struct group {
    uint32_t number, size, bucket, order; /* bucket: floor(log2(size)); order: drawn from the seed */
    uint8_t part;
} group;

typedef struct dealing {
    const lvk_deal *deal;
    size_t classes, numbers, group_count; /* numbers: the groups' numbers are below it */
    group *groups;                        /* those with images to deal */
    uint32_t *held;                       /* [group number][class] images */
    uint32_t *dealt;                      /* [part][class] */
    uint32_t *totals;                     /* [class] */
    uint32_t *holders;                    /* [class] groups that hold the class */
} dealing;

static size_t number_of(const lvk_deal *deal, size_t image) {
    return deal->by_image ? image : lvk_dataset_image(deal->dataset, image)->group;
}

static bool is_dealt(const lvk_deal *deal, const uint8_t *part_of_image, size_t image) {
    return part_of_image[image] != LVK_DEAL_NOWHERE &&
           lvk_split_deals(lvk_dataset_image(deal->dataset, image));
}

static int compare_groups(const void *a, const void *b) {
    const group *x = a, *y = b;
    if (x->bucket != y->bucket)
        return x->bucket > y->bucket ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static lvk_status count_images(dealing *d, const uint8_t *part_of_image) {
    const lvk_dataset *dataset = d->deal->dataset;
    const size_t parts = (size_t)d->deal->parts;
    d->classes = lvk_dataset_class_count(dataset);
    d->numbers = d->deal->by_image ? lvk_dataset_image_count(dataset) : lvk_dataset_group_count(dataset);
    d->groups = lvk_alloc(d->numbers, sizeof *d->groups);
    d->held = lvk_alloc(d->numbers * d->classes, sizeof *d->held);
    d->dealt = lvk_alloc((parts + 2) * d->classes, sizeof *d->dealt);
    if (!d->groups || !d->held || !d->dealt)
        return LVK_ERROR_MEMORY;
    d->totals = d->dealt + parts * d->classes;
    d->holders = d->totals + d->classes;
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i) {
        if (!is_dealt(d->deal, part_of_image, i))
            continue;
        const size_t class = (size_t)lvk_dataset_image(dataset, i)->label;
        ++d->held[number_of(d->deal, i) * d->classes + class];
        ++d->totals[class];
    }
    return LVK_OK;
}

static lvk_status order_groups(dealing *d) {
    for (uint32_t g = 0; g < d->numbers; ++g) {
        group next = {.number = g};
        for (size_t c = 0; c < d->classes; ++c) {
            next.size += d->held[g * d->classes + c];
            d->holders[c] += d->held[g * d->classes + c] > 0;
        }
        for (uint32_t size = next.size; size > 1; size /= 2)
            ++next.bucket;
        if (next.size)
            d->groups[d->group_count++] = next;
    }
    uint32_t *order = lvk_alloc(d->group_count, sizeof *order);
    if (!order)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < d->group_count; ++i)
        order[i] = (uint32_t)i;
    const lvk_random_key key = {.seed = d->deal->seed, .purpose = LVK_PURPOSE_SPLIT};
    lvk_random_shuffle(&key, order, d->group_count);
    for (size_t i = 0; i < d->group_count; ++i)
        d->groups[i].order = order[i];
    lvk_free(order);
    if (d->group_count)
        qsort(d->groups, d->group_count, sizeof *d->groups, compare_groups);
    return LVK_OK;
}

static lvk_status check_possible(const dealing *d) {
    const lvk_dataset *dataset = d->deal->dataset;
    unsigned parts = 0, classes = 0;
    for (int p = 0; p < d->deal->parts; ++p)
        parts += d->deal->shares[p] > 0;
    for (size_t c = 0; c < d->classes; ++c)
        classes += d->totals[c] > 0;
    if (classes < 2)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: a split needs labelled images of two classes, there %s of %u",
                        lvk_dataset_folder(dataset), classes == 1 ? "are some" : "is none", classes);
    for (size_t c = 0; c < d->classes; ++c)
        if (d->totals[c] && d->holders[c] < parts)
            return lvk_fail(LVK_ERROR_FORMAT,
                            "%s: class %s has %u independent %s, too few for each of %u parts to have one",
                            lvk_dataset_folder(dataset), lvk_dataset_class_name(dataset, c), d->holders[c],
                            d->deal->by_image || lvk_dataset_unnamed_count(dataset) ? "images" : "subjects",
                            parts);
    return LVK_OK;
}

/* Growth of the sum of squared deviations when the group is added to the part. */
static double cost(const dealing *d, const group *g, int part) {
    double sum = 0;
    for (size_t c = 0; c < d->classes; ++c) {
        if (d->totals[c] == 0)
            continue;
        const double total = d->totals[c], added = d->held[g->number * d->classes + c];
        const double before = d->dealt[(size_t)part * d->classes + c] - d->deal->shares[part] * total;
        sum += added * (2 * before + added) / (total * total);
    }
    return sum;
}

static void put(dealing *d, group *g, int part, bool add) {
    for (size_t c = 0; c < d->classes; ++c) {
        const uint32_t images = d->held[g->number * d->classes + c];
        d->dealt[(size_t)part * d->classes + c] += add ? images : 0U - images;
    }
    g->part = (uint8_t)part;
}

static void deal_greedily(dealing *d) {
    for (size_t i = 0; i < d->group_count; ++i) {
        int best = -1;
        for (int p = 0; p < d->deal->parts; ++p)
            if (d->deal->shares[p] > 0 &&
                (best < 0 || cost(d, &d->groups[i], p) < cost(d, &d->groups[i], best)))
                best = p;
        put(d, &d->groups[i], best, true);
    }
}

/* Whether the group can leave its part without taking the last images of a class with it. */
static bool can_leave(const dealing *d, const group *g) {
    for (size_t c = 0; c < d->classes; ++c) {
        const uint32_t images = d->held[g->number * d->classes + c];
        if (images && d->dealt[g->part * d->classes + c] == images)
            return false;
    }
    return true;
}

static lvk_status give_every_part_every_class(dealing *d) {
    for (int p = 0; p < d->deal->parts; ++p) {
        for (size_t c = 0; c < d->classes; ++c) {
            if (d->deal->shares[p] <= 0 || d->totals[c] == 0 || d->dealt[(size_t)p * d->classes + c])
                continue;
            group *moved = NULL;
            for (size_t i = 0; i < d->group_count; ++i) {
                group *g = &d->groups[i];
                if (d->held[g->number * d->classes + c] && can_leave(d, g) &&
                    (!moved || g->size < moved->size))
                    moved = g;
            }
            if (!moved)
                return lvk_fail(LVK_ERROR_FORMAT, "%s: no subjects of class %s can be spared for the %s part",
                                lvk_dataset_folder(d->deal->dataset),
                                lvk_dataset_class_name(d->deal->dataset, c), d->deal->names[p]);
            put(d, moved, moved->part, false);
            put(d, moved, p, true);
        }
    }
    return LVK_OK;
}

static void warn_uneven(const dealing *d) {
    for (int p = 0; p < d->deal->parts; ++p) {
        for (size_t c = 0; c < d->classes; ++c) {
            const double wanted = d->deal->shares[p];
            const uint32_t images = d->dealt[(size_t)p * d->classes + c];
            if (d->totals[c] == 0 || fabs((double)images / d->totals[c] - wanted) <= 0.5 * wanted)
                continue;
            lvk_log(
                LVK_LOG_WARNING,
                "split: the %s part has %u of %u %s images (%.1f %%, %.1f %% wanted): too few subjects hold most of them",
                d->deal->names[p], images, d->totals[c], lvk_dataset_class_name(d->deal->dataset, c),
                100.0 * images / d->totals[c], 100.0 * wanted);
        }
    }
}

static lvk_status assign(const dealing *d, uint8_t *part_of_image) {
    uint8_t *part_of_number = lvk_alloc(d->numbers, 1);
    if (!part_of_number)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < d->group_count; ++i)
        part_of_number[d->groups[i].number] = d->groups[i].part;
    for (size_t i = 0; i < lvk_dataset_image_count(d->deal->dataset); ++i)
        part_of_image[i] =
            is_dealt(d->deal, part_of_image, i) ? part_of_number[number_of(d->deal, i)] : LVK_DEAL_NOWHERE;
    lvk_free(part_of_number);
    return LVK_OK;
}

lvk_status lvk_deal_images(const lvk_deal *deal, uint8_t *part_of_image) {
    dealing d = {.deal = deal};
    lvk_status status = count_images(&d, part_of_image);
    if (status == LVK_OK)
        status = order_groups(&d);
    if (status == LVK_OK)
        status = check_possible(&d);
    if (status == LVK_OK) {
        deal_greedily(&d);
        status = give_every_part_every_class(&d);
    }
    if (status == LVK_OK) {
        warn_uneven(&d);
        status = assign(&d, part_of_image);
    }
    lvk_free(d.groups);
    lvk_free(d.held);
    lvk_free(d.dealt);
    return status;
}
