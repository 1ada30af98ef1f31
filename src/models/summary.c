/* The public summary of a model, made from the graph that the model builds. */
#include "models/model.h"

typedef struct summary {
    lvk_model_summary shown; /* the first member, so that users' pointers to it are pointers to the whole */
    lvk_graph graph;
    lvk_builder builder;
    lvk_arena joined; /* of several models, in place of the two: layers and their texts */
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
                                   .members = 1,
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
    lvk_arena_finish(&s->joined);
    lvk_free(s);
    *result = NULL;
}

static bool copy_layers(summary *s, lvk_layer_summary *layers, const lvk_model_summary *part,
                        uint32_t member) {
    for (size_t i = 0; i < part->layer_count; ++i) {
        layers[i] = part->layers[i];
        layers[i].name = lvk_arena_format(&s->joined, "member.%u/%s", member + 1, part->layers[i].name);
        layers[i].kind = lvk_arena_strdup(&s->joined, part->layers[i].kind);
        if (!layers[i].name || !layers[i].kind)
            return false;
    }
    return true;
}

lvk_status lvk_model_summary_join(lvk_model_summary *const *parts, uint32_t count,
                                  lvk_model_summary **result) {
    *result = NULL;
    summary *s = lvk_alloc(1, sizeof *s);
    if (!s)
        return LVK_ERROR_MEMORY;
    *result = &s->shown;
    lvk_graph_init(&s->graph);
    size_t all = 0;
    for (uint32_t m = 0; m < count; ++m)
        all += parts[m]->layer_count;
    s->shown = *parts[0];
    s->shown.members = count;
    s->shown.layer_count = 0;
    s->shown.parameters = 0;
    s->shown.flops = 0;
    lvk_layer_summary *layers = lvk_arena_alloc(&s->joined, all, sizeof *layers);
    s->shown.layers = layers;
    bool copied = layers != NULL;
    for (uint32_t m = 0; m < count && copied; ++m) {
        copied = copy_layers(s, layers + s->shown.layer_count, parts[m], m);
        s->shown.layer_count += parts[m]->layer_count;
        s->shown.parameters += parts[m]->parameters;
        s->shown.flops += parts[m]->flops;
    }
    if (!copied)
        lvk_model_summary_destroy(result);
    return copied ? LVK_OK : LVK_ERROR_MEMORY;
}
