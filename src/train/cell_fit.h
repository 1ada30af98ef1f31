/* The linear function of the cell's measures that models with them add to their logits (models/cell.h). It is fitted
 * to the training images before the training; after it, the logits of net and cell are brought to one scale. */
#ifndef LVK_TRAIN_CELL_FIT_H
#define LVK_TRAIN_CELL_FIT_H

#include "train/trainer.h"

/* What is measured of a training image's crop: the ground, and the densities of green and blue, as models/cell.h
 * defines them. */
enum { LVK_CELL_GROUND, LVK_CELL_GREEN, LVK_CELL_BLUE, LVK_CELL_NUMBERS };
extern const lvk_crop_measure lvk_cell_measure;

/* A logistic regression on `width` numbers of each row, x[count][width], 1 to LVK_CELL_MOST_INPUTS: the slopes [width] and the
 * intercept that minimize the weighted mean of the log loss of sigmoid(slopes x + intercept) plus LVK_CELL_RIDGE / 2 times the sum
 * of (slope deviation(x))^2, by Newton's method; convex, so that there is one minimum. targets[i]: 0 or 1. weights[i] >= 0. A number
 * that hardly varies has the slope 0; where a class is missing, all slopes and the intercept are 0. */
#define LVK_CELL_RIDGE 1e-2
enum { LVK_CELL_MOST_INPUTS = 2 };
void lvk_cell_fit(const double *x, uint32_t width, const uint8_t *targets, const double *weights,
                  size_t count, double *slopes, double *intercept);

/* Fits the logits to the trainer's images, with the weights of their classes, which each class's subjects share alike, and sets
 * the network's parameters to them. All ranks call this function after lvk_trainer_init. */
LVK_MUST_USE lvk_status lvk_cell_start(lvk_trainer *trainer);

/* Brings the logits of the trained net and those of the cell's measures to the same level and spread: from both their mean over the
 * training images is taken, and both are divided by their standard deviation, weighed by subject (metrics/subject_weights.h). Otherwise a
 * net that is sure of itself outweighs the measures, and how sure it is, and on which side of 0 it is most of the time, hangs on the one
 * or two people who have most of a class's cells. What a logit means is then left to the temperature. The last dense layer of the net and
 * that of the cell are changed, and the run's model file is written. Does nothing for three and more classes, where classes are
 * not balanced, and where either part tells nothing. For the first rank, with the parameters to use in the network. */
LVK_MUST_USE lvk_status lvk_cell_standardize(lvk_trainer *trainer);

#endif
