#include "report/heat.h"

#include "artifact/run_folder.h"
#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"

lvk_status lvk_heat_maps_init(const lvk_report_source *source, lvk_device *device, lvk_heat_maps *maps) {
    *maps = (lvk_heat_maps){
        .source = source, .device = device, .models = lvk_alloc(source->run_count + 1, sizeof *maps->models)};
    return maps->models ? LVK_OK : LVK_ERROR_MEMORY;
}

void lvk_heat_maps_finish(lvk_heat_maps *maps) {
    for (size_t i = 0; maps->models && i < maps->source->run_count; ++i) {
        lvk_explainer_destroy(&maps->models[i].explainer);
        lvk_classifier_close(&maps->models[i].classifier);
    }
    lvk_free(maps->models);
    maps->models = NULL;
}

/* The training whose model has predicted a labelled row: a cross-validation's predictions are those of its folds, one
 * after the other. */
static size_t run_of(const lvk_report_source *s, size_t at) {
    size_t count, end = 0;
    const lvk_prediction *rows = lvk_prediction_set_rows(s->set, &count);
    const size_t row = (size_t)(s->cells.rows[at] - rows);
    const json_t *folds = json_object_get(s->results, "folds");
    for (size_t fold = 0; s->kind == LVK_REPORT_CV && fold < s->run_count; ++fold) {
        end += (size_t)json_integer_value(json_object_get(json_array_get(folds, fold), "images"));
        if (row < end)
            return fold;
    }
    return 0;
}

static lvk_status open_model(lvk_heat_maps *maps, size_t run) {
    struct lvk_heat_model *m = &maps->models[run];
    char *path = lvk_path_join(maps->source->runs[run].folder, lvk_run_file_name(LVK_RUN_MODEL));
    lvk_status status =
        path ? lvk_classifier_open(maps->device, path, NULL, &m->classifier) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_explainer_create(m->classifier, NULL, &m->explainer);
    lvk_free(path);
    return status;
}

lvk_status lvk_heat_maps_get(lvk_heat_maps *maps, size_t at, const char *path, bool *found,
                             lvk_explanation *explanation) {
    const lvk_report_source *s = maps->source;
    *found = false;
    if (!maps->device || maps->failed)
        return LVK_OK;
    const size_t run = run_of(s, at);
    const uint32_t called = lvk_prediction_called(s->cells.rows[at], s->classes, s->threshold);
    lvk_status status = maps->models[run].explainer ? LVK_OK : open_model(maps, run);
    if (status == LVK_OK) {
        status = lvk_explain_file(maps->models[run].explainer, path, 0, (int)called, explanation);
        *found = status == LVK_OK;
        if (status == LVK_ERROR_IO || status == LVK_ERROR_FORMAT) /* of this image: others may be there */
            return LVK_OK;
    }
    if (status == LVK_OK || status == LVK_ERROR_MEMORY)
        return status;
    lvk_log(LVK_LOG_WARNING, "the report has no heat maps: %s", lvk_error_message());
    maps->failed = true;
    return LVK_OK;
}
