/* Buffers of the Vulkan backend: what is written arrives, directly or through staging memory. */
#include "support/vulkan_buffers.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

Test(vulkan_buffers, buffers_are_zeroed_and_checked) {
    for (int staged = 0; staged < 2; ++staged) {
        lvk_backend *backend =
            open_with((lvk_vulkan_options){.no_pipeline_cache = true, .no_mapping = staged});
        const lvk_backend_functions *functions = backend->functions;
        /* Beyond the size of the staging buffer, and not a multiple of anything. */
        const size_t count = (20 << 18) + 3;
        float *data = malloc(4 * count);
        lvk_buffer *buffer = make_buffer(backend, 4 * count);
        cr_expect(backend->bytes_allocated >= 4 * count && backend->bytes_peak >= backend->bytes_allocated);
        read_floats(backend, buffer, 0, data, count);
        for (size_t i = 0; i < count; ++i)
            cr_assert_eq(data[i], 0, "element %zu is not zero", i);
        fill(data, count);
        write_floats(backend, buffer, 0, data, count);
        memset(data, 0xff, 4 * count);
        read_floats(backend, buffer, 0, data, count);
        for (size_t i = 0; i < count; ++i)
            cr_assert_eq(data[i], ramp(i), "element %zu did not come back", i);
        cr_expect_eq(functions->buffer_write(backend, buffer, 4 * count - 4, data, 8), LVK_ERROR_ARGUMENT);
        cr_expect_eq(functions->buffer_read(backend, buffer, UINT64_MAX, data, 4), LVK_ERROR_ARGUMENT);
        functions->buffer_destroy(backend, buffer);
        lvk_buffer *none = NULL;
        cr_expect_eq(functions->buffer_create(backend, 0, &none), LVK_ERROR_ARGUMENT);
        cr_expect_eq(functions->buffer_create(backend, UINT64_C(1) << 45, &none), LVK_ERROR_MEMORY);
        cr_expect_null(none);
        functions->buffer_destroy(backend, NULL);
        cr_expect(backend->bytes_peak > backend->bytes_allocated);
        close_device(backend);
        free(data);
    }
}

/* Uploads wait for the next work: in order where they overlap, any number, from host memory as it is then;
 * what they need may be destroyed before. */
Test(vulkan_buffers, uploads_arrive_before_the_next_work) {
    lvk_backend *backend = open_with((lvk_vulkan_options){.no_pipeline_cache = true, .no_mapping = true});
    const lvk_backend_functions *functions = backend->functions;
    const lvk_allocator *memory = backend->host_memory;
    enum { COUNT_UPLOADS = 100 };
    float back[COUNT_UPLOADS + 1];
    lvk_buffer *buffer = make_buffer(backend, sizeof back), *other = make_buffer(backend, sizeof back);
    float *host = memory->alloc(memory->user, COUNT_UPLOADS, sizeof *host);
    cr_assert_not_null(host);
    for (int i = 0; i < COUNT_UPLOADS; ++i) {
        cr_assert_eq(host[i], 0);
        const float value = (float)i;
        write_floats(backend, buffer, 4 * (uint64_t)i, &value, 1);
        write_floats(backend, buffer, 4 * (uint64_t)i + 4, &value, 1); /* the next one overwrites it */
    }
    read_floats(backend, buffer, 0, back, COUNT_UPLOADS + 1);
    for (int i = 0; i <= COUNT_UPLOADS; ++i)
        cr_assert_eq(back[i], i < COUNT_UPLOADS ? i : COUNT_UPLOADS - 1, "element %d is %g", i, back[i]);

    fill(host, COUNT_UPLOADS);
    write_floats(backend, buffer, 0, host, 50);
    write_floats(backend, buffer, 200, host + 50, 50);
    write_floats(backend, other, 0, host, COUNT_UPLOADS);
    functions->buffer_destroy(backend, other);
    memory->free(memory->user, host);
    read_floats(backend, buffer, 0, back, COUNT_UPLOADS);
    for (int i = 0; i < COUNT_UPLOADS; ++i)
        cr_assert_eq(back[i], ramp((size_t)i), "element %d is %g", i, back[i]);
    memory->free(memory->user, NULL);
    cr_expect_null(memory->alloc(memory->user, SIZE_MAX, 8));
    functions->buffer_destroy(backend, buffer);
    close_device(backend);
}
