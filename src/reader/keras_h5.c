#include "reader/keras_h5.h"

#include <string.h>

/* ---- what a weight is ---- */

/* Whether the first `length` characters of `name` are `word`, or end with '_' and `word`. */
static bool ends_with(const char *name, size_t length, const char *word) {
    const size_t tail = strlen(word);
    return length >= tail && strncmp(name + length - tail, word, tail) == 0 &&
           (length == tail || name[length - tail - 1] == '_');
}

/* The length of the name without `mark` and digits at its end, as in "kernel:0" or "kernel_1". */
static size_t without_number(const char *name, size_t length, char mark) {
    size_t end = length;
    while (end > 0 && name[end - 1] >= '0' && name[end - 1] <= '9')
        --end;
    return end > 1 && end < length && name[end - 1] == mark ? end - 1 : length;
}

/* The role of a weight, by its name in Keras 2 and 3 ("conv1/kernel:0") or in Keras 1 ("conv1_W:0"); else by
 * its number among the layer's weights. */
static const char *role_of(const char *name, size_t index, size_t count) {
    static const char *const words[][2] = {
        {"kernel", "kernel"},
        {"W", "kernel"},
        {"bias", "bias"},
        {"b", "bias"},
        {"gamma", "gamma"},
        {"beta", "beta"},
        {"moving_mean", "moving_mean"},
        {"running_mean", "moving_mean"},
        {"moving_variance", "moving_variance"},
        {"running_std", "moving_variance"}, /* Keras 1 has this name, but it is the variance */
    };
    const char *const *roles = lvk_keras_roles(count);
    const char *slash = strrchr(name, '/');
    name = slash ? slash + 1 : name;
    const size_t length = without_number(name, without_number(name, strlen(name), ':'), '_');
    for (size_t i = 0; i < sizeof words / sizeof *words; ++i)
        if (ends_with(name, length, words[i][0]))
            return words[i][1];
    return roles ? roles[index] : NULL;
}

/* ---- the layers ---- */

/* A file that is being read. */
typedef struct reader {
    const char *path;
    const char *root; /* "" or "model_weights/" */
    const lvk_h5_file *file;
    lvk_keras_list *list;
} reader;

static lvk_status read_layer(const reader *r, const char *layer) {
    lvk_arena *arena = &r->list->arena;
    const char **names;
    size_t count;
    const char *group = lvk_arena_format(arena, "%s%s", r->root, layer);
    if (!group)
        return LVK_ERROR_MEMORY;
    LVK_TRY(lvk_h5_strings(r->file, group, "weight_names", arena, &names, &count));
    if (count > LVK_KERAS_MAX_LAYER)
        return lvk_fail(LVK_ERROR_FORMAT,
                        "%s: layer \"%s\" has %zu weights: a model within the model is not read", r->path,
                        layer, count);
    for (size_t i = 0; i < count; ++i) {
        const char *path = lvk_arena_format(arena, "%s/%s", group, names[i]);
        const char *role = role_of(names[i], i, count);
        if (!path)
            return LVK_ERROR_MEMORY;
        if (!role)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: weight \"%s\" of layer \"%s\" is of no kind that is known",
                            r->path, names[i], layer);
        LVK_TRY(lvk_keras_add(r->list, r->file, layer, role, path));
    }
    return LVK_OK;
}

/* Fails for weights of the backend Theano, whose kernels have the same shape but their taps in reverse
 * order. */
static lvk_status check_backend(const reader *r, const char *group) {
    const char **names;
    size_t count;
    bool has;
    LVK_TRY(lvk_h5_has_attribute(r->file, group, "backend", &has));
    if (!has)
        return LVK_OK;
    LVK_TRY(lvk_h5_strings(r->file, group, "backend", &r->list->arena, &names, &count));
    if (count > 0 && strcmp(names[0], "theano") == 0)
        return lvk_fail(LVK_ERROR_UNSUPPORTED, "%s: was written with Theano, whose kernels are turned around",
                        r->path);
    return LVK_OK;
}

static lvk_status collect(void *user, const lvk_h5_file *file, lvk_keras_list *list) {
    static const char whole[] = "model_weights";
    reader *r = user;
    const char **layers;
    size_t count;
    bool at_root, has_whole = false, has;
    LVK_TRY(lvk_h5_has_attribute(file, "", "layer_names", &at_root));
    const char *group = at_root ? "" : whole;
    r->file = file;
    r->list = list;
    r->root = *group ? "model_weights/" : "";
    has = at_root;
    if (!at_root)
        LVK_TRY(lvk_h5_has_group(file, whole, &has_whole));
    if (has_whole)
        LVK_TRY(lvk_h5_has_attribute(file, whole, "layer_names", &has));
    if (!has)
        return lvk_fail(LVK_ERROR_FORMAT,
                        "%s: is an HDF5 file, but not of Keras' weights: no layer_names (of Keras 3's "
                        ".weights.h5 the whole model, .keras, is read)",
                        r->path);
    LVK_TRY(check_backend(r, group));
    LVK_TRY(lvk_h5_strings(file, group, "layer_names", &list->arena, &layers, &count));
    for (size_t i = 0; i < count; ++i)
        LVK_TRY(read_layer(r, layers[i]));
    return LVK_OK;
}

lvk_status lvk_keras_h5_list(const char *path, const void *bytes, size_t size, const lvk_keras_taker *taker) {
    reader r = {.path = path};
    return lvk_keras_list_read(path, bytes, size, collect, &r, taker);
}
