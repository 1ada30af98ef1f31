#include "train/training_data.h"

#include "core/log.h"

#include <string.h>

static void name_left_out(const lvk_dataset *dataset) {
    const size_t skipped = lvk_dataset_skipped_count(dataset);
    for (size_t i = 0; i < skipped; ++i) {
        const lvk_skipped_info file = lvk_dataset_skipped(dataset, i);
        lvk_log(LVK_LOG_WARNING, "left out: %s: %s", file.path, file.reason);
    }
    if (skipped)
        lvk_log(LVK_LOG_WARNING, "%zu image files were left out; --strict stops at the first instead",
                skipped);
}

static void tell_positive(const lvk_dataset *dataset) {
    const int32_t positive = lvk_dataset_positive_class(dataset);
    if (lvk_dataset_class_count(dataset) == 2 && !lvk_dataset_positive_is_told(dataset))
        lvk_log(
            LVK_LOG_WARNING,
            "the positive class is %.100s, as the last by name, since neither %.100s nor %.100s says which it is; "
            "--positive CLASS chooses",
            lvk_dataset_class_name(dataset, (size_t)positive), lvk_dataset_class_name(dataset, 0),
            lvk_dataset_class_name(dataset, 1));
}

static void tell_unnamed(const lvk_train_options *options, const lvk_dataset *dataset) {
    size_t labelled = 0;
    const size_t unnamed = lvk_dataset_unnamed_count(dataset);
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i)
        labelled += lvk_dataset_image(dataset, i)->label >= 0;
    char note[512];
    if (unnamed && strcmp(options->group, "none") != 0)
        lvk_log(LVK_LOG_WARNING, "%s", lvk_dataset_unnamed_note(unnamed, labelled, note, sizeof note));
}

static void tell_scale(const lvk_dataset *dataset) {
    const double scale = lvk_dataset_microns_per_pixel(dataset);
    if (scale > 0)
        lvk_log(LVK_LOG_INFO, "the model learns from images of %.4g microns per pixel", scale);
    else
        lvk_log(LVK_LOG_INFO,
                "the scale of the images is not known, so that those of other cameras cannot be "
                "brought to it; --microns-per-pixel X or a table's column tells it");
}

lvk_status lvk_training_data_read(const lvk_train_options *options, lvk_dataset **dataset) {
    const lvk_dataset_options reading = {.threads = options->threads,
                                         .strict = options->strict,
                                         .utf8_names = true,
                                         .for_training = true,
                                         .positive = options->positive,
                                         .columns = options->columns,
                                         .subject_pattern = options->subject_pattern,
                                         .microns_per_pixel = options->microns_per_pixel};
    lvk_log(LVK_LOG_INFO, "reading the images in %s", options->data);
    LVK_TRY(lvk_dataset_create(options->data, &reading, dataset));
    name_left_out(*dataset);
    tell_positive(*dataset);
    tell_unnamed(options, *dataset);
    tell_scale(*dataset);
    return LVK_OK;
}
