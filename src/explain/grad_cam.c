/* Grad-CAM: the formula is in leukvk/explain.h. The gradients are the graph's, on the device; the sums
 * over places and maps are in double, in a fixed order. */
#include "core/memory.h"
#include "explain/explainer.h"
#include "image/resample.h"

#include <math.h>
#include <string.h>

/* What a network gives of an image. */
typedef struct maps {
    lvk_feature_map size;
    float *values, *gradient, *heat;
    double *weights; /* [channels] */
} maps;

static void finish(maps *m) {
    lvk_free(m->values);
    lvk_free(m->gradient);
    lvk_free(m->heat);
    lvk_free(m->weights);
}

static lvk_status allocate(const lvk_network *network, maps *m) {
    m->size = lvk_network_feature_map(network);
    const size_t places = (size_t)m->size.height * m->size.width, channels = m->size.channels;
    m->values = lvk_alloc(places * channels, sizeof *m->values);
    m->gradient = lvk_alloc(places * channels, sizeof *m->gradient);
    m->heat = lvk_alloc(places, sizeof *m->heat);
    m->weights = lvk_alloc(channels, sizeof *m->weights);
    return m->values && m->gradient && m->heat && m->weights ? LVK_OK : LVK_ERROR_MEMORY;
}

/* Sets `heat` by the maps and their gradient. */
static lvk_status combine(maps *m, const char *name) {
    const size_t places = (size_t)m->size.height * m->size.width, channels = m->size.channels;
    for (size_t i = 0; i < places; ++i)
        for (size_t k = 0; k < channels; ++k)
            m->weights[k] += (double)m->gradient[i * channels + k] / (double)places;
    for (size_t i = 0; i < places; ++i) {
        double sum = 0;
        for (size_t k = 0; k < channels; ++k)
            sum += m->weights[k] * (double)m->values[i * channels + k];
        if (!isfinite(sum))
            return lvk_fail(LVK_ERROR_NUMERIC, "%s: the heat is not a finite number", name);
        m->heat[i] = sum > 0 ? (float)sum : 0;
    }
    return LVK_OK;
}

/* What of each logit is differentiated: that of the class, over the temperature. */
static void set_seed(const lvk_explainer *e, const lvk_evaluation_member *member, uint32_t class_index,
                     float *seed) {
    const float weight = (float)(1 / member->temperature);
    const uint32_t width = lvk_evaluation_width(lvk_classifier_model(e->classifier));
    for (uint32_t k = 0; k < width; ++k)
        seed[k] = k == class_index ? weight : 0;
    if (width == 1)
        seed[0] = class_index ? weight : -weight;
}

/* Adds a member's map to the mean of all. */
static lvk_status add_member(lvk_explainer *e, uint32_t m, const lvk_explained_crop *crop,
                             const uint8_t *input, uint32_t class_index, float *map) {
    const lvk_evaluation_member *member = lvk_explainer_member(e, m);
    const uint32_t output = lvk_classifier_model(e->classifier)->image_size;
    const lvk_augment plain = lvk_augment_view(0);
    const lvk_resampling row = lvk_resampling_make(&plain, crop->side, output, &member->standard);
    float seed[LVK_MOST_CLASSES], logits[LVK_MOST_CLASSES];
    maps own = {0};
    lvk_status status = allocate(e->networks[m], &own);
    set_seed(e, member, class_index, seed);
    if (status == LVK_OK)
        status = lvk_network_explain(e->networks[m], input, &row, seed, logits, own.values, own.gradient);
    if (status == LVK_OK)
        status = combine(&own, crop->name);
    if (status == LVK_OK)
        lvk_heat_enlarge(own.heat, &own.size, output, 1.0 / e->count, map, crop->side);
    finish(&own);
    return status;
}

lvk_status lvk_grad_cam(lvk_explainer *e, const lvk_explained_crop *crop, uint32_t class_index, float *map) {
    uint8_t *input = lvk_alloc((size_t)e->side * e->side, 4);
    lvk_status status = input ? LVK_OK : LVK_ERROR_MEMORY;
    for (size_t i = 0; i < (size_t)crop->side * crop->side; ++i)
        map[i] = 0;
    if (status == LVK_OK)
        memcpy(input, crop->pixels, (size_t)crop->side * crop->side * 4);
    for (uint32_t m = 0; m < e->count && status == LVK_OK; ++m)
        status = add_member(e, m, crop, input, class_index, map);
    lvk_free(input);
    return status;
}
