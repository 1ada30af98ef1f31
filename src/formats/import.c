#include "leukvk/import.h"

#include "core/digest.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"
#include "formats/keras_model.h"
#include "formats/naming.h"
#include "formats/tfjs.h"
#include "formats/weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_EXPECTED = LVK_RESNET_MAX_TENSORS + 2 };

struct lvk_import {
    lvk_import_info info;
    char *source; /* the name of the file that was read, without its folder */
    lvk_resnet_table table;
    lvk_resnet_tensor expected[MAX_EXPECTED];
    size_t count;
    float *values; /* the elements of all tensors, in order */
    size_t value_count;
};

/* ---- a file's tensors by name ---- */

typedef struct source_form {
    const char *name;
    bool torchvision; /* names and layout */
    bool keras_only;  /* leukvk's own names are there for all variants */
} source_form;

static const source_form tfjs_form = {"TensorFlow.js layers model", false, true};
static const source_form keras_h5_form = {"Keras weights (.h5)", false, true};
static const source_form keras_zip_form = {"Keras model (.keras)", false, true};
static const source_form torchvision_form = {"safetensors, names of torchvision", true, false};
static const source_form keras_form = {"safetensors, names of Keras", false, true};
static const source_form own_form = {"safetensors, names of leukvk", false, false};

typedef struct source {
    const char *path; /* of the file, for errors */
    const source_form *form;
    const char *preprocessing;      /* the preprocessing that the file names; NULL: none */
    const char *variant;            /* the variant that the file names; NULL: none */
    bool later_names;               /* tensors have the names of Keras since 2019, whatever the form says */
    const lvk_safetensor **tensors; /* sorted by name */
    bool *used;
    size_t count;
} source;

static int compare_names(const void *a, const void *b) {
    const lvk_safetensor *const *first = a;
    const lvk_safetensor *const *second = b;
    return strcmp((*first)->name, (*second)->name);
}

static int compare_to_name(const void *name, const void *tensor) {
    const lvk_safetensor *const *at = tensor;
    return strcmp(name, (*at)->name);
}

/* The index of the tensor `name`; from->count if there is none. */
static size_t find(const source *from, const char *name) {
    const lvk_safetensor **found =
        bsearch(name, from->tensors, from->count, sizeof(lvk_safetensor *), compare_to_name);
    return found ? (size_t)(found - from->tensors) : from->count;
}

static bool has(const source *from, const char *name) {
    return find(from, name) < from->count;
}

/* Sorts the tensors by name, and fails if two have the same name. */
static lvk_status sort_source(source *from) {
    qsort(from->tensors, from->count, sizeof(lvk_safetensor *), compare_names);
    for (size_t i = 1; i < from->count; ++i)
        if (strcmp(from->tensors[i - 1]->name, from->tensors[i]->name) == 0)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: two tensors are named \"%s\"", from->path,
                            from->tensors[i]->name);
    return LVK_OK;
}

/* Sets `name` and `type` to those that `tensor` has in the source. */
static void source_name(const source *from, const lvk_resnet_table *table, const lvk_resnet_tensor *tensor,
                        char name[LVK_INTEROP_NAME], lvk_type *type) {
    if (from->form->torchvision) {
        lvk_naming_torchvision(table, tensor, name, type);
        return;
    }
    *type = tensor->type;
    if (!from->later_names) {
        memcpy(name, tensor->name, sizeof tensor->name);
        return;
    }
    lvk_naming_keras(table, tensor, name);
    /* The first of these files have this name for the classifier. */
    if (tensor->conv == table->conv_count && has(from, "probs/kernel"))
        snprintf(name, LVK_INTEROP_NAME, "probs/%s", strchr(tensor->name, '/') + 1);
}

/* ---- which network is it? ---- */

static bool has_type(const lvk_safetensor *tensor, const lvk_type *type) {
    bool same = tensor->rank == type->rank;
    for (int i = 0; same && i < type->rank; ++i)
        same = tensor->dim[i] == type->dim[i];
    return same;
}

/* Sets table, expected and count to those of `spec`, without the classifier. Returns the number of expected
 * tensors that the source has, minus the number of those that it lacks. */
static long try_spec(lvk_import *import, const source *from, const lvk_resnet_spec *spec,
                     lvk_resnet_variant variant) {
    long score = 0;
    lvk_resnet_table_init(&import->table, spec, variant);
    import->count = lvk_resnet_tensors(&import->table, import->expected);
    for (size_t i = 0; i < import->count; ++i) {
        char name[LVK_INTEROP_NAME];
        lvk_type type;
        source_name(from, &import->table, &import->expected[i], name, &type);
        const size_t found = find(from, name);
        score += found < from->count && has_type(from->tensors[found], &type) ? 1 : -1;
    }
    return score;
}

/* The variant of the source. Both variants of Keras have the same tensors; where their names are the same
 * too, the metadata tells the variant. */
static lvk_resnet_variant find_variant(const source *from) {
    const char *later = lvk_resnet_variant_name(LVK_RESNET_KERAS_2019);
    const bool biases = has(from, "conv1/bias") || has(from, "res2a_branch2a/bias") ||
                        (has(from, "conv1.bias") && has(from, "layer1.0.conv1.bias"));
    if (from->later_names || (biases && from->variant && strcmp(from->variant, later) == 0))
        return LVK_RESNET_KERAS_2019;
    return from->form->keras_only || biases ? LVK_RESNET_KERAS : LVK_RESNET_TORCHVISION;
}

static lvk_status recognize(lvk_import *import, const source *from) {
    const lvk_resnet_spec *best = NULL;
    long best_score = 0; /* a network must have more of its tensors present than missing */
    const lvk_resnet_variant variant = find_variant(from);
    for (const lvk_resnet_spec *spec = lvk_resnet_specs; spec->architecture; ++spec) {
        const long score = try_spec(import, from, spec, variant);
        if (score > best_score) {
            best_score = score;
            best = spec;
        }
    }
    if (!best)
        return lvk_fail(
            LVK_ERROR_FORMAT,
            "%s: its %zu tensors are not those of a residual network that is known: names as of "
            "Keras (res2a_branch2a/kernel, conv2_block1_1_conv/kernel) or torchvision (layer1.0.conv1.weight) are read",
            from->path, from->count);
    (void)try_spec(import, from, best, variant);
    lvk_resnet_classifier(&import->table, import->expected + import->count);
    for (int i = 0; i < 2; ++i) {
        char name[LVK_INTEROP_NAME];
        lvk_type type;
        source_name(from, &import->table, &import->expected[import->count + (size_t)i], name, &type);
        import->info.classifier = import->info.classifier || has(from, name);
    }
    import->count += import->info.classifier ? 2 : 0;
    return LVK_OK;
}

/* Fails if the file names another preprocessing than that of the variant, with which weights are used. */
static lvk_status check_preprocessing(const lvk_import *import, const source *from) {
    const char *expected = lvk_resnet_preprocessing_name(import->table.variant);
    if (!from->preprocessing || strcmp(from->preprocessing, expected) == 0)
        return LVK_OK;
    return lvk_fail(
        LVK_ERROR_UNSUPPORTED,
        "%s: was trained on pixels that are normalized by \"%.40s\"; weights of the variant %s are "
        "read with \"%s\"",
        from->path, from->preprocessing, lvk_resnet_variant_name(import->table.variant), expected);
}

/* ---- converting ---- */

static lvk_status convert_tensor(const lvk_import *import, source *from, const lvk_resnet_tensor *expected,
                                 float *destination) {
    char name[LVK_INTEROP_NAME];
    lvk_type type;
    source_name(from, &import->table, expected, name, &type);
    const size_t found = find(from, name);
    if (found == from->count)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: tensor \"%s\" of %s is missing", from->path, name,
                        import->table.spec->architecture);
    const lvk_safetensor *tensor = from->tensors[found];
    LVK_TRY(lvk_weights_check_tensor(from->path, tensor, expected->role, &type));
    from->used[found] = true;
    if (from->form->torchvision && type.rank > 1)
        lvk_naming_transpose(tensor->data, &expected->type, destination);
    else
        memcpy(destination, tensor->data, (size_t)tensor->size);
    return LVK_OK;
}

/* Whether a tensor is ignored: one of the head of a model that leukvk exported (its metadata names a
 * preprocessing), which is no part of a backbone, or a counter of torchvision. */
static bool is_passed_over(const source *from, const char *name) {
    return (from->preprocessing && lvk_naming_is_head(name)) ||
           (from->form->torchvision && lvk_naming_ignored(name));
}

static lvk_status check_all_used(const lvk_import *import, const source *from) {
    for (size_t i = 0; i < from->count; ++i)
        if (!from->used[i] && !is_passed_over(from, from->tensors[i]->name))
            return lvk_fail(LVK_ERROR_FORMAT, "%s: tensor \"%s\" is not one of %s's", from->path,
                            from->tensors[i]->name, import->table.spec->architecture);
    return LVK_OK;
}

static lvk_status convert(lvk_import *import, source *from) {
    LVK_TRY(sort_source(from));
    from->later_names = !from->form->torchvision && has(from, "conv1_conv/kernel");
    LVK_TRY(recognize(import, from));
    LVK_TRY(check_preprocessing(import, from));
    for (size_t i = 0; i < import->count; ++i)
        import->value_count += (size_t)lvk_type_count(&import->expected[i].type);
    import->values = lvk_alloc(import->value_count, sizeof *import->values);
    if (!import->values)
        return LVK_ERROR_MEMORY;
    float *at = import->values;
    for (size_t i = 0; i < import->count; ++i) {
        LVK_TRY(convert_tensor(import, from, &import->expected[i], at));
        at += lvk_type_count(&import->expected[i].type);
    }
    LVK_TRY(check_all_used(import, from));
    import->info.form = from->form->name;
    import->info.architecture = import->table.spec->architecture;
    import->info.variant = lvk_resnet_variant_name(import->table.variant);
    import->info.preprocessing = lvk_resnet_preprocessing_name(import->table.variant);
    import->info.tensors = import->count;
    import->info.numbers = import->value_count;
    lvk_digest(import->values, import->value_count * sizeof *import->values, import->info.digest);
    return LVK_OK;
}

/* ---- reading ---- */

/* Finds the network, and converts its tensors. `tensors` are all tensors of the source; `metadata` is that of
 * the file, or NULL. */
static lvk_status convert_tensors(lvk_import *import, const char *path, const source_form *form,
                                  const lvk_string_map *metadata, const lvk_safetensor *tensors,
                                  size_t count) {
    source from = {.path = path, .form = form, .count = count};
    if (metadata) {
        from.preprocessing = lvk_string_map_get(metadata, "preprocessing");
        from.variant = lvk_string_map_get(metadata, "variant"); /* of weights; of a model: */
        if (!from.variant)
            from.variant = lvk_string_map_get(metadata, "topology");
    }
    from.tensors = lvk_alloc(count, sizeof(lvk_safetensor *));
    from.used = lvk_alloc(count, sizeof *from.used);
    lvk_status status = LVK_ERROR_MEMORY;
    if (from.tensors && from.used) {
        for (size_t i = 0; i < count; ++i)
            from.tensors[i] = &tensors[i];
        status = convert(import, &from);
    }
    lvk_free(from.tensors);
    lvk_free(from.used);
    return status;
}

static lvk_status read_tfjs(lvk_import *import, const char *path, const void *json, size_t size) {
    lvk_tfjs_model model = {0};
    lvk_status status = lvk_tfjs_read(path, json, size, &model);
    if (status == LVK_OK)
        status = convert_tensors(import, path, &tfjs_form, NULL, model.tensors, model.count);
    lvk_tfjs_finish(&model);
    return status;
}

static lvk_status read_safetensors(lvk_import *import, const char *path, void *bytes, size_t size) {
    lvk_safetensors *file;
    LVK_TRY(lvk_safetensors_take(path, bytes, size, &file));
    const source_form *form = lvk_safetensors_find(file, "conv1.weight")        ? &torchvision_form
                              : lvk_safetensors_find(file, "conv1_conv/kernel") ? &keras_form
                                                                                : &own_form;
    const lvk_status status = convert_tensors(import, path, form, lvk_safetensors_metadata(file),
                                              lvk_safetensors_at(file, 0), lvk_safetensors_count(file));
    lvk_safetensors_destroy(&file);
    return status;
}

typedef lvk_status (*read_keras)(const char *path, const void *bytes, size_t size, lvk_keras_model *model);

static lvk_status read_keras_by(read_keras read, lvk_import *import, const source_form *form,
                                const char *path, const void *bytes, size_t size) {
    lvk_keras_model model = {0};
    lvk_status status = read(path, bytes, size, &model);
    if (status == LVK_OK)
        status = convert_tensors(import, path, form, NULL, model.tensors, model.count);
    lvk_keras_finish(&model);
    return status;
}

static bool begins_with(const unsigned char *bytes, size_t size, const char *magic) {
    return size >= strlen(magic) && memcmp(bytes, magic, strlen(magic)) == 0;
}

/* Reads a file, whose form the first bytes tell. Frees `bytes`. */
static lvk_status read_file(lvk_import *import, const char *path, void *bytes, size_t size) {
    const unsigned char *first = bytes;
    const size_t blank = strspn(bytes, " \t\r\n"); /* a NUL follows the bytes */
    lvk_status status;
    if (begins_with(first, size, "\x89HDF\r\n\x1A\n"))
        status = read_keras_by(lvk_keras_h5_read, import, &keras_h5_form, path, bytes, size);
    else if (begins_with(first, size, "PK\x03\x04"))
        status = read_keras_by(lvk_keras_zip_read, import, &keras_zip_form, path, bytes, size);
    else if (first[blank] == '{' && !(size > 8 && first[7] == 0)) /* a length's highest byte; none in JSON */
        status = read_tfjs(import, path, bytes, size);
    else
        return read_safetensors(import, path, bytes, size);
    lvk_free(bytes);
    return status;
}

static lvk_status read_path(lvk_import *import, const char *path) {
    void *bytes;
    size_t size;
    const lvk_status status = lvk_file_read(path, (size_t)LVK_SAFETENSORS_MAX_FILE, &bytes, &size);
    if (status != LVK_OK)
        return status;
    import->source = lvk_strdup(lvk_path_name(path));
    if (!import->source) {
        lvk_free(bytes);
        return LVK_ERROR_MEMORY;
    }
    return read_file(import, path, bytes, size);
}

lvk_status lvk_import_open(const char *path, lvk_import **result) {
    *result = NULL;
    lvk_import *import = lvk_alloc(1, sizeof *import);
    char *file = lvk_path_is_folder(path) ? lvk_path_join(path, "model.json") : lvk_strdup(path);
    lvk_status status = import && file ? read_path(import, file) : LVK_ERROR_MEMORY;
    lvk_free(file);
    if (status != LVK_OK)
        lvk_import_close(&import);
    *result = import;
    return status;
}

void lvk_import_close(lvk_import **pointer) {
    if (!pointer || !*pointer)
        return;
    lvk_free((*pointer)->source);
    lvk_free((*pointer)->values);
    lvk_free(*pointer);
    *pointer = NULL;
}

const lvk_import_info *lvk_import_about(const lvk_import *import) {
    return &import->info;
}

/* ---- writing ---- */

static lvk_status describe(const lvk_import *import, lvk_string_map *metadata) {
    const char *const pairs[][2] = {
        {"format", LVK_WEIGHTS_FORMAT},    {"architecture", import->info.architecture},
        {"variant", import->info.variant}, {"preprocessing", import->info.preprocessing},
        {"source", import->source},        {"digest", import->info.digest},
        {"classes", LVK_WEIGHTS_CLASSES}};
    const size_t count = sizeof pairs / sizeof *pairs - !import->info.classifier;
    for (size_t i = 0; i < count; ++i)
        LVK_TRY(lvk_string_map_set(metadata, pairs[i][0], pairs[i][1]));
    return LVK_OK;
}

lvk_status lvk_import_write(const lvk_import *import, const char *path) {
    lvk_safetensor *tensors = lvk_alloc(import->count, sizeof *tensors);
    if (!tensors)
        return LVK_ERROR_MEMORY;
    const float *at = import->values;
    for (size_t i = 0; i < import->count; ++i) {
        const lvk_resnet_tensor *tensor = &import->expected[i];
        tensors[i] = (lvk_safetensor){
            .name = tensor->name, .element = LVK_ELEMENT_F32, .rank = tensor->type.rank, .data = at};
        for (int d = 0; d < tensor->type.rank; ++d)
            tensors[i].dim[d] = tensor->type.dim[d];
        at += lvk_type_count(&tensor->type);
    }
    lvk_string_map metadata = {0};
    lvk_status status = describe(import, &metadata);
    if (status == LVK_OK)
        status = lvk_safetensors_write(path, tensors, import->count, &metadata);
    lvk_string_map_finish(&metadata);
    lvk_free(tensors);
    return status;
}
