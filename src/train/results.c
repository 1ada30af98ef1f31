#include "train/results.h"

#include "core/file.h"
#include "core/json_file.h"
#include "core/log.h"
#include "metrics/evaluation_report.h"
#include "predict/evaluation.h"
#include "predict/novelty.h"

#include <string.h>

/* The same seed as in `leukvk eval --from`, which therefore computes the same intervals from the files. */
static const lvk_bootstrap_options bootstrap = {.seed = LVK_BOOTSTRAP_SEED};

lvk_status lvk_results_evaluate(lvk_trainer *t, lvk_split_part part, const uint32_t *images, size_t count,
                                lvk_evaluation_report *report) {
    const lvk_prediction_options options = {.format = LVK_PREDICTIONS_CSV,
                                            .negative_class = t->info.negative_class,
                                            .positive_class = t->info.positive_class,
                                            .threshold = LVK_THRESHOLD,
                                            .labelled = true,
                                            .class_count = t->info.class_count,
                                            .class_names = t->class_names};
    const double temperature = t->settings.options.temperature > 0 ? t->settings.options.temperature : 1;
    double *probabilities = lvk_alloc(count * lvk_evaluation_width(&t->info), sizeof *probabilities);
    lvk_prediction *rows = lvk_alloc(count, sizeof *rows);
    char *path =
        lvk_format("%s/predictions-%s.csv", lvk_run_folder_path(t->folder), lvk_split_part_name(part));
    lvk_status status = probabilities && rows && path ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_evaluation_probabilities(t->network, &t->source, images, count, 1, temperature, NULL,
                                              NULL, NULL, probabilities);
    if (status == LVK_OK) {
        lvk_evaluation_rows(t->dataset, &t->info, images, probabilities, count, rows);
        status = lvk_predictions_write(path, rows, count, &options);
    }
    if (status == LVK_OK)
        status = t->info.class_count
                     ? lvk_predictions_evaluate_classes(rows, count, t->class_names, t->info.class_count,
                                                        &bootstrap, report)
                     : lvk_predictions_evaluate(rows, count, LVK_THRESHOLD, &bootstrap, report);
    if (status == LVK_OK && part == LVK_SPLIT_TEST)
        status = lvk_tensorboard_add_curves(t, rows, count);
    lvk_free(probabilities);
    lvk_free(rows);
    lvk_free(path);
    return status;
}

/* Gathers the images of all parts that were not trained on. */
static size_t gather_unseen(const lvk_trainer *t, uint32_t *images) {
    size_t all = 0;
    for (int part = LVK_SPLIT_VALIDATION; part < LVK_SPLIT_PART_COUNT; ++part) {
        size_t count;
        const uint32_t *own = lvk_split_images(t->split, (lvk_split_part)part, &count);
        for (size_t i = 0; i < count; ++i)
            images[all++] = own[i];
    }
    return all;
}

lvk_status lvk_results_learn_novelty(lvk_trainer *t, double unseen_ratio) {
    uint32_t *unseen = lvk_alloc(lvk_dataset_image_count(t->dataset), sizeof *unseen);
    if (!unseen)
        return LVK_ERROR_MEMORY;
    lvk_novelty *novelty = NULL;
    lvk_novelty_request request = {.network = t->network,
                                   .source = &t->source,
                                   .unseen = unseen,
                                   .unseen_count = gather_unseen(t, unseen),
                                   .unseen_ratio = unseen_ratio};
    request.images = lvk_split_images(t->split, LVK_SPLIT_TRAIN, &request.count);
    lvk_status status = lvk_novelty_learn(&request, &novelty);
    if (status == LVK_OK)
        status = lvk_novelty_write(novelty, lvk_run_folder_file(t->folder, LVK_RUN_MODEL));
    lvk_novelty_destroy(&novelty);
    lvk_free(unseen);
    return status;
}

/* Gives the model in the folder this calibration, unless it has one. */
static lvk_status calibrate_kept(const lvk_trainer *t, const lvk_model_calibration *chosen) {
    lvk_checkpoint *model = NULL;
    LVK_TRY(lvk_checkpoint_read(lvk_run_folder_file(t->folder, LVK_RUN_MODEL), &model));
    const lvk_model_calibration *own = &lvk_checkpoint_info(model)->calibration;
    const bool has = own->has_temperature || own->has_threshold;
    const lvk_status status = has ? LVK_OK : lvk_checkpoint_calibrate(model, chosen);
    lvk_checkpoint_destroy(&model);
    return status;
}

lvk_status lvk_results_save_model(const lvk_trainer *t) {
    const char *file = lvk_run_folder_file(t->folder, LVK_RUN_MODEL);
    lvk_model_info info = t->info;
    lvk_checkpoint *before = NULL;
    const lvk_status status = lvk_path_is_file(file) ? lvk_checkpoint_read(file, &before) : LVK_OK;
    if (status != LVK_OK && status != LVK_ERROR_FORMAT)
        return status;
    if (status != LVK_OK)
        lvk_log(LVK_LOG_WARNING, "%s; it is written anew, without a calibration", lvk_error_line(status));
    if (before)
        info.calibration = lvk_checkpoint_info(before)->calibration;
    lvk_checkpoint_destroy(&before);
    return lvk_network_save_model(t->network, &info, NULL, file);
}

lvk_status lvk_results_set_temperature(const lvk_trainer *t) {
    const double temperature = t->settings.options.temperature;
    const lvk_model_calibration chosen = {.has_temperature = true, .temperature = temperature};
    return temperature == 0 ? LVK_OK : calibrate_kept(t, &chosen);
}

lvk_status lvk_results_write(const lvk_trainer *t, const lvk_train_result *result) {
    json_t *json = json_pack("{s:I, s:I, s:b}", "epochs", (json_int_t)result->epochs, "best_epoch",
                             (json_int_t)result->best_epoch, "stopped_early", (int)result->stopped_early);
    for (int part = 0; json && part < LVK_SPLIT_PART_COUNT; ++part)
        if (result->tested[part])
            lvk_json_set(json, lvk_split_part_name((lvk_split_part)part),
                         lvk_evaluation_report_json(&result->reports[part]));
    char *path = lvk_format("%s/results.json", lvk_run_folder_path(t->folder));
    const lvk_status status = path ? lvk_json_write(path, json, LVK_PREDICTION_DIGITS) : LVK_ERROR_MEMORY;
    json_decref(json);
    lvk_free(path);
    return status;
}
