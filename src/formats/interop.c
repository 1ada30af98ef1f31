#include "formats/interop.h"

#include "formats/layout.h"
#include "formats/naming.h"
#include "formats/weights.h"

#include <stdio.h>
#include <string.h>

/* What is needed to name the tensors of one model. */
typedef struct naming {
    bool torchvision;
    bool residual;
    lvk_resnet_table table; /* for a residual network */
    lvk_resnet_tensor tensors[LVK_RESNET_MAX_TENSORS];
    size_t tensor_count;
    lvk_head head;
} naming;

static lvk_status naming_init(naming *n, bool torchvision, const lvk_model_config *config) {
    const lvk_resnet_spec *spec = lvk_resnet_find(config->architecture);
    n->torchvision = torchvision;
    n->residual = spec != NULL;
    if (!spec)
        return LVK_OK;
    lvk_resnet_table_init(&n->table, spec, config->variant);
    n->tensor_count = lvk_resnet_tensors(&n->table, n->tensors);
    return lvk_head_parse(config->head ? config->head : LVK_HEAD_DEFAULT, &n->head);
}

/* The backbone's tensor with this name; NULL if it has none. */
static const lvk_resnet_tensor *find(const naming *n, const char *own) {
    for (size_t i = 0; i < n->tensor_count; ++i)
        if (strcmp(n->tensors[i].name, own) == 0)
            return &n->tensors[i];
    return NULL;
}

static lvk_status name_tensor(const naming *n, const char *own, char name[LVK_INTEROP_NAME]) {
    const lvk_resnet_tensor *tensor = find(n, own);
    lvk_type type;
    bool known = true;
    if (!n->torchvision && tensor)
        lvk_naming_keras(&n->table, tensor, name);
    else if (!n->torchvision)
        known = snprintf(name, LVK_INTEROP_NAME, "%s", own) < LVK_INTEROP_NAME;
    else if (tensor)
        lvk_naming_torchvision(&n->table, tensor, name, &type);
    else
        known = n->residual ? lvk_naming_head(&n->head, own, name) : lvk_naming_plain(own, name);
    return known ? LVK_OK
                 : lvk_fail(LVK_ERROR_UNSUPPORTED, "tensor \"%s\" has no name in other libraries", own);
}

/* A file under construction. */
typedef struct output {
    naming naming;
    lvk_safetensor *tensors;
    char (*names)[LVK_INTEROP_NAME];
    lvk_arena arena; /* owns names, and elements whose layout was changed */
} output;

static lvk_status add_tensor(output *o, const lvk_graph *graph, int parameter, const lvk_safetensors *file,
                             size_t index) {
    const lvk_tensor *own = &graph->tensors[parameter];
    const lvk_resnet_tensor *known = find(&o->naming, own->name);
    const lvk_safetensor *stored = lvk_safetensors_find(file, own->name);
    LVK_TRY(lvk_safetensors_check(file, own->name, &own->type));
    if (known)
        LVK_TRY(lvk_weights_check_tensor(lvk_safetensors_name(file), stored, known->role, &own->type));
    LVK_TRY(name_tensor(&o->naming, own->name, o->names[index]));
    lvk_type type = own->type;
    const void *data = stored->data;
    if (o->naming.torchvision) {
        type = lvk_layout_channels_first_type(graph, parameter);
        float *turned = lvk_arena_alloc(&o->arena, (size_t)lvk_type_count(&type), sizeof *turned);
        if (!turned)
            return LVK_ERROR_MEMORY;
        lvk_layout_channels_first(graph, parameter, stored->data, turned);
        data = turned;
    }
    o->tensors[index] = (lvk_safetensor){
        .name = o->names[index], .element = LVK_ELEMENT_F32, .rank = type.rank, .data = data};
    for (int d = 0; d < type.rank; ++d)
        o->tensors[index].dim[d] = type.dim[d];
    return LVK_OK;
}

lvk_status lvk_interop_write(const char *path, bool torchvision, const lvk_model_config *config,
                             const lvk_builder *builder, const lvk_safetensors *file,
                             const lvk_string_map *metadata, lvk_interop_count *count) {
    *count = (lvk_interop_count){.tensors = builder->parameter_count,
                                 .numbers = lvk_model_parameter_count(builder)};
    output *o = lvk_alloc(1, sizeof *o);
    if (!o)
        return LVK_ERROR_MEMORY;
    o->tensors = lvk_alloc(count->tensors, sizeof *o->tensors);
    o->names = lvk_alloc(count->tensors, sizeof *o->names);
    lvk_status status =
        o->tensors && o->names ? naming_init(&o->naming, torchvision, config) : LVK_ERROR_MEMORY;
    for (size_t p = 0; p < count->tensors && status == LVK_OK; ++p)
        status = add_tensor(o, builder->graph, builder->parameters[p].tensor, file, p);
    if (status == LVK_OK)
        status = lvk_safetensors_write(path, o->tensors, count->tensors, metadata);
    lvk_arena_finish(&o->arena);
    lvk_free(o->tensors);
    lvk_free(o->names);
    lvk_free(o);
    return status;
}
