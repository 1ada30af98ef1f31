#include "data/split.h"

#include "core/log.h"
#include "core/memory.h"

static const double default_fraction = 0.15;

const char *lvk_split_part_name(lvk_split_part part) {
    static const char *const names[LVK_SPLIT_PART_COUNT] = {"train", "validation", "test", "preliminary"};
    return names[part];
}

bool lvk_split_deals(const lvk_image_info *image) {
    return image->part == LVK_PART_TRAINING && image->label >= 0;
}

lvk_status lvk_split_allocate(const lvk_dataset *dataset, lvk_split **split) {
    *split = lvk_alloc(1, sizeof **split);
    if (!*split)
        return LVK_ERROR_MEMORY;
    (*split)->dataset = dataset;
    for (int p = 0; p < LVK_SPLIT_PART_COUNT; ++p) {
        (*split)->images[p] = lvk_alloc(lvk_dataset_image_count(dataset), sizeof(uint32_t));
        if (!(*split)->images[p]) {
            lvk_split_destroy(split);
            return LVK_ERROR_MEMORY;
        }
    }
    return LVK_OK;
}

static lvk_status set_fractions(lvk_split *split, const lvk_split_options *options) {
    const double validation = options->validation == 0 ? default_fraction : options->validation;
    const double test = options->test == 0 ? default_fraction : options->test;
    split->fractions[LVK_SPLIT_VALIDATION] = validation > 0 ? validation : 0;
    split->fractions[LVK_SPLIT_TEST] = test > 0 ? test : 0;
    split->fractions[LVK_SPLIT_TRAIN] =
        1 - split->fractions[LVK_SPLIT_VALIDATION] - split->fractions[LVK_SPLIT_TEST];
    if (!(split->fractions[LVK_SPLIT_TRAIN] > 1e-6))
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "split: shares of %g for validation and %g for test leave nothing to train on",
                        validation, test);
    return LVK_OK;
}

/* The labelled preliminary images, less those of groups that also have training images. */
static lvk_status add_preliminary(lvk_split *split) {
    const lvk_dataset *dataset = split->dataset;
    bool *trained = lvk_alloc(lvk_dataset_group_count(dataset), sizeof *trained);
    if (!trained)
        return LVK_ERROR_MEMORY;
    size_t left_out = 0;
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i)
        if (lvk_dataset_image(dataset, i)->part == LVK_PART_TRAINING)
            trained[lvk_dataset_image(dataset, i)->group] = true;
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i) {
        const lvk_image_info *image = lvk_dataset_image(dataset, i);
        if (image->part != LVK_PART_PRELIMINARY || image->label < 0)
            continue;
        if (trained[image->group])
            ++left_out;
        else
            split->images[LVK_SPLIT_PRELIMINARY][split->counts[LVK_SPLIT_PRELIMINARY]++] = (uint32_t)i;
    }
    if (left_out)
        lvk_log(
            LVK_LOG_WARNING,
            "split: %zu preliminary images are left out: their subjects are also among the training images",
            left_out);
    lvk_free(trained);
    return LVK_OK;
}

/* Takes the images into their parts; those of LVK_DEAL_NOWHERE are left out. */
static void take(lvk_split *split, const uint8_t *part_of_image) {
    for (size_t i = 0; i < lvk_dataset_image_count(split->dataset); ++i) {
        const uint8_t part = part_of_image[i];
        if (part != LVK_DEAL_NOWHERE)
            split->images[part][split->counts[part]++] = (uint32_t)i;
    }
}

static lvk_status deal(lvk_split *split) {
    lvk_deal deal = {.dataset = split->dataset,
                     .seed = split->seed,
                     .by_image = split->by_image,
                     .parts = LVK_SPLIT_PRELIMINARY};
    for (int p = 0; p < deal.parts; ++p) {
        deal.shares[p] = split->fractions[p];
        deal.names[p] = lvk_split_part_name((lvk_split_part)p);
    }
    uint8_t *parts = lvk_alloc(lvk_dataset_image_count(split->dataset), 1);
    const lvk_status status = parts ? lvk_deal_images(&deal, parts) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        take(split, parts);
    lvk_free(parts);
    return status;
}

lvk_status lvk_split_create(const lvk_dataset *dataset, const lvk_split_options *options, lvk_split **split) {
    static const lvk_split_options defaults;
    const lvk_split_options *o = options ? options : &defaults;
    LVK_TRY(lvk_split_allocate(dataset, split));
    (*split)->seed = o->seed;
    (*split)->by_image = o->by_image;
    lvk_status status = set_fractions(*split, o);
    if (status == LVK_OK)
        status = deal(*split);
    if (status == LVK_OK)
        status = add_preliminary(*split);
    if (status != LVK_OK)
        lvk_split_destroy(split);
    return status;
}

/* ---- folds ---- */

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

/* The fold's images to the test part, the rest to training and validation. `parts` holds the folds, then the
 * parts. */
static lvk_status deal_rest(lvk_split *split, uint32_t fold, uint8_t *parts) {
    const double validation = split->fractions[LVK_SPLIT_VALIDATION];
    const lvk_deal deal = {.dataset = split->dataset,
                           .seed = split->seed,
                           .by_image = split->by_image,
                           .parts = 2,
                           .shares = {1 - validation, validation},
                           .names = {"train", "validation"}};
    const size_t count = lvk_dataset_image_count(split->dataset);
    uint8_t *rest = lvk_alloc(count, 1);
    if (!rest)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < count; ++i)
        rest[i] = parts[i] == fold ? LVK_DEAL_NOWHERE : 0;
    const lvk_status status = lvk_deal_images(&deal, rest);
    for (size_t i = 0; i < count; ++i)
        parts[i] = parts[i] == fold ? LVK_SPLIT_TEST : rest[i];
    lvk_free(rest);
    return status;
}

static lvk_status make_fold(lvk_split *split, const lvk_fold_options *o, uint32_t fold, uint8_t *parts) {
    uint32_t folds = o->folds;
    LVK_TRY(folds ? deal_folds(split, folds, parts) : take_official_folds(split, &folds, parts));
    if (fold >= folds)
        return lvk_fail(LVK_ERROR_ARGUMENT, "fold %u: there are %u", fold + 1, folds);
    split->fractions[LVK_SPLIT_TEST] = 1.0 / folds;
    split->fractions[LVK_SPLIT_VALIDATION] = o->validation;
    LVK_TRY(deal_rest(split, fold, parts));
    split->fractions[LVK_SPLIT_VALIDATION] *= 1 - 1.0 / folds; /* of all images */
    split->fractions[LVK_SPLIT_TRAIN] =
        1 - split->fractions[LVK_SPLIT_VALIDATION] - split->fractions[LVK_SPLIT_TEST];
    take(split, parts);
    return LVK_OK;
}

lvk_status lvk_split_create_fold(const lvk_dataset *dataset, const lvk_fold_options *options, uint32_t fold,
                                 lvk_split **split) {
    *split = NULL;
    if (options->folds == 1 || options->folds > LVK_MAX_FOLDS)
        return lvk_fail(LVK_ERROR_ARGUMENT, "%u folds: 2 to %d", options->folds, LVK_MAX_FOLDS);
    if (!(options->validation > 0 && options->validation < 1))
        return lvk_fail(LVK_ERROR_ARGUMENT, "a validation share of %g: above 0, below 1",
                        options->validation);
    LVK_TRY(lvk_split_allocate(dataset, split));
    (*split)->seed = options->seed;
    (*split)->by_image = options->by_image;
    uint8_t *parts = lvk_alloc(lvk_dataset_image_count(dataset), 1);
    lvk_status status = parts ? make_fold(*split, options, fold, parts) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = add_preliminary(*split);
    lvk_free(parts);
    if (status != LVK_OK)
        lvk_split_destroy(split);
    return status;
}

void lvk_split_destroy(lvk_split **split) {
    if (!*split)
        return;
    for (int p = 0; p < LVK_SPLIT_PART_COUNT; ++p)
        lvk_free((*split)->images[p]);
    lvk_free(*split);
    *split = NULL;
}

const uint32_t *lvk_split_images(const lvk_split *split, lvk_split_part part, size_t *count) {
    *count = split->counts[part];
    return split->images[part];
}

uint64_t lvk_split_seed(const lvk_split *split) {
    return split->seed;
}

bool lvk_split_by_image(const lvk_split *split) {
    return split->by_image;
}

double lvk_split_fraction(const lvk_split *split, lvk_split_part part) {
    return split->fractions[part];
}
