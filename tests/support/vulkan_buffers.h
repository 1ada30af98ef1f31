/* Vulkan devices and their buffers, for tests of the Vulkan backend alone. Header only. */
#ifndef TESTS_SUPPORT_VULKAN_BUFFERS_H
#define TESTS_SUPPORT_VULKAN_BUFFERS_H

#include "backend/backend.h"
#include "vulkan/vulkan.h"

#include <criterion/criterion.h>

static inline lvk_backend *open_with(lvk_vulkan_options options) {
    lvk_backend *backend = NULL;
    options.validation = true;
    cr_assert_eq(lvk_vulkan_create(&options, &backend), LVK_OK, "%s", lvk_error_message());
    return backend;
}

static inline lvk_backend *open_default(void) {
    return open_with((lvk_vulkan_options){.no_pipeline_cache = true});
}

/* Closes the device, and expects no validation messages. The number of all messages of the process is checked
 * too, since some appear while the device is destroyed. */
static inline void close_device(lvk_backend *backend) {
    cr_expect_eq(lvk_vulkan_validation_messages(backend), 0, "%s", lvk_vulkan_validation_text(backend));
    backend->functions->destroy(backend);
    cr_expect_eq(lvk_vulkan_validation_total(), 0, "validation complained while the device was destroyed");
}

static inline lvk_buffer *make_buffer(lvk_backend *backend, uint64_t size) {
    lvk_buffer *buffer = NULL;
    cr_assert_eq(backend->functions->buffer_create(backend, size, &buffer), LVK_OK, "%s",
                 lvk_error_message());
    return buffer;
}

static inline void write_floats(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset, const float *data,
                                size_t count) {
    cr_assert_eq(backend->functions->buffer_write(backend, buffer, offset, data, 4 * count), LVK_OK, "%s",
                 lvk_error_message());
}

static inline void read_floats(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset, float *data,
                               size_t count) {
    cr_assert_eq(backend->functions->buffer_read(backend, buffer, offset, data, 4 * count), LVK_OK, "%s",
                 lvk_error_message());
}

static inline float ramp(size_t i) {
    return (float)((int)(i % 17) - 8);
}

static inline void fill(float *data, size_t count) {
    for (size_t i = 0; i < count; ++i)
        data[i] = ramp(i);
}

#endif
