#include "train/cell_fit.h"

#include "core/memory.h"
#include "metrics/subject_weights.h"
#include "models/cell.h"
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

/* Of every `stride`-th number of x. */
static moments measure(const double *x, uint32_t stride, const uint8_t *targets, const double *weights,
                       size_t count) {
    moments m = {0};
    double squares = 0;
    for (size_t i = 0; i < count; ++i) {
        m.total += weights[i];
        m.positive += targets && targets[i] ? weights[i] : 0;
        m.mean += weights[i] * x[i * stride];
    }
    m.mean /= m.total > 0 ? m.total : 1;
    for (size_t i = 0; i < count; ++i)
        squares += weights[i] * (x[i * stride] - m.mean) * (x[i * stride] - m.mean);
    m.deviation = m.total > 0 ? sqrt(squares / m.total) : 0;
    return m;
}

/* Of the standardized inputs, and last of the intercept. */
enum { MOST_UNKNOWNS = LVK_CELL_MOST_INPUTS + 1 };

/* Solves hessian x = gradient, which becomes x, by Gaussian elimination; the hessian is positive definite. False: it is nearly
 * singular. */
static bool solve(double hessian[MOST_UNKNOWNS][MOST_UNKNOWNS], double *gradient, uint32_t size) {
    for (uint32_t k = 0; k < size; ++k) {
        if (!(hessian[k][k] > 1e-12))
            return false;
        for (uint32_t i = 0; i < size; ++i) {
            const double factor = i == k ? 0 : hessian[i][k] / hessian[k][k];
            for (uint32_t j = k; j < size; ++j)
                hessian[i][j] -= factor * hessian[k][j];
            gradient[i] -= factor * gradient[k];
        }
    }
    for (uint32_t k = 0; k < size; ++k)
        gradient[k] /= hessian[k][k];
    return true;
}

/* The rows of a fit, and the moments of their inputs. */
typedef struct fit_rows {
    const double *x, *weights;
    const uint8_t *targets;
    size_t count;
    uint32_t width;
    moments of[LVK_CELL_MOST_INPUTS];
} fit_rows;

/* z[width] are the standardized inputs, z[width] = 1. An input that hardly varies counts 0. */
static void standardized(const fit_rows *rows, size_t row, double *z) {
    for (uint32_t j = 0; j < rows->width; ++j) {
        const moments *m = &rows->of[j];
        z[j] = m->deviation > LEAST_DEVIATION ? (rows->x[row * rows->width + j] - m->mean) / m->deviation : 0;
    }
    z[rows->width] = 1;
}

/* One step of Newton's method for the unknowns w of sigmoid(w z). Returns how far it went. */
static double step(const fit_rows *rows, double *w) {
    double gradient[MOST_UNKNOWNS] = {0}, hessian[MOST_UNKNOWNS][MOST_UNKNOWNS] = {{0}}, z[MOST_UNKNOWNS];
    const uint32_t size = rows->width + 1;
    for (uint32_t j = 0; j < rows->width; ++j) {
        gradient[j] = LVK_CELL_RIDGE * w[j];
        hessian[j][j] = LVK_CELL_RIDGE;
    }
    for (size_t i = 0; i < rows->count; ++i) {
        double logit = 0;
        standardized(rows, i, z);
        for (uint32_t j = 0; j < size; ++j)
            logit += w[j] * z[j];
        const double p = 1 / (1 + exp(-logit)), weight = rows->weights[i] / rows->of[0].total;
        for (uint32_t j = 0; j < size; ++j) {
            gradient[j] += weight * (p - rows->targets[i]) * z[j];
            for (uint32_t k = 0; k < size; ++k)
                hessian[j][k] += weight * p * (1 - p) * z[j] * z[k];
        }
    }
    if (!solve(hessian, gradient, size))
        return 0;
    double distance = 0;
    for (uint32_t j = 0; j < size; ++j) {
        w[j] -= gradient[j];
        distance += fabs(gradient[j]);
    }
    return distance;
}

void lvk_cell_fit(const double *x, uint32_t width, const uint8_t *targets, const double *weights,
                  size_t count, double *slopes, double *intercept) {
    fit_rows rows = {.x = x, .weights = weights, .targets = targets, .count = count, .width = width};
    double w[MOST_UNKNOWNS] = {0};
    bool varies = false;
    for (uint32_t j = 0; j < width; ++j) {
        rows.of[j] = measure(x + j, width, targets, weights, count);
        varies = varies || rows.of[j].deviation > LEAST_DEVIATION;
    }
    const bool both = rows.of[0].positive > 0 && rows.of[0].positive < rows.of[0].total;
    for (int round = 0; both && varies && round < MOST_ROUNDS; ++round)
        if (step(&rows, w) < 1e-12)
            break;
    *intercept = w[width];
    for (uint32_t j = 0; j < width; ++j) {
        slopes[j] = w[j] == 0 ? 0 : w[j] / rows.of[j].deviation; /* NOLINT(clang-diagnostic-float-equal) */
        *intercept -= slopes[j] * rows.of[j].mean;
    }
}

/* ---- of a training ---- */

static void take_numbers(const lvk_image *crop, double *numbers) {
    const size_t count = (size_t)crop->width * crop->height;
    double density[256];
    uint64_t ground = 0, counts[2][256] = {{0}};
    for (size_t i = 0; i < count; ++i) {
        const uint8_t *p = crop->pixels + 3 * i;
        const uint32_t color = LVK_GROUND_STEEPNESS * ((uint32_t)p[0] + p[1] + p[2]);
        ground += color <= 255 ? 255 : color < 510 ? 510 - color : 0;
        ++counts[0][p[1]];
        ++counts[1][p[2]];
    }
    const double share = 1 / (double)(count ? count : 1);
    lvk_cell_densities(density);
    numbers[LVK_CELL_GROUND] = (double)ground / 255 * share;
    for (int c = 0; c < 2; ++c) {
        double sum = 0;
        for (int v = 0; v < 256; ++v)
            sum += density[v] * (double)counts[c][v];
        numbers[LVK_CELL_GREEN + c] = sum * share - density[0] * numbers[LVK_CELL_GROUND];
    }
}

const lvk_crop_measure lvk_cell_measure = {LVK_CELL_NUMBERS, take_numbers};

typedef struct cell_data {
    size_t count;
    const uint32_t *images;
    uint32_t *targets;
    double *weights; /* of lvk_subject_weights */
} cell_data;

static void close_data(cell_data *data) {
    lvk_free(data->targets);
    lvk_free(data->weights);
}

static lvk_status weigh(const lvk_trainer *t, cell_data *data) {
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
static lvk_status open_data(const lvk_trainer *t, cell_data *data) {
    *data = (cell_data){0};
    data->images = lvk_split_images(t->split, LVK_SPLIT_TRAIN, &data->count);
    data->targets = lvk_alloc(data->count, sizeof *data->targets);
    data->weights = lvk_alloc(data->count, sizeof *data->weights);
    const lvk_status status = data->targets && data->weights ? weigh(t, data) : LVK_ERROR_MEMORY;
    if (status != LVK_OK)
        close_data(data);
    return status;
}

/* The balance of green and blue with which the mean hue is 0. */
static double balance_of(const lvk_trainer *t, const cell_data *data) {
    double green = 0, blue = 0;
    for (size_t i = 0; i < data->count; ++i) {
        green += data->weights[i] * t->cells[i * LVK_CELL_NUMBERS + LVK_CELL_GREEN];
        blue += data->weights[i] * t->cells[i * LVK_CELL_NUMBERS + LVK_CELL_BLUE];
    }
    return green > 0 ? blue / green : 0;
}

/* What is fitted, of each class. */
typedef struct cell_logits {
    double balance, area[LVK_MOST_CLASSES], hue[LVK_MOST_CLASSES], bias[LVK_MOST_CLASSES];
} cell_logits;

/* x[images][2]: ground and hue. */
static void fit_classes(const lvk_trainer *t, const cell_data *data, double *x, uint8_t *is_class,
                        cell_logits *logits) {
    const uint32_t outputs = lvk_network_outputs(t->network),
                   width = t->settings.cell == LVK_CELL_AREA_AND_HUE ? 2 : 1;
    double of_class[LVK_MOST_CLASSES] = {0};
    for (size_t i = 0; i < data->count; ++i)
        of_class[data->targets[i]] += (double)t->class_weight[data->targets[i]];
    for (size_t i = 0; i < data->count; ++i)
        data->weights[i] *= of_class[data->targets[i]];
    logits->balance = balance_of(t, data);
    for (size_t i = 0; i < data->count; ++i) {
        const double *numbers = t->cells + i * LVK_CELL_NUMBERS;
        x[i * width] = numbers[LVK_CELL_GROUND];
        if (width > 1)
            x[i * width + 1] = numbers[LVK_CELL_BLUE] - logits->balance * numbers[LVK_CELL_GREEN];
    }
    for (uint32_t k = 0; k < outputs; ++k) {
        double slopes[LVK_CELL_MOST_INPUTS] = {0};
        for (size_t i = 0; i < data->count; ++i)
            is_class[i] = data->targets[i] == (outputs == 1 ? 1 : k);
        lvk_cell_fit(x, width, is_class, data->weights, data->count, slopes, &logits->bias[k]);
        logits->area[k] = slopes[0];
        logits->hue[k] = slopes[1];
    }
}

/* Fits the logits: of two classes the logistic function of the positive one, of more those of each class
 * against the rest. The first rank's numbers count, since another's mathematical library may differ in the last
 * digit. */
static lvk_status fit_cell(lvk_trainer *t, cell_logits *logits) {
    cell_data data;
    LVK_TRY(open_data(t, &data));
    uint8_t *is_class = lvk_alloc(data.count, sizeof *is_class);
    double *x = lvk_alloc(data.count, LVK_CELL_MOST_INPUTS * sizeof *x);
    const lvk_status status = is_class && x ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        fit_classes(t, &data, x, is_class, logits);
    lvk_free(is_class);
    lvk_free(x);
    close_data(&data);
    return status;
}

static void set_cell(const void *user, const lvk_builder *builder, float *block) {
    lvk_cell_set(builder, user, block);
}

lvk_status lvk_cell_start(lvk_trainer *t) {
    cell_logits logits = {0};
    LVK_TRY(lvk_ranks_agree(&t->ranks, fit_cell(t, &logits)));
    lvk_ranks_broadcast(&t->ranks, 0, &logits, sizeof logits);
    lvk_cell_parameters parameters = {
        .balance = logits.balance, .area = logits.area, .hue = logits.hue, .bias = logits.bias};
    memcpy(parameters.mean, t->info.standard.mean, sizeof parameters.mean);
    memcpy(parameters.deviation, t->info.standard.deviation, sizeof parameters.deviation);
    return lvk_network_change_parameters(t->network, set_cell, &parameters);
}

/* ---- after it ---- */

/* The changes to the last dense layer of the net, and to that of the cell. */
typedef struct logit_change {
    moments net, cell;
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

/* The parameters end with kernel and bias of the net's last layer, of the cell's filters, with hue of the measures, and of the cell's
 * logits. */
static void change_logits(const void *user, const lvk_builder *builder, float *block) {
    const logit_change *change = user;
    const size_t of_cell = lvk_parameter_find(builder, "hue/kernel") ? 6 : 4;
    change_layer(builder, builder->parameter_count - of_cell - 2, &change->net, block);
    change_layer(builder, builder->parameter_count - 2, &change->cell, block);
}

/* Gives the network the parameters, with a change. */
static lvk_status change_from(lvk_trainer *t, const float *parameters, const logit_change *change) {
    LVK_TRY(lvk_network_write(t->network, LVK_BLOCK_PARAMETERS, parameters));
    return lvk_network_change_parameters(t->network, change_logits, change);
}

/* Mean and deviation of the network's logits over the training images. The temperature keeps the probabilities, from which they are
 * computed, off 0 and 1. */
static lvk_status measure_logits(lvk_trainer *t, const cell_data *data, double *logits, moments *m) {
    const double temperature = 64;
    LVK_TRY(lvk_evaluation_probabilities(t->network, &t->source, data->images, data->count, 1, temperature,
                                         NULL, NULL, NULL, logits));
    for (size_t i = 0; i < data->count; ++i) {
        const double p =
            fmin(fmax(logits[i], 5e-10), 1 - 5e-10); /* half of the last digit of a probability */
        logits[i] = temperature * log(p / (1 - p));
    }
    *m = measure(logits, 1, NULL, data->weights, data->count);
    return LVK_OK;
}

static lvk_status standardize(lvk_trainer *t, const cell_data *data, double *logits, float *parameters) {
    logit_change change;
    LVK_TRY(lvk_network_read(t->network, lvk_network_model(t->network), parameters));
    LVK_TRY(change_from(t, parameters, &(logit_change){.net = none, .cell = remove_all}));
    LVK_TRY(measure_logits(t, data, logits, &change.net));
    LVK_TRY(change_from(t, parameters, &(logit_change){.net = remove_all, .cell = none}));
    LVK_TRY(measure_logits(t, data, logits, &change.cell));
    if (change.net.deviation < LEAST_DEVIATION || change.cell.deviation < LEAST_DEVIATION)
        return lvk_network_write(t->network, LVK_BLOCK_PARAMETERS, parameters);
    LVK_TRY(change_from(t, parameters, &change));
    return lvk_results_save_model(t);
}

lvk_status lvk_cell_standardize(lvk_trainer *t) {
    cell_data data;
    if (!t->settings.cell || lvk_network_outputs(t->network) > 1 || t->settings.balance == LVK_BALANCE_NONE)
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
