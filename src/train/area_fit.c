#include "train/area_fit.h"

#include "core/memory.h"
#include "metrics/subject_weights.h"
#include "models/area.h"
#include "predict/evaluation.h"
#include "train/results.h"

#include <math.h>
#include <string.h>

enum { MOST_ROUNDS = 50 };
static const double LEAST_DEVIATION = 1e-6; /* a number that varies less tells nothing */

typedef struct moments {
    double mean, deviation, total,
        positive; /* of x, and of the weights of all and of targets 1, if there are any */
} moments;

static moments measure(const double *x, const uint8_t *targets, const double *weights, size_t count) {
    moments m = {0};
    double squares = 0;
    for (size_t i = 0; i < count; ++i) {
        m.total += weights[i];
        m.positive += targets && targets[i] ? weights[i] : 0;
        m.mean += weights[i] * x[i];
    }
    m.mean /= m.total > 0 ? m.total : 1;
    for (size_t i = 0; i < count; ++i)
        squares += weights[i] * (x[i] - m.mean) * (x[i] - m.mean);
    m.deviation = m.total > 0 ? sqrt(squares / m.total) : 0;
    return m;
}

/* One step of Newton's method for a and b of sigmoid(a z + b), z the standardized x. Returns how far it went. */
static double step(const double *x, const uint8_t *targets, const double *weights, size_t count,
                   const moments *m, double *a, double *b) {
    double ga = LVK_AREA_RIDGE * *a, gb = 0, haa = LVK_AREA_RIDGE, hab = 0, hbb = 0;
    for (size_t i = 0; i < count; ++i) {
        const double z = (x[i] - m->mean) / m->deviation, p = 1 / (1 + exp(-(*a * z + *b)));
        const double w = weights[i] / m->total, off = w * (p - targets[i]), curvature = w * p * (1 - p);
        ga += off * z;
        gb += off;
        haa += curvature * z * z;
        hab += curvature * z;
        hbb += curvature;
    }
    const double determinant = haa * hbb - hab * hab;
    if (!(determinant > 1e-12))
        return 0;
    const double da = (hbb * ga - hab * gb) / determinant, db = (haa * gb - hab * ga) / determinant;
    *a -= da;
    *b -= db;
    return fabs(da) + fabs(db);
}

void lvk_area_fit(const double *x, const uint8_t *targets, const double *weights, size_t count, double *slope,
                  double *intercept) {
    const moments m = measure(x, targets, weights, count);
    double a = 0, b = 0;
    *slope = *intercept = 0;
    if (!(m.positive > 0 && m.positive < m.total) || !(m.deviation > LEAST_DEVIATION))
        return;
    for (int round = 0; round < MOST_ROUNDS; ++round)
        if (step(x, targets, weights, count, &m, &a, &b) < 1e-12)
            break;
    *slope = a / m.deviation;
    *intercept = b - *slope * m.mean;
}

/* ---- of a training ---- */

typedef struct area_data {
    size_t count;
    const uint32_t *images;
    uint32_t *targets;
    double *weights; /* of lvk_subject_weights */
} area_data;

static void close_data(area_data *data) {
    lvk_free(data->targets);
    lvk_free(data->weights);
}

static lvk_status weigh(const lvk_trainer *t, area_data *data) {
    uint32_t *subjects = lvk_alloc(data->count, sizeof *subjects);
    if (!subjects)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < data->count; ++i) {
        subjects[i] = lvk_dataset_image(t->dataset, data->images[i])->subject;
        data->targets[i] = (uint32_t)lvk_evaluation_target(t->dataset, data->images[i]);
    }
    const lvk_status status =
        lvk_subject_weights(subjects, data->targets, data->count, lvk_dataset_subject_count(t->dataset),
                            LVK_MOST_CLASSES, data->weights, NULL);
    lvk_free(subjects);
    return status;
}

/* Of the training images. An image whose subject is not known is a subject of its own. */
static lvk_status open_data(const lvk_trainer *t, area_data *data) {
    *data = (area_data){0};
    data->images = lvk_split_images(t->split, LVK_SPLIT_TRAIN, &data->count);
    data->targets = lvk_alloc(data->count, sizeof *data->targets);
    data->weights = lvk_alloc(data->count, sizeof *data->weights);
    const lvk_status status = data->targets && data->weights ? weigh(t, data) : LVK_ERROR_MEMORY;
    if (status != LVK_OK)
        close_data(data);
    return status;
}

/* Fits the area's logits: of two classes the logistic function of the positive one, of more those of each class
 * against the rest. The first rank's numbers count, since another's mathematical library may differ in the last
 * digit. */
static lvk_status fit_area(lvk_trainer *t, double *kernel, double *bias) {
    area_data data;
    double of_class[LVK_MOST_CLASSES] = {0};
    const uint32_t outputs = lvk_network_outputs(t->network);
    LVK_TRY(open_data(t, &data));
    uint8_t *is_class = lvk_alloc(data.count, sizeof *is_class);
    for (size_t i = 0; i < data.count; ++i)
        of_class[data.targets[i]] += (double)t->class_weight[data.targets[i]];
    for (size_t i = 0; i < data.count; ++i)
        data.weights[i] *= of_class[data.targets[i]];
    for (uint32_t k = 0; k < outputs && is_class; ++k) {
        for (size_t i = 0; i < data.count; ++i)
            is_class[i] = data.targets[i] == (outputs == 1 ? 1 : k);
        lvk_area_fit(t->ground, is_class, data.weights, data.count, &kernel[k], &bias[k]);
    }
    const lvk_status status = is_class ? LVK_OK : LVK_ERROR_MEMORY;
    lvk_free(is_class);
    close_data(&data);
    return status;
}

static void set_area(const void *user, const lvk_builder *builder, float *block) {
    lvk_area_set(builder, user, block);
}

lvk_status lvk_area_start(lvk_trainer *t) {
    double kernel[LVK_MOST_CLASSES] = {0}, bias[LVK_MOST_CLASSES] = {0};
    LVK_TRY(lvk_ranks_agree(&t->ranks, fit_area(t, kernel, bias)));
    lvk_ranks_broadcast(&t->ranks, 0, kernel, sizeof kernel);
    lvk_ranks_broadcast(&t->ranks, 0, bias, sizeof bias);
    lvk_area_parameters parameters = {.kernel = kernel, .bias = bias};
    memcpy(parameters.mean, t->info.standard.mean, sizeof parameters.mean);
    memcpy(parameters.deviation, t->info.standard.deviation, sizeof parameters.deviation);
    return lvk_network_change_parameters(t->network, set_area, &parameters);
}

/* ---- after it ---- */

/* The changes to the last dense layer of the net, and to that of the area. */
typedef struct logit_change {
    moments net, area;
} logit_change;

static const moments none = {.deviation = 1}, remove_all = {.deviation = INFINITY};

/* Takes the mean from a dense layer's outputs, and divides them by the deviation. `kernel` is the number of its kernel, which its
 * bias follows. */
static void change_layer(const lvk_builder *builder, size_t kernel, const moments *m, float *block) {
    for (size_t p = kernel; p < kernel + 2; ++p) {
        const lvk_tensor *tensor = &builder->graph->tensors[builder->parameters[p].tensor];
        float *values = block + tensor->offset / sizeof *values;
        for (uint64_t i = 0; i < lvk_type_count(&tensor->type); ++i)
            values[i] = (float)(((double)values[i] - (p > kernel ? m->mean : 0)) / m->deviation);
    }
}

/* The parameters end with kernel and bias of the net's last layer, of the area's ground, and of the area's logits. */
static void change_logits(const void *user, const lvk_builder *builder, float *block) {
    const logit_change *change = user;
    change_layer(builder, builder->parameter_count - 6, &change->net, block);
    change_layer(builder, builder->parameter_count - 2, &change->area, block);
}

/* Gives the network the parameters, with a change. */
static lvk_status change_from(lvk_trainer *t, const float *parameters, const logit_change *change) {
    LVK_TRY(lvk_network_write(t->network, LVK_BLOCK_PARAMETERS, parameters));
    return lvk_network_change_parameters(t->network, change_logits, change);
}

/* Mean and deviation of the network's logits over the training images. The temperature keeps the probabilities, from which they are
 * computed, off 0 and 1. */
static lvk_status measure_logits(lvk_trainer *t, const area_data *data, double *logits, moments *m) {
    const double temperature = 64;
    LVK_TRY(lvk_evaluation_probabilities(t->network, &t->source, data->images, data->count, 1, temperature,
                                         NULL, NULL, NULL, logits));
    for (size_t i = 0; i < data->count; ++i) {
        const double p =
            fmin(fmax(logits[i], 5e-10), 1 - 5e-10); /* half of the last digit of a probability */
        logits[i] = temperature * log(p / (1 - p));
    }
    *m = measure(logits, NULL, data->weights, data->count);
    return LVK_OK;
}

static lvk_status standardize(lvk_trainer *t, const area_data *data, double *logits, float *parameters) {
    logit_change change;
    LVK_TRY(lvk_network_read(t->network, lvk_network_model(t->network), parameters));
    LVK_TRY(change_from(t, parameters, &(logit_change){.net = none, .area = remove_all}));
    LVK_TRY(measure_logits(t, data, logits, &change.net));
    LVK_TRY(change_from(t, parameters, &(logit_change){.net = remove_all, .area = none}));
    LVK_TRY(measure_logits(t, data, logits, &change.area));
    if (change.net.deviation < LEAST_DEVIATION || change.area.deviation < LEAST_DEVIATION)
        return lvk_network_write(t->network, LVK_BLOCK_PARAMETERS, parameters);
    LVK_TRY(change_from(t, parameters, &change));
    return lvk_results_save_model(t);
}

lvk_status lvk_area_standardize(lvk_trainer *t) {
    area_data data;
    if (!t->settings.area || lvk_network_outputs(t->network) > 1 || t->settings.balance == LVK_BALANCE_NONE)
        return LVK_OK;
    LVK_TRY(open_data(t, &data));
    double *logits = lvk_alloc(data.count, sizeof *logits);
    float *parameters = lvk_alloc(t->network->block_size, 1);
    const lvk_status status =
        logits && parameters ? standardize(t, &data, logits, parameters) : LVK_ERROR_MEMORY;
    lvk_free(parameters);
    lvk_free(logits);
    close_data(&data);
    return status;
}
