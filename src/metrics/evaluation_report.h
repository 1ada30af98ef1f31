/* Inside of judging, see leukvk/predictions.h. */
#ifndef LVK_METRICS_EVALUATION_REPORT_H
#define LVK_METRICS_EVALUATION_REPORT_H

#include "leukvk/predictions.h"

#include <jansson.h>

/* As a JSON object; numbers that are undefined are null. NULL when memory is out. */
json_t *lvk_judgement_json(const lvk_judgement *judgement);

#endif
