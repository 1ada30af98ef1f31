#include "artifact/train_state.h"

#include "core/memory.h"

#include <stdio.h>
#include <string.h>

/* Copies of the device's blocks in host memory, and the tensors in them by name. */
typedef struct snapshot {
    float *blocks[LVK_BLOCK_COUNT];
    lvk_named_tensor *tensors;
    char **names; /* the names of the moments' tensors */
    size_t count, name_count;
} snapshot;

static void snapshot_finish(snapshot *s) {
    for (int b = 0; b < LVK_BLOCK_COUNT; ++b)
        lvk_free(s->blocks[b]);
    for (size_t i = 0; i < s->name_count; ++i)
        lvk_free(s->names[i]);
    lvk_free(s->names);
    lvk_free(s->tensors);
    *s = (snapshot){0};
}

static lvk_status add_block(snapshot *s, const lvk_network *network, lvk_block_id block, const char *prefix) {
    s->blocks[block] = lvk_alloc(network->block_size, 1);
    if (!s->blocks[block])
        return LVK_ERROR_MEMORY;
    const lvk_builder *builder = lvk_network_builder(network);
    for (size_t p = 0; p < builder->parameter_count; ++p) {
        const lvk_tensor *tensor = &builder->graph->tensors[builder->parameters[p].tensor];
        char *name = lvk_format("%s%s", prefix, tensor->name);
        if (!name)
            return LVK_ERROR_MEMORY;
        s->names[s->name_count++] = name;
        s->tensors[s->count++] = (lvk_named_tensor){
            .name = name, .type = tensor->type, .data = s->blocks[block] + tensor->offset / sizeof(float)};
    }
    return LVK_OK;
}

/* Allocates memory for the parameters that inference reads. With `state`, also for what the optimizer needs:
 * the moments and, if inference reads an average, the parameters themselves. The caller releases the snapshot
 * after a failure too. */
static lvk_status snapshot_init(snapshot *s, const lvk_network *network, bool state) {
    static const char *const prefixes[LVK_BLOCK_COUNT] = {[LVK_BLOCK_PARAMETERS] = LVK_OPTIMIZER_PREFIX "w/",
                                                          [LVK_BLOCK_MOMENT1] = LVK_OPTIMIZER_PREFIX "m/",
                                                          [LVK_BLOCK_MOMENT2] = LVK_OPTIMIZER_PREFIX "v/"};
    *s = (snapshot){0};
    const size_t most = 4 * lvk_network_builder(network)->parameter_count;
    s->tensors = lvk_alloc(most, sizeof *s->tensors);
    s->names = lvk_alloc(most, sizeof *s->names);
    if (!s->tensors || !s->names)
        return LVK_ERROR_MEMORY;
    const lvk_block_id model = lvk_network_model(network);
    LVK_TRY(add_block(s, network, model, ""));
    for (int b = LVK_BLOCK_PARAMETERS; state && b <= LVK_BLOCK_MOMENT2; ++b)
        if (network->shared[b] && b != (int)model && prefixes[b])
            LVK_TRY(add_block(s, network, (lvk_block_id)b, prefixes[b]));
    return LVK_OK;
}

static lvk_status snapshot_read(snapshot *s, lvk_network *network) {
    for (int b = 0; b < LVK_BLOCK_COUNT; ++b)
        if (s->blocks[b])
            LVK_TRY(lvk_network_read(network, (lvk_block_id)b, s->blocks[b]));
    return LVK_OK;
}

/* Writes the blocks in their order. The parameters come first, since writing them resets their average. */
static lvk_status snapshot_write(const snapshot *s, lvk_network *network) {
    for (int b = 0; b < LVK_BLOCK_COUNT; ++b)
        if (s->blocks[b])
            LVK_TRY(lvk_network_write(network, (lvk_block_id)b, s->blocks[b]));
    return LVK_OK;
}

lvk_status lvk_train_state_save(const lvk_train_state *state, const lvk_model_info *info,
                                lvk_network *network, const char *path) {
    snapshot s;
    lvk_status status = snapshot_init(&s, network, true);
    if (status == LVK_OK)
        status = snapshot_read(&s, network);
    if (status == LVK_OK)
        status = lvk_checkpoint_write(path, s.tensors, s.count, info, state);
    snapshot_finish(&s);
    return status;
}

lvk_status lvk_network_save_model(lvk_network *network, const lvk_model_info *info,
                                  const lvk_backbone *backbone, const char *path) {
    snapshot s;
    const size_t before = backbone ? backbone->count : 0;
    lvk_named_tensor *tensors = NULL;
    lvk_status status = snapshot_init(&s, network, false);
    if (status == LVK_OK)
        status = snapshot_read(&s, network);
    if (status == LVK_OK) {
        tensors = lvk_alloc(before + s.count, sizeof *tensors);
        status = tensors ? LVK_OK : LVK_ERROR_MEMORY;
    }
    if (status == LVK_OK) {
        if (before)
            memcpy(tensors, backbone->tensors, before * sizeof *tensors);
        memcpy(tensors + before, s.tensors, s.count * sizeof *tensors);
        status = lvk_checkpoint_write(path, tensors, before + s.count, info, NULL);
    }
    lvk_free(tensors);
    snapshot_finish(&s);
    return status;
}

static lvk_status read_state(lvk_train_state *state, const lvk_checkpoint *checkpoint, const char *path) {
    const lvk_train_state *read = lvk_checkpoint_state(checkpoint);
    if (!read)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: is a model, not a checkpoint: it cannot be resumed", path);
    if (read->seed != state->seed || strcmp(read->optimizer, state->optimizer) != 0 ||
        strcmp(read->config_digest, state->config_digest) != 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: is of a training with other settings than config.json says",
                        path);
    *state = *read;
    state->history = lvk_strdup(read->history);
    return state->history ? LVK_OK : LVK_ERROR_MEMORY;
}

lvk_status lvk_train_state_load(lvk_train_state *state, lvk_network *network, const char *path) {
    lvk_checkpoint *checkpoint = NULL;
    snapshot s = {0};
    lvk_status status = lvk_checkpoint_read(path, &checkpoint);
    if (status == LVK_OK)
        status = snapshot_init(&s, network, true);
    if (status == LVK_OK)
        status = lvk_checkpoint_apply(checkpoint, LVK_USE_ALL, s.tensors, s.count);
    if (status == LVK_OK)
        status = read_state(state, checkpoint, path);
    if (status == LVK_OK)
        status = snapshot_write(&s, network);
    if (status != LVK_OK)
        lvk_train_state_finish(state);
    snapshot_finish(&s);
    lvk_checkpoint_destroy(&checkpoint);
    return status;
}

lvk_status lvk_network_load_parameters(lvk_network *network, const lvk_checkpoint *checkpoint) {
    snapshot s;
    lvk_status status = snapshot_init(&s, network, false);
    if (status == LVK_OK)
        status = lvk_checkpoint_apply(checkpoint, LVK_USE_PARAMETERS, s.tensors, s.count);
    if (status == LVK_OK)
        status = snapshot_write(&s, network);
    snapshot_finish(&s);
    return status;
}
