/* Weights of a small residual network in the file formats of other libraries. A test can spoil one thing in
 * them and expect that the file is refused. Header only. */
#ifndef TESTS_SUPPORT_FAKE_WEIGHTS_H
#define TESTS_SUPPORT_FAKE_WEIGHTS_H

#include "core/memory.h"
#include "core/text.h"
#include "formats/naming.h"
#include "formats/safetensors.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { FAKE_MOST = LVK_RESNET_MAX_TENSORS + 128 };

/* A tensor as it is written into the file. */
typedef struct fake_entry {
    char name[LVK_INTEROP_NAME];
    const char *dtype; /* the element type in model.json, such as "float32" */
    lvk_element element;
    lvk_type type;
    float *data;
    size_t size; /* bytes */
} fake_entry;

/* So large that variables of this type are static. */
typedef struct fake_weights {
    lvk_resnet_table table;
    lvk_resnet_tensor tensors[LVK_RESNET_MAX_TENSORS + 2]; /* the tensors that an import must give */
    float *values[LVK_RESNET_MAX_TENSORS + 2];
    size_t tensor_count;
    fake_entry entries[FAKE_MOST];
    size_t count;
} fake_weights;

static inline fake_entry *fake_add(fake_weights *fake, const char *name, const lvk_type *type,
                                   lvk_element element) {
    cr_assert_lt(fake->count, FAKE_MOST);
    fake_entry *entry = &fake->entries[fake->count++];
    *entry = (fake_entry){.dtype = "float32", .element = element, .type = *type};
    snprintf(entry->name, sizeof entry->name, "%s", name);
    entry->size = (size_t)(lvk_type_count(type) * lvk_element_size(element));
    entry->data = lvk_alloc(entry->size, 1);
    cr_assert_not_null(entry->data);
    return entry;
}

static inline fake_entry *fake_find(fake_weights *fake, const char *name) {
    size_t i = 0;
    while (i < fake->count && strcmp(fake->entries[i].name, name) != 0)
        ++i;
    cr_assert_lt(i, fake->count, "no %s", name);
    return &fake->entries[i];
}

static inline void fake_remove(fake_weights *fake, const char *name) {
    fake_entry *entry = fake_find(fake, name), *last = &fake->entries[--fake->count];
    lvk_free(entry->data);
    if (entry != last)
        *entry = *last;
}

/* Copies a tensor from the layout HWIO to OIHW. */
static inline void fake_to_oihw(const float *from, const lvk_type *type, float *to) {
    const bool conv = type->rank == 4;
    const uint32_t h = conv ? type->dim[0] : 1, w = conv ? type->dim[1] : 1;
    const uint32_t in = type->dim[type->rank - 2], out = type->dim[type->rank - 1];
    for (uint32_t y = 0; y < h; ++y)
        for (uint32_t x = 0; x < w; ++x)
            for (uint32_t i = 0; i < in; ++i)
                for (uint32_t o = 0; o < out; ++o)
                    to[((o * in + i) * h + y) * w + x] = from[((y * w + x) * in + i) * out + o];
}

/* Makes weights for the network `architecture`, in which every number differs from its neighbours. If
 * `torchvision`, names and layout are torchvision's, with its counters of batches; otherwise they are those
 * of Keras, for both variants. */
static inline void fake_create(fake_weights *fake, const char *architecture, lvk_resnet_variant variant,
                               bool torchvision, bool classifier) {
    *fake = (fake_weights){0};
    lvk_resnet_table_init(&fake->table, lvk_resnet_find(architecture), variant);
    fake->tensor_count = lvk_resnet_tensors(&fake->table, fake->tensors);
    if (classifier) {
        lvk_resnet_classifier(&fake->table, fake->tensors + fake->tensor_count);
        fake->tensor_count += 2;
    }
    uint32_t number = 0;
    for (size_t i = 0; i < fake->tensor_count; ++i) {
        const lvk_resnet_tensor *tensor = &fake->tensors[i];
        char name[LVK_INTEROP_NAME];
        lvk_type type = tensor->type;
        snprintf(name, sizeof name, "%.*s", (int)sizeof name - 1, tensor->name);
        if (torchvision)
            lvk_naming_torchvision(&fake->table, tensor, name, &type);
        fake->values[i] = lvk_alloc((size_t)lvk_type_count(&type), sizeof(float));
        fake_entry *entry = fake_add(fake, name, &type, LVK_ELEMENT_F32);
        cr_assert_not_null(fake->values[i]);
        for (uint64_t e = 0; e < lvk_type_count(&type); ++e)
            fake->values[i][e] = (float)(number++ % 1000003) * 0.001F;
        if (torchvision && type.rank > 1)
            fake_to_oihw(fake->values[i], &tensor->type, entry->data);
        else
            memcpy(entry->data, fake->values[i], entry->size);
        char *running = strstr(name, ".running_var");
        if (running) {
            const lvk_type one = lvk_type_1d(LVK_F32, 1);
            strcpy(running, ".num_batches_tracked");
            (void)fake_add(fake, name, &one, LVK_ELEMENT_I64);
        }
    }
}

/* Gives weights of LVK_RESNET_KERAS_2019 the names that they have in Keras' own files. */
static inline void fake_name_as_keras(fake_weights *fake) {
    for (size_t i = 0; i < fake->tensor_count; ++i)
        lvk_naming_keras(&fake->table, &fake->tensors[i], fake->entries[i].name);
}

static inline void fake_destroy(fake_weights *fake) {
    for (size_t i = 0; i < fake->tensor_count; ++i)
        lvk_free(fake->values[i]);
    for (size_t i = 0; i < fake->count; ++i)
        lvk_free(fake->entries[i].data);
    *fake = (fake_weights){0};
}

/* ---- files ---- */

static inline void fake_write_bytes(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb"); /* lvk_file_write would wait for the disk */
    cr_assert(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0, "%s", path);
}

static inline void fake_add_weight(lvk_text *json, const fake_entry *entry) {
    lvk_text_add(json, "{\"name\": \"%s\", \"shape\": [", entry->name);
    for (int d = 0; d < entry->type.rank; ++d)
        lvk_text_add(json, "%s%u", d ? ", " : "", entry->type.dim[d]);
    lvk_text_add(json, "], \"dtype\": \"%s\"}", entry->dtype);
}

/* Writes entries `first` to `end` - 1 as group number `group`, in three shards whose ends lie within a
 * number, and appends the group to `json`. */
static inline void fake_write_group(const fake_weights *fake, const char *folder, int group, size_t first,
                                    size_t end, lvk_text *json) {
    lvk_text data = {0};
    lvk_text_add(json, "%s{\"paths\": [", group ? ", " : "");
    for (size_t i = first; i < end; ++i)
        lvk_text_add_bytes(&data, fake->entries[i].data, fake->entries[i].size);
    const size_t cuts[4] = {0, data.length / 3 | 1, data.length / 2 | 1, data.length};
    for (int s = 0; s < 3; ++s) {
        char path[256];
        snprintf(path, sizeof path, "%s/group%d-shard%dof3.bin", folder, group + 1, s + 1);
        fake_write_bytes(path, data.data + cuts[s], cuts[s + 1] - cuts[s]);
        lvk_text_add(json, "%s\"%s\"", s ? ", " : "", strrchr(path, '/') + 1);
    }
    lvk_text_add(json, "], \"weights\": [");
    for (size_t i = first; i < end; ++i) {
        lvk_text_add(json, i > first ? ",\n" : "");
        fake_add_weight(json, &fake->entries[i]);
    }
    lvk_text_add(json, "]}");
    lvk_text_finish(&data);
}

/* Writes a layers model of TensorFlow.js into `folder`, which must exist: model.json and two groups of three
 * shards. */
static inline void fake_write_tfjs(const fake_weights *fake, const char *folder) {
    lvk_text json = {0};
    char path[256];
    lvk_text_add(&json, "{\"format\": \"layers-model\", \"modelTopology\": {}, \"weightsManifest\": [");
    fake_write_group(fake, folder, 0, 0, fake->count / 2, &json);
    fake_write_group(fake, folder, 1, fake->count / 2, fake->count, &json);
    lvk_text_add(&json, "]}\n");
    snprintf(path, sizeof path, "%s/model.json", folder);
    fake_write_bytes(path, json.data, json.length);
    lvk_text_finish(&json);
}

/* Writes a safetensors file, with metadata or, if it is NULL, without. */
static inline void fake_write_safetensors(const fake_weights *fake, const char *path,
                                          const lvk_string_map *metadata) {
    static lvk_safetensor tensors[FAKE_MOST];
    size_t count = 0;
    for (int large = 1; large >= 0; --large) /* tensors of large elements first, so that all are aligned */
        for (size_t i = 0; i < fake->count; ++i) {
            const fake_entry *entry = &fake->entries[i];
            if ((lvk_element_size(entry->element) > 4) != large)
                continue;
            lvk_safetensor *tensor = &tensors[count++];
            *tensor = (lvk_safetensor){.name = entry->name, .element = entry->element, .data = entry->data};
            tensor->rank = entry->type.rank;
            for (int d = 0; d < entry->type.rank; ++d)
                tensor->dim[d] = entry->type.dim[d];
        }
    cr_assert_eq(lvk_safetensors_write(path, tensors, count, metadata), LVK_OK, "%s", lvk_error_message());
}

#endif
