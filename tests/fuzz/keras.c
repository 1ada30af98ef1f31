/* Files of Keras, .h5 and .keras: the archive, its config.json, and HDF5, which a process of its own reads.
 * Covers: src/formats/{keras_zip,keras_h5,keras_model}.c src/core/child.c */
#include "support.h"

#include "formats/keras_h5.h"
#include "formats/keras_zip.h"

void fuzz_begin(void) {}

static void look_at(const lvk_keras_model *model) {
    for (size_t i = 0; i < model->count; ++i) {
        const lvk_safetensor *tensor = &model->tensors[i];
        REQUIRE(*tensor->name && tensor->size > 0 && tensor->size % 4 == 0);
        (void)lvk_first_not_finite(tensor->data, tensor->size / 4);
    }
}

void fuzz_one(const uint8_t *data, size_t size) {
    void *copy = fuzz_copy(data, size);
    lvk_keras_model model = {0};
    const bool archive = size > 1 && data[0] == 'P' && data[1] == 'K';
    if (fuzz_ok(archive ? lvk_keras_zip_read("input", copy, size, &model)
                        : lvk_keras_h5_read("input", copy, size, &model)))
        look_at(&model);
    lvk_keras_finish(&model);
    lvk_free(copy);
}
