/* What a run's bits depend on beside its settings and data: device, driver, shaders, kernels. Kept in config.json,
 * so that a run that goes on with others can say so. */
#ifndef LVK_TRAIN_ORIGIN_H
#define LVK_TRAIN_ORIGIN_H

#include "backend/backend.h"
#include "core/error.h"

#include <jansson.h>

/* Adds "leukvk", "device", "driver", "shaders" and "kernels" (a digest of their names) to `config`. */
LVK_MUST_USE lvk_status lvk_origin_record(json_t *config, const lvk_backend_info *backend,
                                          const char *kernels);

/* Logs a warning for each of them that `before`, which lvk_origin_record filled, has with another value than
 * `now`; what only one of the two has, as a run of an older leukvk, is passed over. `run` is named. */
void lvk_origin_compare(const json_t *before, const json_t *now, const char *run);

#endif
