#include "train/training_data.h"

#include "core/log.h"

static void name_left_out(const lvk_dataset *dataset) {
    const size_t skipped = lvk_dataset_skipped_count(dataset);
    for (size_t i = 0; i < skipped; ++i) {
        const lvk_skipped_info file = lvk_dataset_skipped(dataset, i);
        lvk_log(LVK_LOG_WARNING, "left out: %s: %s", file.path, file.reason);
    }
    if (skipped)
        lvk_log(LVK_LOG_WARNING, "%zu image files were left out (--strict would have stopped)", skipped);
}

lvk_status lvk_training_data_read(const lvk_train_options *options, lvk_dataset **dataset) {
    const lvk_dataset_options reading = {
        .threads = options->threads, .strict = options->strict, .utf8_names = true, .two_classes = true};
    lvk_log(LVK_LOG_INFO, "reading the images in %s", options->data);
    LVK_TRY(lvk_dataset_create(options->data, &reading, dataset));
    name_left_out(*dataset);
    return LVK_OK;
}
