/* The area of the cell, and the hue of its stain, as a part of a model: logits that are a linear function of two
 * measures of the image. They are added to those of the net when it predicts, as a product of two experts (Hinton,
 * "Products of experts", ICANN 1999). Size and hue tell leukaemic cells from normal ones well on their own, and, unlike much
 * that a net learns from the cells of a few people, they hold for others. The function is fitted by itself before the
 * training, and the net is trained as if it were not there: a net that is trained together with it takes its part
 * back where that helps with the people in training (tools/study has the figures). After the training, both are brought to
 * the same level and spread over these people (train/cell_fit.h).
 *
 *   ground[n]  = mean over pixels of clamp(2 - LVK_GROUND_STEEPNESS (red + green + blue), 0, 1), colours from 0 to 1
 *   density[c] = mean over pixels of lvk_cell_density(colour c) - lvk_cell_density(0) ground: that of the cell, as its
 *                ground's is taken away again
 *   hue[n]     = density[blue] - balance density[green]
 *   logits[n][k] = area[k] ground[n] + hue[k] hue[n] + bias[k]
 *
 * With the balance of the usual cell, the hue is 0 for cells of the usual colour, however dark the stain is: optical density is
 * proportional to the amount of stain (Beer-Lambert). Another lamp or camera changes it, as the training images are not changed
 * when the function is fitted. */
#ifndef LVK_MODELS_CELL_H
#define LVK_MODELS_CELL_H

#include "leukvk/dataset.h"
#include "models/model.h"

/* A pixel whose colours' sum is up to 1 / LVK_GROUND_STEEPNESS is ground, noise of JPEG files included; one of twice
 * that or more is not. */
enum { LVK_GROUND_STEEPNESS = 10 };

/* The optical density, -ln, of an intensity from 0 to 1, as straight lines between LVK_DENSITY_PIECES + 1 points, of which each is
 * the same number of times as bright as the one before; below the first, LVK_DENSITY_LEAST, that of the first. Too large by up to
 * 0.023. */
#define LVK_DENSITY_LEAST 0.05
enum { LVK_DENSITY_PIECES = 7 };
double lvk_cell_density(double intensity);

/* The same of all bytes, whose intensity is a 255th. */
void lvk_cell_densities(double densities[256]);

/* Appends the cell's logits [N, count] of images [N, H, W, 3] to the graph, red first. Their parameters are not trained, and
 * begin as zeros, which make the logits 0. `measures` is not LVK_CELL_NONE. */
int lvk_cell_build(lvk_builder *builder, int images, lvk_cell_measures measures, uint32_t count);

/* What the parameters are to be. */
typedef struct lvk_cell_parameters {
    /* Of the images' standardization: channel c of the model's input is (colour - mean[c]) / deviation[c]. */
    double mean[3], deviation[3];
    double balance;
    /* [count] of lvk_cell_build; hue is not read where the model has the area alone */
    const double *area, *hue, *bias;
} lvk_cell_parameters;

/* Writes them into `block`, which has the layout of the parameter block of the model that `builder` has built
 * with the cell's logits. */
void lvk_cell_set(const lvk_builder *builder, const lvk_cell_parameters *parameters, float *block);

#endif
