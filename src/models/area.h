/* The area of the cell as a part of a model: logits that are a linear function of the share of the image that
 * is black ground. They are added to those of the net when it predicts, as a product of two experts (Hinton,
 * "Products of experts", ICANN 1999). Size tells leukaemic cells from normal ones well on its own, and, unlike much
 * that a net learns from the cells of a few people, it holds for others. The function is fitted by itself before the
 * training, and the net is trained as if it were not there: a net that is trained together with it takes its part
 * back where that helps with the people in training (tools/study has the figures). After the training, both are brought to
 * the same level and spread over these people (train/area_fit.h).
 *
 *   ground[n] = mean over pixels of clamp(2 - LVK_GROUND_STEEPNESS (red + green + blue), 0, 1), colours from 0 to 1
 *   logits[n][k] = kernel[k] ground[n] + bias[k] */
#ifndef LVK_MODELS_AREA_H
#define LVK_MODELS_AREA_H

#include "leukvk/dataset.h"
#include "models/layers.h"

/* A pixel whose colours' sum is up to 1 / LVK_GROUND_STEEPNESS is ground, noise of JPEG files included; one of twice
 * that or more is not. */
enum { LVK_GROUND_STEEPNESS = 10 };

/* Appends the area's logits [N, count] of images [N, H, W, 3] to the graph. Their parameters are not trained, and
 * begin as zeros, which make the logits 0. */
int lvk_area_build(lvk_builder *builder, int images, uint32_t count);

/* What the parameters are to be. */
typedef struct lvk_area_parameters {
    /* Of the images' standardization: channel c of the model's input is (colour - mean[c]) / deviation[c]. */
    double mean[3], deviation[3];
    const double *kernel, *bias; /* [count] of lvk_area_build */
} lvk_area_parameters;

/* Writes them into `block`, which has the layout of the parameter block of the model that `builder` has built
 * with the area. */
void lvk_area_set(const lvk_builder *builder, const lvk_area_parameters *parameters, float *block);

#endif
