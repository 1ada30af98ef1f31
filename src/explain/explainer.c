/* An explainer: the networks by which a classifier's model is explained, and the steps of an explanation. */
#include "explain/explainer.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/text.h"
#include "leukvk/class_metrics.h"
#include "runtime/memory_check.h"

#include <math.h>
#include <string.h>

enum { OCCLUSION_BATCH = 16 };

static uint32_t class_count(const lvk_explainer *e) {
    const uint32_t classes = lvk_classifier_model(e->classifier)->class_count;
    return classes ? classes : 2;
}

static uint32_t width_of(const lvk_explainer *e) {
    return lvk_evaluation_width(lvk_classifier_model(e->classifier));
}

static lvk_status check_options(const lvk_explain_options *o, uint32_t members) {
    if (o->method != LVK_EXPLAIN_GRAD_CAM && o->method != LVK_EXPLAIN_OCCLUSION)
        return lvk_fail(LVK_ERROR_ARGUMENT, "there is no such way of explaining");
    if (o->member > members)
        return lvk_fail(LVK_ERROR_ARGUMENT, "model %u: the file has %u", (unsigned)o->member,
                        (unsigned)members);
    if (!(o->patch >= LVK_EXPLAIN_LEAST_PATCH && o->patch <= 1))
        return lvk_fail(LVK_ERROR_ARGUMENT, "a patch of %g sides of the crop: must be from %g to 1", o->patch,
                        LVK_EXPLAIN_LEAST_PATCH);
    return LVK_OK;
}

lvk_status lvk_explainer_create(lvk_classifier *classifier, const lvk_explain_options *options,
                                lvk_explainer **explainer) {
    const uint32_t members = lvk_classifier_get_info(classifier)->members;
    lvk_explain_options o;
    *explainer = NULL;
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_explain_options, &o, options));
    o.patch = o.patch == 0 ? LVK_EXPLAIN_PATCH : o.patch;
    LVK_TRY(check_options(&o, members));
    lvk_explainer *e = lvk_alloc(1, sizeof *e);
    if (!e)
        return LVK_ERROR_MEMORY;
    e->classifier = classifier;
    e->options = o;
    e->first = o.member ? o.member - 1 : 0;
    e->count = o.member ? 1 : members;
    *explainer = e;
    return LVK_OK;
}

static void destroy_networks(lvk_explainer *e) {
    for (uint32_t m = 0; m < e->count; ++m)
        lvk_network_destroy(&e->networks[m]);
    e->side = 0;
}

void lvk_explainer_destroy(lvk_explainer **explainer) {
    if (!*explainer)
        return;
    destroy_networks(*explainer);
    lvk_free(*explainer);
    *explainer = NULL;
}

const char *lvk_explainer_class_name(const lvk_explainer *e, uint32_t class_index) {
    const lvk_model_info *model = lvk_classifier_model(e->classifier);
    if (class_index >= class_count(e))
        return NULL;
    return model->class_count ? model->classes[class_index]
           : class_index      ? model->positive_class
                              : model->negative_class;
}

lvk_status lvk_explainer_find_class(const lvk_explainer *e, const char *name, uint32_t *class_index) {
    lvk_text text = {0};
    char *list;
    for (uint32_t k = 0; k < class_count(e); ++k) {
        lvk_text_add(&text, "%s%s", k ? ", " : "", lvk_explainer_class_name(e, k));
        if (strcmp(lvk_explainer_class_name(e, k), name) != 0)
            continue;
        *class_index = k;
        lvk_text_finish(&text);
        return LVK_OK;
    }
    LVK_TRY(lvk_text_take(&text, &list, NULL));
    const lvk_status status =
        lvk_fail(LVK_ERROR_ARGUMENT, "the class %.100s is none of the model's: %.500s", name, list);
    lvk_free(list);
    return status;
}

const lvk_evaluation_member *lvk_explainer_member(const lvk_explainer *e, uint32_t m) {
    return lvk_classifier_member(e->classifier, e->first + m);
}

/* ---- networks ---- */

static lvk_status create_network(lvk_explainer *e, uint32_t m, uint32_t side) {
    lvk_network *from = lvk_explainer_member(e, m)->network;
    lvk_network_config config = from->config;
    config.explain = e->options.method == LVK_EXPLAIN_GRAD_CAM;
    config.batch = config.explain ? 1 : OCCLUSION_BATCH;
    config.crop_side = side;
    LVK_TRY(lvk_network_create_checked(from->backend, &config, &e->networks[m]));
    return lvk_network_copy_parameters(from, e->networks[m]);
}

/* Makes the networks, at first or anew for larger crops. */
static lvk_status make_networks(lvk_explainer *e, uint32_t side) {
    const uint32_t usual = lvk_explainer_member(e, 0)->network->config.crop_side;
    if (side <= e->side)
        return LVK_OK;
    side = side > usual ? side : usual;
    destroy_networks(e);
    for (uint32_t m = 0; m < e->count; ++m)
        LVK_TRY(create_network(e, m, side));
    e->side = side;
    return LVK_OK;
}

/* ---- probabilities ---- */

static lvk_status check_finite(const char *name, const float *logits, uint32_t width) {
    for (uint32_t k = 0; k < width; ++k)
        if (!isfinite(logits[k]))
            return lvk_fail(LVK_ERROR_NUMERIC, "%s: the network's output is not a finite number", name);
    return LVK_OK;
}

/* Makes of the sum of the members' probabilities what the classifier gives. */
static void finish_sum(const lvk_explainer *e, double *p, uint32_t width) {
    for (uint32_t k = 0; k < width; ++k)
        p[k] = lvk_prediction_round(p[k] / e->count);
    if (e->count > 1)
        lvk_evaluation_temper_mean(p, width, lvk_classifier_get_info(e->classifier)->temperature);
}

static lvk_status add_member(lvk_explainer *e, uint32_t m, const char *name, const uint8_t *batch,
                             uint32_t count, uint32_t side, double *p) {
    const lvk_evaluation_member *member = lvk_explainer_member(e, m);
    lvk_network *network = e->networks[m];
    const uint32_t rows_count = network->config.batch, width = width_of(e);
    const lvk_augment plain = lvk_augment_view(0);
    const uint32_t output = lvk_classifier_model(e->classifier)->image_size;
    lvk_resampling *rows = lvk_alloc(rows_count, sizeof *rows);
    float *logits = lvk_alloc(rows_count, width * sizeof *logits);
    double own[LVK_MOST_CLASSES];
    lvk_status status = rows && logits ? LVK_OK : LVK_ERROR_MEMORY;
    for (uint32_t i = 0; i < count && status == LVK_OK; ++i)
        rows[i] = lvk_resampling_make(&plain, side, output, &member->standard);
    if (status == LVK_OK)
        status = lvk_network_infer(network, batch, rows, logits);
    for (uint32_t i = 0; i < count && status == LVK_OK; ++i) {
        const float *row = logits + (size_t)i * width;
        status = check_finite(name, row, width);
        lvk_evaluation_of_logits(row, width, member->temperature, own);
        for (uint32_t k = 0; k < width; ++k)
            p[(size_t)i * width + k] += lvk_prediction_round(own[k]);
    }
    lvk_free(rows);
    lvk_free(logits);
    return status;
}

lvk_status lvk_explainer_probabilities(lvk_explainer *e, const char *name, const uint8_t *batch,
                                       uint32_t count, uint32_t side, double *p) {
    const uint32_t width = width_of(e);
    for (size_t i = 0; i < (size_t)count * width; ++i)
        p[i] = 0;
    for (uint32_t m = 0; m < e->count; ++m)
        LVK_TRY(add_member(e, m, name, batch, count, side, p));
    for (uint32_t i = 0; i < count; ++i)
        finish_sum(e, p + (size_t)i * width, width);
    return LVK_OK;
}

double lvk_explainer_probability_of(const lvk_explainer *e, const double *p, uint32_t class_index) {
    return width_of(e) > 1 ? p[class_index] : class_index ? p[0] : 1 - p[0];
}

/* ---- an explanation ---- */

static uint32_t called(const lvk_explainer *e, const double *p) {
    return width_of(e) > 1
               ? lvk_class_called(p, width_of(e))
               : (uint32_t)lvk_is_positive(p[0], lvk_classifier_get_info(e->classifier)->threshold);
}

/* Computes the map of a crop, whose pixels lie in `crop`, and what is measured of it. */
static lvk_status compute(lvk_explainer *e, const lvk_explained_crop *crop, int class_index,
                          lvk_explanation *x) {
    double p[LVK_MOST_CLASSES];
    const size_t bytes = (size_t)e->side * e->side * 4;
    uint8_t *batch = lvk_alloc(e->networks[0]->config.batch, bytes);
    if (!batch)
        return LVK_ERROR_MEMORY;
    memcpy(batch, crop->pixels, (size_t)crop->side * crop->side * 4);
    lvk_status status = lvk_explainer_probabilities(e, crop->name, batch, 1, crop->side, p);
    lvk_free(batch);
    LVK_TRY(status);
    const uint32_t class = class_index == LVK_EXPLAIN_CALLED ? called(e, p) : (uint32_t)class_index;
    x->heat.class_index = class;
    x->heat.p = lvk_explainer_probability_of(e, p, class);
    LVK_TRY(e->options.method == LVK_EXPLAIN_GRAD_CAM ? lvk_grad_cam(e, crop, class, x->map)
                                                      : lvk_occlusion(e, crop, class, x->heat.p, x->map));
    x->heat.maximum =
        lvk_heat_normalize(x->map, (size_t)x->side * x->side,
                           e->options.method == LVK_EXPLAIN_OCCLUSION ? LVK_EXPLAIN_LEAST_FALL : 0);
    lvk_heat_measure(x->map, x->places, x->side, &x->heat);
    return LVK_OK;
}

static lvk_status allocate(const lvk_image *crop, lvk_explanation *x, lvk_explained_crop *input) {
    const size_t pixels = (size_t)crop->width * crop->width;
    x->side = crop->width;
    x->map = lvk_alloc(pixels, sizeof *x->map);
    x->pixels = lvk_alloc(pixels, 3);
    x->places = lvk_alloc(pixels, 1);
    input->pixels = lvk_alloc(pixels, 4);
    if (!x->map || !x->pixels || !x->places || !input->pixels)
        return LVK_ERROR_MEMORY;
    memcpy(x->pixels, crop->pixels, pixels * 3);
    lvk_crop_pixels(crop, input->pixels);
    return lvk_crop_places_find(crop, x->places);
}

lvk_status lvk_explain_crop(lvk_explainer *e, const char *name, const lvk_image *crop, int class_index,
                            lvk_explanation *x) {
    *x = (lvk_explanation){0};
    if (class_index != LVK_EXPLAIN_CALLED && (class_index < 0 || (uint32_t)class_index >= class_count(e)))
        return lvk_fail(LVK_ERROR_ARGUMENT, "class %d: the model has %u", class_index,
                        (unsigned)class_count(e));
    lvk_explained_crop input = {.name = name, .side = crop->width};
    lvk_status status = allocate(crop, x, &input);
    if (status == LVK_OK)
        status = make_networks(e, crop->width);
    if (status == LVK_OK)
        status = compute(e, &input, class_index, x);
    lvk_free(input.pixels);
    if (status != LVK_OK)
        lvk_explanation_finish(x);
    return status;
}

void lvk_explanation_finish(lvk_explanation *x) {
    lvk_free(x->map);
    lvk_free(x->pixels);
    lvk_free(x->places);
    *x = (lvk_explanation){0};
}

lvk_status lvk_explain_picture(lvk_explainer *e, const lvk_picture *picture, int class_index,
                               lvk_explanation *x) {
    return lvk_explain_crop(e, lvk_picture_name(picture), lvk_picture_crop(picture), class_index, x);
}

/* `status` is that of the picture, which is freed. */
static lvk_status explain_once(lvk_explainer *e, lvk_status status, lvk_picture *picture, int class_index,
                               lvk_explanation *x) {
    *x = (lvk_explanation){0};
    if (status == LVK_OK)
        status = lvk_explain_picture(e, picture, class_index, x);
    lvk_picture_free(&picture);
    return status;
}

lvk_status lvk_explain_bytes(lvk_explainer *e, const char *name, const void *data, size_t size,
                             double microns_per_pixel, int class_index, lvk_explanation *x) {
    lvk_picture *picture = NULL;
    const lvk_status status =
        lvk_picture_decode(e->classifier, name, data, size, microns_per_pixel, &picture);
    return explain_once(e, status, picture, class_index, x);
}

lvk_status lvk_explain_file(lvk_explainer *e, const char *path, double microns_per_pixel, int class_index,
                            lvk_explanation *x) {
    lvk_picture *picture = NULL;
    const lvk_status status = lvk_picture_read(e->classifier, path, microns_per_pixel, &picture);
    return explain_once(e, status, picture, class_index, x);
}

lvk_status lvk_explain_image(lvk_explainer *e, const lvk_dataset *dataset, uint32_t index, int class_index,
                             lvk_explanation *x) {
    const lvk_model_info *model = lvk_classifier_model(e->classifier);
    lvk_cache *cache = NULL;
    const lvk_image *crop;
    lvk_image own = {0};
    *x = (lvk_explanation){0};
    LVK_TRY(lvk_cache_create(dataset, lvk_classifier_crop(e->classifier), model->image_size,
                             LVK_CACHE_NOTHING, &cache));
    lvk_cache_set_scale(cache, model->microns_per_pixel);
    lvk_status status = lvk_cache_get(cache, index, &crop, &own);
    if (status == LVK_OK)
        status = lvk_explain_crop(e, lvk_dataset_image(dataset, index)->path, crop, class_index, x);
    lvk_image_finish(&own);
    lvk_cache_destroy(&cache);
    return status;
}
