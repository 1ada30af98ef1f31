#include "predict/novelty.h"

#include "core/memory.h"
#include "core/quantile.h"

#include <math.h>
#include <string.h>

enum {
    MOST_IMAGES = 4096,    /* of which the distributions are learnt; of more, so many at equal steps */
    FEATURE_RANK = 32,     /* principal directions of the features, */
    ROWS_A_DIRECTION = 10, /* of which each needs so many images */
    FOLDS = 10             /* parts in which the training's people are left out */
};

/* An image may be a little farther away than this share of the images of people not trained on. */
static const double quantile = 0.98, margin = 1.05;

/* By how much the limit of the features is larger for people not seen, if that was not measured. */
static const double usual_ratio = 1.3;

/* ---- measures of a picture ---- */

/* Area, then of red, green and blue the optical density of the mean and the logarithm of the deviation, then
 * the logarithm of the mean absolute Laplacian, then the share of the box that the cell fills. Differences
 * below `step` mean nothing, whatever the training's images have. */
static const struct {
    const char *cause;
    double step;
} kinds[LVK_PICTURE_MEASURES] = {{"area", 0.05},     {"colour", 0.03},   {"colour", 0.03},
                                 {"colour", 0.03},   {"contrast", 0.05}, {"contrast", 0.05},
                                 {"contrast", 0.05}, {"texture", 0.05},  {"outline", 0.02}};
enum { AREA, COLOUR, CONTRAST = COLOUR + 3, TEXTURE = CONTRAST + 3, OUTLINE };

void lvk_novelty_measure(const lvk_image_info *image, double area, float measures[LVK_PICTURE_MEASURES]) {
    const double count = image->area ? (double)image->area : 1;
    double values[LVK_PICTURE_MEASURES];
    values[AREA] = log(fmax(area, 1));
    for (int c = 0; c < 3; ++c) {
        const double mean = (double)image->colour_sum[c] / count;
        const double variance = (double)image->colour_square_sum[c] / count - mean * mean;
        values[COLOUR + c] = -log((mean + 1) / 256);
        values[CONTRAST + c] = log(sqrt(fmax(variance, 0)) + 1);
    }
    values[TEXTURE] = log(image->texture / 16.0 + 1);
    values[OUTLINE] = image->outline / 65535.0;
    for (int m = 0; m < LVK_PICTURE_MEASURES; ++m)
        measures[m] = (float)(values[m] / kinds[m].step);
}

/* ---- learning ---- */

/* Images with what is measured of them. */
typedef struct measured {
    size_t count;
    uint32_t *images, *labels; /* [count] */
    float *pictures;           /* [count][LVK_PICTURE_MEASURES] */
    uint32_t length;
    float *features;    /* [count][length] */
    double *distances;  /* [count] */
    double *deviations; /* [LVK_PICTURE_MEASURES][count] */
} measured;

static void measured_finish(measured *m) {
    lvk_free(m->images);
    lvk_free(m->labels);
    lvk_free(m->pictures);
    lvk_free(m->features);
    lvk_free(m->distances);
    lvk_free(m->deviations);
}

static void take_features(void *user, size_t row, const float *features) {
    const measured *m = user;
    memcpy(m->features + row * m->length, features, m->length * sizeof *features);
}

static lvk_status measured_init(measured *m, const lvk_novelty_request *r, const uint32_t *images,
                                size_t count) {
    const lvk_dataset *dataset = lvk_cache_dataset(r->source->cache);
    *m = (measured){.count = count < MOST_IMAGES ? count : MOST_IMAGES,
                    .length = lvk_network_feature_count(r->network)};
    m->images = lvk_alloc(m->count, sizeof *m->images);
    m->labels = lvk_alloc(m->count, sizeof *m->labels);
    m->pictures = lvk_alloc(m->count * LVK_PICTURE_MEASURES, sizeof *m->pictures);
    m->features = lvk_alloc(m->count * m->length, sizeof *m->features);
    m->distances = lvk_alloc(m->count, sizeof *m->distances);
    m->deviations = lvk_alloc(m->count * LVK_PICTURE_MEASURES, sizeof *m->deviations);
    double *probabilities = lvk_alloc(m->count * lvk_network_outputs(r->network), sizeof *probabilities);
    const bool allocated = m->images && m->labels && m->pictures && m->features && m->distances &&
                           m->deviations && probabilities;
    for (size_t i = 0; i < m->count && allocated; ++i) {
        m->images[i] = images[i * count / m->count];
        const int target = lvk_evaluation_target(dataset, m->images[i]);
        m->labels[i] = target < 0 ? 0 : (uint32_t)target;
        lvk_novelty_measure(lvk_dataset_image(dataset, m->images[i]),
                            lvk_dataset_area(dataset, m->images[i], lvk_dataset_microns_per_pixel(dataset)),
                            m->pictures + i * LVK_PICTURE_MEASURES);
    }
    const lvk_feature_sink sink = {take_features, m};
    const lvk_status status = !allocated ? LVK_ERROR_MEMORY
                              : m->count && m->length
                                  ? lvk_evaluation_probabilities(r->network, r->source, m->images, m->count,
                                                                 1, 1, NULL, NULL, &sink, probabilities)
                                  : LVK_OK;
    lvk_free(probabilities);
    return status;
}

static uint32_t class_count(const lvk_novelty_request *r) {
    const size_t classes = lvk_dataset_class_count(lvk_cache_dataset(r->source->cache));
    return classes > 1 ? (uint32_t)classes : 1;
}

/* Sorts the numbers. */
static double quantile_of(double *values, size_t count) {
    lvk_sort_numbers(values, count);
    return lvk_quantile(values, count, quantile);
}

/* How many standard deviations a measure is away from the nearest class. */
static double deviation_of(const lvk_gaussian *g, const float *measures, uint32_t m) {
    double least = INFINITY;
    for (uint32_t c = 0; c < g->classes; ++c) {
        const float mean = g->means[c * (size_t)LVK_PICTURE_MEASURES + m];
        least = fmin(least, fabs((double)measures[m] - (double)mean));
    }
    return least / sqrt(lvk_gaussian_variance(g, m));
}

static void measure_picture(const lvk_gaussian *g, const measured *m, size_t i) {
    const float *measures = m->pictures + i * LVK_PICTURE_MEASURES;
    m->distances[i] = lvk_gaussian_distance(g, measures);
    for (uint32_t k = 0; k < LVK_PICTURE_MEASURES; ++k)
        m->deviations[k * m->count + i] = deviation_of(g, measures, k);
}

static lvk_status fit_pictures(const measured *m, uint32_t classes, const uint8_t *left, lvk_gaussian *g) {
    const lvk_gaussian_sample sample = {.count = m->count,
                                        .length = LVK_PICTURE_MEASURES,
                                        .classes = classes,
                                        .values = m->pictures,
                                        .labels = m->labels,
                                        .left = left};
    return lvk_gaussian_fit(&sample, LVK_PICTURE_MEASURES, 1, g);
}

/* The groups of the images' subjects are numbered as they come; a group is in the fold of its number. Returns
 * the number of folds. */
static uint32_t deal_folds(const lvk_dataset *dataset, const measured *m, uint32_t *numbers, uint8_t *folds) {
    uint32_t groups = 0;
    for (size_t i = 0; i < m->count; ++i) {
        uint32_t *number = &numbers[lvk_dataset_image(dataset, m->images[i])->group];
        if (*number == 0)
            *number = ++groups;
        folds[i] = (uint8_t)((*number - 1) % FOLDS);
    }
    return groups < FOLDS ? groups : FOLDS;
}

/* Measures each picture by those of other people. */
static lvk_status cross_measure(const measured *m, uint32_t classes, const uint8_t *folds, uint32_t count,
                                uint8_t *left) {
    for (uint32_t f = 0; f < count; ++f) {
        lvk_gaussian others = {0};
        for (size_t i = 0; i < m->count; ++i)
            left[i] = folds[i] == f;
        const lvk_status status = fit_pictures(m, classes, left, &others);
        for (size_t i = 0; i < m->count && status == LVK_OK; ++i)
            if (left[i])
                measure_picture(&others, m, i);
        lvk_gaussian_finish(&others);
        LVK_TRY(status);
    }
    return LVK_OK;
}

/* Measures the pictures of both by those of people who are left out, be it in turn. Images of one person alone
 * can only be compared with each other. */
static lvk_status measure_pictures(const lvk_dataset *dataset, const measured *trained,
                                   const measured *unseen, const lvk_gaussian *g) {
    uint8_t *folds = lvk_alloc(2 * trained->count, 1);
    uint32_t *numbers = lvk_alloc(lvk_dataset_image_count(dataset), sizeof *numbers);
    lvk_status status = folds && numbers ? LVK_OK : LVK_ERROR_MEMORY;
    const uint32_t count = status == LVK_OK ? deal_folds(dataset, trained, numbers, folds) : 0;
    for (size_t i = 0; i < trained->count && count == 1; ++i)
        measure_picture(g, trained, i);
    for (size_t i = 0; i < unseen->count; ++i)
        measure_picture(g, unseen, i);
    if (count > 1)
        status = cross_measure(trained, g->classes, folds, count, folds + trained->count);
    lvk_free(folds);
    lvk_free(numbers);
    return status;
}

/* Puts the numbers of both beside each other. */
static void join(const double *trained, size_t count, const double *unseen, size_t unseen_count,
                 double *joined) {
    memcpy(joined, trained, count * sizeof *joined);
    if (unseen_count)
        memcpy(joined + count, unseen, unseen_count * sizeof *joined);
}

/* The limits of the measures are such that together they call as few images unlike as the distance does. */
static void limit_measures(const measured *trained, const measured *unseen, double *joined, double *most,
                           lvk_novelty *n) {
    const size_t all = trained->count + unseen->count;
    double limits[LVK_PICTURE_MEASURES];
    for (size_t k = 0; k < LVK_PICTURE_MEASURES; ++k) {
        const double *own = trained->deviations + k * trained->count;
        const double *others = unseen->deviations + k * unseen->count;
        join(own, trained->count, others, unseen->count, joined);
        limits[k] = fmax(quantile_of(joined, all), 1);
        join(own, trained->count, others, unseen->count, joined);
        for (size_t i = 0; i < all; ++i)
            most[i] = fmax(most[i], joined[i] / limits[k]);
    }
    const double together = fmax(quantile_of(most, all), 1);
    for (int k = 0; k < LVK_PICTURE_MEASURES; ++k)
        n->limits[k] = (float)(margin * together * limits[k]);
}

static lvk_status limit_pictures(const lvk_dataset *dataset, const measured *trained, const measured *unseen,
                                 lvk_novelty *n) {
    const size_t all = trained->count + unseen->count;
    double *joined = lvk_alloc(2 * all, sizeof *joined);
    lvk_status status = joined ? measure_pictures(dataset, trained, unseen, &n->picture) : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        join(trained->distances, trained->count, unseen->distances, unseen->count, joined);
        n->picture_limit = margin * fmax(quantile_of(joined, all), 1);
        limit_measures(trained, unseen, joined, joined + all, n);
    }
    lvk_free(joined);
    return status;
}

static void measure_features(const lvk_gaussian *g, const measured *m) {
    for (size_t i = 0; i < m->count; ++i)
        m->distances[i] = lvk_gaussian_distance(g, m->features + i * m->length);
}

static lvk_status learn_features(const measured *trained, const measured *unseen, uint32_t classes,
                                 double ratio, lvk_novelty *n) {
    const size_t usable = trained->count / ROWS_A_DIRECTION;
    const uint32_t rank = usable < FEATURE_RANK ? (uint32_t)usable + 1 : FEATURE_RANK;
    double square = 0;
    for (size_t i = 0; i < trained->count * trained->length; ++i)
        square += (double)trained->features[i] * (double)trained->features[i];
    /* Features that differ less than this from each other are equal. */
    const double least = 1e-6 * square / (double)(trained->count * trained->length) + 1e-12;
    const lvk_gaussian_sample sample = {.count = trained->count,
                                        .length = trained->length,
                                        .classes = classes,
                                        .values = trained->features,
                                        .labels = trained->labels};
    LVK_TRY(lvk_gaussian_fit(&sample, rank, least, &n->features));
    measure_features(&n->features, trained);
    measure_features(&n->features, unseen);
    const double own = fmax(quantile_of(trained->distances, trained->count), 1);
    if (ratio > 0)
        n->unseen_ratio = ratio;
    else if (unseen->count)
        n->unseen_ratio = ratio = fmax(quantile_of(unseen->distances, unseen->count) / own, 1);
    n->feature_limit = margin * own * (ratio > 0 ? ratio : usual_ratio);
    return LVK_OK;
}

static double usual_area(const measured *m) {
    double sum = 0;
    for (size_t i = 0; i < m->count; ++i)
        sum += (double)m->pictures[i * LVK_PICTURE_MEASURES + AREA];
    return exp(sum / (double)m->count * kinds[AREA].step);
}

static lvk_status learn(const lvk_novelty_request *r, const measured *trained, const measured *unseen,
                        lvk_novelty *n) {
    const uint32_t classes = class_count(r);
    LVK_TRY(fit_pictures(trained, classes, NULL, &n->picture));
    LVK_TRY(limit_pictures(lvk_cache_dataset(r->source->cache), trained, unseen, n));
    n->area = usual_area(trained);
    n->feature_limit = 1;
    return trained->length ? learn_features(trained, unseen, classes, r->unseen_ratio, n) : LVK_OK;
}

lvk_status lvk_novelty_learn(const lvk_novelty_request *r, lvk_novelty **novelty) {
    measured trained = {0}, unseen = {0};
    lvk_novelty *n = *novelty = lvk_alloc(1, sizeof *n);
    lvk_status status = n ? measured_init(&trained, r, r->images, r->count) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = measured_init(&unseen, r, r->unseen, r->unseen_count);
    if (status == LVK_OK)
        status = learn(r, &trained, &unseen, n);
    measured_finish(&trained);
    measured_finish(&unseen);
    if (status != LVK_OK)
        lvk_novelty_destroy(novelty);
    return status;
}

void lvk_novelty_destroy(lvk_novelty **novelty) {
    if (!*novelty)
        return;
    lvk_gaussian_finish(&(*novelty)->picture);
    lvk_gaussian_finish(&(*novelty)->features);
    lvk_free(*novelty);
    *novelty = NULL;
}

/* ---- an image ---- */

double lvk_novelty_of_features(const lvk_novelty *n, const float *features) {
    return n->features.length ? lvk_gaussian_distance(&n->features, features) / n->feature_limit : 0;
}

/* The measure that is farthest beyond its limit, or nearest to it, and by what factor. */
static double unusual_measure(const lvk_novelty *n, const float *measures, const char **cause) {
    double most = -1;
    for (uint32_t m = 0; m < LVK_PICTURE_MEASURES; ++m) {
        const double beyond = deviation_of(&n->picture, measures, m) / (double)n->limits[m];
        if (beyond > most) {
            most = beyond;
            *cause = kinds[m].cause;
        }
    }
    return most;
}

double lvk_novelty_of_image(const lvk_novelty *n, const lvk_image_info *image, double area,
                            double of_features, const char **cause) {
    float measures[LVK_PICTURE_MEASURES];
    lvk_novelty_measure(image, area, measures);
    const double together = lvk_gaussian_distance(&n->picture, measures) / n->picture_limit;
    const double of_picture = fmax(together, unusual_measure(n, measures, cause));
    if (of_features > of_picture)
        *cause = "features";
    return fmax(of_picture, of_features);
}
