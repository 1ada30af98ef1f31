/* Predictions summarized by person: of each person how many cells there are, what they are called, and how far
 * so many cells tell. */
#ifndef LEUKVK_SUBJECT_SUMMARY_H
#define LEUKVK_SUBJECT_SUMMARY_H

#include "leukvk/dataset.h"
#include "leukvk/predictions.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Arrays have an entry for each class; of two, [0] is the negative and [1] the positive one. */
typedef struct lvk_subject_summary {
    const char *name; /* belongs to the rows */
    uint32_t cells;
    uint32_t called[LVK_MOST_CLASSES]; /* cells that are called each class */
    double mean_p[LVK_MOST_CLASSES];   /* mean probability of each class */
    int majority;                      /* the class that most cells are called; -1: several have as many */
    /* Of two classes the share of the cells that are called positive; of more, the share of the class that most
     * are called. With its 95 % interval (lvk_share_interval), which takes the cells for independent draws: it
     * says how far so many cells fix the share, and nothing about how the model errs on a person. */
    double share, share_low, share_high;
    uint32_t labelled, right; /* cells with a label, and those of them that are called what it says */
    int label;                /* of all labelled cells; -1: there is none, or they have several */
} lvk_subject_summary;

/* Makes a summary for each of the *subjects persons of the rows, in byte order of their names, and counts in
 * *unnamed the rows whose person is not known, which are in no summary. Of `options`, the threshold and the number
 * of classes count. The caller frees *list with lvk_subject_summaries_free. LVK_ERROR_MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_subject_summaries_make(const lvk_prediction *rows, size_t count,
                                                           const lvk_prediction_options *options,
                                                           lvk_subject_summary **list, size_t *subjects,
                                                           size_t *unnamed);
LVK_API void lvk_subject_summaries_free(lvk_subject_summary *list);

/* Formats the summaries as CSV or JSON, an array with one object on each line; the caller frees *text with
 * lvk_text_free. The columns:
 *
 *   subject cells mean_p_<positive> share_<positive> share_low share_high majority label labelled right   of two
 *   subject cells majority share share_low share_high mean_p_<class>… share_<class>… label labelled right  of more
 *
 * Names of classes that are not there are empty in CSV and null in JSON. LVK_ERROR_ARGUMENT: another format. */
LVK_API LVK_MUST_USE lvk_status lvk_subject_summaries_text(const lvk_subject_summary *list, size_t subjects,
                                                           const lvk_prediction_options *options,
                                                           char **text);

/* The 95 % interval of a share, `part` of `whole` (above 0), by Wilson (Journal of the American Statistical
 * Association 22, 1927): from 0 to 1 also where all or none are in the part, and then not of width 0. */
LVK_API void lvk_share_interval(uint32_t part, uint32_t whole, double *low, double *high);

#ifdef __cplusplus
}
#endif
#endif
