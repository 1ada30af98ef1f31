/* Files of Keras, .h5 and .keras: the archive, its config.json, and HDF5. An input that begins as
 * such a file is one, and a process of its own reads it, as damaged files crash HDF5. Of another one, keras_file.h makes a whole
 * file: an archive where its first line is "keras". That is read in this process, which takes a tenth of the time and shows the
 * fuzzer what was reached.
 * Covers: src/formats/{keras_zip,keras_h5,keras_model,h5_file}.c src/core/child.c */
#include "support.h"

#include "core/child.h"
#include "core/text.h"
#include "formats/keras_h5.h"
#include "formats/keras_zip.h"
#include "keras_file.h"

#include <stdio.h>
#include <string.h>

void fuzz_begin(void) {}

/* The linker puts this in the place of lvk_child_run. */
lvk_status __wrap_lvk_child_run(const char *name, lvk_status (*work)(void *user), void *user,
                                lvk_child_bounds bounds);
lvk_status __real_lvk_child_run(const char *name, lvk_status (*work)(void *user), void *user,
                                lvk_child_bounds bounds);

static bool in_child;

lvk_status __wrap_lvk_child_run(const char *name, lvk_status (*work)(void *user), void *user,
                                lvk_child_bounds bounds) {
    char line[1024];
    if (in_child)
        return __real_lvk_child_run(name, work, user, bounds);
    const lvk_status status = work(user);
    if (status == LVK_OK)
        return LVK_OK;
    snprintf(line, sizeof line, "%s", lvk_error_message());
    lvk_text_make_printable(line);
    return lvk_fail(status, "%s", line);
}

static void look_at(const lvk_keras_model *model) {
    for (size_t i = 0; i < model->count; ++i) {
        const lvk_safetensor *tensor = &model->tensors[i];
        REQUIRE(*tensor->name && tensor->size > 0 && tensor->size % 4 == 0);
        (void)lvk_first_not_finite(tensor->data, tensor->size / 4);
    }
}

static void read_bytes(const void *bytes, size_t size, bool archive) {
    lvk_keras_model model = {0};
    if (fuzz_ok(archive ? lvk_keras_zip_read("input", bytes, size, &model)
                        : lvk_keras_h5_read("input", bytes, size, &model)))
        look_at(&model);
    lvk_keras_finish(&model);
}

static bool begins_with(const uint8_t *data, size_t size, const char *text) {
    return size >= strlen(text) && memcmp(data, text, strlen(text)) == 0;
}

void fuzz_one(const uint8_t *data, size_t size) {
    const bool zip = begins_with(data, size, "PK\3\4"), archive = begins_with(data, size, "keras\n");
    fuzz_input input = {data, size};
    size_t file_size = size;
    in_child = zip || begins_with(data, size, "\x89HDF");
    void *file = in_child ? fuzz_copy(data, size) : fuzz_keras_file(input, archive, &file_size);
    read_bytes(file, file_size, in_child ? zip : archive);
    lvk_free(file);
}
