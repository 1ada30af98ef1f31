/* The public functions that train: they open data, run folder and network, run the trainer, and evaluate the
 * model that is kept, and train a second time on all images. */
#include "core/file.h"
#include "core/json_file.h"
#include "core/log.h"
#include "core/options.h"
#include "core/resource.h"
#include "core/text.h"
#include "loader/scale.h"
#include "runtime/device.h"
#include "runtime/memory_check.h"
#include "train/cell_fit.h"
#include "train/data_counts.h"
#include "train/extract.h"
#include "train/origin.h"
#include "train/rank_consistency.h"
#include "train/record.h"
#include "train/refit.h"
#include "train/results.h"
#include "train/standardize.h"
#include "train/timing.h"
#include "train/trainer.h"
#include "train/training_data.h"

#include <stdio.h>
#include <string.h>

/* The positive class of a run that is resumed; NULL for a new run. */
static const char *positive_before(const lvk_trainer *t) {
    return t->before ? json_string_value(json_object_get(t->before, "positive_class")) : NULL;
}

/* Whether the data set has the classes of the resumed run, three or more. */
static lvk_status check_classes(const lvk_trainer *t) {
    const json_t *classes = json_object_get(t->before, "classes"), *name;
    bool same = json_array_size(classes) == lvk_dataset_class_count(t->dataset);
    size_t c;
    json_array_foreach(classes, c, name) same =
        same && json_is_string(name) &&
        strcmp(json_string_value(name), lvk_dataset_class_name(t->dataset, c)) == 0;
    return same ? LVK_OK
                : lvk_fail(LVK_ERROR_ARGUMENT, "%s: was begun with other classes than those of %s",
                           lvk_run_folder_path(t->folder), lvk_dataset_source(t->dataset));
}

static lvk_status open_data(lvk_trainer *t, const lvk_dataset *given) {
    lvk_train_options options = t->settings.options;
    const char *before = positive_before(t);
    t->dataset = given;
    if (before)
        options.positive = before;
    if (!given) {
        if (t->before)
            LVK_TRY(lvk_run_data_check(lvk_run_folder_path(t->folder), options.data));
        LVK_TRY(lvk_training_data_read(&options, &t->own_dataset));
        t->dataset = t->own_dataset;
    }
    if (t->before && json_object_get(t->before, "classes"))
        return check_classes(t);
    const char *positive = lvk_dataset_class_name(t->dataset, (size_t)lvk_dataset_positive_class(t->dataset));
    if (before && strcmp(before, positive) != 0)
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "%s: was begun with the positive class %.100s, not %.100s; --positive %.100s",
                        lvk_run_folder_path(t->folder), before, positive, before);
    return LVK_OK;
}

static void name_classes(const lvk_dataset *dataset, lvk_model_info *info) {
    const size_t classes = lvk_dataset_class_count(dataset);
    const int32_t positive = lvk_dataset_positive_class(dataset);
    if (classes > 2) {
        info->class_count = (uint32_t)classes;
        for (size_t c = 0; c < classes; ++c)
            snprintf(info->classes[c], sizeof info->classes[c], "%s", lvk_dataset_class_name(dataset, c));
        return;
    }
    snprintf(info->positive_class, sizeof info->positive_class, "%s",
             lvk_dataset_class_name(dataset, (size_t)positive));
    snprintf(info->negative_class, sizeof info->negative_class, "%s",
             lvk_dataset_class_name(dataset, (size_t)(1 - positive)));
}

static void describe_model(lvk_trainer *t) {
    lvk_model_info *info = &t->info;
    *info = (lvk_model_info){.image_size = t->settings.options.image_size,
                             .microns_per_pixel = lvk_dataset_microns_per_pixel(t->dataset),
                             .standard = lvk_standard_none};
    snprintf(info->architecture, sizeof info->architecture, "%s", t->settings.options.model);
    if (lvk_model_find(info->architecture)->features) {
        const lvk_resnet_variant variant = t->backbone ? t->backbone->variant : LVK_RESNET_KERAS;
        snprintf(info->head, sizeof info->head, "%s",
                 *t->settings.options.head ? t->settings.options.head : "none");
        snprintf(info->topology, sizeof info->topology, "%s", lvk_resnet_variant_name(variant));
        if (t->settings.feature_stage != LVK_RESNET_LAST_STAGE)
            snprintf(info->features, sizeof info->features, "%s",
                     lvk_resnet_stage_name(t->settings.feature_stage));
    }
    info->cell = t->settings.cell;
    if (t->settings.options.estimate)
        snprintf(info->estimate, sizeof info->estimate, "%s", t->settings.options.estimate);
    name_classes(t->dataset, info);
    lvk_crop_format(&t->settings.crop, info->crop);
}

/* Computes the digest that identifies the training, which every checkpoint holds. A run may be resumed with
 * the data set at another path, for more epochs, or saving more often; these settings are not part of the
 * digest. */
static lvk_status identify(lvk_trainer *t) {
    json_t *json = lvk_settings_identity(&t->settings);
    if (!json)
        return LVK_ERROR_MEMORY;
    if (t->backbone)
        lvk_json_set(json, "weights_digest", json_string(t->backbone->digest));
    /* The tensors of this variant have the same names as those of LVK_RESNET_KERAS, so that the digest of the
     * weights does not tell the two apart. */
    if (t->backbone && t->backbone->variant == LVK_RESNET_KERAS_2019)
        lvk_json_set(json, "weights_variant", json_string(t->info.topology));
    const lvk_status status = lvk_json_digest(json, t->state.config_digest);
    json_decref(json);
    t->state.seed = t->settings.options.seed;
    snprintf(t->state.optimizer, sizeof t->state.optimizer, "%s", t->settings.options.optimizer);
    return status;
}

static bool is_first(const lvk_trainer *t) {
    return t->ranks.rank == 0;
}

/* Notes device, driver, shaders and kernels, on which the order of additions depends, and warns if they
 * differ from those before the run was resumed. */
static lvk_status identify_origin(lvk_trainer *t, lvk_device *device) {
    LVK_TRY(lvk_network_kernels(t->network, t->kernels));
    json_t *now = json_object();
    const lvk_status status =
        now ? lvk_origin_record(now, &lvk_device_backend(device)->info, t->kernels) : LVK_ERROR_MEMORY;
    if (status == LVK_OK && t->before)
        lvk_origin_compare(t->before, now, lvk_run_folder_path(t->folder));
    json_decref(now);
    return status;
}

/* Whether the run is resumed from a checkpoint, which has the cell's logits, rather than begun. */
static bool has_state(const lvk_trainer *t) {
    return t->before && lvk_run_folder_has(t->folder, LVK_RUN_LAST);
}

/* Measures the training images: their standardization and, for a model with the cell's logits, what these need. */
static lvk_status measure_images(lvk_trainer *t) {
    size_t count;
    lvk_standard standard;
    const uint32_t *images = lvk_split_images(t->split, LVK_SPLIT_TRAIN, &count);
    const bool train = t->settings.normalize == LVK_NORMALIZE_TRAIN;
    if (t->settings.cell && !has_state(t)) {
        t->cells = lvk_alloc(count, LVK_CELL_NUMBERS * sizeof *t->cells);
        if (!t->cells)
            return LVK_ERROR_MEMORY;
    }
    if (!train && !t->cells)
        return LVK_OK;
    LVK_TRY(lvk_cache_measure(t->cache, images, count, t->settings.options.threads, &lvk_cell_measure,
                              &standard, t->cells));
    if (train)
        t->info.standard = standard;
    return LVK_OK;
}

static lvk_status open_images(lvk_trainer *t) {
    size_t count;
    const uint32_t *images = lvk_split_images(t->split, LVK_SPLIT_TRAIN, &count);
    const unsigned threads = t->settings.options.threads;
    LVK_TRY(lvk_cache_create(t->dataset, &t->settings.crop, t->info.image_size, 0, &t->cache));
    LVK_TRY(lvk_scale_apply(t->cache, t->info.microns_per_pixel, images, count));
    LVK_TRY(measure_images(t));
    if (t->settings.normalize == LVK_NORMALIZE_WEIGHTS)
        t->info.standard = t->backbone->standard;
    lvk_cache_standardize(t->cache, &t->info.standard);
    t->source = (lvk_source){.cache = t->cache, .views = t->settings.options.views, .threads = threads};
    return LVK_OK;
}

static lvk_status open_backbone(lvk_trainer *t) {
    const lvk_train_options *o = &t->settings.options;
    if (!t->settings.pretrained)
        return LVK_OK;
    LVK_TRY(lvk_backbone_open(o->weights, o->model, &t->backbone));
    lvk_backbone_end_with(t->backbone, t->settings.feature_stage);
    return LVK_OK;
}

static lvk_status open_network(lvk_trainer *t, lvk_device *device) {
    lvk_backend *backend = lvk_device_backend(device);
    lvk_network_config config = lvk_settings_network(&t->settings);
    config.kernel_choices = lvk_device_kernel_choices(device);
    config.shared = t->ranks.size > 1;
    config.model.classes = t->info.class_count;
    config.model.variant = t->backbone ? t->backbone->variant : LVK_RESNET_KERAS;
    LVK_TRY(open_images(t));
    config.crop_side = t->settings.on_features ? 0 : lvk_cache_side(t->cache);
    lvk_memory_need need;
    LVK_TRY(lvk_memory_check(backend, t->settings.recompute, &config, &need));
    t->event.memory_estimate = need.bytes;
    t->event.memory_kept = need.kept;
    const lvk_status status = lvk_network_create(backend, &config, &t->network);
    if (status == LVK_ERROR_MEMORY)
        return lvk_fail_within(status,
                               "batch %u needs about %llu MiB on the device; a smaller --batch needs less%s",
                               config.batch, (unsigned long long)(t->event.memory_estimate >> 20),
                               config.recompute ? "" : ", as does --recompute on");
    LVK_TRY(status);
    LVK_TRY(identify_origin(t, device));
    t->event.parameters = lvk_model_parameter_count(lvk_network_builder(t->network));
    return LVK_OK;
}

static lvk_status count_parts(lvk_trainer *t) {
    for (int part = 0; part < LVK_SPLIT_PART_COUNT; ++part) {
        const uint32_t *images =
            lvk_split_images(t->split, (lvk_split_part)part, &t->event.part_images[part]);
        LVK_TRY(lvk_evaluation_subjects(t->dataset, images, t->event.part_images[part],
                                        &t->event.subjects[part], &t->event.part_unnamed[part]));
    }
    return LVK_OK;
}

/* Sets the initial parameters: drawn from the seed, and those of a pretrained backbone from its weights. */
static lvk_status start_parameters(lvk_trainer *t) {
    LVK_TRY(lvk_network_initialize(t->network, t->settings.options.seed));
    return t->backbone && !t->settings.on_features
               ? lvk_backbone_load(t->network, lvk_weights_file(t->backbone->weights), true)
               : LVK_OK;
}

/* Prepares a new run, except for its folder. */
static lvk_status prepare_new(lvk_trainer *t, lvk_device *device) {
    const lvk_train_options *o = &t->settings.options;
    LVK_TRY(lvk_rank_consistency_check_settings(&t->settings, &t->ranks));
    LVK_TRY(is_first(t) && o->run ? lvk_run_folder_check(o->run) : LVK_OK);
    LVK_TRY(is_first(t) ? lvk_tensorboard_check(o->tensorboard) : LVK_OK);
    LVK_TRY(open_data(t, o->dataset));
    if (o->split)
        LVK_TRY(lvk_split_read(o->split, t->dataset, &t->split));
    else
        LVK_TRY(lvk_split_create(t->dataset,
                                 &(lvk_split_options){.seed = o->seed,
                                                      .by_image = t->settings.by_image,
                                                      .validation = o->validation > 0 ? o->validation : -1,
                                                      .test = o->test > 0 ? o->test : -1},
                                 &t->split));
    LVK_TRY(open_backbone(t));
    describe_model(t);
    LVK_TRY(identify(t));
    LVK_TRY(open_network(t, device));
    return start_parameters(t);
}

/* Creates the run folder; only the first rank does so. */
static lvk_status create_folder(lvk_trainer *t) {
    const lvk_train_options *o = &t->settings.options;
    char path[sizeof((lvk_train_result *)0)->run] = "";
    lvk_status status = is_first(t) ? lvk_run_folder_create(o->run, o->model, &t->folder) : LVK_OK;
    if (t->folder)
        snprintf(path, sizeof path, "%s", lvk_run_folder_path(t->folder));
    LVK_TRY(lvk_ranks_agree(&t->ranks, status));
    lvk_ranks_broadcast(&t->ranks, 0, path, sizeof path);
    status = is_first(t) ? LVK_OK : lvk_run_folder_join(path, &t->folder);
    return lvk_ranks_agree(&t->ranks, status);
}

/* Prepares the training loop, on all ranks. */
static lvk_status init_trainer(lvk_trainer *t) {
    LVK_TRY(lvk_ranks_agree(&t->ranks, lvk_trainer_init(t)));
    return t->cells ? lvk_ranks_agree(&t->ranks, lvk_cell_start(t)) : LVK_OK;
}

static lvk_status begin(lvk_trainer *t, lvk_device *device) {
    if (is_first(t))
        LVK_TRY(lvk_split_write(t->split, lvk_run_folder_file(t->folder, LVK_RUN_SPLIT)));
    if (is_first(t))
        LVK_TRY(lvk_data_counts_write(t->dataset, t->split, lvk_run_folder_path(t->folder)));
    LVK_TRY(lvk_record_write(t, &lvk_device_backend(device)->info));
    LVK_TRY(lvk_trainer_save(t));
    return is_first(t) ? lvk_tensorboard_begin(t) : LVK_OK;
}

static lvk_status open_new(lvk_trainer *t, lvk_device *device, const lvk_train_options *options) {
    lvk_status status = lvk_settings_init(&t->settings, options);
    if (status == LVK_OK)
        status = lvk_settings_check_use(options);
    if (status == LVK_OK)
        status = prepare_new(t, device);
    LVK_TRY(lvk_ranks_agree(&t->ranks, status));
    LVK_TRY(lvk_rank_consistency_check(t));
    LVK_TRY(create_folder(t));
    LVK_TRY(init_trainer(t));
    return lvk_ranks_agree(&t->ranks, begin(t, device));
}

static lvk_status open_settings(lvk_trainer *t, const lvk_resume_options *resume) {
    json_t *json;
    const char *name = lvk_run_folder_file(t->folder, LVK_RUN_CONFIG);
    if (resume && resume->data)
        LVK_TRY(lvk_settings_check_text("data", resume->data));
    LVK_TRY(lvk_run_config_read(lvk_run_folder_path(t->folder), &json));
    if (resume && resume->data)
        lvk_json_set(json, "data", json_string(resume->data));
    if (resume && resume->epochs) {
        t->epochs_before = (uint32_t)json_integer_value(json_object_get(json, "epochs"));
        lvk_json_set(json, "epochs", json_integer(resume->epochs));
    }
    if (resume && resume->patience)
        lvk_json_set(json, "patience", json_integer(*resume->patience));
    if (resume && resume->recompute)
        lvk_json_set(json, "recompute", json_string(resume->recompute));
    lvk_status status = lvk_settings_from_json(&t->settings, json, name);
    t->before = json;
    t->settings.options.threads = resume ? resume->threads : 0;
    if (status == LVK_OK)
        status = lvk_record_take_source(&t->settings.options, resume, name, json);
    t->settings.options.profile = resume && resume->profile;
    t->settings.options.tensorboard = resume ? resume->tensorboard : NULL;
    return status;
}

/* Loads the last checkpoint; without one, the run begins with epoch 1. */
static lvk_status load_state(lvk_trainer *t) {
    if (!has_state(t))
        return start_parameters(t);
    return lvk_train_state_load(&t->state, t->network, lvk_run_folder_file(t->folder, LVK_RUN_LAST));
}

static lvk_status prepare_resumed(lvk_trainer *t, lvk_device *device, const char *run,
                                  const lvk_resume_options *resume) {
    LVK_TRY(is_first(t) ? lvk_run_folder_resume(run, &t->folder) : lvk_run_folder_join(run, &t->folder));
    LVK_TRY(open_settings(t, resume));
    LVK_TRY(lvk_rank_consistency_check_settings(&t->settings, &t->ranks));
    LVK_TRY(open_data(t, resume ? resume->dataset : NULL));
    LVK_TRY(lvk_split_read(lvk_run_folder_file(t->folder, LVK_RUN_SPLIT), t->dataset, &t->split));
    LVK_TRY(open_backbone(t));
    describe_model(t);
    LVK_TRY(identify(t));
    LVK_TRY(open_network(t, device));
    return load_state(t);
}

/* Warns if a new number of epochs changes the learning rate: a cosine, and steps at shares of the training,
 * run over all epochs. */
static void tell_stretched(const lvk_trainer *t) {
    const lvk_schedule *schedule = &t->settings.schedule;
    const uint32_t epochs = t->settings.options.epochs;
    const uint64_t next = t->state.update + 1;
    if (t->epochs_before == 0)
        return;
    const double before = lvk_schedule_rate(schedule, next, t->event.steps, t->epochs_before);
    const double now = lvk_schedule_rate(schedule, next, t->event.steps, epochs);
    if (before != now)
        lvk_log(
            LVK_LOG_WARNING,
            "the schedule '%s' is stretched from %u to %u epochs: the learning rate goes on at %.3g, not %.3g",
            t->settings.options.schedule, t->epochs_before, epochs, now, before);
}

static void tell_finished(const lvk_trainer *t) {
    const lvk_train_state *p = &t->state;
    const lvk_train_options *o = &t->settings.options;
    if (p->epoch >= o->epochs)
        lvk_log(LVK_LOG_WARNING,
                "nothing is left to train: all %u epochs are done; a larger --epochs goes on", o->epochs);
    else if (lvk_trainer_is_out_of_patience(t))
        lvk_log(
            LVK_LOG_WARNING,
            "nothing is left to train: epoch %u of %u was the last of %u without a lower validation loss than epoch %u, "
            "and --patience is %u; a larger --patience, or 0, goes on",
            p->epoch, o->epochs, p->waited, p->best_epoch, o->patience);
}

static lvk_status go_on(lvk_trainer *t, lvk_device *device) {
    if (t->state.step > 0 && t->state.epoch >= t->settings.options.epochs)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--epochs %u: the run is within epoch %u",
                        t->settings.options.epochs, t->state.epoch + 1);
    t->event.resumed_epoch = t->state.epoch;
    t->event.resumed_step = t->state.step;
    tell_stretched(t);
    tell_finished(t);
    if (!is_first(t))
        return LVK_OK;
    if (t->state.history && *t->state.history) /* a kill may have prevented that metrics.csv was written */
        LVK_TRY(lvk_run_folder_write(t->folder, LVK_RUN_METRICS, t->state.history));
    LVK_TRY(lvk_data_counts_renew(t->dataset, t->split, lvk_run_folder_path(t->folder)));
    LVK_TRY(lvk_timing_renew(t->folder, t->state.epoch));
    LVK_TRY(lvk_tensorboard_begin(t));
    return lvk_record_write(t, &lvk_device_backend(device)->info);
}

static lvk_status open_resumed(lvk_trainer *t, lvk_device *device, const char *run,
                               const lvk_resume_options *resume) {
    LVK_TRY(lvk_ranks_agree(&t->ranks, prepare_resumed(t, device, run, resume)));
    LVK_TRY(lvk_rank_consistency_check(t));
    LVK_TRY(init_trainer(t));
    return lvk_ranks_agree(&t->ranks, go_on(t, device));
}

/* Evaluates the model that is kept on every part but the one that it was trained on. */
static lvk_status evaluate_kept(lvk_trainer *t, lvk_train_result *result) {
    lvk_checkpoint *kept = NULL;
    const lvk_run_file file = t->settings.keep_last ? LVK_RUN_LAST : LVK_RUN_BEST;
    LVK_TRY(lvk_checkpoint_read(lvk_run_folder_file(t->folder, file), &kept));
    lvk_status status = lvk_network_load_parameters(t->network, kept);
    lvk_checkpoint_destroy(&kept);
    if (status == LVK_OK)
        status = lvk_cell_standardize(t);
    for (int part = LVK_SPLIT_VALIDATION; part < LVK_SPLIT_PART_COUNT && status == LVK_OK; ++part) {
        size_t count;
        const uint32_t *images = lvk_split_images(t->split, (lvk_split_part)part, &count);
        if (count == 0)
            continue;
        result->tested[part] = true;
        status = lvk_results_evaluate(t, (lvk_split_part)part, images, count, &result->reports[part]);
    }
    if (status == LVK_OK)
        status = lvk_results_learn_novelty(t, t->settings.options.novelty_ratio);
    if (status == LVK_OK)
        status = lvk_results_set_temperature(t);
    return status == LVK_OK ? lvk_results_write(t, result) : status;
}

/* Provides the features. The first rank computes them first; the others then find them in the cache folder,
 * or compute them if they have another cache folder. */
static lvk_status extract_features(lvk_trainer *t, lvk_device *device) {
    LVK_TRY(lvk_ranks_agree(&t->ranks, is_first(t) ? lvk_extract_features(t, device) : LVK_OK));
    return lvk_ranks_agree(&t->ranks, is_first(t) ? LVK_OK : lvk_extract_features(t, device));
}

static lvk_status run(lvk_trainer *t, lvk_device *device, lvk_train_result *result) {
    const double started = lvk_clock_seconds();
    snprintf(result->run, sizeof result->run, "%s", lvk_run_folder_path(t->folder));
    snprintf(result->positive_class, sizeof result->positive_class, "%s", t->info.positive_class);
    snprintf(result->negative_class, sizeof result->negative_class, "%s", t->info.negative_class);
    LVK_TRY(lvk_ranks_agree(&t->ranks, count_parts(t)));
    t->event.positive_class = t->info.positive_class;
    t->event.negative_class = t->info.negative_class;
    t->event.class_count = t->info.class_count;
    for (uint32_t c = 0; c < t->info.class_count; ++c)
        t->class_names[c] = t->info.classes[c];
    t->event.class_names = t->info.class_count ? t->class_names : NULL;
    t->event.kind = LVK_TRAIN_STARTED;
    if (lvk_ranks_any(&t->ranks, t->callback && !t->callback(t->user, &t->event)))
        return lvk_fail(LVK_ERROR_CANCELLED, "stopped before the first step; go on with --resume %s",
                        result->run);
    if (t->settings.on_features)
        LVK_TRY(extract_features(t, device));
    if (t->settings.standardize && t->state.update == 0)
        LVK_TRY(lvk_ranks_agree(&t->ranks, lvk_standardize_features(t)));
    LVK_TRY(lvk_trainer_run(t, &result->stopped_early));
    result->by_image = lvk_split_by_image(t->split);
    result->epochs = t->state.epoch;
    result->best_epoch = t->state.best_epoch;
    result->kept_last = t->settings.keep_last;
    result->seconds = lvk_clock_seconds() - started;
    LVK_TRY(lvk_ranks_agree(&t->ranks, is_first(t) ? evaluate_kept(t, result) : LVK_OK));
    t->event.kind = LVK_TRAIN_FINISHED;
    if (t->callback)
        (void)t->callback(t->user, &t->event);
    return LVK_OK;
}

/* Releases what takes memory but the data set. */
static void release_network(lvk_trainer *t) {
    lvk_trainer_finish(t);
    lvk_network_destroy(&t->network);
    lvk_features_destroy(&t->features);
    lvk_backbone_close(&t->backbone);
    lvk_cache_destroy(&t->cache);
    lvk_free(t->cells);
    t->cells = NULL;
}

/* Trains a second time, on all images, after the run. */
static lvk_status refit(lvk_trainer *t, lvk_device *device, lvk_train_result *result) {
    lvk_train_options options = t->settings.options;
    char estimate[LVK_ESTIMATE_SIZE];
    const lvk_evaluation_report *test = &result->reports[LVK_SPLIT_TEST];
    size_t held_out[2];
    (void)lvk_split_images(t->split, LVK_SPLIT_VALIDATION, &held_out[0]);
    (void)lvk_split_images(t->split, LVK_SPLIT_TEST, &held_out[1]);
    if (!options.refit || lvk_dataset_has_parts(t->dataset) || held_out[0] + held_out[1] == 0)
        return LVK_OK;
    release_network(t);
    options.dataset = t->dataset;
    options.ranks = &t->ranks;
    if (is_first(t) && result->tested[LVK_SPLIT_TEST])
        options.estimate = lvk_refit_estimate("test", test, estimate);
    const char *run = lvk_run_folder_path(t->folder);
    const lvk_refit_source source = {.parent = run, .runs = &run, .count = 1, .epochs = t->state.best_epoch};
    const lvk_status status =
        lvk_refit(device, &options, &source, t->callback, t->user, &result->refit_temperature);
    result->refitted = status == LVK_OK;
    return status == LVK_ERROR_CANCELLED
               ? lvk_fail(status, "stopped in the training on all images; go on with --resume %s", run)
               : status;
}

static void close_trainer(lvk_trainer *t) {
    release_network(t);
    lvk_tensorboard_finish(&t->tensorboard);
    lvk_train_state_finish(&t->state);
    lvk_split_destroy(&t->split);
    lvk_dataset_destroy(&t->own_dataset);
    lvk_run_folder_close(&t->folder);
    json_decref(t->before);
    lvk_settings_finish(&t->settings);
}

static lvk_ranks ranks_of(const lvk_ranks *given) {
    return given ? *given : (lvk_ranks){.size = 1};
}

lvk_status lvk_train(lvk_device *device, const lvk_train_options *options, lvk_train_callback callback,
                     void *user, lvk_train_result *result) {
    lvk_trainer trainer = {.ranks = ranks_of(options->ranks), .callback = callback, .user = user};
    *result = (lvk_train_result){0};
    lvk_status status = open_new(&trainer, device, options);
    if (status == LVK_OK)
        status = run(&trainer, device, result);
    if (status == LVK_OK)
        status = refit(&trainer, device, result);
    close_trainer(&trainer);
    return status;
}

lvk_status lvk_train_resume(lvk_device *device, const char *run_folder, const lvk_resume_options *given,
                            lvk_train_callback callback, void *user, lvk_train_result *result) {
    lvk_resume_options taken;
    *result = (lvk_train_result){0};
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_resume_options, &taken, given));
    const lvk_resume_options *const options = &taken;
    lvk_trainer trainer = {.ranks = ranks_of(options->ranks), .callback = callback, .user = user};
    lvk_status status = open_resumed(&trainer, device, run_folder, options);
    if (status == LVK_OK)
        status = run(&trainer, device, result);
    if (status == LVK_OK)
        status = refit(&trainer, device, result);
    close_trainer(&trainer);
    return status;
}
