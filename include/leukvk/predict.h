/* Predictions of a trained model for images. */
#ifndef LEUKVK_PREDICT_H
#define LEUKVK_PREDICT_H

#include "leukvk/dataset.h"
#include "leukvk/device.h"
#include "leukvk/predictions.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A model on a device, with its classes and with the crop and size of the images that it takes.
 * One thread at a time may use it, but for lvk_picture_decode, lvk_picture_create and lvk_classifier_get_info, which any number
 * of threads may call at any time. */
typedef struct lvk_classifier lvk_classifier;

typedef struct lvk_classifier_options {
    size_t struct_size; /* sizeof this struct; 0: its size in version 0.1 */
    uint32_t batch;     /* images at a time; 0: 32. Probabilities depend on it only by rounding */
    unsigned threads;   /* threads that read and crop images; 0: as many as processors */
    uint32_t
        views; /* average over so many of the eight dihedral views of an image, 1 to 8; 0: 1, the plain one */
    bool keep_going; /* an image that can no longer be read, or has changed since the data set was read, has
                         the probability NAN, and a warning names it; else it is an error */
    bool
        evaluated; /* of a run folder, the model that its test part has evaluated, not that of its refit, which was
                         trained on all images */
} lvk_classifier_options;

/* Opens the model at `path`: a model.safetensors, a checkpoint, or a run folder, whose refit's
 * model.safetensors is read, or its own where there is no refit (leukvk/train.h); or a joined
 * file (leukvk/join.h). The device must outlive the classifier, which the caller closes; after a failure *classifier is
 * NULL. `options` may be NULL. LVK_ERROR_IO, LVK_ERROR_FORMAT, LVK_ERROR_NUMERIC: the file cannot be read, is no model,
 * or has a number that is not finite; LVK_ERROR_LIMIT, LVK_ERROR_UNSUPPORTED: the
 * device cannot run it; LVK_ERROR_MEMORY; errors of the device. */
LVK_API LVK_MUST_USE lvk_status lvk_classifier_open(lvk_device *device, const char *path,
                                                    const lvk_classifier_options *options,
                                                    lvk_classifier **classifier);

/* The same of the `size` bytes of a model.safetensors, a checkpoint or a joined file at `data`, which are copied. `name` stands
 * in front of error lines, and is the path that lvk_classifier_info tells. */
LVK_API LVK_MUST_USE lvk_status lvk_classifier_open_memory(lvk_device *device, const char *name,
                                                           const void *data, size_t size,
                                                           const lvk_classifier_options *options,
                                                           lvk_classifier **classifier);
LVK_API void lvk_classifier_close(lvk_classifier **classifier);

typedef struct lvk_classifier_info {
    const char *path; /* of the file that was read */
    const char *architecture, *crop;
    const char *positive_class, *negative_class; /* of two classes; else "" */
    uint32_t class_count;                        /* three and more; 0: two */
    const char *const *class_names; /* of three and more, in the order of probabilities; else NULL */
    uint32_t members; /* models whose probabilities the file averages (leukvk/join.h); 1: one model, as usual.
                            `architecture` is the first one's */
    uint64_t parameters; /* of all members */
    double
        microns_per_pixel; /* of the images that it was trained on, to which others are brought; 0: not known */
    /* p = sigmoid(logit / temperature), or softmax; 1: as trained (leukvk/calibrate.h). Of several members, the logit
     * is that of their mean probability. */
    double temperature;
    double threshold; /* an image is positive if p is greater; LVK_THRESHOLD unless calibrated */
    /* Of three and more classes, some of which calibration has joined: whether each belongs to the positive class, for
     * the sum of whose probabilities `threshold` is (lvk_predictions_join); else NULL, and there is no threshold. */
    const bool *positive;
    bool has_refit; /* the run also has the model of a refit, which lvk_classifier_options.evaluated left */
    bool knows_novelty; /* the rows have their novelty; files of leukvk before it do not */
    double usual_area;  /* of a cell that it was trained on, in pixels: the geometric mean; 0: not known */
} lvk_classifier_info;

/* What is known about the model. The struct belongs to the classifier. */
LVK_API const lvk_classifier_info *lvk_classifier_get_info(const lvk_classifier *classifier);

/* Called on the calling thread with the number of finished images and of all images. False stops with
 * LVK_ERROR_CANCELLED. */
typedef bool (*lvk_predict_progress)(void *user, size_t done, size_t total);

/* rows[i] of image images[i] of the data set; their texts belong to it. A data set with classes must have the
 * model's or some of them; labels are 1 where the class is the model's positive one, whichever the data set's
 * is, and of three and more classes the model's number of the class. The rows' `probabilities` belong to the classifier,
 * until its next prediction. `progress` may be NULL. LVK_ERROR_FORMAT: the data set has other classes;
 * LVK_ERROR_IO, LVK_ERROR_FORMAT: an image can no longer be read, or is another than the data set read; LVK_ERROR_NUMERIC; LVK_ERROR_CANCELLED;
 * LVK_ERROR_MEMORY; errors of the device. Then the rows mean nothing. */
LVK_API LVK_MUST_USE lvk_status lvk_classifier_predict(lvk_classifier *classifier, const lvk_dataset *dataset,
                                                       const uint32_t *images, size_t count,
                                                       lvk_predict_progress progress, void *user,
                                                       lvk_prediction *rows);

/* A picture that is classified without being a file: decoded from memory, measured and cropped for a classifier.
 * Constant: any number of threads may read it. */
typedef struct lvk_picture lvk_picture;

/* Decodes the `size` bytes of an image file at `data` as files are decoded, with the same words for what is refused;
 * `name` stands in front of them, and becomes the path in the row. `microns_per_pixel`: of the picture; 0: not known.
 * Any number of threads may decode pictures for a classifier, also while it predicts. The caller frees the picture.
 * LVK_ERROR_FORMAT: the bytes are no image that can be used; LVK_ERROR_LIMIT; LVK_ERROR_MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_picture_decode(const lvk_classifier *classifier, const char *name,
                                                   const void *data, size_t size, double microns_per_pixel,
                                                   lvk_picture **picture);

/* Pixels in memory: rows from the top, of red, green and blue in one byte each. */
typedef struct lvk_pixels {
    const uint8_t *rgb;       /* the first row */
    uint32_t width, height;   /* 32 to 8192 pixels */
    size_t stride;            /* bytes from one row to the next, at least 3 * width; 0: 3 * width */
    double microns_per_pixel; /* of the picture; 0: not known */
    /* The pixels are from a JPEG or lossy WebP file, where channels up to 16 are black background, as when the file is
     * decoded; else a pixel is background where all channels are 0. */
    bool lossy;
} lvk_pixels;

/* Makes a picture of pixels, which are copied: the bits that the file with these pixels gives. The rest is as for
 * lvk_picture_decode. LVK_ERROR_ARGUMENT: sizes or stride are out of range. */
LVK_API LVK_MUST_USE lvk_status lvk_picture_create(const lvk_classifier *classifier, const char *name,
                                                   const lvk_pixels *pixels, lvk_picture **picture);
LVK_API void lvk_picture_free(lvk_picture **picture);

/* The picture's width and height in pixels. */
LVK_API void lvk_picture_size(const lvk_picture *picture, uint32_t *width, uint32_t *height);

/* rows[i] of pictures[i], which were decoded for this classifier: the bits that lvk_classifier_predict gives for the same
 * files. The texts of the rows belong to the pictures, `probabilities` and errors as there. */
LVK_API LVK_MUST_USE lvk_status lvk_classifier_predict_pictures(lvk_classifier *classifier,
                                                                const lvk_picture *const *pictures,
                                                                size_t count, lvk_prediction *rows);

/* Frees a text that a function of the library made for the caller, also one of another header. Accepts NULL. */
LVK_API void lvk_text_free(char *text);

/* Writes a text file. If the process is killed at any moment, the file is the whole old one or the whole new
 * one. */
LVK_API LVK_MUST_USE lvk_status lvk_text_write(const char *path, const char *text);

/* Sets `folder` to the data set, a folder or a table, on which a run was trained, from its config.json. The
 * caller frees it with lvk_text_free. LVK_ERROR_IO: the data set is no longer there, or config.json is not. */
LVK_API LVK_MUST_USE lvk_status lvk_run_data_folder(const char *run, char **folder);

/* Sets `text` to an option with which that data set was read, "columns", "subject_pattern" or "microns_per_pixel"
 * (lvk_dataset_options); "" if it was not given, or if a model was copied alone to the folder `run`. The caller frees it with
 * lvk_text_free. LVK_ERROR_IO: a run lacks its config.json. */
LVK_API LVK_MUST_USE lvk_status lvk_run_data_option(const char *run, const char *name, char **text);

/* Sets `file` to the path of the run's split (leukvk/split.h); NULL where a model was copied alone to the folder `run`. The caller
 * frees it with lvk_text_free. LVK_ERROR_IO: a run lacks its split. */
LVK_API LVK_MUST_USE lvk_status lvk_run_split_file(const char *run, char **file);

#ifdef __cplusplus
}
#endif
#endif
