#include "train/record.h"

#include "core/json_file.h"
#include "train/origin.h"

static void record_classes(json_t *json, const lvk_model_info *info) {
    if (info->class_count == 0) {
        lvk_json_set(json, "positive_class", json_string(info->positive_class));
        lvk_json_set(json, "negative_class", json_string(info->negative_class));
        return;
    }
    json_t *classes = json_array();
    for (uint32_t c = 0; c < info->class_count; ++c)
        lvk_json_append(classes, json_string(info->classes[c]));
    lvk_json_set(json, "classes", classes);
}

/* What a refit has of the models of which it is one, for whoever resumes it by itself. */
static void record_source(json_t *json, const lvk_train_options *options) {
    if (options->estimate)
        lvk_json_set(json, "refit_estimate", json_string(options->estimate));
    if (options->novelty_ratio > 0) /* as text, with all its digits */
        lvk_json_set(json, "refit_novelty_ratio", json_sprintf("%.17g", options->novelty_ratio));
    if (options->temperature > 0)
        lvk_json_set(json, "refit_temperature", json_sprintf("%.17g", options->temperature));
}

lvk_status lvk_record_write(const lvk_trainer *t, const lvk_backend_info *backend) {
    if (t->ranks.rank != 0)
        return LVK_OK;
    json_t *json = lvk_settings_to_json(&t->settings);
    if (!json)
        return LVK_ERROR_MEMORY;
    lvk_status status = lvk_origin_record(json, backend, t->kernels);
    lvk_json_set(json, "data_fingerprint", json_string(lvk_dataset_fingerprint(t->dataset)));
    if (t->backbone)
        lvk_json_set(json, "weights_digest", json_string(t->backbone->digest));
    record_classes(json, &t->info);
    record_source(json, &t->settings.options);
    if (status == LVK_OK)
        status = lvk_run_config_set_data(json, t->settings.options.data);
    if (status == LVK_OK)
        status = lvk_run_folder_write_config(t->folder, json);
    json_decref(json);
    return status;
}

lvk_status lvk_record_take_source(lvk_train_options *o, const lvk_resume_options *resume, const char *path,
                                  const json_t *before) {
    const lvk_resume_options given = resume ? *resume : (lvk_resume_options){0};
    const json_t *estimate = json_object_get(before, "refit_estimate");
    LVK_TRY(lvk_run_config_number(path, before, "refit_novelty_ratio", &o->novelty_ratio));
    LVK_TRY(lvk_run_config_number(path, before, "refit_temperature", &o->temperature));
    if (estimate && !json_is_string(estimate))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: \"refit_estimate\" is not of the right kind", path);
    o->estimate = given.estimate ? given.estimate : json_string_value(estimate);
    o->novelty_ratio = given.novelty_ratio > 0 ? given.novelty_ratio : o->novelty_ratio;
    o->temperature = given.temperature > 0 ? given.temperature : o->temperature;
    return LVK_OK;
}
