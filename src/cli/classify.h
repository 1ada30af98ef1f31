/* What predict and eval have in common: their options, and running a model over images with a progress bar.
 */
#ifndef LEUKVK_CLI_CLASSIFY_H
#define LEUKVK_CLI_CLASSIFY_H

#include "selection.h"

#include <argp.h>
#include <stdbool.h>

enum { CLASSIFY_MAX_MODELS = 32 };

typedef struct classify_arguments {
    lvk_device_options device;
    lvk_classifier_options classifier;
    const char *models[CLASSIFY_MAX_MODELS]; /* what they say is averaged */
    int model_count;
    const char *part, *data, *out;
    lvk_dataset_options reading; /* of the data set: --columns, --subject-pattern */
    bool
        evaluated; /* of a run folder, its own model and not that of its refit; so too where a part is named */
    bool all;      /* all labelled images of the run's data set, in the place of a part */
    bool model_optional;
    bool keep_classes; /* do not join the classes that calibration has joined */
} classify_arguments;

/* --model, --part, --data, --out, --batch, --threads and the device's options, as an argp child; its input is
 * a classify_arguments. */
extern const struct argp classify_argp;

/* A device with the models, one at a time. */
typedef struct classify_session {
    const classify_arguments *arguments;
    lvk_classifier_options options;
    lvk_device *device;
    lvk_classifier *classifier; /* the first, until classify_run goes through them */
    char positive[LVK_MOST_CLASSES * 256],
        negative[LVK_MOST_CLASSES * 256]; /* class names, of two; else "" */
    uint32_t class_count;                 /* three and more; 0: two */
    char classes[LVK_MOST_CLASSES][256];
    const char *class_names[LVK_MOST_CLASSES]; /* the same */
    double *probabilities; /* of three and more classes, after classify_run: what the rows point into */
    double
        threshold; /* of the models, where all have the same; else LVK_THRESHOLD. Known after classify_run */
    bool same_threshold, same_joined; /* so far: of the models, as of the first */
    /* Whether calibration has joined classes of the models, all of them the same, and which. Then classify_run gives
     * rows of two classes, unless the arguments say keep_classes. */
    bool has_joined, joined[LVK_MOST_CLASSES];
    /* Of the models that know what images they were trained on (lvk_classifier_info); 0: none does. Known after
     * classify_run, as the next */
    int knowing;
    double usual_area; /* of the first of them */
} classify_session;

/* Opens device and first model; returns an lvk_status. classify_close releases them, also after a failure. */
int classify_open(classify_session *session, const classify_arguments *arguments);
void classify_close(classify_session *session);

/* Takes the model of a run's refit, where there is one, in the place of the run's own, before classify_run:
 * the images are none that the run has held out. Returns an lvk_status. */
int classify_take_refit(classify_session *session);

/* Sets *model to the first of the models that does not know what images it was trained on, or to NULL, before
 * classify_run. Returns an lvk_status. */
int classify_find_unknowing(classify_session *session, const char **model);

/* The images of --part, which all models must have held out from the same, or those with labels of --data, of
 * which a model's own data set is left but for its test part. */
int classify_select(const classify_arguments *arguments, selection *images);

/* *rows[i] of image i of the selection, by the mean of all models (novelty: of those that know it), freed with free; of three and more classes they
 * point into the session. Returns an lvk_status. */
int classify_run(classify_session *session, const selection *images, const char *title,
                 lvk_prediction **rows);

/* The session's classes and threshold, for what is written of its rows. They belong to the session. */
lvk_prediction_options classify_options(const classify_session *session);

/* Writes the rows into a file, or to standard output where `path` is NULL. */
int classify_write(const lvk_prediction *rows, size_t count, const lvk_prediction_options *how,
                   const char *path);

#endif
