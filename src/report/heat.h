/* Heat maps of cells of a report: what the model that predicted them looked at. */
#ifndef LVK_REPORT_HEAT_H
#define LVK_REPORT_HEAT_H

#include "leukvk/explain.h"
#include "report/source.h"

/* The models of the source's trainings, opened when they are first needed. */
typedef struct lvk_heat_maps {
    const lvk_report_source *source;
    lvk_device *device; /* NULL: no heat maps */
    struct lvk_heat_model {
        lvk_classifier *classifier;
        lvk_explainer *explainer;
    } *models;   /* [run_count] */
    bool failed; /* a model cannot be explained: the log has said why */
} lvk_heat_maps;

/* The caller finishes *maps. LVK_ERROR_MEMORY at most. */
LVK_MUST_USE lvk_status lvk_heat_maps_init(const lvk_report_source *source, lvk_device *device,
                                           lvk_heat_maps *maps);
void lvk_heat_maps_finish(lvk_heat_maps *maps);

/* The heat map of the image at `path`, of labelled row `at`, for the class that it is called. *found is false
 * where there is none, because there is no device, or the model or the image cannot be read; else the caller
 * finishes *explanation. LVK_ERROR_MEMORY at most. */
LVK_MUST_USE lvk_status lvk_heat_maps_get(lvk_heat_maps *maps, size_t at, const char *path, bool *found,
                                          lvk_explanation *explanation);

#endif
