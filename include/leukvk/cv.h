/* Cross-validation: every image is evaluated once, by a model that was trained without it and without its
 * subject.
 *
 * The folder of a cross-validation holds
 *   cv.json             every setting
 *   split-K.json        the split whose test part is fold K (leukvk/split.h)
 *   fold-K/             the run that was trained on it (leukvk/train.h)
 *   predictions.csv     what each model says of its fold, all together
 *   results.json        how good that is: fold by fold, mean and standard deviation, and of all together
 * A cross-validation that was stopped goes on where it was: folds that are done are kept, a run that was
 * stopped is resumed. */
#ifndef LEUKVK_CV_H
#define LEUKVK_CV_H

#include "leukvk/train.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lvk_cv_options {
    lvk_train_options train; /* of every fold; run, split and test are not looked at */
    const char *folder; /* new, empty, or of the same cross-validation; NULL: runs/<date>-<time>-cv-<model> */
    uint32_t folds;     /* 2 to LVK_MAX_FOLDS; 0: C-NMC's own */
    bool join; /* of C-NMC's own folds: subjects who share a picture move to one fold (lvk_fold_options) */
} lvk_cv_options;

typedef struct lvk_cv_event {
    uint32_t fold, folds; /* the current one, from 1 */
    const char *folder;
    const lvk_train_event *train; /* of its training; NULL: the fold has been evaluated */
    const lvk_evaluation_report *report;
    bool kept; /* it had been done before */
} lvk_cv_event;

/* Called on the calling thread. False: stop with LVK_ERROR_CANCELLED; the training's position is saved. */
typedef bool (*lvk_cv_callback)(void *user, const lvk_cv_event *event);

typedef struct lvk_cv_result {
    char folder[4096];
    char positive_class[256],
        negative_class[256]; /* of two classes; else "", and the reports have the names */
    bool by_image;           /* people are on both sides: the numbers say nothing about new people */
    uint32_t folds;
    lvk_evaluation_report fold[LVK_MAX_FOLDS];
    lvk_metrics mean, deviation; /* of the measures of the folds in which they are defined; the deviation of a
                                    sample, n - 1 */
    lvk_evaluation_report all;   /* of all images together */
} lvk_cv_result;

/* `callback` may be NULL. LVK_ERROR_ARGUMENT: also when the folder holds another cross-validation. */
LVK_MUST_USE lvk_status lvk_cv_run(lvk_device *device, const lvk_cv_options *options,
                                   lvk_cv_callback callback, void *user, lvk_cv_result *result);

#ifdef __cplusplus
}
#endif
#endif
