/* Calibration of a trained model: a temperature, which makes probabilities agree with how often the model is
 * right, and a threshold above which a cell is called positive. Both are chosen by predictions for images
 * that the model was not trained on, and are kept in the metadata of the model's file (keys "temperature" and
 * "threshold"), which prediction reads. No device is needed.
 *
 * With a temperature T the model's probability is p = sigmoid(logit / T), or of three classes and more
 * softmax(logits / T). Those have a threshold only where some of the classes are joined into a positive one: the
 * key "positive_classes" of the metadata lists them (JSON). T minimizes the mean log loss of the predictions, which is
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
    size_t struct_size; /* sizeof this struct; 0: its size in version 0.1 */
    bool temperature;   /* choose a temperature */
    /* Choose the highest threshold that finds this share of the positive cells (lvk_threshold_for), by the
     * probabilities with the temperature. 0: choose no threshold. */
    double sensitivity;
    /* Of three classes and more: names with commas between them, "Early,Pre,Pro", of the classes that are joined
     * into the positive one, whose probability is the sum of theirs. The threshold is for this sum; both are kept.
     * NULL or "": none, and then no threshold can be chosen. Of two classes: nothing or the positive class. */
    const char *positive;
} lvk_calibrate_options;

typedef struct lvk_calibrate_result {
    char file[4096];  /* path of the model that was written */
    char refit[4096]; /* path of the model of its run's refit, which got the same; "": there is none */
    double temperature, threshold; /* 1 and LVK_THRESHOLD where none was chosen */
    /* The threshold is for its probability: of two classes the positive one, of joined ones "Early+Pre+Pro"; "": of
     * three and more classes that are not joined. */
    char positive_class[LVK_MOST_CLASSES * 256];
    uint32_t subjects; /* subjects, of the images used, who are known */
    uint32_t unnamed;  /* images used whose subject is not known */
    uint64_t left_out; /* rows that were not used: images of the test part of the model's run */
    bool split_known;  /* a split.json beside the model tells the test part */
    /* Scores of the predictions used: as they are, at LVK_THRESHOLD, and with what was chosen. Since the
     * choice was made by the same predictions, `after` says how well the choice fits, not how good the model
     * is. Of joined classes they are those of two classes; of three classes and more which are not joined, those
     * that lvk_class_metrics_shared has. */
    lvk_metrics before, after;
} lvk_calibrate_result;

/* Chooses temperature and threshold by the labelled rows of the `count` files of predictions `from`
 * (lvk_prediction_set_read), and replaces the model's file whole; its tensors stay as they are. The
 * predictions must be those of the uncalibrated model, such as predictions-validation.csv of its run, or
 * those of a cross-validation.
 *
 * `model`: a run folder, whose refit (leukvk/train.h) gets the same calibration, or a model.safetensors. LVK_ERROR_ARGUMENT: the model is a checkpoint, or is
 * calibrated already (lvk_calibrate_remove); the files have other classes; without the rows of the run's test
 * part, a class has no rows, or all rows are of images that the model was trained on; or no temperature from
 * 0.01 to 100 is best, because the predictions separate the classes or are no better than chance.
 * LVK_ERROR_IO, _FORMAT, _MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_calibrate(const char *model, const char *const *from, size_t count,
                                              const lvk_calibrate_options *options,
                                              lvk_calibrate_result *result);

/* Removes temperature and threshold, so that the file has the bytes again that training wrote. The temperature that a refit has by
 * its training (leukvk/train.h) stays, unless the file has nothing else to remove. Of the result, `file` and
 * `refit` are set. LVK_ERROR_ARGUMENT: the model has neither. */
LVK_API LVK_MUST_USE lvk_status lvk_calibrate_remove(const char *model, lvk_calibrate_result *result);

#ifdef __cplusplus
}
#endif
#endif
