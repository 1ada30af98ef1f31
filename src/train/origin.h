/* The origin of a run's numbers: on what its bits depend besides settings and data, that is, device, driver,
 * shaders and kernels. It is kept in config.json, so that a run that is resumed with others can warn. */
#ifndef LVK_TRAIN_ORIGIN_H
#define LVK_TRAIN_ORIGIN_H

#include "backend/backend.h"
#include "core/error.h"

#include <jansson.h>

/* Adds "leukvk", "device", "driver", "shaders" and "kernels" (a digest of their names) to `config`. */
LVK_MUST_USE lvk_status lvk_origin_record(json_t *config, const lvk_backend_info *backend,
                                          const char *kernels);

/* Logs a warning, which names `run`, for each entry of lvk_origin_record that differs between `before` and
 * `now`. Entries that only one of them has, as in runs of an older leukvk, are ignored. */
void lvk_origin_compare(const json_t *before, const json_t *now, const char *run);

#endif
