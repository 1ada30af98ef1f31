/* Evaluation: predictions of a network for images, and their scores. */
#ifndef LVK_PREDICT_EVALUATION_H
#define LVK_PREDICT_EVALUATION_H

#include "artifact/checkpoint.h"
#include "leukvk/predictions.h"
#include "predict/batch_source.h"

/* The target of an image: with two classes 1 for the data set's positive class and 0 for the other, with more
 * classes the index of the class; -1 for unlabelled images. */
int lvk_evaluation_target(const lvk_dataset *dataset, uint32_t image);

/* Called with the number of images done. False stops with LVK_ERROR_CANCELLED. */
typedef bool (*lvk_evaluation_progress)(void *user, size_t done, size_t total);

/* Is given the numbers of the network's last hidden layer (lvk_network_features) for image images[row], once
 * a view. */
typedef struct lvk_feature_sink {
    void (*take)(void *user, size_t row, const float *features);
    void *user;
} lvk_feature_sink;

/* Sets p[width] by the logits of an image, each divided by `temperature`: the sigmoid of the only one, or the softmax of
 * several. */
void lvk_evaluation_of_logits(const float *logits, uint32_t width, double temperature, double *p);

/* Brings the rounded mean p[width] of several models' probabilities to a temperature of its own, and rounds it. */
void lvk_evaluation_temper_mean(double *p, uint32_t width, double temperature);

/* Computes the probabilities of images without augmentation, in double from the network's logits divided by
 * `temperature`. probabilities[i] is that of the positive class for image images[i]; for a network with
 * several outputs, probabilities[i][lvk_network_outputs] are those of each class. They are means over views 0
 * to views - 1 (lvk_augment_view), rounded to the nine digits with which predictions are written, so that
 * scores are those of the written numbers. `progress` may be NULL, as may `sink`, which gets the features. */
LVK_MUST_USE lvk_status lvk_evaluation_probabilities(lvk_network *network, const lvk_source *source,
                                                     const uint32_t *images, size_t count, uint32_t views,
                                                     double temperature, lvk_evaluation_progress progress,
                                                     void *user, const lvk_feature_sink *sink,
                                                     double *probabilities);

/* A network whose probabilities are averaged with others'. */
typedef struct lvk_evaluation_member {
    lvk_network *network;
    lvk_standard standard; /* of its input */
    double temperature;
    const lvk_feature_sink *sink; /* gets its features; NULL: nobody */
} lvk_evaluation_member;

/* The same by the mean over `count` networks, each of which gets every batch that `source` makes, standardized as it
 * needs it. All have the same configuration of batch and crops, and the same number of outputs. The mean is that of
 * the rounded probabilities of the networks one by one, added in their order, and rounded. */
LVK_MUST_USE lvk_status lvk_evaluation_mean(const lvk_evaluation_member *members, uint32_t count,
                                            const lvk_source *source, const uint32_t *images,
                                            size_t images_count, uint32_t views,
                                            lvk_evaluation_progress progress, void *user,
                                            double *probabilities);

/* Computes scores over the labelled images; unlabelled images are ignored. With three and more classes these
 * are the loss, accuracy, balanced accuracy, F1 and AUC (macro), Brier score and ECE of
 * leukvk/class_metrics.h; other scores are NaN. */
LVK_MUST_USE lvk_status lvk_evaluation_measure(const lvk_dataset *dataset, const uint32_t *images,
                                               const double *probabilities, size_t count,
                                               lvk_metrics *metrics);

/* The number of probabilities that a model gives for an image: 1, that of the positive class, or one for each
 * of three and more classes. */
uint32_t lvk_evaluation_width(const lvk_model_info *model);

/* The label of the class `name` in a row of predictions: the index among the model's classes, of two 0 for the
 * negative and 1 for the positive one. -1: the model has no such class. */
int lvk_evaluation_class(const lvk_model_info *model, const char *name);

/* Fills rows[i] for image images[i]. Labels are by the classes of the model, which may be others than the
 * data set's, or in another order. The texts of the rows belong to the data set; with three and more classes,
 * the rows point into `probabilities`. */
void lvk_evaluation_rows(const lvk_dataset *dataset, const lvk_model_info *model, const uint32_t *images,
                         const double *probabilities, size_t count, lvk_prediction *rows);

/* Counts the different known subjects of the images, and the images whose subject is not known. */
LVK_MUST_USE lvk_status lvk_evaluation_subjects(const lvk_dataset *dataset, const uint32_t *images,
                                                size_t count, uint32_t *subjects, size_t *unnamed);

#endif
