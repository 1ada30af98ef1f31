/* The public functions that predict with a trained model. */
#include "leukvk/predict.h"

#include "artifact/backbone.h"
#include "artifact/model_file.h"
#include "artifact/run_folder.h"
#include "artifact/train_state.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/text.h"
#include "loader/scale.h"
#include "predict/classifier.h"
#include "predict/evaluation.h"
#include "predict/novelty.h"
#include "runtime/device.h"
#include "runtime/memory_check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct lvk_classifier {
    lvk_evaluation_member members[LVK_MOST_MEMBERS]; /* the networks are owned */
    char heads[LVK_MOST_MEMBERS]
              [LVK_NAME_SIZE]; /* of the members; a network that is made anew for larger crops reads it */
    uint32_t member_count;
    lvk_crop crop;
    lvk_model_info model;
    lvk_classifier_info info;
    char *path;
    unsigned threads;
    uint32_t views;
    bool keep_going;
    const char *class_names[LVK_MOST_CLASSES]; /* of three and more: those of `model` */
    double *probabilities;                  /* the same: of the last prediction, which its rows point into */
    lvk_novelty *novelty[LVK_MOST_MEMBERS]; /* NULL: the member does not know what images it was trained on */
};

/* Loads the parameters; batch norms, if there are any, are folded into the convolutions. */
static lvk_status load_parameters(lvk_network *network, const lvk_checkpoint *checkpoint) {
    return network->model->batch_norm ? lvk_backbone_load(network, lvk_checkpoint_file(checkpoint), false)
                                      : lvk_network_load_parameters(network, checkpoint);
}

/* The largest side in pixels of crops for which memory is allocated at first: that of C-NMC's images. */
static uint32_t first_side(const lvk_classifier *c) {
    return lvk_crop_side_bound(&c->crop, LVK_CNMC_SIDE, LVK_CNMC_SIDE, c->model.image_size);
}

/* Loads what a member knows of novelty, if anything. */
static lvk_status load_novelty(lvk_classifier *c, const lvk_checkpoint *checkpoint, uint32_t member) {
    lvk_novelty **novelty = &c->novelty[member];
    LVK_TRY(lvk_novelty_read(checkpoint, novelty));
    const uint32_t own = lvk_network_feature_count(c->members[member].network);
    const uint32_t stored = *novelty ? (*novelty)->features.length : 0;
    if (*novelty && !c->info.knows_novelty) {
        c->info.knows_novelty = true;
        c->info.usual_area = (*novelty)->area;
    }
    return stored == 0 || stored == own
               ? LVK_OK
               : lvk_fail(LVK_ERROR_FORMAT, "%s: its novelty is of %u features, the network has %u",
                          lvk_safetensors_name(lvk_checkpoint_file(checkpoint)), (unsigned)stored,
                          (unsigned)own);
}

/* Loads a member, or the only model, with its own architecture and normalization. */
static lvk_status load_member(lvk_classifier *c, lvk_device *device, const lvk_checkpoint *checkpoint,
                              uint32_t batch) {
    const lvk_model_info *info = lvk_checkpoint_info(checkpoint);
    const uint32_t number = c->member_count++;
    lvk_evaluation_member *member = &c->members[number];
    member->standard = info->standard;
    member->temperature = info->calibration.temperature;
    memcpy(c->heads[number], info->head, sizeof info->head); /* the checkpoint does not last */
    const lvk_network_config config = {
        .model = {.architecture = lvk_model_find(info->architecture)->architecture,
                  .image_size = info->image_size,
                  .feature_stage = lvk_model_info_feature_stage(info),
                  .head = c->heads[number],
                  .cell = info->cell,
                  .classes = info->class_count,
                  .variant = lvk_model_info_variant(info),
                  .folded = true},
        .batch = batch ? batch : 32,
        .crop_side = first_side(c),
        .kernel_choices = lvk_device_kernel_choices(device)};
    LVK_TRY(lvk_network_create_checked(lvk_device_backend(device), &config, &member->network));
    c->info.parameters += lvk_model_parameter_count(lvk_network_builder(member->network));
    LVK_TRY(load_parameters(member->network, checkpoint));
    return load_novelty(c, checkpoint, number);
}

static lvk_status load(lvk_classifier *c, lvk_device *device, const lvk_checkpoint *checkpoint,
                       uint32_t batch) {
    const uint32_t members = lvk_checkpoint_member_count(checkpoint);
    c->model = *lvk_checkpoint_info(checkpoint);
    LVK_TRY(lvk_crop_parse(c->model.crop, &c->crop));
    for (uint32_t k = 0; k < c->model.class_count; ++k)
        c->class_names[k] = c->model.classes[k];
    c->info = (lvk_classifier_info){
        .path = c->path,
        .architecture = c->model.architecture,
        .crop = c->model.crop,
        .positive_class = c->model.positive_class,
        .negative_class = c->model.negative_class,
        .class_count = c->model.class_count,
        .class_names = c->model.class_count ? c->class_names : NULL,
        .microns_per_pixel = c->model.microns_per_pixel,
        .members = members,
        .temperature = c->model.calibration.temperature,
        .threshold = c->model.calibration.threshold,
        .positive = c->model.calibration.has_positive ? c->model.calibration.positive : NULL};
    for (uint32_t k = 0; k < members; ++k)
        LVK_TRY(load_member(c, device, lvk_checkpoint_member(checkpoint, k), batch));
    return LVK_OK;
}

/* Whether the run at `path` has the model of a refit in another file than the one that was opened. */
static lvk_status find_refit(lvk_classifier *c, const char *path) {
    char *file = lvk_model_file_find(path, LVK_MODEL_FINAL);
    c->info.has_refit = file && strcmp(file, c->path) != 0;
    lvk_free(file);
    return file ? LVK_OK : LVK_ERROR_MEMORY;
}

static lvk_status create(const lvk_classifier_options *options, lvk_classifier **classifier) {
    lvk_classifier *c = *classifier = lvk_alloc(1, sizeof *c);
    if (!c)
        return LVK_ERROR_MEMORY;
    c->threads = options->threads;
    c->views = options->views ? options->views : 1;
    c->keep_going = options->keep_going;
    return LVK_OK;
}

lvk_status lvk_classifier_open(lvk_device *device, const char *path, const lvk_classifier_options *given,
                               lvk_classifier **classifier) {
    lvk_classifier_options taken;
    *classifier = NULL;
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_classifier_options, &taken, given));
    const lvk_classifier_options *const options = &taken;
    LVK_TRY(create(options, classifier));
    lvk_classifier *c = *classifier;
    lvk_checkpoint *checkpoint = NULL;
    const lvk_model_choice choice = options->evaluated ? LVK_MODEL_EVALUATED : LVK_MODEL_FINAL;
    lvk_status status = lvk_model_file_read(path, choice, &c->path, &checkpoint);
    if (status == LVK_OK)
        status = load(c, device, checkpoint, options->batch);
    if (status == LVK_OK)
        status = find_refit(c, path);
    lvk_checkpoint_destroy(&checkpoint);
    if (status != LVK_OK)
        lvk_classifier_close(classifier);
    return status;
}

lvk_status lvk_classifier_open_memory(lvk_device *device, const char *name, const void *data, size_t size,
                                      const lvk_classifier_options *given, lvk_classifier **classifier) {
    lvk_classifier_options taken;
    *classifier = NULL;
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_classifier_options, &taken, given));
    const lvk_classifier_options *const options = &taken;
    LVK_TRY(create(options, classifier));
    lvk_classifier *c = *classifier;
    lvk_checkpoint *checkpoint = NULL;
    c->path = lvk_strdup(name);
    lvk_status status = c->path ? lvk_model_file_copy(name, data, size, &checkpoint) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = load(c, device, checkpoint, options->batch);
    lvk_checkpoint_destroy(&checkpoint);
    if (status != LVK_OK)
        lvk_classifier_close(classifier);
    return status;
}

void lvk_classifier_close(lvk_classifier **classifier) {
    if (!*classifier)
        return;
    for (uint32_t k = 0; k < (*classifier)->member_count; ++k) {
        lvk_network_destroy(&(*classifier)->members[k].network);
        lvk_novelty_destroy(&(*classifier)->novelty[k]);
    }
    lvk_free((*classifier)->path);
    lvk_free((*classifier)->probabilities);
    lvk_free(*classifier);
    *classifier = NULL;
}

const lvk_classifier_info *lvk_classifier_get_info(const lvk_classifier *classifier) {
    return &classifier->info;
}

static lvk_status fail_class(const lvk_classifier *c, const lvk_dataset *dataset, const char *name) {
    lvk_text text = {0};
    char *list;
    for (uint32_t k = 0; k < c->model.class_count; ++k)
        lvk_text_add(&text, "%s%s", k ? ", " : "", c->model.classes[k]);
    LVK_TRY(lvk_text_take(&text, &list, NULL));
    const lvk_status status =
        lvk_fail(LVK_ERROR_FORMAT, "%s: its class %.100s is none of the model's: %.500s",
                 lvk_dataset_source(dataset), name, list);
    lvk_free(list);
    return status;
}

/* Fails unless the data set's classes are among the model's. The model's positive class counts, not the data
 * set's. */
static lvk_status check_classes(const lvk_classifier *c, const lvk_dataset *dataset) {
    for (size_t i = 0; i < lvk_dataset_class_count(dataset); ++i) {
        const char *name = lvk_dataset_class_name(dataset, i);
        if (lvk_evaluation_class(&c->model, name) >= 0)
            continue;
        if (c->model.class_count)
            return fail_class(c, dataset, name);
        return lvk_fail(LVK_ERROR_FORMAT, "%s: its class %.100s is none of the model's, %s and %s",
                        lvk_dataset_source(dataset), name, c->model.positive_class, c->model.negative_class);
    }
    return LVK_OK;
}

/* Replaces a network by one that takes crops of up to `side` pixels, with the same parameters. */
static lvk_status make_room_in(lvk_network **network, uint32_t side) {
    lvk_network *larger = NULL;
    lvk_network_config config = (*network)->config;
    if (side <= config.crop_side)
        return LVK_OK;
    config.crop_side = side;
    lvk_status status = lvk_network_create_checked((*network)->backend, &config, &larger);
    if (status == LVK_OK)
        status = lvk_network_copy_parameters(*network, larger);
    if (status == LVK_OK) {
        lvk_network *const smaller = *network;
        *network = larger;
        larger = smaller;
    }
    lvk_network_destroy(&larger);
    return status == LVK_ERROR_MEMORY || status == LVK_ERROR_LIMIT
               ? lvk_fail_within(status, "images of %u pixels a side", side)
               : status;
}

/* Novelty by the features: of each image the mean over its views. */
typedef struct feature_novelty {
    const lvk_novelty *novelty;
    uint32_t views;
    double *values; /* [images] */
} feature_novelty;

static void add_novelty(void *user, size_t row, const float *features) {
    const feature_novelty *f = user;
    f->values[row] += lvk_novelty_of_features(f->novelty, features) / f->views;
}

/* Measures the novelty by each member that knows it, into values[member][image]. */
static void attach_sinks(lvk_classifier *c, feature_novelty *novelty, lvk_feature_sink *sinks, double *values,
                         size_t count) {
    for (uint32_t m = 0; m < c->member_count; ++m) {
        novelty[m] = (feature_novelty){c->novelty[m], c->views, values + m * count};
        sinks[m] = (lvk_feature_sink){add_novelty, &novelty[m]};
        c->members[m].sink = c->novelty[m] ? &sinks[m] : NULL;
    }
}

/* The mean over the members that know it, each by its own features; the cause is that of the largest. `of_features`
 * is [members][images]. That of an unreadable image is not known. */
static void measure_novelty(const lvk_classifier *c, const lvk_dataset *dataset, const uint32_t *images,
                            size_t count, const bool *unreadable, const double *of_features,
                            lvk_prediction *rows) {
    for (size_t i = 0; i < count && c->info.knows_novelty; ++i) {
        double sum = 0, most = 0;
        uint32_t knowing = 0;
        if (unreadable[images[i]])
            continue;
        for (uint32_t m = 0; m < c->member_count; ++m) {
            const char *cause = NULL;
            if (!c->novelty[m])
                continue;
            const double own =
                lvk_novelty_of_image(c->novelty[m], lvk_dataset_image(dataset, images[i]),
                                     lvk_dataset_area(dataset, images[i], c->model.microns_per_pixel),
                                     of_features[m * count + i], &cause);
            if (knowing++ == 0 || own > most) {
                most = own;
                rows[i].novelty_cause = cause;
            }
            sum += own;
        }
        rows[i].novelty = sum / knowing;
    }
}

static lvk_status make_room(lvk_classifier *c, uint32_t side) {
    for (uint32_t k = 0; k < c->member_count; ++k)
        LVK_TRY(make_room_in(&c->members[k].network, side));
    return LVK_OK;
}

/* The probabilities of the only model, or the mean of the members with the temperature of the mean. */
static lvk_status compute(lvk_classifier *c, const lvk_source *source, const uint32_t *images, size_t count,
                          lvk_predict_progress progress, void *user, double *probabilities) {
    const uint32_t width = lvk_evaluation_width(&c->model);
    const double temperature = c->info.temperature;
    if (c->member_count == 1)
        return lvk_evaluation_probabilities(c->members[0].network, source, images, count, c->views,
                                            temperature, progress, user, c->members[0].sink, probabilities);
    LVK_TRY(lvk_evaluation_mean(c->members, c->member_count, source, images, count, c->views, progress, user,
                                probabilities));
    for (size_t i = 0; i < count; ++i)
        lvk_evaluation_temper_mean(probabilities + i * width, width, temperature);
    return LVK_OK;
}

lvk_status lvk_classifier_predict_cached(lvk_classifier *c, lvk_cache *cache, const uint32_t *images,
                                         size_t count, lvk_predict_progress progress, void *user,
                                         lvk_prediction *rows) {
    const lvk_dataset *dataset = lvk_cache_dataset(cache);
    const uint32_t width = lvk_evaluation_width(&c->model);
    double *probabilities = lvk_alloc(count * width, sizeof *probabilities);
    bool *unreadable = lvk_alloc(lvk_dataset_image_count(dataset), sizeof *unreadable);
    const lvk_source source = {
        .cache = cache, .unreadable = c->keep_going ? unreadable : NULL, .threads = c->threads};
    double *of_features = lvk_alloc(count * c->member_count, sizeof *of_features);
    feature_novelty novelty[LVK_MOST_MEMBERS];
    lvk_feature_sink sinks[LVK_MOST_MEMBERS];
    lvk_cache_standardize(cache, &c->model.standard);
    lvk_status status =
        probabilities && unreadable && of_features ? make_room(c, lvk_cache_side(cache)) : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        attach_sinks(c, novelty, sinks, of_features, count);
        status = compute(c, &source, images, count, progress, user, probabilities);
    }
    for (size_t i = 0; i < count && status == LVK_OK; ++i)
        for (uint32_t k = 0; k < width && unreadable[images[i]]; ++k)
            probabilities[i * width + k] = (double)NAN;
    if (status == LVK_OK) {
        lvk_evaluation_rows(dataset, &c->model, images, probabilities, count, rows);
        measure_novelty(c, dataset, images, count, unreadable, of_features, rows);
    }
    for (uint32_t m = 0; m < c->member_count; ++m)
        c->members[m].sink = NULL; /* the sinks end here */
    lvk_free(of_features);
    lvk_free(unreadable);
    if (status == LVK_OK && width > 1) {
        lvk_free(c->probabilities);
        c->probabilities = probabilities;
    } else {
        lvk_free(probabilities);
    }
    return status;
}

lvk_status lvk_classifier_predict(lvk_classifier *c, const lvk_dataset *dataset, const uint32_t *images,
                                  size_t count, lvk_predict_progress progress, void *user,
                                  lvk_prediction *rows) {
    lvk_cache *cache = NULL;
    LVK_TRY(check_classes(c, dataset));
    const size_t kept = c->views > 1 ? 0 : LVK_CACHE_NOTHING; /* with one view, each crop is used once */
    LVK_TRY(lvk_cache_create(dataset, &c->crop, c->model.image_size, kept, &cache));
    lvk_status status = lvk_scale_apply(cache, c->model.microns_per_pixel, images, count);
    if (status == LVK_OK)
        status = lvk_classifier_predict_cached(c, cache, images, count, progress, user, rows);
    lvk_cache_destroy(&cache);
    return status;
}

const lvk_crop *lvk_classifier_crop(const lvk_classifier *c) {
    return &c->crop;
}

const lvk_evaluation_member *lvk_classifier_member(const lvk_classifier *classifier, uint32_t number) {
    return &classifier->members[number];
}

const lvk_model_info *lvk_classifier_model(const lvk_classifier *c) {
    return &c->model;
}

void lvk_text_free(char *text) {
    lvk_free(text);
}

lvk_status lvk_text_write(const char *path, const char *text) {
    lvk_folder_clear_beside(path);
    return lvk_file_write(path, text, strlen(text));
}

lvk_status lvk_run_data_folder(const char *run, char **folder) {
    *folder = NULL;
    json_t *config;
    LVK_TRY(lvk_run_folder_need(run, LVK_RUN_CONFIG));
    if (!lvk_folder_has(run, lvk_run_file_name(LVK_RUN_CONFIG)))
        return lvk_fail(
            LVK_ERROR_IO,
            "%s: has no config.json, which would tell the data set of the training; --data DIR names one",
            run);
    LVK_TRY(lvk_run_config_read(run, &config));
    const char *data = json_string_value(json_object_get(config, "data"));
    lvk_status status =
        data ? lvk_run_data_check(run, data)
             : lvk_fail(LVK_ERROR_FORMAT, "%s/config.json: does not say where the data set is", run);
    if (status == LVK_OK && !(*folder = lvk_strdup(data)))
        status = LVK_ERROR_MEMORY;
    json_decref(config);
    return status;
}

lvk_status lvk_run_data_option(const char *run, const char *name, char **text) {
    json_t *config = NULL;
    char *path = lvk_path_join(run, lvk_run_file_name(LVK_RUN_CONFIG));
    *text = NULL;
    lvk_status status = path ? lvk_run_folder_need(run, LVK_RUN_CONFIG) : LVK_ERROR_MEMORY;
    if (status == LVK_OK && lvk_path_is_file(path))
        status = lvk_run_config_read(run, &config);
    const json_t *value = json_object_get(config, name);
    if (status == LVK_OK) {
        *text = json_is_number(value) ? lvk_format("%.15g", json_number_value(value))
                                      : lvk_strdup(json_is_string(value) ? json_string_value(value) : "");
        status = *text ? LVK_OK : LVK_ERROR_MEMORY;
    }
    json_decref(config);
    lvk_free(path);
    return status;
}

lvk_status lvk_run_split_file(const char *run, char **file) {
    *file = NULL;
    LVK_TRY(lvk_run_folder_need(run, LVK_RUN_SPLIT));
    if (!lvk_folder_has(run, lvk_run_file_name(LVK_RUN_SPLIT)))
        return LVK_OK;
    *file = lvk_path_join(run, lvk_run_file_name(LVK_RUN_SPLIT));
    return *file ? LVK_OK : LVK_ERROR_MEMORY;
}
