/* The parts of a prediction, for callers that bring crops of their own. */
#ifndef LVK_PREDICT_CLASSIFIER_H
#define LVK_PREDICT_CLASSIFIER_H

#include "artifact/checkpoint.h"
#include "leukvk/predict.h"
#include "loader/cache.h"
#include "predict/evaluation.h"

/* Constant while the classifier is open, so that any thread may read them. */
const lvk_crop *lvk_classifier_crop(const lvk_classifier *classifier);
const lvk_model_info *lvk_classifier_model(const lvk_classifier *classifier);

/* One of the models whose probabilities are averaged (lvk_classifier_info.members), from 0. Its network may be
 * another after a prediction of larger crops. */
const lvk_evaluation_member *lvk_classifier_member(const lvk_classifier *classifier, uint32_t number);

/* lvk_classifier_predict for images of the cache's data set, whose crops the cache makes or has been lent. */
LVK_MUST_USE lvk_status lvk_classifier_predict_cached(lvk_classifier *classifier, lvk_cache *cache,
                                                      const uint32_t *images, size_t count,
                                                      lvk_predict_progress progress, void *user,
                                                      lvk_prediction *rows);

/* lvk_picture_decode of the file at `path`. LVK_ERROR_IO as well. */
LVK_MUST_USE lvk_status lvk_picture_read(const lvk_classifier *classifier, const char *path,
                                         double microns_per_pixel, lvk_picture **picture);

/* They belong to the picture. The crop is at the scale of the model's images. */
const char *lvk_picture_name(const lvk_picture *picture);
const lvk_image *lvk_picture_crop(const lvk_picture *picture);

#endif
