/* Files of Keras, .h5 and .keras: the archive, its config.json, and HDF5. An input that begins as
 * such a file is one, and a process of its own reads it, as damaged files crash HDF5. Of another one,
 * keras_file.h makes a whole file: an archive where its first line is "keras". That is read in this process,
 * which takes a tenth of the time and shows the fuzzer what was reached. Covers:
 * src/reader/{keras_zip,keras_h5,keras_list,h5_file,serve}.c src/formats/keras_model.c src/core/child.c */
#include "support.h"

#include "core/child.h"
#include "core/child_program.h"
#include "core/memory.h"
#include "formats/keras_model.h"
#include "keras_file.h"
#include "reader/serve.h"

#include <stdio.h>
#include <string.h>

void fuzz_begin(void) {}

/* ---- the program that reads, in this process ---- */

/* The linker puts these in the place of what core/child.h and core/child_program.h have. What one side sends
 * and the other has not received lies between them. */
lvk_status __wrap_lvk_child_start(lvk_child *child, const char *name, const void *program, size_t size,
                                  lvk_child_bounds bounds);
lvk_status __real_lvk_child_start(lvk_child *child, const char *name, const void *program, size_t size,
                                  lvk_child_bounds bounds);
void __wrap_lvk_child_send(lvk_child *child, const void *bytes, size_t size);
void __real_lvk_child_send(lvk_child *child, const void *bytes, size_t size);
lvk_status __wrap_lvk_child_receive(lvk_child *child, void *bytes, size_t size);
lvk_status __real_lvk_child_receive(lvk_child *child, void *bytes, size_t size);
void __wrap_lvk_child_finish(lvk_child *child);
void __real_lvk_child_finish(lvk_child *child);
lvk_status __wrap_lvk_parent_get(void *bytes, size_t size);
lvk_status __wrap_lvk_parent_put(const void *bytes, size_t size);
lvk_status __wrap_lvk_parent_put_report(lvk_status status);

typedef struct between {
    char *bytes;
    size_t size, taken, capacity;
} between;

static bool in_child, served;
static between request, reply;

static void put(between *b, const void *bytes, size_t size) {
    for (size_t i = 0; i < size; ++i) {
        REQUIRE(LVK_GROW(&b->bytes, &b->capacity, b->size) == LVK_OK);
        b->bytes[b->size++] = ((const char *)bytes)[i];
    }
}

static bool get(between *b, void *bytes, size_t size) {
    if (size > b->size - b->taken)
        return false;
    if (size > 0)
        memcpy(bytes, b->bytes + b->taken, size);
    b->taken += size;
    return true;
}

static void empty(between *b) {
    lvk_free(b->bytes);
    *b = (between){0};
}

lvk_status __wrap_lvk_child_start(lvk_child *child, const char *name, const void *program, size_t size,
                                  lvk_child_bounds bounds) {
    if (in_child)
        return __real_lvk_child_start(child, name, program, size, bounds);
    *child = (lvk_child){.name = name, .bounds = bounds};
    served = false;
    return LVK_OK;
}

void __wrap_lvk_child_send(lvk_child *child, const void *bytes, size_t size) {
    if (in_child)
        __real_lvk_child_send(child, bytes, size);
    else
        put(&request, bytes, size);
}

lvk_status __wrap_lvk_child_receive(lvk_child *child, void *bytes, size_t size) {
    if (in_child)
        return __real_lvk_child_receive(child, bytes, size);
    if (!served && lvk_reader_serve() != LVK_OK)
        REQUIRE(reply.size > 0); /* of failures, the reply tells */
    served = true;
    REQUIRE(get(&reply, bytes, size));
    return LVK_OK;
}

void __wrap_lvk_child_finish(lvk_child *child) {
    if (in_child)
        __real_lvk_child_finish(child);
    empty(&request);
    empty(&reply);
}

lvk_status __wrap_lvk_parent_get(void *bytes, size_t size) {
    REQUIRE(get(&request, bytes, size));
    return LVK_OK;
}

lvk_status __wrap_lvk_parent_put(const void *bytes, size_t size) {
    put(&reply, bytes, size);
    return LVK_OK;
}

lvk_status __wrap_lvk_parent_put_report(lvk_status status) {
    lvk_child_report report = {.status = (int32_t)status};
    if (status != LVK_OK)
        snprintf(report.line, sizeof report.line, "%s", lvk_error_message());
    put(&reply, &report, sizeof report);
    return LVK_OK;
}

/* ---- the target ---- */

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
