#include "dataset/split.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/options.h"

static const double default_fraction = 0.15;

const char *lvk_split_part_name(lvk_split_part part) {
    static const char *const names[LVK_SPLIT_PART_COUNT] = {"train", "validation", "test", "preliminary"};
    return names[part];
}

bool lvk_split_assigns(const lvk_image_info *image) {
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
                        "split: fractions of %g for validation and %g for the test leave nothing to train on",
                        validation, test);
    return LVK_OK;
}

lvk_status lvk_split_add_preliminary(lvk_split *split) {
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

void lvk_split_take(lvk_split *split, const uint8_t *part_of_image) {
    for (size_t i = 0; i < lvk_dataset_image_count(split->dataset); ++i) {
        const uint8_t part = part_of_image[i];
        if (part != LVK_UNASSIGNED)
            split->images[part][split->counts[part]++] = (uint32_t)i;
    }
}

static lvk_status assign(lvk_split *split) {
    lvk_assign_options options = {.dataset = split->dataset,
                                  .seed = split->seed,
                                  .by_image = split->by_image,
                                  .parts = LVK_SPLIT_PRELIMINARY};
    for (int p = 0; p < options.parts; ++p) {
        options.shares[p] = split->fractions[p];
        options.names[p] = lvk_split_part_name((lvk_split_part)p);
    }
    uint8_t *parts = lvk_alloc(lvk_dataset_image_count(split->dataset), 1);
    if (!parts)
        return LVK_ERROR_MEMORY;
    const lvk_status status = lvk_dataset_has_parts(split->dataset) ? lvk_split_assign_given(split, parts)
                                                                    : lvk_assign_images(&options, parts);
    if (status == LVK_OK)
        lvk_split_take(split, parts);
    lvk_free(parts);
    return status;
}

lvk_status lvk_split_create(const lvk_dataset *dataset, const lvk_split_options *given, lvk_split **split) {
    lvk_split_options taken;
    *split = NULL;
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_split_options, &taken, given));
    const lvk_split_options *const o = &taken;
    LVK_TRY(lvk_split_allocate(dataset, split));
    (*split)->seed = o->seed;
    (*split)->by_image = o->by_image;
    lvk_status status = set_fractions(*split, o);
    if (status == LVK_OK)
        status = assign(*split);
    if (status == LVK_OK)
        status = lvk_split_add_preliminary(*split);
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
