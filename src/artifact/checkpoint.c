#include "artifact/checkpoint.h"

#include "artifact/joined_model.h"
#include "artifact/model_classes.h"
#include "core/memory.h"
#include "leukvk/metrics.h"

#include <math.h>
#include <string.h>

/* The version of the format, that is, of the meaning of entries and tensors. Reading a newer version
 * fails. */
enum { FORMAT_VERSION = 1 };

struct lvk_checkpoint {
    lvk_safetensors *file;
    lvk_model_info info;
    bool has_state;
    lvk_train_state state;
    lvk_checkpoint *members[LVK_MOST_MEMBERS]; /* of a joined file; they borrow its tensors */
    uint32_t member_count;
};

static bool is_optimizer(const char *name) {
    return strncmp(name, LVK_OPTIMIZER_PREFIX, sizeof LVK_OPTIMIZER_PREFIX - 1) == 0;
}

static bool is_novelty(const char *name) {
    return strncmp(name, LVK_NOVELTY_PREFIX, sizeof LVK_NOVELTY_PREFIX - 1) == 0;
}

/* ---- metadata ---- */

/* Entries of the metadata that are names, and where their texts lie in the struct. */
typedef struct name_entry {
    const char *key;
    size_t offset;
} name_entry;

/* The first stands before the classes, as files of two have it. */
static const name_entry info_names[] = {{"architecture", offsetof(lvk_model_info, architecture)},
                                        {"crop", offsetof(lvk_model_info, crop)}};
static const name_entry state_names[] = {{"optimizer", offsetof(lvk_train_state, optimizer)},
                                         {"config_digest", offsetof(lvk_train_state, config_digest)}};
enum {
    INFO_NAMES = sizeof info_names / sizeof *info_names,
    STATE_NAMES = sizeof state_names / sizeof *state_names
};

/* Names that may be empty, in which case there is no entry. */
static const name_entry optional_names[] = {{"head", offsetof(lvk_model_info, head)},
                                            {"topology", offsetof(lvk_model_info, topology)},
                                            {"estimate", offsetof(lvk_model_info, estimate)},
                                            {"features", offsetof(lvk_model_info, features)}};

static lvk_status put_names(lvk_string_map *map, const void *object, const name_entry *entries,
                            size_t count) {
    for (size_t i = 0; i < count; ++i) {
        const char *text = (const char *)object + entries[i].offset;
        if (!*text || !memchr(text, '\0', LVK_NAME_SIZE))
            return lvk_fail(LVK_ERROR_ARGUMENT, "the entry \"%s\" is empty or too long", entries[i].key);
        LVK_TRY(lvk_string_map_set(map, entries[i].key, text));
    }
    return LVK_OK;
}

static lvk_status get_names(const lvk_string_map *map, void *object, const name_entry *entries,
                            size_t count) {
    for (size_t i = 0; i < count; ++i) {
        const char *text = NULL;
        LVK_TRY(lvk_string_map_need(map, entries[i].key, &text));
        const size_t length = strlen(text);
        if (length == 0 || length >= LVK_NAME_SIZE)
            return lvk_fail(LVK_ERROR_FORMAT, "the entry \"%s\" is empty or too long", entries[i].key);
        memcpy((char *)object + entries[i].offset, text, length + 1);
    }
    return LVK_OK;
}

static lvk_status put_optional_names(lvk_string_map *map, const lvk_model_info *info) {
    for (size_t i = 0; i < sizeof optional_names / sizeof *optional_names; ++i)
        if (*((const char *)info + optional_names[i].offset))
            LVK_TRY(put_names(map, info, &optional_names[i], 1));
    return LVK_OK;
}

static lvk_status get_optional_names(const lvk_string_map *map, lvk_model_info *info) {
    for (size_t i = 0; i < sizeof optional_names / sizeof *optional_names; ++i)
        if (lvk_string_map_get(map, optional_names[i].key))
            LVK_TRY(get_names(map, info, &optional_names[i], 1));
    return LVK_OK;
}

static const char *const mean_keys[3] = {"pixel_mean_r", "pixel_mean_g", "pixel_mean_b"};
static const char *const deviation_keys[3] = {"pixel_deviation_r", "pixel_deviation_g", "pixel_deviation_b"};

/* Limits wider than any images need. Beyond them, standardized pixels would be all alike, or too large for
 * float. */
static const double most_mean = 10, least_deviation = 0.001, most_deviation = 1000;

static lvk_status check_standard(lvk_status failure, const lvk_standard *standard) {
    for (int c = 0; c < 3; ++c) {
        if (!(fabs(standard->mean[c]) <= most_mean))
            return lvk_fail(failure, "the entry \"%s\" is not from -%g to %g", mean_keys[c], most_mean,
                            most_mean);
        if (!(standard->deviation[c] >= least_deviation && standard->deviation[c] <= most_deviation))
            return lvk_fail(failure, "the entry \"%s\" is not from %g to %g", deviation_keys[c],
                            least_deviation, most_deviation);
    }
    return LVK_OK;
}

lvk_resnet_variant lvk_model_info_variant(const lvk_model_info *info) {
    lvk_resnet_variant variant = LVK_RESNET_KERAS;
    (void)lvk_resnet_variant_find(info->topology, &variant);
    return variant;
}

/* Present if the model has logits of the cell's measures. */
static const char area_key[] = "area";
static const char *const area_names[] = {[LVK_CELL_AREA] = "ground", [LVK_CELL_AREA_AND_HUE] = "ground, hue"};

static lvk_status get_cell(const lvk_string_map *map, lvk_model_info *info) {
    const char *name = lvk_string_map_get(map, area_key);
    info->cell = LVK_CELL_NONE;
    for (int m = LVK_CELL_AREA; name && m <= LVK_CELL_AREA_AND_HUE; ++m)
        if (strcmp(name, area_names[m]) == 0)
            info->cell = (lvk_cell_measures)m;
    if (name && !info->cell)
        return lvk_fail(LVK_ERROR_UNSUPPORTED, "the entry \"%s\" is \"%.40s\", which is not known here",
                        area_key, name);
    return LVK_OK;
}

static const char microns_key[] = "microns_per_pixel";

static lvk_status get_scale(const lvk_string_map *map, lvk_model_info *info) {
    if (!lvk_string_map_get(map, microns_key))
        return LVK_OK;
    LVK_TRY(lvk_string_map_need_number(map, microns_key, &info->microns_per_pixel));
    if (!(info->microns_per_pixel > 0))
        return lvk_fail(LVK_ERROR_FORMAT, "the entry \"%s\" is not above 0", microns_key);
    return LVK_OK;
}

uint32_t lvk_model_info_feature_stage(const lvk_model_info *info) {
    return lvk_resnet_stage_find(info->features);
}

static lvk_status put_info(lvk_string_map *map, const lvk_model_info *info) {
    LVK_TRY(check_standard(LVK_ERROR_ARGUMENT, &info->standard));
    if (info->image_size == 0)
        return lvk_fail(LVK_ERROR_ARGUMENT, "the entry \"image_size\" is 0");
    LVK_TRY(put_names(map, info, info_names, 1));
    LVK_TRY(lvk_model_classes_put(map, info));
    LVK_TRY(put_names(map, info, info_names + 1, INFO_NAMES - 1));
    LVK_TRY(put_optional_names(map, info));
    LVK_TRY(lvk_string_map_set(map, "pixel_order", info->standard.bgr ? "bgr" : "rgb"));
    LVK_TRY(lvk_string_map_set_u64(map, "image_size", info->image_size));
    if (info->cell)
        LVK_TRY(lvk_string_map_set(map, area_key, area_names[info->cell]));
    if (info->microns_per_pixel > 0)
        LVK_TRY(lvk_string_map_set_number(map, microns_key, info->microns_per_pixel));
    for (int c = 0; c < 3; ++c) {
        LVK_TRY(lvk_string_map_set_number(map, mean_keys[c], info->standard.mean[c]));
        LVK_TRY(lvk_string_map_set_number(map, deviation_keys[c], info->standard.deviation[c]));
    }
    return LVK_OK;
}

static lvk_status get_info(const lvk_string_map *map, lvk_model_info *info) {
    uint64_t image_size = 0;
    const char *order = NULL;
    LVK_TRY(get_names(map, info, info_names, INFO_NAMES));
    LVK_TRY(lvk_model_classes_get(map, info));
    LVK_TRY(get_optional_names(map, info));
    LVK_TRY(lvk_string_map_need(map, "pixel_order", &order));
    info->standard.bgr = strcmp(order, "bgr") == 0;
    if (!info->standard.bgr && strcmp(order, "rgb") != 0)
        return lvk_fail(LVK_ERROR_FORMAT, "the entry \"pixel_order\" is neither rgb nor bgr");
    LVK_TRY(lvk_string_map_need_u64(map, "image_size", 65536, &image_size));
    if (image_size == 0)
        return lvk_fail(LVK_ERROR_FORMAT, "the entry \"image_size\" is 0");
    info->image_size = (uint32_t)image_size;
    LVK_TRY(get_cell(map, info));
    LVK_TRY(get_scale(map, info));
    for (int c = 0; c < 3; ++c) {
        LVK_TRY(lvk_string_map_need_number(map, mean_keys[c], &info->standard.mean[c]));
        LVK_TRY(lvk_string_map_need_number(map, deviation_keys[c], &info->standard.deviation[c]));
    }
    lvk_resnet_variant variant;
    if (*info->topology && !lvk_resnet_variant_find(info->topology, &variant))
        return lvk_fail(LVK_ERROR_UNSUPPORTED, "the entry \"topology\" is \"%.40s\", which is not known here",
                        info->topology);
    if (*info->features && !lvk_resnet_stage_find(info->features))
        return lvk_fail(LVK_ERROR_UNSUPPORTED, "the entry \"features\" is \"%.40s\", which is not known here",
                        info->features);
    return check_standard(LVK_ERROR_FORMAT, &info->standard);
}

static const char temperature_key[] = "temperature", threshold_key[] = "threshold";

static lvk_status get_calibration(const lvk_string_map *map, const lvk_model_info *info,
                                  lvk_model_calibration *c) {
    *c = (lvk_model_calibration){.has_temperature = lvk_string_map_get(map, temperature_key) != NULL,
                                 .has_threshold = lvk_string_map_get(map, threshold_key) != NULL,
                                 .temperature = 1,
                                 .threshold = LVK_THRESHOLD};
    if (c->has_temperature)
        LVK_TRY(lvk_string_map_need_number(map, temperature_key, &c->temperature));
    if (c->has_threshold)
        LVK_TRY(lvk_string_map_need_number(map, threshold_key, &c->threshold));
    if (!(c->temperature >= 0.001 && c->temperature <= 1000))
        return lvk_fail(LVK_ERROR_FORMAT, "the entry \"%s\" is not from 0.001 to 1000", temperature_key);
    if (!(c->threshold >= 0 && c->threshold <= 1))
        return lvk_fail(LVK_ERROR_FORMAT, "the entry \"%s\" is not from 0 to 1", threshold_key);
    return lvk_model_positive_get(map, info, c);
}

static lvk_status put_calibration(lvk_string_map *map, const lvk_model_info *info,
                                  const lvk_model_calibration *c) {
    if (c->has_temperature)
        LVK_TRY(lvk_string_map_set_number(map, temperature_key, c->temperature));
    if (c->has_threshold)
        LVK_TRY(lvk_string_map_set_number(map, threshold_key, c->threshold));
    if (c->has_positive)
        LVK_TRY(lvk_model_positive_put(map, info, c));
    return LVK_OK;
}

static lvk_status put_state(lvk_string_map *map, const lvk_train_state *state) {
    if (!isfinite(state->best_loss))
        return lvk_fail(LVK_ERROR_NUMERIC, "the best loss is not a finite number");
    LVK_TRY(lvk_string_map_set_u64(map, "epoch", state->epoch));
    LVK_TRY(lvk_string_map_set_u64(map, "step", state->update));
    LVK_TRY(lvk_string_map_set_u64(map, "seed", state->seed));
    LVK_TRY(lvk_string_map_set_u64(map, "best_epoch", state->best_epoch));
    LVK_TRY(lvk_string_map_set_number(map, "best_score", state->best_loss));
    LVK_TRY(lvk_string_map_set_u64(map, "patience", state->waited));
    LVK_TRY(put_names(map, state, state_names, STATE_NAMES));
    LVK_TRY(lvk_string_map_set(map, "history", state->history ? state->history : ""));
    LVK_TRY(lvk_string_map_set_u64(map, "epoch_step", state->step));
    LVK_TRY(lvk_string_map_set_u64(map, "epoch_images", state->images));
    LVK_TRY(lvk_string_map_set_u64(map, "epoch_correct", state->correct));
    return lvk_string_map_set_number(map, "epoch_loss_sum", state->loss_sum);
}

/* What has been done of the current epoch. */
static lvk_status get_epoch(const lvk_string_map *map, lvk_train_state *state) {
    uint64_t step = 0;
    LVK_TRY(lvk_string_map_need_u64(map, "epoch_step", UINT32_MAX, &step));
    LVK_TRY(lvk_string_map_need_u64(map, "epoch_images", UINT64_MAX, &state->images));
    LVK_TRY(lvk_string_map_need_u64(map, "epoch_correct", UINT64_MAX, &state->correct));
    LVK_TRY(lvk_string_map_need_number(map, "epoch_loss_sum", &state->loss_sum));
    state->step = (uint32_t)step;
    return LVK_OK;
}

static lvk_status get_state(const lvk_string_map *map, lvk_train_state *state) {
    uint64_t epoch = 0, best_epoch = 0, waited = 0;
    const char *history = NULL;
    LVK_TRY(lvk_string_map_need_u64(map, "epoch", UINT32_MAX, &epoch));
    LVK_TRY(lvk_string_map_need_u64(map, "step", UINT64_MAX, &state->update));
    LVK_TRY(lvk_string_map_need_u64(map, "seed", UINT64_MAX, &state->seed));
    LVK_TRY(lvk_string_map_need_u64(map, "best_epoch", UINT32_MAX, &best_epoch));
    LVK_TRY(lvk_string_map_need_number(map, "best_score", &state->best_loss));
    LVK_TRY(lvk_string_map_need_u64(map, "patience", UINT32_MAX, &waited));
    LVK_TRY(get_names(map, state, state_names, STATE_NAMES));
    LVK_TRY(lvk_string_map_need(map, "history", &history));
    LVK_TRY(get_epoch(map, state));
    if (best_epoch > epoch || waited > epoch)
        return lvk_fail(LVK_ERROR_FORMAT, "the entries \"best_epoch\" and \"patience\" do not fit \"epoch\"");
    state->epoch = (uint32_t)epoch;
    state->best_epoch = (uint32_t)best_epoch;
    state->waited = (uint32_t)waited;
    state->history = lvk_strdup(history);
    return state->history ? LVK_OK : LVK_ERROR_MEMORY;
}

void lvk_train_state_finish(lvk_train_state *state) {
    lvk_free(state->history);
    *state = (lvk_train_state){0};
}

static lvk_status put_all(lvk_string_map *map, const lvk_model_info *info, const lvk_train_state *state) {
    LVK_TRY(lvk_string_map_set(map, "format", "leukvk"));
    LVK_TRY(lvk_string_map_set_u64(map, "format_version", FORMAT_VERSION));
    LVK_TRY(lvk_string_map_set(map, "kind", state ? "checkpoint" : "model"));
    LVK_TRY(put_info(map, info));
    return state ? put_state(map, state) : put_calibration(map, info, &info->calibration);
}

/* *joined: the file has members, which are still to be read, and nothing else. */
static lvk_status get_all(const lvk_string_map *map, lvk_checkpoint *checkpoint, bool *joined) {
    uint64_t version = 0;
    const char *format = lvk_string_map_get(map, "format"), *kind = NULL;
    if (!format || strcmp(format, "leukvk") != 0)
        return lvk_fail(LVK_ERROR_FORMAT, "is a safetensors file, but not one of leukvk");
    LVK_TRY(lvk_string_map_need_u64(map, "format_version", UINT64_MAX, &version));
    if (version != FORMAT_VERSION)
        return lvk_fail(LVK_ERROR_UNSUPPORTED, "has format version %llu, this leukvk reads %d",
                        (unsigned long long)version, FORMAT_VERSION);
    LVK_TRY(lvk_string_map_need(map, "kind", &kind));
    *joined = strcmp(kind, LVK_JOINED_KIND) == 0;
    if (*joined)
        return LVK_OK;
    LVK_TRY(get_info(map, &checkpoint->info));
    LVK_TRY(get_calibration(map, &checkpoint->info, &checkpoint->info.calibration));
    checkpoint->has_state = strcmp(kind, "checkpoint") == 0;
    if (!checkpoint->has_state && strcmp(kind, "model") != 0)
        return lvk_fail(LVK_ERROR_FORMAT, "the entry \"kind\" is neither checkpoint nor model");
    return checkpoint->has_state ? get_state(map, &checkpoint->state) : LVK_OK;
}

/* ---- tensors ---- */

static lvk_status describe_tensor(const char *path, const lvk_named_tensor *tensor,
                                  lvk_safetensor *described) {
    const uint64_t count = lvk_type_count(&tensor->type);
    const uint64_t bad = lvk_first_not_finite(tensor->data, count);
    if (bad < count)
        return lvk_fail(LVK_ERROR_NUMERIC,
                        "%s: not written: tensor \"%s\": element %llu is not a finite number", path,
                        tensor->name, (unsigned long long)bad);
    *described = (lvk_safetensor){
        .name = tensor->name, .element = LVK_ELEMENT_F32, .rank = tensor->type.rank, .data = tensor->data};
    for (int i = 0; i < tensor->type.rank; ++i)
        described->dim[i] = tensor->type.dim[i];
    return LVK_OK;
}

lvk_status lvk_checkpoint_write(const char *path, const lvk_named_tensor *tensors, size_t count,
                                const lvk_model_info *info, const lvk_train_state *state) {
    lvk_string_map map = {0};
    size_t written = 0;
    lvk_safetensor *described = lvk_alloc(count, sizeof *described);
    lvk_status status = described ? LVK_OK : LVK_ERROR_MEMORY;
    for (size_t i = 0; i < count && status == LVK_OK; ++i)
        if (state || !is_optimizer(tensors[i].name))
            status = describe_tensor(path, &tensors[i], &described[written++]);
    if (status == LVK_OK) {
        status = put_all(&map, info, state);
        if (status != LVK_OK && status != LVK_ERROR_MEMORY)
            status = lvk_fail_within(status, "%s: not written", path);
    }
    if (status == LVK_OK)
        status = lvk_safetensors_write(path, described, written, &map);
    lvk_string_map_finish(&map);
    lvk_free(described);
    return status;
}

lvk_status lvk_checkpoint_read(const char *path, lvk_checkpoint **result) {
    lvk_safetensors *file = NULL;
    *result = NULL;
    LVK_TRY(lvk_safetensors_read(path, &file));
    return lvk_checkpoint_take(file, result);
}

/* Every number that the file has, whether the caller uses it or writes it into another file. Of a joined file, the
 * members are checked one by one. */
static lvk_status check_finite(const lvk_safetensors *file) {
    const lvk_string_map *map = lvk_safetensors_metadata(file);
    double number;
    for (size_t i = 0; i < lvk_safetensors_count(file); ++i)
        LVK_TRY(lvk_safetensor_check_finite(lvk_safetensors_name(file), lvk_safetensors_at(file, i)));
    for (size_t i = 0; i < map->count; ++i)
        if (is_novelty(map->pairs[i].key) &&
            lvk_string_map_need_number(map, map->pairs[i].key, &number) != LVK_OK)
            return lvk_fail_within(LVK_ERROR_FORMAT, "%s", lvk_safetensors_name(file));
    return LVK_OK;
}

static lvk_status name_file(const lvk_checkpoint *checkpoint, lvk_status status) {
    return status == LVK_OK || status == LVK_ERROR_MEMORY
               ? status
               : lvk_fail_within(status, "%s", lvk_safetensors_name(checkpoint->file));
}

static lvk_status get_members(lvk_checkpoint *checkpoint) {
    LVK_TRY(lvk_joined_members_read(checkpoint->file, checkpoint->members, &checkpoint->member_count));
    checkpoint->info = checkpoint->members[0]->info;
    checkpoint->info.estimate[0] = '\0'; /* of one member; nobody has tested the mean */
    return name_file(checkpoint, get_calibration(lvk_safetensors_metadata(checkpoint->file),
                                                 &checkpoint->info, &checkpoint->info.calibration));
}

lvk_status lvk_checkpoint_take(lvk_safetensors *file, lvk_checkpoint **result) {
    bool joined = false;
    lvk_checkpoint *checkpoint = *result = lvk_alloc(1, sizeof *checkpoint);
    if (!checkpoint) {
        lvk_safetensors_destroy(&file);
        return LVK_ERROR_MEMORY;
    }
    checkpoint->file = file;
    lvk_status status = name_file(checkpoint, get_all(lvk_safetensors_metadata(file), checkpoint, &joined));
    if (status == LVK_OK)
        status = joined ? get_members(checkpoint) : check_finite(file);
    if (status != LVK_OK)
        lvk_checkpoint_destroy(result);
    return status;
}

void lvk_checkpoint_destroy(lvk_checkpoint **pointer) {
    if (!pointer || !*pointer)
        return;
    lvk_checkpoint *checkpoint = *pointer;
    *pointer = NULL;
    for (uint32_t k = 0; k < checkpoint->member_count; ++k)
        lvk_checkpoint_destroy(&checkpoint->members[k]);
    lvk_train_state_finish(&checkpoint->state);
    lvk_safetensors_destroy(&checkpoint->file);
    lvk_free(checkpoint);
}

const lvk_model_info *lvk_checkpoint_info(const lvk_checkpoint *checkpoint) {
    return &checkpoint->info;
}

const lvk_train_state *lvk_checkpoint_state(const lvk_checkpoint *checkpoint) {
    return checkpoint->has_state ? &checkpoint->state : NULL;
}

uint32_t lvk_checkpoint_member_count(const lvk_checkpoint *checkpoint) {
    return checkpoint->member_count ? checkpoint->member_count : 1;
}

const lvk_checkpoint *lvk_checkpoint_member(const lvk_checkpoint *checkpoint, uint32_t member) {
    return checkpoint->member_count ? checkpoint->members[member] : checkpoint;
}

const lvk_string_map *lvk_checkpoint_metadata(const lvk_checkpoint *checkpoint) {
    return lvk_safetensors_metadata(checkpoint->file);
}

const lvk_safetensors *lvk_checkpoint_file(const lvk_checkpoint *checkpoint) {
    return checkpoint->file;
}

/* ---- writing a file again ---- */

/* Which entries and tensors of a file are replaced. */
typedef bool (*is_replaced)(const char *name);

static bool is_calibration(const char *name) {
    return strcmp(name, temperature_key) == 0 || strcmp(name, threshold_key) == 0 ||
           strcmp(name, LVK_POSITIVE_CLASSES_KEY) == 0;
}

/* Copies the entries of the file that stay. */
static lvk_status copy_entries(const lvk_checkpoint *checkpoint, is_replaced replaced, lvk_string_map *to) {
    const lvk_string_map *from = lvk_safetensors_metadata(checkpoint->file);
    for (size_t i = 0; i < from->count; ++i)
        if (!replaced(from->pairs[i].key))
            LVK_TRY(lvk_string_map_set(to, from->pairs[i].key, from->pairs[i].value));
    return LVK_OK;
}

/* Writes the file with the entries of `map`, and with the `count` tensors behind those that stay. */
static lvk_status write_again(const lvk_checkpoint *checkpoint, is_replaced replaced,
                              const lvk_safetensor *tensors, size_t count, const lvk_string_map *map) {
    const lvk_safetensors *file = checkpoint->file;
    const size_t own = lvk_safetensors_count(file);
    size_t kept = 0;
    lvk_safetensor *all = lvk_alloc(own + count, sizeof *all);
    if (!all)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < own; ++i)
        if (!replaced(lvk_safetensors_at(file, i)->name))
            all[kept++] = *lvk_safetensors_at(file, i);
    if (count)
        memcpy(all + kept, tensors, count * sizeof *all);
    const lvk_status status = lvk_safetensors_write(lvk_safetensors_name(file), all, kept + count, map);
    lvk_free(all);
    return status;
}

lvk_status lvk_checkpoint_calibrate(const lvk_checkpoint *checkpoint,
                                    const lvk_model_calibration *calibration) {
    lvk_string_map map = {0};
    lvk_status status = copy_entries(checkpoint, is_calibration, &map);
    if (status == LVK_OK)
        status = put_calibration(&map, &checkpoint->info, calibration);
    if (status == LVK_OK)
        status = write_again(checkpoint, is_calibration, NULL, 0, &map);
    lvk_string_map_finish(&map);
    return status;
}

lvk_status lvk_checkpoint_replace_novelty(const lvk_checkpoint *checkpoint, const lvk_safetensor *tensors,
                                          size_t count, const lvk_string_map *entries) {
    lvk_string_map map = {0};
    lvk_status status = copy_entries(checkpoint, is_novelty, &map);
    for (size_t i = 0; i < entries->count && status == LVK_OK; ++i)
        status = lvk_string_map_set(&map, entries->pairs[i].key, entries->pairs[i].value);
    if (status == LVK_OK)
        status = write_again(checkpoint, is_novelty, tensors, count, &map);
    lvk_string_map_finish(&map);
    return status;
}

static bool is_wanted(const char *name, const lvk_named_tensor *tensors, size_t count) {
    for (size_t i = 0; i < count; ++i)
        if (strcmp(tensors[i].name, name) == 0)
            return true;
    return false;
}

lvk_status lvk_checkpoint_apply(const lvk_checkpoint *checkpoint, lvk_checkpoint_use use,
                                const lvk_named_tensor *tensors, size_t count) {
    const lvk_safetensors *file = checkpoint->file;
    for (size_t i = 0; i < lvk_safetensors_count(file); ++i) {
        const char *name = lvk_safetensors_at(file, i)->name;
        if (!(use == LVK_USE_PARAMETERS && (is_optimizer(name) || is_novelty(name))) &&
            !is_wanted(name, tensors, count))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: has a tensor \"%s\" that the model does not know",
                            lvk_safetensors_name(file), name);
    }
    for (size_t i = 0; i < count; ++i)
        LVK_TRY(lvk_safetensors_check(file, tensors[i].name, &tensors[i].type));
    for (size_t i = 0; i < count; ++i)
        LVK_TRY(lvk_safetensors_copy(file, tensors[i].name, &tensors[i].type, tensors[i].data));
    return LVK_OK;
}
