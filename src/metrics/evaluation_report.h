/* An evaluation report (leukvk/predictions.h) as JSON. */
#ifndef LVK_METRICS_EVALUATION_REPORT_H
#define LVK_METRICS_EVALUATION_REPORT_H

#include "leukvk/predictions.h"

#include <jansson.h>

/* As a JSON object; numbers that are undefined are null. NULL when memory is out. */
json_t *lvk_evaluation_report_json(const lvk_evaluation_report *report);

#endif
