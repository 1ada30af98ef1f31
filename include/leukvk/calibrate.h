/* Calibration of a trained model: a temperature, which makes probabilities agree with how often the model is
 * right, and a threshold above which a cell is called positive. Both are chosen by predictions for images
 * that the model was not trained on, and are kept in the metadata of the model's file (keys "temperature" and
 * "threshold"), which prediction reads. No device is needed.
 *
 * With a temperature T the model's probability is p = sigmoid(logit / T), or of three classes and more
 * softmax(logits / T); those have no threshold. T minimizes the mean log loss of the predictions, which is
 * convex in 1 / T (Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", ICML 2017);
 * T > 1 where the model is overconfident. Of two classes, the order of the images, and so the AUC, does not
 * change. Of three and more, the class that an image is called does not; the AUC of a class may change a
 * little, since an image's probability also depends on how the others are shared out. */
#ifndef LEUKVK_CALIBRATE_H
#define LEUKVK_CALIBRATE_H

#include "leukvk/predictions.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lvk_calibrate_options {
    bool temperature; /* choose a temperature */
    /* Choose the highest threshold that finds this share of the positive cells (lvk_threshold_for), by the
     * probabilities with the temperature. 0: choose no threshold. */
    double sensitivity;
} lvk_calibrate_options;

typedef struct lvk_calibrate_result {
    char file[4096];               /* path of the file that was written */
    double temperature, threshold; /* 1 and LVK_THRESHOLD where none was chosen */
    char positive_class[256]; /* of a model of two classes: the threshold is for its probability; else "" */
    uint32_t subjects;        /* subjects, of the images used, who are known */
    uint32_t unnamed;         /* images used whose subject is not known */
    uint64_t left_out;        /* rows that were not used: images of the test part of the model's run */
    bool split_known;         /* a split.json beside the model tells the test part */
    /* Scores of the predictions used: as they are, at LVK_THRESHOLD, and with what was chosen. Since the
     * choice was made by the same predictions, `after` says how well the choice fits, not how good the model
     * is. Of three classes and more those scores that lvk_class_metrics_shared has. */
    lvk_metrics before, after;
} lvk_calibrate_result;

/* Chooses temperature and threshold by the labelled rows of the `count` files of predictions `from`
 * (lvk_prediction_set_read), and replaces the model's file whole; its tensors stay as they are. The
 * predictions must be those of the uncalibrated model, such as predictions-validation.csv of its run, or
 * those of a cross-validation.
 *
 * `model`: a run folder or its model.safetensors. LVK_ERROR_ARGUMENT: the model is a checkpoint, or is
 * calibrated already (lvk_calibrate_remove); the files have other classes; without the rows of the run's test
 * part, a class has no rows, or all rows are of images that the model was trained on; or no temperature from
 * 0.01 to 100 is best, because the predictions separate the classes or are no better than chance.
 * LVK_ERROR_IO, _FORMAT, _MEMORY. */
LVK_MUST_USE lvk_status lvk_calibrate(const char *model, const char *const *from, size_t count,
                                      const lvk_calibrate_options *options, lvk_calibrate_result *result);

/* Removes temperature and threshold, so that the file has the bytes again that training wrote. The path of
 * the file is copied to `file`, which has room for `size` bytes. LVK_ERROR_ARGUMENT: the model has
 * neither. */
LVK_MUST_USE lvk_status lvk_calibrate_remove(const char *model, char *file, size_t size);

#ifdef __cplusplus
}
#endif
#endif
