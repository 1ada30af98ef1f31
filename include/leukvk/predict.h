/* Using a trained model: predictions for images. */
#ifndef LEUKVK_PREDICT_H
#define LEUKVK_PREDICT_H

#include "leukvk/dataset.h"
#include "leukvk/device.h"
#include "leukvk/predictions.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A model on a device. It knows how images have to be fed to it (crop, size), and its classes. */
typedef struct lvk_classifier lvk_classifier;

typedef struct lvk_classifier_options {
    uint32_t batch;   /* images at a time, 0: 32. The probabilities do not depend on it beyond rounding */
    unsigned threads; /* that read and crop images, 0: as many as processors */
    uint32_t views;   /* average over so many of the eight ways an image can lie, 1 to 8; 0: 1, as it is */
    bool
        keep_going; /* an image that cannot be read any more, or has changed since the data set was read, has the
                         probability NAN, and a warning names it; otherwise it is an error */
} lvk_classifier_options;

/* `path`: a model.safetensors, a checkpoint, or a run folder (whose model.safetensors is taken). The device
 * must outlive the classifier. `options` may be NULL. */
LVK_MUST_USE lvk_status lvk_classifier_open(lvk_device *device, const char *path,
                                            const lvk_classifier_options *options,
                                            lvk_classifier **classifier);
void lvk_classifier_close(lvk_classifier **classifier);

typedef struct lvk_classifier_info {
    const char *path; /* of the file that was read */
    const char *architecture, *crop;
    const char *positive_class, *negative_class; /* of two classes; else "" */
    uint32_t class_count;                        /* three and more; 0: two */
    const char *const *class_names; /* of three and more, in the order of probabilities; else NULL */
    uint64_t parameters;
    double temperature; /* p = sigmoid(logit / temperature), or softmax; 1: as trained (leukvk/calibrate.h) */
    double threshold;   /* positive when p is greater; LVK_THRESHOLD: as trained */
} lvk_classifier_info;

/* Belongs to the classifier. */
const lvk_classifier_info *lvk_classifier_get_info(const lvk_classifier *classifier);

/* Called with the count of finished and of all images. False: stop with LVK_ERROR_CANCELLED. */
typedef bool (*lvk_predict_progress)(void *user, size_t done, size_t total);

/* rows[i] of image images[i] of the data set; their texts belong to it. A data set with classes must have the
 * model's or some of them; labels are 1 where the class is the model's positive one, whichever the data set's
 * is, and of three and more classes the model's number of the class. The rows' `probabilities` belong to the classifier,
 * until its next prediction. `progress` may be NULL. */
LVK_MUST_USE lvk_status lvk_classifier_predict(lvk_classifier *classifier, const lvk_dataset *dataset,
                                               const uint32_t *images, size_t count,
                                               lvk_predict_progress progress, void *user,
                                               lvk_prediction *rows);

void lvk_text_free(char *text);

/* Writes a text so that a kill at any moment leaves the old file or the new one. */
LVK_MUST_USE lvk_status lvk_text_write(const char *path, const char *text);

/* The data set, a folder or a table, that a run was trained on, from its config.json, freed with
 * lvk_text_free. LVK_ERROR_IO: it is not there any more. */
LVK_MUST_USE lvk_status lvk_run_data_folder(const char *run, char **folder);

/* How that data set was read: the text of "columns" or "subject_pattern" (lvk_dataset_options), freed with
 * lvk_text_free; "" where it was not given, or where there is no config.json. */
LVK_MUST_USE lvk_status lvk_run_data_option(const char *run, const char *name, char **text);

#ifdef __cplusplus
}
#endif
#endif
