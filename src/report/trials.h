/* The table of a search, trials.csv. */
#ifndef LVK_REPORT_TRIALS_H
#define LVK_REPORT_TRIALS_H

#include "report/source.h"

/* Reads the table of the source's folder, and finds the best trial: the one with the lowest validation loss of
 * those that are finished. */
LVK_MUST_USE lvk_status lvk_report_trials_read(lvk_report_source *source);
void lvk_report_trials_finish(lvk_report_source *source);

#endif
