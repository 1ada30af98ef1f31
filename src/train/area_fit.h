/* The logistic function of the area, which models with the area add to their logits (models/area.h). It is fitted
 * to the training images before the training; after it, the logits of net and area are brought to one scale. */
#ifndef LVK_TRAIN_AREA_FIT_H
#define LVK_TRAIN_AREA_FIT_H

#include "train/trainer.h"

/* A logistic regression on one number: the slope and intercept that minimize the weighted mean of the log loss of
 * sigmoid(slope x + intercept) plus LVK_AREA_RIDGE / 2 (slope deviation(x))^2, by Newton's method; convex, so that
 * there is one minimum. targets[i]: 0 or 1. weights[i] >= 0. Where x hardly varies or a class is missing, the slope
 * is 0. */
#define LVK_AREA_RIDGE 1e-3
void lvk_area_fit(const double *x, const uint8_t *targets, const double *weights, size_t count, double *slope,
                  double *intercept);

/* Fits the logits to the trainer's images, with the weights of their classes, which each class's subjects share alike, and sets
 * the network's parameters to them. All ranks call this function after lvk_trainer_init. */
LVK_MUST_USE lvk_status lvk_area_start(lvk_trainer *trainer);

/* Brings the logits of the trained net and those of the area to the same level and spread: from both their mean over the training
 * images is taken, and both are divided by their standard deviation, weighed by subject (metrics/subject_weights.h). Otherwise a net that
 * is sure of itself outweighs the area, and how sure it is, and on which side of 0 it is most of the time, hangs on the one or two people
 * who have most of a class's cells. What a logit means is then left to the temperature. The last dense layer of the net and
 * that of the area are changed, and the run's model file is written. Does nothing for three and more classes, where classes are
 * not balanced, and where either part tells nothing. For the first rank, with the parameters to use in the network. */
LVK_MUST_USE lvk_status lvk_area_standardize(lvk_trainer *trainer);

#endif
