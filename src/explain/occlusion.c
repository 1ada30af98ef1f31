/* Occlusion: black patches over the crop, and how the probability falls (leukvk/explain.h). */
#include "core/memory.h"
#include "explain/explainer.h"

#include <math.h>
#include <string.h>

static uint32_t step_of(uint32_t patch) {
    return patch > 1 ? patch / 2 : 1;
}

uint32_t lvk_occlusion_patches(uint32_t side, uint32_t patch) {
    return (side - patch + step_of(patch) - 1) / step_of(patch) + 1;
}

uint32_t lvk_occlusion_place(uint32_t side, uint32_t patch, uint32_t i) {
    const uint32_t at = i * step_of(patch);
    return at + patch <= side ? at : side - patch;
}

typedef struct occlusion {
    lvk_explainer *explainer;
    const lvk_explained_crop *crop;
    uint32_t class_index, patch, batch, width;
    double p;
    uint8_t *crops;        /* [batch][explainer->side ^ 2 * 4] */
    uint32_t *x, *y;       /* [batch] where the patches of the batch are */
    uint32_t waiting;      /* of the batch */
    double *probabilities; /* [batch][width] */
    double *sums;          /* [side][side] of what the patches on a pixel do to the probability */
    uint32_t *counts;      /* [side][side] such patches */
} occlusion;

/* Whether a patch changes anything. */
static bool covers_colour(const occlusion *o, uint32_t x, uint32_t y) {
    for (uint32_t j = y; j < y + o->patch; ++j) {
        const uint8_t *pixel = o->crop->pixels + ((size_t)j * o->crop->side + x) * 4;
        for (uint32_t i = 0; i < o->patch; ++i, pixel += 4)
            if (pixel[0] || pixel[1] || pixel[2])
                return true;
    }
    return false;
}

static void add_fall(occlusion *o, uint32_t x, uint32_t y, double fall) {
    for (uint32_t j = y; j < y + o->patch; ++j) {
        for (uint32_t i = x; i < x + o->patch; ++i) {
            o->sums[(size_t)j * o->crop->side + i] += fall;
            ++o->counts[(size_t)j * o->crop->side + i];
        }
    }
}

static lvk_status run_batch(occlusion *o) {
    if (o->waiting == 0)
        return LVK_OK;
    LVK_TRY(lvk_explainer_probabilities(o->explainer, o->crop->name, o->crops, o->waiting, o->crop->side,
                                        o->probabilities));
    for (uint32_t i = 0; i < o->waiting; ++i)
        add_fall(o, o->x[i], o->y[i],
                 o->p - lvk_explainer_probability_of(o->explainer, o->probabilities + (size_t)i * o->width,
                                                     o->class_index));
    o->waiting = 0;
    return LVK_OK;
}

static lvk_status occlude(occlusion *o, uint32_t x, uint32_t y) {
    const uint32_t side = o->crop->side;
    if (!covers_colour(o, x, y)) {
        add_fall(o, x, y, 0);
        return LVK_OK;
    }
    uint8_t *pixels = o->crops + (size_t)o->waiting * o->explainer->side * o->explainer->side * 4;
    memcpy(pixels, o->crop->pixels, (size_t)side * side * 4);
    for (uint32_t j = y; j < y + o->patch; ++j)
        memset(pixels + ((size_t)j * side + x) * 4, 0, (size_t)o->patch * 4);
    o->x[o->waiting] = x;
    o->y[o->waiting] = y;
    return ++o->waiting == o->batch ? run_batch(o) : LVK_OK;
}

static lvk_status run(occlusion *o) {
    const uint32_t side = o->crop->side, count = lvk_occlusion_patches(side, o->patch);
    for (uint32_t j = 0; j < count; ++j)
        for (uint32_t i = 0; i < count; ++i)
            LVK_TRY(
                occlude(o, lvk_occlusion_place(side, o->patch, i), lvk_occlusion_place(side, o->patch, j)));
    return run_batch(o);
}

lvk_status lvk_occlusion(lvk_explainer *e, const lvk_explained_crop *crop, uint32_t class_index, double p,
                         float *map) {
    const size_t pixels = (size_t)crop->side * crop->side;
    const double patch = fmax(1, round(e->options.patch * crop->side));
    occlusion o = {.explainer = e,
                   .crop = crop,
                   .class_index = class_index,
                   .patch = (uint32_t)fmin(patch, crop->side),
                   .batch = e->networks[0]->config.batch,
                   .width = lvk_evaluation_width(lvk_classifier_model(e->classifier)),
                   .p = p};
    o.crops = lvk_alloc(o.batch, (size_t)e->side * e->side * 4);
    o.x = lvk_alloc(o.batch, sizeof *o.x);
    o.y = lvk_alloc(o.batch, sizeof *o.y);
    o.probabilities = lvk_alloc((size_t)o.batch * o.width, sizeof *o.probabilities);
    o.sums = lvk_alloc(pixels, sizeof *o.sums);
    o.counts = lvk_alloc(pixels, sizeof *o.counts);
    const bool allocated = o.crops && o.x && o.y && o.probabilities && o.sums && o.counts;
    const lvk_status status = allocated ? run(&o) : LVK_ERROR_MEMORY;
    for (size_t i = 0; i < pixels && status == LVK_OK; ++i)
        map[i] = o.sums[i] > 0 ? (float)(o.sums[i] / o.counts[i]) : 0;
    lvk_free(o.crops);
    lvk_free(o.x);
    lvk_free(o.y);
    lvk_free(o.probabilities);
    lvk_free(o.sums);
    lvk_free(o.counts);
    return status;
}
