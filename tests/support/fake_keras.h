/* Writes the fake weights into files of Keras' formats, as Keras writes them. Header only. */
#ifndef TESTS_SUPPORT_FAKE_KERAS_H
#define TESTS_SUPPORT_FAKE_KERAS_H

#include "core/file.h"
#include "support/fake_weights.h"

#include <hdf5.h>
#include <zip.h>

/* How a file is written; {0} is how Keras 2 and 3 write it. */
typedef struct fake_keras {
    hid_t type;          /* element type of the tensors; 0: 32-bit little-endian floats */
    bool whole;          /* .h5: weights are below model_weights, as in the file of a whole model */
    bool keras1;         /* .h5: names such as conv1_W:0 */
    bool nameless;       /* .h5: names that say nothing about the tensor */
    bool variable;       /* .h5: strings have variable length */
    const char *backend; /* .h5: the attribute "backend"; NULL: "tensorflow" */
    const char *root;    /* .keras: the group in which the layers' groups lie; NULL: "layers" */
    bool by_layer;       /* .keras: groups have the names of the layers */
    bool deflate;        /* .keras: entries of the archive are compressed */
    const char *config;  /* .keras: a text in place of the right config.json */
} fake_keras;

enum { FAKE_ROLES = 6 };
static const char *const fake_roles[FAKE_ROLES] = {"kernel", "bias",        "gamma",
                                                   "beta",   "moving_mean", "moving_variance"};

/* A layer and its entries in Keras' order. */
typedef struct fake_layer {
    char name[LVK_INTEROP_NAME];
    const char *class_name;
    const fake_entry *entries[FAKE_ROLES];
    const char *roles[FAKE_ROLES];
    size_t count;
} fake_layer;

/* Sets `layer` to the layer of entry `i`, if it is the layer's first entry; else false. */
static inline bool fake_layer_at(const fake_weights *fake, size_t i, fake_layer *layer) {
    *layer = (fake_layer){0};
    const int length = (int)strcspn(fake->entries[i].name, "/");
    snprintf(layer->name, sizeof layer->name, "%.*s", length, fake->entries[i].name);
    for (size_t e = 0; e < i; ++e)
        if (strncmp(fake->entries[e].name, layer->name, (size_t)length) == 0 &&
            fake->entries[e].name[length] == '/')
            return false;
    for (int r = 0; r < FAKE_ROLES; ++r) {
        char name[2 * LVK_INTEROP_NAME];
        snprintf(name, sizeof name, "%s/%s", layer->name, fake_roles[r]);
        for (size_t e = i; e < fake->count; ++e)
            if (strcmp(fake->entries[e].name, name) == 0) {
                layer->roles[layer->count] = fake_roles[r];
                layer->entries[layer->count++] = &fake->entries[e];
            }
    }
    cr_assert_gt(layer->count, 0, "%s", fake->entries[i].name);
    layer->class_name = "BatchNormalization";
    if (strcmp(layer->roles[0], "kernel") == 0)
        layer->class_name = layer->entries[0]->type.rank == 4 ? "Conv2D" : "Dense";
    return true;
}

/* ---- HDF5 ---- */

static inline hid_t fake_checked(hid_t id) {
    cr_assert_geq(id, 0);
    return id;
}

static inline hid_t fake_group(hid_t parent, const char *name) {
    return fake_checked(H5Gcreate2(parent, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

static inline void fake_write_dataset(hid_t group, const char *name, const fake_entry *entry, hid_t type) {
    hsize_t dim[LVK_SAFETENSORS_MAX_RANK];
    for (int d = 0; d < entry->type.rank; ++d)
        dim[d] = entry->type.dim[d];
    if (strcmp(entry->dtype, "int32") == 0)
        type = H5T_STD_I32LE;
    const hid_t space = fake_checked(H5Screate_simple(entry->type.rank, dim, NULL));
    const hid_t links =
        fake_checked(H5Pcreate(H5P_LINK_CREATE)); /* creates groups such as conv1 of conv1/kernel:0 */
    cr_assert_geq(H5Pset_create_intermediate_group(links, 1), 0);
    const hid_t set = fake_checked(H5Dcreate2(group, name, type, space, links, H5P_DEFAULT, H5P_DEFAULT));
    if (lvk_type_count(&entry->type) * sizeof(float) <= entry->size) /* else the data is left out */
        cr_assert_geq(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, entry->data), 0);
    H5Dclose(set);
    H5Pclose(links);
    H5Sclose(space);
}

/* Writes an attribute of `count` names, each in 64 bytes at `names`. Without names it is an empty array of
 * float64, which is what h5py writes for []. */
static inline void fake_write_names(hid_t group, const char *attribute, const char *names, size_t count,
                                    bool variable) {
    static const char *pointers[2 * LVK_RESNET_MAX_CONVS + 8];
    const hsize_t dim = count;
    const hid_t space = fake_checked(H5Screate_simple(1, &dim, NULL));
    const hid_t type = fake_checked(H5Tcopy(count ? H5T_C_S1 : H5T_IEEE_F64LE));
    if (count)
        cr_assert_geq(H5Tset_size(type, variable ? H5T_VARIABLE : 64), 0);
    for (size_t i = 0; i < count; ++i)
        pointers[i] = names + 64 * i;
    const hid_t id = fake_checked(H5Acreate2(group, attribute, type, space, H5P_DEFAULT, H5P_DEFAULT));
    if (count)
        cr_assert_geq(H5Awrite(id, type, variable ? (const void *)pointers : names), 0);
    H5Aclose(id);
    H5Tclose(type);
    H5Sclose(space);
}

static inline void fake_weight_name(const fake_keras *how, const fake_layer *layer, size_t index,
                                    char name[64]) {
    static const char *const old[FAKE_ROLES] = {"W", "b", "gamma", "beta", "running_mean", "running_std"};
    size_t role = 0;
    while (strcmp(fake_roles[role], layer->roles[index]) != 0)
        ++role;
    if (how->nameless)
        snprintf(name, 64, "param_%zu", index);
    else if (how->keras1)
        snprintf(name, 64, "%.30s_%s_1:0", layer->name, old[role]);
    else
        snprintf(name, 64, "%.30s_1/%s:0", layer->name, fake_roles[role]);
}

static inline void fake_write_layer(hid_t root, const fake_keras *how, const fake_layer *layer, hid_t type) {
    static char names[FAKE_ROLES][64];
    const hid_t group = fake_group(root, layer->name);
    for (size_t i = 0; i < layer->count; ++i) {
        fake_weight_name(how, layer, i, names[i]);
        fake_write_dataset(group, names[i], layer->entries[i], type);
    }
    fake_write_names(group, "weight_names", names[0], layer->count, how->variable);
    H5Gclose(group);
}

/* Writes an .h5 file of Keras. */
static inline void fake_write_h5(const fake_weights *fake, const char *path, const fake_keras *how) {
    static char names[2 * LVK_RESNET_MAX_CONVS + 8][64];
    const hid_t file = fake_checked(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    const hid_t root = how->whole ? fake_group(file, "model_weights") : fake_checked(H5Gopen2(file, "/", 0));
    const fake_layer input = {.name = "input_1"};
    size_t count = 0;
    fake_layer layer;
    strcpy(names[count++], input.name);
    fake_write_layer(root, how, &input, 0);
    for (size_t i = 0; i < fake->count; ++i) {
        if (!fake_layer_at(fake, i, &layer))
            continue;
        snprintf(names[count++], 64, "%.60s", layer.name);
        fake_write_layer(root, how, &layer, how->type ? how->type : H5T_IEEE_F32LE);
    }
    fake_write_names(root, "layer_names", names[0], count, how->variable);
    char backend[64] = "";
    snprintf(backend, sizeof backend, "%s", how->backend ? how->backend : "tensorflow");
    fake_write_names(root, "backend", backend, 1, how->variable);
    H5Gclose(root);
    cr_assert_geq(H5Fclose(file), 0);
}

/* ---- .keras ---- */

/* Sets `name` to the name of the layer's group: conv2d, conv2d_1, ..., by the number of layers of that class
 * so far. */
static inline void fake_group_name(const fake_keras *how, const fake_layer *layer, unsigned seen[3],
                                   char name[LVK_INTEROP_NAME]) {
    static const char *const classes[3][2] = {
        {"Conv2D", "conv2d"}, {"BatchNormalization", "batch_normalization"}, {"Dense", "dense"}};
    size_t c = 0;
    while (strcmp(classes[c][0], layer->class_name) != 0)
        ++c;
    const unsigned number = seen[c]++;
    if (how->by_layer)
        snprintf(name, LVK_INTEROP_NAME, "%.60s", layer->name);
    else if (number == 0)
        snprintf(name, LVK_INTEROP_NAME, "%s", classes[c][1]);
    else
        snprintf(name, LVK_INTEROP_NAME, "%s_%u", classes[c][1], number);
}

/* Writes model.weights.h5, and the text of config.json into `json`. */
static inline void fake_write_keras_weights(const fake_weights *fake, const char *path, const fake_keras *how,
                                            lvk_text *json) {
    const hid_t file = fake_checked(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    const hid_t root = fake_group(file, how->root ? how->root : "layers");
    unsigned seen[3] = {0};
    fake_layer layer;
    H5Gclose(fake_group(root, "input_layer"));
    lvk_text_add(json, "{\"module\": \"keras\", \"class_name\": \"Functional\", \"config\": {\"layers\": ["
                       "{\"class_name\": \"InputLayer\", \"config\": {\"name\": \"input_1\"}}");
    for (size_t i = 0; i < fake->count; ++i) {
        char name[LVK_INTEROP_NAME], number[24];
        if (!fake_layer_at(fake, i, &layer))
            continue;
        fake_group_name(how, &layer, seen, name);
        const hid_t group = fake_group(root, name), vars = fake_group(group, "vars");
        for (size_t w = 0; w < layer.count; ++w) {
            snprintf(number, sizeof number, "%zu", w);
            fake_write_dataset(vars, number, layer.entries[w], how->type ? how->type : H5T_IEEE_F32LE);
        }
        H5Gclose(vars);
        H5Gclose(group);
        lvk_text_add(json, ",\n{\"class_name\": \"%s\", \"config\": {\"name\": \"%s\", \"use_bias\": true}}",
                     layer.class_name, layer.name);
        if (i % 3 == 0)
            lvk_text_add(json, ", {\"class_name\": \"Activation\", \"config\": {\"name\": \"relu_%zu\"}}", i);
    }
    lvk_text_add(json, "]}}");
    H5Gclose(root);
    cr_assert_geq(H5Fclose(file), 0);
}

static inline void fake_add_file(zip_t *archive, const char *name, const void *bytes, size_t size,
                                 bool deflate) {
    zip_source_t *source = zip_source_buffer(archive, bytes, size, 0);
    const zip_int64_t index = zip_file_add(archive, name, source, 0);
    cr_assert_geq(index, 0);
    cr_assert_eq(
        zip_set_file_compression(archive, (zip_uint64_t)index, deflate ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 1),
        0);
}

/* Writes an archive of config.json (NULL: without it) and weights. */
static inline void fake_write_zip(const char *path, const char *config, const void *weights, size_t size,
                                  bool deflate) {
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    cr_assert_not_null(archive);
    fake_add_file(archive, "metadata.json", "{}", 2, deflate);
    if (config)
        fake_add_file(archive, "config.json", config, strlen(config), deflate);
    fake_add_file(archive, "model.weights.h5", weights, size, deflate);
    cr_assert_eq(zip_close(archive), 0);
}

/* Writes a .keras file. */
static inline void fake_write_keras(const fake_weights *fake, const char *path, const fake_keras *how) {
    lvk_text json = {0};
    void *bytes;
    size_t size;
    fake_write_keras_weights(fake, path, how, &json);
    cr_assert_eq(lvk_file_read(path, (size_t)1 << 30, &bytes, &size), LVK_OK);
    cr_assert_eq(remove(path), 0);
    fake_write_zip(path, how->config ? how->config : json.data, bytes, size, how->deflate);
    lvk_free(bytes);
    lvk_text_finish(&json);
}

#endif
