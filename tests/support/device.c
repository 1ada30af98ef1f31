#include "support/device.h"

#include "cpu/cpu.h"
#include "reference/reference.h"
#include "vulkan/vulkan.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

lvk_backend *test_open_device(void) {
    const char *wanted = getenv("LEUKVK_TEST_DEVICE");
    lvk_backend *backend = NULL;
    if (wanted && strcmp(wanted, "reference") == 0) {
        cr_assert_eq(lvk_reference_create(&backend), LVK_OK, "%s", lvk_error_message());
        return backend;
    }
    if (wanted && strcmp(wanted, "cpu") == 0) {
        cr_assert_eq(lvk_cpu_create(&(lvk_cpu_options){0}, &backend), LVK_OK, "%s", lvk_error_message());
        return backend;
    }
    const lvk_vulkan_options options = {
        .device = wanted ? wanted : "", .validation = true, .no_pipeline_cache = true};
    cr_assert_eq(lvk_vulkan_create(&options, &backend), LVK_OK, "%s", lvk_error_message());
    return backend;
}

void test_close_device(lvk_backend *backend) {
    if (strcmp(backend->info.kind, "vulkan") == 0)
        cr_expect_eq(lvk_vulkan_validation_messages(backend), 0, "the validation layers complained: %s",
                     lvk_vulkan_validation_text(backend));
    backend->functions->destroy(backend);
}
