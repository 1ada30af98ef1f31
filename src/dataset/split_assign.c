/* The assignment of groups of images to the parts of a split. */
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

typedef struct assignment {
    const lvk_assign_options *options;
    size_t classes, numbers, group_count; /* numbers: the groups' numbers are below it */
    group *groups;                        /* those with images that are assigned */
    uint32_t *held;                       /* [group number][class] images */
    uint32_t *assigned;                   /* [part][class] */
    uint32_t *totals;                     /* [class] */
    uint32_t *holders;                    /* [class] groups that hold the class */
} assignment;

static size_t number_of(const lvk_assign_options *options, size_t image) {
    return options->by_image ? image : lvk_dataset_image(options->dataset, image)->group;
}

static bool is_assigned(const lvk_assign_options *options, const uint8_t *part_of_image, size_t image) {
    return part_of_image[image] != LVK_UNASSIGNED &&
           lvk_split_assigns(lvk_dataset_image(options->dataset, image));
}

static int compare_groups(const void *a, const void *b) {
    const group *x = a, *y = b;
    if (x->bucket != y->bucket)
        return x->bucket > y->bucket ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static lvk_status count_images(assignment *a, const uint8_t *part_of_image) {
    const lvk_dataset *dataset = a->options->dataset;
    const size_t parts = (size_t)a->options->parts;
    a->classes = lvk_dataset_class_count(dataset);
    a->numbers = a->options->by_image ? lvk_dataset_image_count(dataset) : lvk_dataset_group_count(dataset);
    a->groups = lvk_alloc(a->numbers, sizeof *a->groups);
    a->held = lvk_alloc(a->numbers * a->classes, sizeof *a->held);
    a->assigned = lvk_alloc((parts + 2) * a->classes, sizeof *a->assigned);
    if (!a->groups || !a->held || !a->assigned)
        return LVK_ERROR_MEMORY;
    a->totals = a->assigned + parts * a->classes;
    a->holders = a->totals + a->classes;
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i) {
        if (!is_assigned(a->options, part_of_image, i))
            continue;
        const size_t class = (size_t)lvk_dataset_image(dataset, i)->label;
        ++a->held[number_of(a->options, i) * a->classes + class];
        ++a->totals[class];
    }
    return LVK_OK;
}

static lvk_status order_groups(assignment *a) {
    for (uint32_t g = 0; g < a->numbers; ++g) {
        group next = {.number = g};
        for (size_t c = 0; c < a->classes; ++c) {
            next.size += a->held[g * a->classes + c];
            a->holders[c] += a->held[g * a->classes + c] > 0;
        }
        for (uint32_t size = next.size; size > 1; size /= 2)
            ++next.bucket;
        if (next.size)
            a->groups[a->group_count++] = next;
    }
    uint32_t *order = lvk_alloc(a->group_count, sizeof *order);
    if (!order)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < a->group_count; ++i)
        order[i] = (uint32_t)i;
    const lvk_random_key key = {.seed = a->options->seed, .purpose = LVK_PURPOSE_SPLIT};
    lvk_random_shuffle(&key, order, a->group_count);
    for (size_t i = 0; i < a->group_count; ++i)
        a->groups[i].order = order[i];
    lvk_free(order);
    if (a->group_count)
        qsort(a->groups, a->group_count, sizeof *a->groups, compare_groups);
    return LVK_OK;
}

static lvk_status check_possible(const assignment *a) {
    const lvk_dataset *dataset = a->options->dataset;
    unsigned parts = 0, classes = 0;
    for (int p = 0; p < a->options->parts; ++p)
        parts += a->options->shares[p] > 0;
    for (size_t c = 0; c < a->classes; ++c)
        classes += a->totals[c] > 0;
    if (classes < 2)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: a split needs labelled images of two classes, there %s of %u",
                        lvk_dataset_source(dataset), classes == 1 ? "are some" : "is none", classes);
    for (size_t c = 0; c < a->classes; ++c)
        if (a->totals[c] && a->holders[c] < parts)
            return lvk_fail(
                LVK_ERROR_FORMAT,
                "%s: class %s has %u independent %s, too few for each of %u parts to have one",
                lvk_dataset_source(dataset), lvk_dataset_class_name(dataset, c), a->holders[c],
                a->options->by_image || lvk_dataset_unnamed_count(dataset) ? "images" : "subjects", parts);
    return LVK_OK;
}

/* Growth of the sum of squared deviations when the group is added to the part. */
static double cost(const assignment *a, const group *g, int part) {
    double sum = 0;
    for (size_t c = 0; c < a->classes; ++c) {
        if (a->totals[c] == 0)
            continue;
        const double total = a->totals[c], added = a->held[g->number * a->classes + c];
        const double before = a->assigned[(size_t)part * a->classes + c] - a->options->shares[part] * total;
        sum += added * (2 * before + added) / (total * total);
    }
    return sum;
}

static void put(assignment *a, group *g, int part, bool add) {
    for (size_t c = 0; c < a->classes; ++c) {
        const uint32_t images = a->held[g->number * a->classes + c];
        a->assigned[(size_t)part * a->classes + c] += add ? images : 0U - images;
    }
    g->part = (uint8_t)part;
}

static void assign_greedily(assignment *a) {
    for (size_t i = 0; i < a->group_count; ++i) {
        int best = -1;
        for (int p = 0; p < a->options->parts; ++p)
            if (a->options->shares[p] > 0 &&
                (best < 0 || cost(a, &a->groups[i], p) < cost(a, &a->groups[i], best)))
                best = p;
        put(a, &a->groups[i], best, true);
    }
}

/* Whether the group can leave its part without taking the last images of a class with it. */
static bool can_leave(const assignment *a, const group *g) {
    for (size_t c = 0; c < a->classes; ++c) {
        const uint32_t images = a->held[g->number * a->classes + c];
        if (images && a->assigned[g->part * a->classes + c] == images)
            return false;
    }
    return true;
}

static lvk_status give_every_part_every_class(assignment *a) {
    for (int p = 0; p < a->options->parts; ++p) {
        for (size_t c = 0; c < a->classes; ++c) {
            if (a->options->shares[p] <= 0 || a->totals[c] == 0 || a->assigned[(size_t)p * a->classes + c])
                continue;
            group *moved = NULL;
            for (size_t i = 0; i < a->group_count; ++i) {
                group *g = &a->groups[i];
                if (a->held[g->number * a->classes + c] && can_leave(a, g) &&
                    (!moved || g->size < moved->size))
                    moved = g;
            }
            if (!moved)
                return lvk_fail(LVK_ERROR_FORMAT, "%s: no subjects of class %s can be spared for the %s part",
                                lvk_dataset_source(a->options->dataset),
                                lvk_dataset_class_name(a->options->dataset, c), a->options->names[p]);
            put(a, moved, moved->part, false);
            put(a, moved, p, true);
        }
    }
    return LVK_OK;
}

static void warn_uneven(const assignment *a) {
    for (int p = 0; p < a->options->parts; ++p) {
        for (size_t c = 0; c < a->classes; ++c) {
            const double wanted = a->options->shares[p];
            const uint32_t images = a->assigned[(size_t)p * a->classes + c];
            if (a->totals[c] == 0 || fabs((double)images / a->totals[c] - wanted) <= 0.5 * wanted)
                continue;
            lvk_log(
                LVK_LOG_WARNING,
                "split: the %s part has %u of %u %s images (%.1f %%, %.1f %% wanted): too few subjects hold most of them",
                a->options->names[p], images, a->totals[c], lvk_dataset_class_name(a->options->dataset, c),
                100.0 * images / a->totals[c], 100.0 * wanted);
        }
    }
}

static lvk_status write_parts(const assignment *a, uint8_t *part_of_image) {
    uint8_t *part_of_number = lvk_alloc(a->numbers, 1);
    if (!part_of_number)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < a->group_count; ++i)
        part_of_number[a->groups[i].number] = a->groups[i].part;
    for (size_t i = 0; i < lvk_dataset_image_count(a->options->dataset); ++i)
        part_of_image[i] = is_assigned(a->options, part_of_image, i)
                               ? part_of_number[number_of(a->options, i)]
                               : LVK_UNASSIGNED;
    lvk_free(part_of_number);
    return LVK_OK;
}

lvk_status lvk_assign_images(const lvk_assign_options *options, uint8_t *part_of_image) {
    assignment a = {.options = options};
    lvk_status status = count_images(&a, part_of_image);
    if (status == LVK_OK)
        status = order_groups(&a);
    if (status == LVK_OK)
        status = check_possible(&a);
    if (status == LVK_OK) {
        assign_greedily(&a);
        status = give_every_part_every_class(&a);
    }
    if (status == LVK_OK) {
        warn_uneven(&a);
        status = write_parts(&a, part_of_image);
    }
    lvk_free(a.groups);
    lvk_free(a.held);
    lvk_free(a.assigned);
    return status;
}
