/* The public summary of a model, made from the graph that the model builds. */
#include "models/model.h"

typedef struct summary {
    lvk_model_summary shown; /* the first member, so that users' pointers to it are pointers to the whole */
    lvk_graph graph;
    lvk_builder builder;
} summary;

lvk_status lvk_model_summary_create(const char *architecture, lvk_model_summary **result) {
    const lvk_model_config config = {.architecture = architecture, .dropout = 0.5};
    return lvk_model_summary_of(&config, result);
}

lvk_status lvk_model_summary_of(const lvk_model_config *config, lvk_model_summary **result) {
    *result = NULL;
    const lvk_model *model = lvk_model_find(config->architecture);
    if (!model)
        return LVK_ERROR_ARGUMENT;
    summary *s = lvk_alloc(1, sizeof *s);
    if (!s)
        return LVK_ERROR_MEMORY;
    lvk_graph_init(&s->graph);
    s->builder.graph = &s->graph;
    s->builder.training = true;
    s->builder.keys = lvk_graph_input(&s->graph, "keys", lvk_type_2d(LVK_U32, 1, 4));
    lvk_model_build(model, &s->builder,
                    lvk_graph_input(&s->graph, "input", lvk_model_input(model, config, 1)), config);
    *result = &s->shown;
    const lvk_status status = lvk_graph_status(&s->graph);
    if (status != LVK_OK) {
        lvk_model_summary_destroy(result);
        return status;
    }
    s->shown = (lvk_model_summary){.architecture = model->architecture,
                                   .image_size = lvk_model_image_size(model, config),
                                   .layer_count = s->builder.layer_count,
                                   .layers = s->builder.layers,
                                   .parameters = lvk_model_parameter_count(&s->builder)};
    for (size_t i = 0; i < s->builder.layer_count; ++i)
        s->shown.flops += s->builder.layers[i].flops;
    return LVK_OK;
}

void lvk_model_summary_destroy(lvk_model_summary **result) {
    if (!*result)
        return;
    summary *s = (summary *)*result;
    lvk_graph_finish(&s->graph);
    lvk_free(s);
    *result = NULL;
}
