#include "formats/keras_model.h"

#include "core/child.h"
#include "core/memory.h"
#include "core/text.h"
#include "formats/reader_program.h"
#include "reader/protocol.h"

#include <string.h>

_Static_assert((int)LVK_READER_MAX_NAME == (int)LVK_SAFETENSORS_MAX_NAME &&
                   (int)LVK_READER_MAX_RANK == (int)LVK_SAFETENSORS_MAX_RANK,
               "the reader's tensors are safetensors");

static lvk_status fail_answer(const char *path) {
    return lvk_fail(LVK_ERROR_FORMAT, "%s: is damaged: what was read of it is nothing whole", path);
}

static lvk_status receive_report(lvk_child *child) {
    lvk_child_report report;
    LVK_TRY(lvk_child_receive(child, &report, sizeof report));
    return lvk_child_report_status(child, &report);
}

/* Checks a tensor and takes over its name, shape and size. */
static bool take_tensor(const lvk_reader_tensor *described, uint64_t left, lvk_safetensor *tensor) {
    const char *name = described->name;
    *tensor = (lvk_safetensor){.name = name, .element = LVK_ELEMENT_F32, .rank = described->rank};
    if (!memchr(name, '\0', sizeof described->name) || !lvk_text_is_utf8(name) || tensor->rank < 0 ||
        tensor->rank > LVK_SAFETENSORS_MAX_RANK)
        return false;
    tensor->size = sizeof(float);
    for (int d = 0; d < tensor->rank; ++d) {
        tensor->dim[d] = described->dim[d];
        if (tensor->dim[d] == 0 || tensor->dim[d] > left / tensor->size)
            return false;
        tensor->size *= tensor->dim[d];
    }
    return tensor->size <= left && tensor->size == described->size;
}

/* Receives names and shapes, and sets `total` to the bytes of all tensors, at most `most`. */
static lvk_status receive_tensors(lvk_child *child, uint64_t most, lvk_keras_model *model, uint64_t *total) {
    lvk_reader_tensors head;
    LVK_TRY(receive_report(child));
    LVK_TRY(lvk_child_receive(child, &head, sizeof head));
    if (head.count > LVK_READER_MAX_TENSORS)
        return fail_answer(child->name);
    const size_t count = (size_t)head.count;
    model->described = lvk_alloc(count, sizeof *model->described);
    model->tensors = lvk_alloc(count, sizeof *model->tensors);
    if (!model->described || !model->tensors)
        return LVK_ERROR_MEMORY;
    LVK_TRY(lvk_child_receive(child, model->described, count * sizeof *model->described));
    for (; model->count < count; ++model->count) {
        lvk_safetensor *tensor = &model->tensors[model->count];
        if (!take_tensor(&model->described[model->count], most - *total, tensor))
            return fail_answer(child->name);
        *total += tensor->size;
    }
    return LVK_OK;
}

static lvk_status receive_answer(lvk_child *child, uint64_t most, lvk_keras_model *model) {
    uint64_t total = 0;
    LVK_TRY(receive_tensors(child, most, model, &total));
    model->values = lvk_alloc(1, (size_t)total);
    if (!model->values)
        return LVK_ERROR_MEMORY;
    float *at = model->values;
    for (size_t i = 0; i < model->count; ++i) {
        lvk_safetensor *tensor = &model->tensors[i];
        LVK_TRY(receive_report(child));
        LVK_TRY(lvk_child_receive(child, at, (size_t)tensor->size));
        tensor->data = at;
        at += tensor->size / sizeof(float);
    }
    return LVK_OK;
}

/* `hdf5`: the most bytes that the file's HDF5 has. */
static lvk_status read_file(lvk_reader_form form, const char *path, const void *bytes, size_t size,
                            size_t hdf5, lvk_keras_model *model) {
    const lvk_child_bounds bounds = {
        .seconds = 2 + (unsigned)(hdf5 >> 24), /* a second for 16 MB, far more than reading takes */
        .memory = ((size_t)256 << 20) + size + 5 * hdf5};
    const lvk_reader_request request = {.form = form, .name_length = (uint32_t)strlen(path), .size = size};
    lvk_child child;
    LVK_TRY(lvk_child_start(&child, path, lvk_reader_program(), bounds));
    lvk_child_send(&child, &request, sizeof request);
    lvk_child_send(&child, path, strlen(path));
    lvk_child_send(&child, bytes, size);
    const lvk_status status = receive_answer(&child, lvk_reader_most_bytes(hdf5), model);
    lvk_child_finish(&child);
    return status;
}

lvk_status lvk_keras_h5_read(const char *path, const void *bytes, size_t size, lvk_keras_model *model) {
    if (size > LVK_READER_MAX_HDF5)
        return lvk_fail(LVK_ERROR_LIMIT, "%s: %zu bytes, more than the %zu that are read of an HDF5 file",
                        path, size, LVK_READER_MAX_HDF5);
    return read_file(LVK_READER_KERAS_H5, path, bytes, size, size, model);
}

lvk_status lvk_keras_zip_read(const char *path, const void *bytes, size_t size, lvk_keras_model *model) {
    size_t hdf5 = LVK_READER_MAX_HDF5;
    if (size < (hdf5 - LVK_READER_FREE_OF_RATIO) / LVK_READER_MOST_RATIO)
        hdf5 = LVK_READER_FREE_OF_RATIO + LVK_READER_MOST_RATIO * size;
    return read_file(LVK_READER_KERAS_ZIP, path, bytes, size, hdf5, model);
}

void lvk_keras_finish(lvk_keras_model *model) {
    lvk_free(model->tensors);
    lvk_free(model->described);
    lvk_free(model->values);
    *model = (lvk_keras_model){0};
}
