/* The splits of a cross-validation. */
#include "dataset/split.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/options.h"

uint32_t lvk_dataset_official_folds(const lvk_dataset *dataset) {
    int32_t last = -1;
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i) {
        const lvk_image_info *image = lvk_dataset_image(dataset, i);
        if (lvk_split_assigns(image) && image->fold > last)
            last = image->fold;
    }
    return (uint32_t)(last + 1);
}

/* Images of the data set's own test part are in no fold. */
static void hold_out(const lvk_dataset *dataset, uint8_t *fold_of_image) {
    size_t held_out = 0;
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i) {
        if (lvk_dataset_image(dataset, i)->given != LVK_GIVEN_TEST)
            continue;
        fold_of_image[i] = LVK_UNASSIGNED;
        ++held_out;
    }
    if (held_out)
        lvk_log(LVK_LOG_WARNING, "the %zu images of the data set's own test part are in none of the folds",
                held_out);
}

static lvk_status assign_folds(const lvk_split *split, uint32_t folds, uint8_t *fold_of_image) {
    lvk_assign_options options = {
        .dataset = split->dataset, .seed = split->seed, .by_image = split->by_image, .parts = (int)folds};
    static const char *const names[LVK_MAX_FOLDS] = {
        "first fold's", "second fold's",  "third fold's",  "fourth fold's", "fifth fold's",
        "sixth fold's", "seventh fold's", "eighth fold's", "ninth fold's",  "tenth fold's"};
    for (int p = 0; p < options.parts; ++p) {
        options.shares[p] = 1.0 / folds;
        options.names[p] = names[p];
    }
    hold_out(split->dataset, fold_of_image);
    return lvk_assign_images(&options, fold_of_image);
}

/* fold_of_image[i] becomes the data set's own fold. */
static lvk_status read_official_folds(const lvk_split *split, uint8_t *fold_of_image) {
    for (size_t i = 0; i < lvk_dataset_image_count(split->dataset); ++i) {
        const lvk_image_info *image = lvk_dataset_image(split->dataset, i);
        fold_of_image[i] = LVK_UNASSIGNED;
        if (!lvk_split_assigns(image))
            continue;
        if (image->fold < 0)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: lies in none of the data set's folds", image->path);
        fold_of_image[i] = (uint8_t)image->fold;
    }
    return LVK_OK;
}

static lvk_status fail_shared(const lvk_dataset *dataset, size_t first, size_t second, uint32_t folds) {
    const lvk_image_info *a = lvk_dataset_image(dataset, first), *b = lvk_dataset_image(dataset, second);
    static const char way_out[] = "--folds official-joined moves such subjects to one fold each, --folds";
    const char *name = lvk_dataset_subject(dataset, a->subject)->name;
    if (a->subject == b->subject)
        return lvk_fail(LVK_ERROR_FORMAT,
                        "%s: subject %s is in folds %d and %d of the data set's own; %s %u makes new folds",
                        lvk_dataset_source(dataset), name, a->fold, b->fold, way_out, folds);
    return lvk_fail(
        LVK_ERROR_FORMAT,
        "%s: subjects %s and %s share a picture, yet are in folds %d and %d of the data set's own; %s %u makes new "
        "folds",
        lvk_dataset_source(dataset), name, lvk_dataset_subject(dataset, b->subject)->name, a->fold, b->fold,
        way_out, folds);
}

/* No group in two folds. first[g]: the first image of group g, from 1. */
static lvk_status check_groups(const lvk_dataset *dataset, const uint8_t *fold_of_image, uint32_t folds,
                               size_t *first) {
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i) {
        size_t *seen = &first[lvk_dataset_image(dataset, i)->group];
        if (fold_of_image[i] == LVK_UNASSIGNED)
            continue;
        if (*seen == 0)
            *seen = i + 1;
        else if (fold_of_image[*seen - 1] != fold_of_image[i])
            return fail_shared(dataset, *seen - 1, i, folds);
    }
    return LVK_OK;
}

/* Each group to the fold that holds most of its images, the first of equal ones. held[g * folds + f]: how
 * many of group g are in fold f. */
static void join_groups(const lvk_dataset *dataset, uint8_t *fold_of_image, uint32_t folds, size_t *held) {
    const size_t count = lvk_dataset_image_count(dataset);
    for (size_t i = 0; i < count; ++i)
        if (fold_of_image[i] != LVK_UNASSIGNED)
            ++held[(size_t)lvk_dataset_image(dataset, i)->group * folds + fold_of_image[i]];
    for (size_t i = 0; i < count; ++i) {
        const size_t *of_group = &held[(size_t)lvk_dataset_image(dataset, i)->group * folds];
        uint32_t most = 0;
        for (uint32_t fold = 1; fold < folds; ++fold)
            if (of_group[fold] > of_group[most])
                most = fold;
        if (fold_of_image[i] != LVK_UNASSIGNED)
            fold_of_image[i] = (uint8_t)most;
    }
}

static lvk_status take_official_folds(const lvk_split *split, bool join, uint32_t *folds,
                                      uint8_t *fold_of_image) {
    *folds = lvk_dataset_official_folds(split->dataset);
    if (*folds < 2)
        return lvk_fail(LVK_ERROR_FORMAT,
                        "%s: has no folds of its own (C-NMC's fold_0 to fold_2); --folds 5 makes some",
                        lvk_dataset_source(split->dataset));
    LVK_TRY(read_official_folds(split, fold_of_image));
    size_t *counts = lvk_alloc(lvk_dataset_group_count(split->dataset) * *folds, sizeof *counts);
    if (!counts)
        return LVK_ERROR_MEMORY;
    lvk_status status = LVK_OK;
    if (join)
        join_groups(split->dataset, fold_of_image, *folds, counts);
    else
        status = check_groups(split->dataset, fold_of_image, *folds, counts);
    lvk_free(counts);
    return status;
}

/* The fold's images to the test part, the rest to training and validation. */
static lvk_status assign_rest(lvk_split *split, const uint8_t *fold_of_image, uint32_t fold, uint8_t *parts) {
    const double validation = split->fractions[LVK_SPLIT_VALIDATION];
    const lvk_assign_options options = {.dataset = split->dataset,
                                        .seed = split->seed,
                                        .by_image = split->by_image,
                                        .parts = validation > 0 ? 2 : 1,
                                        .shares = {1 - validation, validation},
                                        .names = {"train", "validation"}};
    const size_t count = lvk_dataset_image_count(split->dataset);
    for (size_t i = 0; i < count; ++i)
        parts[i] = fold_of_image[i] == fold || fold_of_image[i] == LVK_UNASSIGNED ? LVK_UNASSIGNED : 0;
    LVK_TRY(lvk_assign_images(&options, parts));
    for (size_t i = 0; i < count; ++i)
        if (fold_of_image[i] == fold)
            parts[i] = LVK_SPLIT_TEST;
    return LVK_OK;
}

static lvk_status make_fold(lvk_split *split, double validation, const uint8_t *fold_of_image, uint32_t folds,
                            uint32_t fold) {
    uint8_t *parts = lvk_alloc(lvk_dataset_image_count(split->dataset), 1);
    if (!parts)
        return LVK_ERROR_MEMORY;
    split->fractions[LVK_SPLIT_TEST] = 1.0 / folds;
    split->fractions[LVK_SPLIT_VALIDATION] = validation;
    lvk_status status = assign_rest(split, fold_of_image, fold, parts);
    split->fractions[LVK_SPLIT_VALIDATION] *= 1 - 1.0 / folds; /* of all images */
    split->fractions[LVK_SPLIT_TRAIN] =
        1 - split->fractions[LVK_SPLIT_VALIDATION] - split->fractions[LVK_SPLIT_TEST];
    if (status == LVK_OK) {
        lvk_split_take(split, parts);
        status = lvk_split_add_preliminary(split);
    }
    lvk_free(parts);
    return status;
}

static lvk_status allocate_like(const lvk_dataset *dataset, const lvk_fold_options *o, lvk_split **split) {
    LVK_TRY(lvk_split_allocate(dataset, split));
    (*split)->seed = o->seed;
    (*split)->by_image = o->by_image;
    return LVK_OK;
}

static lvk_status make_folds(const lvk_dataset *dataset, const lvk_fold_options *o, uint8_t *fold_of_image,
                             lvk_split *splits[LVK_MAX_FOLDS], uint32_t *count) {
    uint32_t folds = o->folds;
    LVK_TRY(allocate_like(dataset, o, &splits[0]));
    *count = 1;
    LVK_TRY(folds ? assign_folds(splits[0], folds, fold_of_image)
                  : take_official_folds(splits[0], o->join, &folds, fold_of_image));
    for (; *count < folds; ++*count)
        LVK_TRY(allocate_like(dataset, o, &splits[*count]));
    for (uint32_t fold = 0; fold < folds; ++fold)
        LVK_TRY(make_fold(splits[fold], o->validation, fold_of_image, folds, fold));
    return LVK_OK;
}

lvk_status lvk_split_create_folds(const lvk_dataset *dataset, const lvk_fold_options *given,
                                  lvk_split *splits[LVK_MAX_FOLDS], uint32_t *count) {
    lvk_fold_options taken;
    *count = 0;
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_fold_options, &taken, given));
    const lvk_fold_options *const options = &taken;
    if (options->folds == 1 || options->folds > LVK_MAX_FOLDS)
        return lvk_fail(LVK_ERROR_ARGUMENT, "%u folds: must be from 2 to %d", options->folds, LVK_MAX_FOLDS);
    if (!(options->validation >= 0 && options->validation < 1))
        return lvk_fail(LVK_ERROR_ARGUMENT, "a validation fraction of %g: must be 0 or more, and below 1",
                        options->validation);
    uint8_t *fold_of_image = lvk_alloc(lvk_dataset_image_count(dataset), 1);
    const lvk_status status =
        fold_of_image ? make_folds(dataset, options, fold_of_image, splits, count) : LVK_ERROR_MEMORY;
    lvk_free(fold_of_image);
    while (status != LVK_OK && *count > 0)
        lvk_split_destroy(&splits[--*count]);
    return status;
}
