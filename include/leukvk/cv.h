/* Cross-validation: every image is evaluated once, by a model that was trained without it and without its
 * subject.
 *
 * The folder of a cross-validation holds
 *   cv.json             every setting
 *   split-K.json        the split whose test part is fold K (leukvk/split.h)
 *   fold-K/             the run that was trained on it (leukvk/train.h)
 *   predictions.csv     the predictions of each model for the images of its fold
 *   results.json        the scores of each fold, their mean and standard deviation, and those of all images
 * A cross-validation that was stopped may be started again: folds that are done are kept, and a run that was
 * stopped is resumed. */
#ifndef LEUKVK_CV_H
#define LEUKVK_CV_H

#include "leukvk/train.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lvk_cv_options {
    size_t struct_size;      /* sizeof this struct; 0: its size in version 0.1 */
    lvk_train_options train; /* for every fold; `run`, `split` and `test` are ignored */
    const char *folder; /* new, empty, or of the same cross-validation; NULL: runs/<date>-<time>-cv-<model> */
    bool refit;         /* at the end, train one model on all images (leukvk/train.h), in `folder`/refit */
    uint32_t folds;     /* 2 to LVK_MAX_FOLDS; 0: the data set's own folds (C-NMC) */
    bool
        join; /* bring subjects who share a picture into one of the data set's own folds (lvk_fold_options) */
} lvk_cv_options;

typedef struct lvk_cv_event {
    uint32_t fold, folds; /* the number of the current fold, from 1, and the number of all folds */
    const char *folder;
    /* An event of the fold's training, or, with `refit` set, of that on all images. NULL: the fold has been
     * evaluated. */
    const lvk_train_event *train;
    const lvk_evaluation_report *report;
    bool kept; /* the fold was done before this call */
} lvk_cv_event;

/* Called on the calling thread. False stops with LVK_ERROR_CANCELLED; the train state is saved. */
typedef bool (*lvk_cv_callback)(void *user, const lvk_cv_event *event);

typedef struct lvk_cv_result {
    char folder[4096];
    char positive_class[256],
        negative_class[256];  /* of two classes; else "", and the reports have the names */
    bool refitted;            /* `folder`/refit has a model that was trained on all images */
    double refit_temperature; /* that model's, by the predictions of all folds; 0: it has none */
    bool by_image;            /* one person may be in several folds: scores say nothing about new people */
    uint32_t folds;
    lvk_evaluation_report fold[LVK_MAX_FOLDS];
    /* Mean and standard deviation (which divides by n - 1) over the folds in which a score is defined. */
    lvk_metrics mean, deviation;
    lvk_evaluation_report all; /* of all images together */
} lvk_cv_result;

/* Runs the folds that are not done yet. `callback` may be NULL. LVK_ERROR_ARGUMENT: an option is out of
 * range, or the folder holds another cross-validation. */
LVK_API LVK_MUST_USE lvk_status lvk_cv_run(lvk_device *device, const lvk_cv_options *options,
                                           lvk_cv_callback callback, void *user, lvk_cv_result *result);

#ifdef __cplusplus
}
#endif
#endif
