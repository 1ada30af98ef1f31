/* The splits of a cross-validation. */
#include "data/split.h"

#include "core/memory.h"

uint32_t lvk_dataset_official_folds(const lvk_dataset *dataset) {
    int32_t last = -1;
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i) {
        const lvk_image_info *image = lvk_dataset_image(dataset, i);
        if (lvk_split_deals(image) && image->fold > last)
            last = image->fold;
    }
    return (uint32_t)(last + 1);
}

static lvk_status deal_folds(const lvk_split *split, uint32_t folds, uint8_t *fold_of_image) {
    lvk_deal deal = {
        .dataset = split->dataset, .seed = split->seed, .by_image = split->by_image, .parts = (int)folds};
    static const char *const names[LVK_MAX_FOLDS] = {
        "first fold's", "second fold's",  "third fold's",  "fourth fold's", "fifth fold's",
        "sixth fold's", "seventh fold's", "eighth fold's", "ninth fold's",  "tenth fold's"};
    for (int p = 0; p < deal.parts; ++p) {
        deal.shares[p] = 1.0 / folds;
        deal.names[p] = names[p];
    }
    return lvk_deal_images(&deal, fold_of_image);
}

static lvk_status take_official_folds(const lvk_split *split, uint32_t *folds, uint8_t *fold_of_image) {
    *folds = lvk_dataset_official_folds(split->dataset);
    if (*folds < 2)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: has no folds of its own (C-NMC's fold_0 to fold_2)",
                        lvk_dataset_folder(split->dataset));
    for (size_t i = 0; i < lvk_dataset_image_count(split->dataset); ++i) {
        const lvk_image_info *image = lvk_dataset_image(split->dataset, i);
        fold_of_image[i] = LVK_DEAL_NOWHERE;
        if (!lvk_split_deals(image))
            continue;
        if (image->fold < 0)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: lies in none of the data set's folds", image->path);
        fold_of_image[i] = (uint8_t)image->fold;
    }
    return LVK_OK;
}

/* The fold's images to the test part, the rest to training and validation. */
static lvk_status deal_rest(lvk_split *split, const uint8_t *fold_of_image, uint32_t fold, uint8_t *parts) {
    const double validation = split->fractions[LVK_SPLIT_VALIDATION];
    const lvk_deal deal = {.dataset = split->dataset,
                           .seed = split->seed,
                           .by_image = split->by_image,
                           .parts = 2,
                           .shares = {1 - validation, validation},
                           .names = {"train", "validation"}};
    const size_t count = lvk_dataset_image_count(split->dataset);
    for (size_t i = 0; i < count; ++i)
        parts[i] = fold_of_image[i] == fold ? LVK_DEAL_NOWHERE : 0;
    LVK_TRY(lvk_deal_images(&deal, parts));
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
    lvk_status status = deal_rest(split, fold_of_image, fold, parts);
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
    LVK_TRY(folds ? deal_folds(splits[0], folds, fold_of_image)
                  : take_official_folds(splits[0], &folds, fold_of_image));
    for (; *count < folds; ++*count)
        LVK_TRY(allocate_like(dataset, o, &splits[*count]));
    for (uint32_t fold = 0; fold < folds; ++fold)
        LVK_TRY(make_fold(splits[fold], o->validation, fold_of_image, folds, fold));
    return LVK_OK;
}

lvk_status lvk_split_create_folds(const lvk_dataset *dataset, const lvk_fold_options *options,
                                  lvk_split *splits[LVK_MAX_FOLDS], uint32_t *count) {
    *count = 0;
    if (options->folds == 1 || options->folds > LVK_MAX_FOLDS)
        return lvk_fail(LVK_ERROR_ARGUMENT, "%u folds: 2 to %d", options->folds, LVK_MAX_FOLDS);
    if (!(options->validation > 0 && options->validation < 1))
        return lvk_fail(LVK_ERROR_ARGUMENT, "a validation share of %g: above 0, below 1",
                        options->validation);
    uint8_t *fold_of_image = lvk_alloc(lvk_dataset_image_count(dataset), 1);
    const lvk_status status =
        fold_of_image ? make_folds(dataset, options, fold_of_image, splits, count) : LVK_ERROR_MEMORY;
    lvk_free(fold_of_image);
    while (status != LVK_OK && *count > 0)
        lvk_split_destroy(&splits[--*count]);
    return status;
}
