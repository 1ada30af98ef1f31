#include "artifact/train_state.h"

#include "core/memory.h"

#include <stdio.h>
#include <string.h>

void lvk_position_finish(lvk_position *position) {
    lvk_free(position->history);
    *position = (lvk_position){0};
}

/* Images of the device's blocks in host memory, and the tensors in them by name. */
typedef struct snapshot {
    float *blocks[LVK_BLOCK_COUNT];
    lvk_named_tensor *tensors;
    char **names; /* of the moments */
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

/* Room for the parameters that inference reads and, with `state`, what the optimizer needs besides: moments
 * and, where inference reads an average, the parameters themselves. Released also after a failure. */
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

/* In the order of the blocks: what begins anew with the parameters comes after them. */
static lvk_status snapshot_write(const snapshot *s, lvk_network *network) {
    for (int b = 0; b < LVK_BLOCK_COUNT; ++b)
        if (s->blocks[b])
            LVK_TRY(lvk_network_write(network, (lvk_block_id)b, s->blocks[b]));
    return LVK_OK;
}

static lvk_status write_checkpoint(const lvk_position *p, const lvk_position_context *context,
                                   const snapshot *s, const char *path) {
    lvk_train_state state = {.seed = context->seed,
                             .epoch = p->epoch,
                             .step = p->update,
                             .best_epoch = p->best_epoch,
                             .best_score = p->best_loss,
                             .patience = p->waited,
                             .history = p->history};
    snprintf(state.optimizer, sizeof state.optimizer, "%s", context->optimizer);
    snprintf(state.config_digest, sizeof state.config_digest, "%s", context->config_digest);
    lvk_string_map extra = {0};
    lvk_status status;
    LVK_GO(status, lvk_string_map_set_u64(&extra, "epoch_step", p->step), done);
    LVK_GO(status, lvk_string_map_set_u64(&extra, "epoch_images", p->images), done);
    LVK_GO(status, lvk_string_map_set_u64(&extra, "epoch_correct", p->correct), done);
    LVK_GO(status, lvk_string_map_set_number(&extra, "epoch_loss_sum", p->loss_sum), done);
    status = lvk_checkpoint_write(path, s->tensors, s->count, context->info, &state, &extra);
done:
    lvk_string_map_finish(&extra);
    return status;
}

lvk_status lvk_position_save(const lvk_position *position, const lvk_position_context *context,
                             lvk_network *network, const char *path) {
    snapshot s;
    lvk_status status = snapshot_init(&s, network, true);
    if (status == LVK_OK)
        status = snapshot_read(&s, network);
    if (status == LVK_OK)
        status = write_checkpoint(position, context, &s, path);
    snapshot_finish(&s);
    return status;
}

lvk_status lvk_position_save_model(const lvk_model_info *info, lvk_network *network,
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
        status = lvk_checkpoint_write(path, tensors, before + s.count, info, NULL, NULL);
    }
    lvk_free(tensors);
    snapshot_finish(&s);
    return status;
}

static lvk_status read_position(lvk_position *p, const lvk_position_context *context,
                                const lvk_checkpoint *checkpoint, const char *path) {
    const lvk_train_state *state = lvk_checkpoint_state(checkpoint);
    const lvk_string_map *metadata = lvk_checkpoint_metadata(checkpoint);
    if (!state)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: is a model, not a checkpoint: it cannot be resumed", path);
    if (state->seed != context->seed || strcmp(state->optimizer, context->optimizer) != 0 ||
        strcmp(state->config_digest, context->config_digest) != 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: is of a training with other settings than config.json says",
                        path);
    uint64_t step;
    LVK_TRY(lvk_string_map_need_u64(metadata, "epoch_step", UINT32_MAX, &step));
    LVK_TRY(lvk_string_map_need_u64(metadata, "epoch_images", UINT64_MAX, &p->images));
    LVK_TRY(lvk_string_map_need_u64(metadata, "epoch_correct", UINT64_MAX, &p->correct));
    LVK_TRY(lvk_string_map_need_number(metadata, "epoch_loss_sum", &p->loss_sum));
    p->epoch = state->epoch;
    p->step = (uint32_t)step;
    p->update = state->step;
    p->best_epoch = state->best_epoch;
    p->best_loss = state->best_score;
    p->waited = state->patience;
    p->history = lvk_strdup(state->history ? state->history : "");
    return p->history ? LVK_OK : LVK_ERROR_MEMORY;
}

lvk_status lvk_position_load(lvk_position *position, const lvk_position_context *context,
                             lvk_network *network, const char *path) {
    *position = (lvk_position){0};
    lvk_checkpoint *checkpoint = NULL;
    LVK_TRY(lvk_checkpoint_read(path, &checkpoint));
    snapshot s;
    lvk_status status = snapshot_init(&s, network, true);
    if (status == LVK_OK)
        status = lvk_checkpoint_apply(checkpoint, LVK_USE_ALL, s.tensors, s.count);
    if (status == LVK_OK)
        status = read_position(position, context, checkpoint, path);
    if (status == LVK_OK)
        status = snapshot_write(&s, network);
    if (status != LVK_OK)
        lvk_position_finish(position);
    snapshot_finish(&s);
    lvk_checkpoint_destroy(&checkpoint);
    return status;
}

lvk_status lvk_position_load_parameters(const lvk_checkpoint *checkpoint, lvk_network *network) {
    snapshot s;
    lvk_status status = snapshot_init(&s, network, false);
    if (status == LVK_OK)
        status = lvk_checkpoint_apply(checkpoint, LVK_USE_PARAMETERS, s.tensors, s.count);
    if (status == LVK_OK)
        status = snapshot_write(&s, network);
    snapshot_finish(&s);
    return status;
}
