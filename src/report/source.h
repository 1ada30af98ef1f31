/* What a report is made of: the files of a run folder, of a cross-validation or of a search. */
#ifndef LVK_REPORT_SOURCE_H
#define LVK_REPORT_SOURCE_H

#include "artifact/epochs.h"
#include "leukvk/split.h"
#include "metrics/labelled_rows.h"

#include <jansson.h>

typedef enum lvk_report_kind { LVK_REPORT_RUN, LVK_REPORT_CV, LVK_REPORT_SEARCH } lvk_report_kind;

/* One training. */
typedef struct lvk_report_run {
    char *folder, *name; /* the name within the report: "fold 1", "trial 9" */
    json_t *config, *results, *split;
    lvk_epochs epochs;
    uint32_t best_epoch; /* the one that is kept, from 1; 0: not known */
} lvk_report_run;

/* A row of trials.csv. */
typedef struct lvk_report_trial {
    uint32_t number;
    char **settings; /* [axes] */
    char outcome[32];
    double epochs, best_epoch, loss, auc, f1, test_auc;
} lvk_report_trial;

typedef struct lvk_report_source {
    lvk_report_kind kind;
    const char *folder;
    json_t *settings;     /* config.json, cv.json or search.json */
    json_t *results;      /* results.json: of the run, of all folds, of the best trial; NULL: not finished */
    const json_t *scores; /* in it, of the cells of the report; NULL: there are none */
    const char *part;     /* what these are called: "test" */
    lvk_report_run *runs; /* the run; every fold; the best trial */
    size_t run_count;
    /* Of a search: what it varied, and its trials. */
    char **axes;
    int axis_count;
    lvk_report_trial *trials;
    size_t trial_count;
    uint32_t best_trial; /* its number; 0: none is finished */
    /* The cells of the report. NULL: there are none */
    lvk_prediction_set *set;
    lvk_labelled_rows cells;
    const char *const *names; /* of the classes; of two: negative, positive */
    uint32_t classes;
    double threshold;  /* at which cells are called in `scores`: LVK_THRESHOLD */
    double calibrated; /* the threshold of the model, in terms of the probabilities here; NaN: none */
} lvk_report_source;

/* Reads the folder. LVK_ERROR_ARGUMENT: it is none of these; others name the file. On failure there is nothing
 * to finish. */
LVK_MUST_USE lvk_status lvk_report_source_read(const char *folder, lvk_report_source *source);
void lvk_report_source_finish(lvk_report_source *source);

/* A setting: of the settings, or else of the first training. NULL: there is none. */
const json_t *lvk_report_setting(const lvk_report_source *source, const char *key);
/* A setting that is a string; "" where it is none. */
const char *lvk_report_setting_text(const lvk_report_source *source, const char *key);

#endif
