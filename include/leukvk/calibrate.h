/* Calibration of a trained model: a temperature, so that its probabilities mean what they say, and a
 * threshold above which a cell is called positive. Both are chosen by predictions for images that the model
 * has not learnt from, and kept in the metadata of its file (keys "temperature", "threshold"), where
 * predicting finds them. No device is needed.
 *
 * With a temperature T the model says p = sigmoid(logit / T). T minimizes the mean log loss of the
 * predictions, which is convex in 1 / T (Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural
 * networks", ICML 2017): T > 1 where the model is too sure of itself. The order of the images, so AUC, stays
 * as it is. */
#ifndef LEUKVK_CALIBRATE_H
#define LEUKVK_CALIBRATE_H

#include "leukvk/predictions.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lvk_calibrate_options {
    bool temperature;   /* choose one */
    double sensitivity; /* and the highest threshold that finds this share of the positive cells, see
                           lvk_threshold_for, of the probabilities with the temperature; 0: no threshold */
} lvk_calibrate_options;

typedef struct lvk_calibrate_result {
    char file[4096];               /* that was written */
    double temperature, threshold; /* 1 and LVK_THRESHOLD where none was chosen */
    char positive_class[256];      /* the model's, which the threshold is for */
    uint32_t subjects;             /* who are known */
    uint32_t unnamed;              /* images of which no subject is known */
    uint64_t left_out;             /* rows of images that the model's run tests on, which have no say here */
    bool split_known;              /* there was a split.json beside the model that tells which these are */
    lvk_metrics before, after; /* of the predictions used: as they are, at LVK_THRESHOLD; and with what was
                                  chosen. How well this fits, not how good it is */
} lvk_calibrate_result;

/* Chooses by the labelled rows of `from`, `count` files as lvk_prediction_set_read takes them, and writes the
 * model's file anew, whole; its tensors stay as they are. The predictions must be the model's as it was
 * trained, such as predictions-validation.csv of its run, or those of a cross-validation.
 *
 * `model`: a run folder or its model.safetensors. LVK_ERROR_ARGUMENT: it is a checkpoint, or calibrated
 * already (lvk_calibrate_remove); the files have other classes; after what the run tests on is left out,
 * rows of a class are missing, or all are of images that it learnt from; or no temperature from 0.01 to 100
 * is best, as when the predictions separate the classes or are no better than chance. */
LVK_MUST_USE lvk_status lvk_calibrate(const char *model, const char *const *from, size_t count,
                                      const lvk_calibrate_options *options, lvk_calibrate_result *result);

/* Takes temperature and threshold away: the file has the bytes again that training wrote. LVK_ERROR_ARGUMENT:
 * it has none. `file` is the path, cut to `size` bytes. */
LVK_MUST_USE lvk_status lvk_calibrate_remove(const char *model, char *file, size_t size);

#ifdef __cplusplus
}
#endif
#endif
