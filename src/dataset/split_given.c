/* A split as the data set itself has it: folders train, val and test, or the column of a table. */
#include "dataset/split.h"

#include "core/log.h"
#include "core/memory.h"

static int part_of(lvk_given_part given) {
    return given == LVK_GIVEN_TEST         ? LVK_SPLIT_TEST
           : given == LVK_GIVEN_VALIDATION ? LVK_SPLIT_VALIDATION
                                           : LVK_SPLIT_TRAIN;
}

bool lvk_dataset_has_parts(const lvk_dataset *dataset) {
    bool other = false;
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i) {
        const lvk_image_info *image = lvk_dataset_image(dataset, i);
        other = other || (lvk_split_assigns(image) && image->given > LVK_GIVEN_TRAIN);
    }
    return other; /* images to train on alone are split as those without parts */
}

/* How many images of each class are in each part: [part][class]. */
static size_t *count_classes(const lvk_split *split, const uint8_t *part_of_image) {
    const size_t classes = lvk_dataset_class_count(split->dataset);
    size_t *counts = lvk_alloc(LVK_SPLIT_PART_COUNT * classes, sizeof *counts);
    for (size_t i = 0; counts && i < lvk_dataset_image_count(split->dataset); ++i)
        if (part_of_image[i] != LVK_UNASSIGNED)
            ++counts[part_of_image[i] * classes + (size_t)lvk_dataset_image(split->dataset, i)->label];
    return counts;
}

/* A class that is not trained on is none; where another part lacks one, its figures lack it. */
static lvk_status check_classes(const lvk_split *split, const size_t *counts) {
    const size_t classes = lvk_dataset_class_count(split->dataset);
    for (size_t c = 0; c < classes; ++c) {
        const char *name = lvk_dataset_class_name(split->dataset, c);
        if (counts[LVK_SPLIT_TRAIN * classes + c] == 0)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: its train part has no image of class %s",
                            lvk_dataset_source(split->dataset), name);
        for (int p = LVK_SPLIT_VALIDATION; p <= LVK_SPLIT_TEST; ++p)
            if (split->fractions[p] > 0 && counts[(size_t)p * classes + c] == 0)
                lvk_log(LVK_LOG_WARNING, "split: the %s part has no image of class %s",
                        lvk_split_part_name((lvk_split_part)p), name);
    }
    return LVK_OK;
}

/* What is trained on and also validated or tested on. */
typedef struct overlap {
    size_t groups, images;                 /* images to validate or test on whose group is trained on */
    const lvk_image_info *trained, *other; /* of the first such group */
} overlap;

/* first[g]: the first image of group g that is trained on, from 1. */
static overlap find_overlap(const lvk_dataset *dataset, const uint8_t *part_of_image, size_t *first,
                            bool *counted) {
    overlap found = {0};
    const size_t count = lvk_dataset_image_count(dataset);
    for (size_t i = 0; i < count; ++i) {
        const uint32_t group = lvk_dataset_image(dataset, i)->group;
        if (part_of_image[i] == LVK_SPLIT_TRAIN && first[group] == 0)
            first[group] = i + 1;
    }
    for (size_t i = 0; i < count; ++i) {
        const lvk_image_info *image = lvk_dataset_image(dataset, i);
        if (part_of_image[i] == LVK_UNASSIGNED || part_of_image[i] == LVK_SPLIT_TRAIN ||
            first[image->group] == 0)
            continue;
        ++found.images;
        found.groups += !counted[image->group];
        counted[image->group] = true;
        if (found.other)
            continue;
        found.other = image;
        found.trained = lvk_dataset_image(dataset, first[image->group] - 1);
    }
    return found;
}

static void tell_overlap(const lvk_dataset *dataset, const overlap *o, size_t held_out) {
    if (o->images == 0)
        return;
    const lvk_subject_info *a = lvk_dataset_subject(dataset, o->trained->subject),
                           *b = lvk_dataset_subject(dataset, o->other->subject);
    const bool same = o->trained->subject == o->other->subject;
    lvk_log(
        LVK_LOG_WARNING,
        "THE DATA SET'S OWN PARTS SHARE SUBJECTS: %zu of the %zu images to validate and test on are of %zu people "
        "(or pictures) that are trained on, %.100s%s%.100s among them (%s and %s): the figures say nothing about new "
        "people",
        o->images, held_out, o->groups, a->name, same ? "" : " who shares a picture with ",
        same ? "" : b->name, o->trained->path, o->other->path);
}

static lvk_status check_sides(const lvk_dataset *dataset, const uint8_t *part_of_image, size_t held_out) {
    const size_t groups = lvk_dataset_group_count(dataset);
    size_t *first = lvk_alloc(groups, sizeof *first);
    bool *counted = lvk_alloc(groups, sizeof *counted);
    if (first && counted) {
        const overlap o = find_overlap(dataset, part_of_image, first, counted);
        tell_overlap(dataset, &o, held_out);
    }
    const lvk_status status = first && counted ? LVK_OK : LVK_ERROR_MEMORY;
    lvk_free(first);
    lvk_free(counted);
    return status;
}

/* Takes a share of the images to train on for validation, group by group. */
static lvk_status draw_validation(const lvk_split *split, double share, uint8_t *part_of_image) {
    const size_t count = lvk_dataset_image_count(split->dataset);
    uint8_t *drawn = lvk_alloc(count, 1);
    const lvk_assign_options options = {.dataset = split->dataset,
                                        .seed = split->seed,
                                        .by_image = split->by_image,
                                        .parts = 2,
                                        .shares = {1 - share, share},
                                        .names = {"train", "validation"}};
    if (!drawn)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < count; ++i)
        drawn[i] = part_of_image[i] == LVK_SPLIT_TRAIN ? 0 : LVK_UNASSIGNED;
    const lvk_status status = lvk_assign_images(&options, drawn);
    for (size_t i = 0; i < count && status == LVK_OK; ++i)
        if (drawn[i] != LVK_UNASSIGNED)
            part_of_image[i] = drawn[i] ? LVK_SPLIT_VALIDATION : LVK_SPLIT_TRAIN;
    lvk_free(drawn);
    return status;
}

static void count_parts(const lvk_split *split, const uint8_t *part_of_image,
                        size_t counts[LVK_SPLIT_PART_COUNT]) {
    for (int p = 0; p < LVK_SPLIT_PART_COUNT; ++p)
        counts[p] = 0;
    for (size_t i = 0; i < lvk_dataset_image_count(split->dataset); ++i)
        if (part_of_image[i] != LVK_UNASSIGNED)
            ++counts[part_of_image[i]];
}

static void set_fractions(lvk_split *split, const size_t counts[LVK_SPLIT_PART_COUNT]) {
    const double all =
        (double)(counts[LVK_SPLIT_TRAIN] + counts[LVK_SPLIT_VALIDATION] + counts[LVK_SPLIT_TEST]);
    for (int p = 0; p <= LVK_SPLIT_TEST; ++p)
        split->fractions[p] = (double)counts[p] / all;
}

lvk_status lvk_split_assign_given(lvk_split *split, uint8_t *part_of_image) {
    const lvk_dataset *dataset = split->dataset;
    const double share = split->fractions[LVK_SPLIT_VALIDATION];
    size_t counts[LVK_SPLIT_PART_COUNT];
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i) {
        const lvk_image_info *image = lvk_dataset_image(dataset, i);
        part_of_image[i] = lvk_split_assigns(image) ? (uint8_t)part_of(image->given) : LVK_UNASSIGNED;
    }
    count_parts(split, part_of_image, counts);
    if (counts[LVK_SPLIT_TRAIN] == 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: has parts (train, val, test), but none to train on",
                        lvk_dataset_source(dataset));
    const bool draw = counts[LVK_SPLIT_VALIDATION] == 0 && share > 0;
    if (draw) {
        LVK_TRY(draw_validation(split, share, part_of_image));
        count_parts(split, part_of_image, counts);
    }
    set_fractions(split, counts);
    split->given = true;
    lvk_log(LVK_LOG_INFO,
            "split: the parts are the data set's own: train %zu, validation %zu%s, test %zu images",
            counts[LVK_SPLIT_TRAIN], counts[LVK_SPLIT_VALIDATION],
            draw ? " (drawn from those to train on)" : "", counts[LVK_SPLIT_TEST]);
    size_t *classes = count_classes(split, part_of_image);
    const lvk_status status = classes ? check_classes(split, classes) : LVK_ERROR_MEMORY;
    lvk_free(classes);
    return status == LVK_OK
               ? check_sides(dataset, part_of_image, counts[LVK_SPLIT_VALIDATION] + counts[LVK_SPLIT_TEST])
               : status;
}
