#include "reader/keras_zip.h"

#include "core/json_file.h"
#include "core/text.h"

#include <ctype.h>
#include <string.h>
#include <zip.h>

/* ---- the archive ---- */

static const char config_name[] = "config.json", weights_name[] = "model.weights.h5";

static lvk_status fail_entry(const char *path, const char *entry, const char *reason) {
    return lvk_fail(LVK_ERROR_FORMAT, "%s: %s: %s", path, entry, reason);
}

static lvk_status open_archive(const char *path, const void *bytes, size_t size, zip_t **archive) {
    zip_source_t *source = zip_source_buffer_create(bytes, size, 0, NULL);
    *archive = source ? zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, NULL) : NULL;
    if (*archive)
        return LVK_OK;
    zip_source_free(source);
    return lvk_fail(LVK_ERROR_FORMAT, "%s: is not a whole zip archive (truncated or damaged?)", path);
}

/* Reads an entry to its end, where libzip compares the checksum. */
static bool read_whole(zip_file_t *file, char *to, size_t size) {
    size_t done = 0;
    zip_int64_t got = 1;
    while (done < size && (got = zip_fread(file, to + done, size - done)) > 0)
        done += (size_t)got;
    char more;
    return done == size && zip_fread(file, &more, 1) == 0;
}

/* Reads an entry of at most `limit` bytes into *data, which the caller frees. */
static lvk_status read_entry(const char *path, zip_t *archive, const char *entry, size_t limit, char **data,
                             size_t *size) {
    const zip_uint64_t needed = ZIP_STAT_INDEX | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD |
                                ZIP_STAT_ENCRYPTION_METHOD;
    zip_stat_t about;
    if (zip_stat(archive, entry, 0, &about) != 0 || (about.valid & needed) != needed)
        return lvk_fail(LVK_ERROR_FORMAT,
                        "%s: is a zip archive without a %s: no .keras file (PyTorch's .pth is not read)",
                        path, entry);
    if (about.encryption_method != ZIP_EM_NONE ||
        (about.comp_method != ZIP_CM_STORE && about.comp_method != ZIP_CM_DEFLATE))
        return fail_entry(path, entry, "is encrypted or packed by another method than deflate");
    if (about.size > limit)
        return lvk_fail(LVK_ERROR_LIMIT, "%s: %s: %llu bytes, more than the %zu that are read", path, entry,
                        (unsigned long long)about.size, limit);
    if (about.size > LVK_READER_FREE_OF_RATIO &&
        (about.size - LVK_READER_FREE_OF_RATIO) / LVK_READER_MOST_RATIO > about.comp_size)
        return lvk_fail(LVK_ERROR_LIMIT, "%s: %s: %llu bytes that unpack to %llu, more than weights ever do",
                        path, entry, (unsigned long long)about.comp_size, (unsigned long long)about.size);
    zip_file_t *file = zip_fopen_index(archive, about.index, 0);
    if (!file)
        return fail_entry(path, entry, "cannot be read (damaged?)");
    *size = (size_t)about.size;
    *data = lvk_alloc(*size, 1);
    lvk_status status = *data ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK && !read_whole(file, *data, *size))
        status = fail_entry(path, entry, "is damaged: it has not the length or the checksum that is told");
    zip_fclose(file);
    return status;
}

/* ---- config.json ---- */

/* A kind of layer that has weights. */
typedef struct kind {
    const char *class_name;
    size_t most, least;  /* the largest and the smallest number of weights */
    const char *without; /* a key of its config; if it is false, the layer has the smallest number */
} kind;

static const kind kinds[] = {
    {"Conv2D", 2, 1, "use_bias"},
    {"Dense", 2, 1, "use_bias"},
    {"BatchNormalization", 4, 4, NULL},
};

typedef struct layer {
    const char *name, *class_name;
    const char *group; /* the name of its group: "conv2d_1", or the layer's name */
    const kind *kind;  /* NULL: a kind without weights */
    size_t weights;    /* the number of weights that it must have; 0 without a kind */
} layer;

/* A file that is being read. */
typedef struct reader {
    const char *path, *weights; /* names for error lines: the archive, and the weights in it */
    lvk_arena arena;
    layer *layers;
    size_t count;
    const char *root; /* "layers" */
    const lvk_h5_file *file;
    lvk_keras_list *list;
} reader;

static lvk_status keep_text(reader *r, const json_t *value, const char **text) {
    const char *given = json_string_value(value);
    char *copy = lvk_arena_strdup(&r->arena, given ? given : "");
    if (!copy)
        return LVK_ERROR_MEMORY;
    const size_t length = strlen(copy);
    lvk_text_make_printable(copy);
    if (length == 0 || length > LVK_READER_MAX_NAME || strcmp(copy, given) != 0 || strchr(copy, '/'))
        return fail_entry(r->path, config_name,
                          "a layer has no name or class, or an unprintable or too long one");
    *text = copy;
    return LVK_OK;
}

/* Turns "BatchNormalization" into "batch_normalization", as Keras names groups. `to` has room for twice the
 * length of `from`. */
static void to_snake_case(const char *from, char *to) {
    for (size_t i = 0; from[i]; ++i) {
        const unsigned char c = (unsigned char)from[i];
        if (isupper(c) && i > 0 &&
            (islower((unsigned char)from[i - 1]) || islower((unsigned char)from[i + 1])))
            *to++ = '_';
        if (isalnum(c) || c == '_')
            *to++ = (char)tolower(c);
    }
    *to = '\0';
}

/* The number of layers before number `index` that have its class. */
static size_t earlier(const reader *r, size_t index) {
    size_t count = 0;
    for (size_t i = 0; i < index; ++i)
        count += strcmp(r->layers[i].class_name, r->layers[index].class_name) == 0;
    return count;
}

static lvk_status name_group(reader *r, size_t index) {
    layer *l = &r->layers[index];
    lvk_arena *arena = &r->arena;
    char *snake = lvk_arena_alloc(arena, 2 * strlen(l->class_name) + 1, 1);
    if (!snake)
        return LVK_ERROR_MEMORY;
    to_snake_case(l->class_name, snake);
    const size_t number = earlier(r, index);
    l->group = number ? lvk_arena_format(arena, "%s_%zu", snake, number) : snake;
    return l->group ? LVK_OK : LVK_ERROR_MEMORY;
}

static lvk_status read_layer(reader *r, const json_t *value, size_t index) {
    layer *l = &r->layers[index];
    const json_t *config = json_object_get(value, "config");
    LVK_TRY(keep_text(r, json_object_get(value, "class_name"), &l->class_name));
    LVK_TRY(keep_text(r, json_object_get(config, "name"), &l->name));
    if (json_object_get(config, "layers"))
        return lvk_fail(LVK_ERROR_FORMAT,
                        "%s: %s: layer \"%s\" is a model within the model, which is not read", r->path,
                        config_name, l->name);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; ++k)
        if (strcmp(l->class_name, kinds[k].class_name) == 0)
            l->kind = &kinds[k];
    if (l->kind) {
        const bool least = l->kind->without && json_is_false(json_object_get(config, l->kind->without));
        l->weights = least ? l->kind->least : l->kind->most;
    }
    return name_group(r, index);
}

static lvk_status read_layers(reader *r, const json_t *root) {
    const json_t *layers = json_object_get(json_object_get(root, "config"), "layers"), *value;
    size_t index;
    if (!json_is_array(layers) || json_array_size(layers) == 0)
        return fail_entry(r->path, config_name, "is not of a model: no layers");
    if (json_array_size(layers) > LVK_KERAS_MAX_LAYERS)
        return fail_entry(r->path, config_name, "has too many layers");
    r->layers = lvk_arena_alloc(&r->arena, json_array_size(layers), sizeof *r->layers);
    if (!r->layers)
        return LVK_ERROR_MEMORY;
    json_array_foreach(layers, index, value) {
        LVK_TRY(read_layer(r, value, index));
        ++r->count;
    }
    return LVK_OK;
}

static lvk_status read_config(reader *r, zip_t *archive) {
    char *text = NULL;
    size_t size = 0;
    json_error_t error;
    lvk_status status = read_entry(r->path, archive, config_name, LVK_KERAS_MAX_CONFIG, &text, &size);
    if (status == LVK_OK) {
        json_t *root;
        status = lvk_json_parse(text, size, &root, &error);
        if (status == LVK_OK)
            status = read_layers(r, root);
        else if (status == LVK_ERROR_FORMAT)
            status = lvk_fail(status, "%s: %s:%d: %s", r->path, config_name, error.line, error.text);
        json_decref(root);
    }
    lvk_free(text);
    return status;
}

/* ---- the weights ---- */

/* The path of a layer's weights, such as "layers/conv2d_1/vars"; NULL when memory is out. */
static const char *path_of(reader *r, const char *group) {
    return lvk_arena_format(&r->arena, "%s/%s/vars", r->root, group);
}

/* Finds out how groups are named: by the layers if there is a group with the name of every layer that has
 * weights, else by classes. */
static lvk_status choose_names(reader *r) {
    for (size_t i = 0; i < r->count; ++i) {
        const char *path = path_of(r, r->layers[i].name);
        if (!path)
            return LVK_ERROR_MEMORY;
        bool has = true;
        if (r->layers[i].kind)
            LVK_TRY(lvk_h5_has_group(r->file, path, &has));
        if (!has)
            return LVK_OK;
    }
    for (size_t i = 0; i < r->count; ++i)
        r->layers[i].group = r->layers[i].name;
    return LVK_OK;
}

static lvk_status add_layer(reader *r, const layer *l) {
    size_t count = 0;
    const char *path = path_of(r, l->group);
    if (!path)
        return LVK_ERROR_MEMORY;
    bool has;
    LVK_TRY(lvk_h5_has_group(r->file, path, &has));
    if (has)
        LVK_TRY(lvk_h5_members(r->file, path, &count));
    if (count != l->weights)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: layer \"%s\" (%s): %zu in place of %zu weights in \"%s\"",
                        r->weights, l->name, l->class_name, count, l->weights, path);
    const char *const *roles = lvk_keras_roles(count);
    for (size_t i = 0; i < count; ++i) {
        const char *weight = lvk_arena_format(&r->arena, "%s/%zu", path, i);
        if (!weight)
            return LVK_ERROR_MEMORY;
        LVK_TRY(lvk_keras_add(r->list, r->file, l->name, roles[i], weight));
    }
    return LVK_OK;
}

static lvk_status collect(void *user, const lvk_h5_file *file, lvk_keras_list *list) {
    static const char keras3[] = "layers", tensorflow[] = "_layer_checkpoint_dependencies";
    reader *r = user;
    r->file = file;
    r->list = list;
    bool has;
    LVK_TRY(lvk_h5_has_group(file, keras3, &has));
    r->root = has ? keras3 : tensorflow;
    if (!has)
        LVK_TRY(lvk_h5_has_group(file, tensorflow, &has));
    if (!has)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: has no group \"%s\"", r->weights, keras3);
    LVK_TRY(choose_names(r));
    for (size_t i = 0; i < r->count; ++i)
        LVK_TRY(add_layer(r, &r->layers[i]));
    return LVK_OK;
}

static lvk_status read_archive(reader *r, zip_t *archive, const lvk_keras_taker *taker) {
    char *image = NULL;
    size_t size = 0;
    LVK_TRY(read_config(r, archive));
    lvk_status status = read_entry(r->path, archive, weights_name, LVK_READER_MAX_HDF5, &image, &size);
    if (status == LVK_OK)
        status = lvk_keras_list_read(r->weights, image, size, collect, r, taker);
    lvk_free(image);
    return status;
}

lvk_status lvk_keras_zip_list(const char *path, const void *bytes, size_t size,
                              const lvk_keras_taker *taker) {
    reader r = {.path = path};
    zip_t *archive = NULL;
    r.weights = lvk_arena_format(&r.arena, "%s: %s", path, weights_name);
    lvk_status status = r.weights ? open_archive(path, bytes, size, &archive) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = read_archive(&r, archive, taker);
    if (archive)
        zip_discard(archive);
    lvk_arena_finish(&r.arena);
    return status;
}
