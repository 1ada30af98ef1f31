/* Novelty in a model file. Tensors, F32:
 *
 *   novelty/picture/means [classes, 9]    novelty/picture/directions [9, 9]    novelty/picture/variances [10]
 *   novelty/picture/limits [9]
 *   novelty/features/means [classes, F]   novelty/features/directions [R, F]   novelty/features/variances [R + 1]
 *
 * Entries: "novelty", the version; "novelty_picture_limit", "novelty_feature_limit", "novelty_area" and
 * "novelty_unseen_ratio". */
#include "core/memory.h"
#include "predict/novelty.h"

#include <string.h>

enum { VERSION = 1, ARRAYS = 3, MOST_LENGTH = 1 << 16 };

static const char *const names[2][ARRAYS] = {
    {"novelty/picture/means", "novelty/picture/directions", "novelty/picture/variances"},
    {"novelty/features/means", "novelty/features/directions", "novelty/features/variances"}};

static const char limits_name[] = "novelty/picture/limits";

/* The numbers, where they lie in the struct, and whether they must be above 0. */
static const struct {
    const char *key;
    size_t offset;
    bool positive;
} numbers[] = {{"novelty_picture_limit", offsetof(lvk_novelty, picture_limit), true},
               {"novelty_feature_limit", offsetof(lvk_novelty, feature_limit), true},
               {"novelty_area", offsetof(lvk_novelty, area), true},
               {"novelty_unseen_ratio", offsetof(lvk_novelty, unseen_ratio), false}};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static void types_of(const lvk_gaussian *g, lvk_type types[ARRAYS]) {
    types[0] = lvk_type_2d(LVK_F32, g->classes, g->length);
    types[1] = lvk_type_2d(LVK_F32, g->rank, g->length);
    types[2] = lvk_type_1d(LVK_F32, g->rank + 1);
}

static void arrays_of(const lvk_gaussian *g, float *arrays[ARRAYS]) {
    arrays[0] = g->means;
    arrays[1] = g->directions;
    arrays[2] = g->variances;
}

/* ---- writing ---- */

static lvk_status put_numbers(const lvk_novelty *n, lvk_string_map *map) {
    LVK_TRY(lvk_string_map_set_u64(map, "novelty", VERSION));
    for (int i = 0; i < NUMBERS; ++i) {
        double value;
        memcpy(&value, (const char *)n + numbers[i].offset, sizeof value);
        LVK_TRY(lvk_string_map_set_number(map, numbers[i].key, value));
    }
    return LVK_OK;
}

static size_t put_tensors(const lvk_gaussian *g, const char *const own[ARRAYS], lvk_safetensor *tensors) {
    lvk_type types[ARRAYS];
    float *arrays[ARRAYS];
    types_of(g, types);
    arrays_of(g, arrays);
    for (int a = 0; a < ARRAYS; ++a) {
        tensors[a] = (lvk_safetensor){
            .name = own[a], .element = LVK_ELEMENT_F32, .rank = types[a].rank, .data = arrays[a]};
        for (int i = 0; i < types[a].rank; ++i)
            tensors[a].dim[i] = types[a].dim[i];
    }
    return ARRAYS;
}

lvk_status lvk_novelty_write(const lvk_novelty *n, const char *path) {
    lvk_checkpoint *model = NULL;
    lvk_string_map map = {0};
    lvk_safetensor tensors[2 * ARRAYS + 1];
    size_t count = put_tensors(&n->picture, names[0], tensors);
    tensors[count++] = (lvk_safetensor){.name = limits_name,
                                        .element = LVK_ELEMENT_F32,
                                        .rank = 1,
                                        .dim = {LVK_PICTURE_MEASURES},
                                        .data = n->limits};
    if (n->features.length)
        count += put_tensors(&n->features, names[1], tensors + count);
    lvk_status status = put_numbers(n, &map);
    if (status == LVK_OK)
        status = lvk_checkpoint_read(path, &model);
    if (status == LVK_OK)
        status = lvk_checkpoint_replace_novelty(model, tensors, count, &map);
    lvk_checkpoint_destroy(&model);
    lvk_string_map_finish(&map);
    return status;
}

/* ---- reading ---- */

static lvk_status get_numbers(const lvk_string_map *map, lvk_novelty *n) {
    uint64_t version;
    LVK_TRY(lvk_string_map_need_u64(map, "novelty", UINT32_MAX, &version));
    if (version != VERSION)
        return lvk_fail(LVK_ERROR_UNSUPPORTED, "the entry \"novelty\" is %llu, this leukvk reads %d",
                        (unsigned long long)version, VERSION);
    for (int i = 0; i < NUMBERS; ++i) {
        double value;
        LVK_TRY(lvk_string_map_need_number(map, numbers[i].key, &value));
        if (value < 0 || (numbers[i].positive && value == 0))
            return lvk_fail(LVK_ERROR_FORMAT, "the entry \"%s\" is %g, not above 0", numbers[i].key, value);
        memcpy((char *)n + numbers[i].offset, &value, sizeof value);
    }
    return LVK_OK;
}

/* The means and directions say how long and how many all are. */
static lvk_status get_shape(const lvk_safetensors *file, const char *const own[ARRAYS], lvk_gaussian *g) {
    uint64_t dim[2][2];
    for (int a = 0; a < 2; ++a) {
        const lvk_safetensor *tensor = lvk_safetensors_find(file, own[a]);
        if (!tensor || tensor->rank != 2 || tensor->dim[1] == 0 || tensor->dim[1] > MOST_LENGTH)
            return lvk_fail(LVK_ERROR_FORMAT, "there is no tensor \"%s\" of two dimensions", own[a]);
        memcpy(dim[a], tensor->dim, sizeof dim[a]);
    }
    if (dim[0][0] == 0 || dim[0][0] > LVK_MOST_CLASSES || dim[1][0] > dim[1][1] || dim[0][1] != dim[1][1])
        return lvk_fail(LVK_ERROR_FORMAT, "the tensors \"%s\" and \"%s\" do not fit each other", own[0],
                        own[1]);
    return lvk_gaussian_init(g, (uint32_t)dim[0][1], (uint32_t)dim[0][0], (uint32_t)dim[1][0]);
}

static lvk_status check_positive(const lvk_safetensors *file, const char *name, const float *values,
                                 uint32_t count) {
    for (uint32_t i = 0; i < count; ++i)
        if (!(values[i] > 0))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: tensor \"%s\": element %u is not above 0",
                            lvk_safetensors_name(file), name, (unsigned)i);
    return LVK_OK;
}

static lvk_status get_tensors(const lvk_safetensors *file, const char *const own[ARRAYS], lvk_gaussian *g) {
    lvk_type types[ARRAYS];
    float *arrays[ARRAYS];
    lvk_status status = get_shape(file, own, g);
    if (status != LVK_OK)
        return status == LVK_ERROR_MEMORY ? status
                                          : lvk_fail_within(status, "%s", lvk_safetensors_name(file));
    types_of(g, types);
    arrays_of(g, arrays);
    for (int a = 0; a < ARRAYS; ++a)
        LVK_TRY(lvk_safetensors_copy(file, own[a], &types[a], arrays[a]));
    return check_positive(file, own[2], g->variances, g->rank + 1);
}

static lvk_status get_limits(const lvk_safetensors *file, lvk_novelty *n) {
    const lvk_type type = lvk_type_1d(LVK_F32, LVK_PICTURE_MEASURES);
    LVK_TRY(lvk_safetensors_copy(file, limits_name, &type, n->limits));
    return check_positive(file, limits_name, n->limits, LVK_PICTURE_MEASURES);
}

static lvk_status get_all(const lvk_checkpoint *model, lvk_novelty *n) {
    const lvk_safetensors *file = lvk_checkpoint_file(model);
    lvk_status status = get_numbers(lvk_checkpoint_metadata(model), n);
    if (status != LVK_OK)
        return status == LVK_ERROR_MEMORY ? status
                                          : lvk_fail_within(status, "%s", lvk_safetensors_name(file));
    LVK_TRY(get_tensors(file, names[0], &n->picture));
    if (n->picture.length != LVK_PICTURE_MEASURES)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: tensor \"%s\": %u measures of a picture, not %d",
                        lvk_safetensors_name(file), names[0][0], (unsigned)n->picture.length,
                        LVK_PICTURE_MEASURES);
    LVK_TRY(get_limits(file, n));
    return lvk_safetensors_find(file, names[1][0]) ? get_tensors(file, names[1], &n->features) : LVK_OK;
}

lvk_status lvk_novelty_read(const lvk_checkpoint *model, lvk_novelty **novelty) {
    *novelty = NULL;
    if (!lvk_string_map_get(lvk_checkpoint_metadata(model), "novelty"))
        return LVK_OK;
    lvk_novelty *n = *novelty = lvk_alloc(1, sizeof *n);
    const lvk_status status = n ? get_all(model, n) : LVK_ERROR_MEMORY;
    if (status != LVK_OK)
        lvk_novelty_destroy(novelty);
    return status;
}
