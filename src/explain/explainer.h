/* What the files of this folder share. */
#ifndef LVK_EXPLAIN_EXPLAINER_H
#define LVK_EXPLAIN_EXPLAINER_H

#include "leukvk/explain.h"
#include "loader/cache.h"
#include "predict/classifier.h"

struct lvk_explainer {
    lvk_classifier *classifier; /* borrowed */
    lvk_explain_options options;
    lvk_network *networks[LVK_MOST_MEMBERS]; /* owned; [count], of members `first` on */
    uint32_t first, count;
    uint32_t side; /* crops up to this side fit into the networks; 0: none are there yet */
};

/* A crop that is explained, as networks take it. */
typedef struct lvk_explained_crop {
    const char *name; /* for error lines */
    uint32_t side;
    uint8_t *pixels; /* [side][side][4] as lvk_crop_pixels writes them; owned by lvk_explain_crop */
} lvk_explained_crop;

/* Explains a crop that lvk_crop_extract made. */
LVK_MUST_USE lvk_status lvk_explain_crop(lvk_explainer *explainer, const char *name, const lvk_image *crop,
                                         int class_index, lvk_explanation *explanation);

/* The model that member `m` of the explainer's is. */
const lvk_evaluation_member *lvk_explainer_member(const lvk_explainer *explainer, uint32_t m);

/* Probabilities of `count` crops of one side, p[count][lvk_evaluation_width], by all of the explainer's
 * members: `batch` is [networks' batch][explainer->side ^ 2 * 4] bytes, each crop at the beginning of its
 * place. */
LVK_MUST_USE lvk_status lvk_explainer_probabilities(lvk_explainer *explainer, const char *name,
                                                    const uint8_t *batch, uint32_t count, uint32_t side,
                                                    double *p);

/* The probability of a class among those of an image. */
double lvk_explainer_probability_of(const lvk_explainer *explainer, const double *p, uint32_t class_index);

/* Set map[side][side] to the heat of the class, not divided by its maximum. `p` are the crop's
 * probabilities. */
LVK_MUST_USE lvk_status lvk_grad_cam(lvk_explainer *explainer, const lvk_explained_crop *crop,
                                     uint32_t class_index, float *map);
LVK_MUST_USE lvk_status lvk_occlusion(lvk_explainer *explainer, const lvk_explained_crop *crop,
                                      uint32_t class_index, double p, float *map);

/* The number of patches along a side, and where patch `i` begins: they cover the side, half of a patch
 * apart. */
uint32_t lvk_occlusion_patches(uint32_t side, uint32_t patch);
uint32_t lvk_occlusion_place(uint32_t side, uint32_t patch, uint32_t i);

/* Adds `weight` times the map [size.height][size.width] to sum[side][side]: place i of the map is about
 * input pixel first + i step, the input being `output` pixels wide. */
void lvk_heat_enlarge(const float *map, const lvk_feature_map *size, uint32_t output, double weight,
                      float *sum, uint32_t side);

/* Finds cell, ground and the rest of a crop, places[side][side]. LVK_ERROR_MEMORY at most. */
LVK_MUST_USE lvk_status lvk_crop_places_find(const lvk_image *crop, uint8_t *places);

/* Sets the shares of a map. */
void lvk_heat_measure(const float *map, const uint8_t *places, uint32_t side, lvk_heat *heat);

/* Divides the map by its maximum, which it returns. A maximum below `least` is none: the map becomes 0. */
double lvk_heat_normalize(float *map, size_t count, double least);

/* A picture of several lines of text, the crop and the map over it; explanation->places may be NULL. */
LVK_MUST_USE lvk_status lvk_overlay_encode(const lvk_explanation *explanation, const char *title,
                                           const char *const *notes, size_t note_count, double maximum,
                                           void **data, size_t *size);

/* The same as lvk_explanation_write writes. The caller frees *data with lvk_free. */
LVK_MUST_USE lvk_status lvk_explanation_encode(const lvk_explainer *explainer,
                                               const lvk_explanation *explanation, void **data, size_t *size);

/* The value of a map of `side` places at (x, y) in pixels, pixel 0 being at 0.5: bilinear, its edge
 * beyond it. */
double lvk_map_at(const float *map, uint32_t side, double x, double y);

#endif
