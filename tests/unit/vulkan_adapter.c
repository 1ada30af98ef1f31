/* What the backend makes of a device's description: made-up devices, and the one that is here. */
#include "vulkan/adapter.h"

#include "core/memory.h"
#include "leukvk/log.h"
#include "params/conv2d.h"
#include "support/vulkan_buffers.h"
#include "vulkan/broadcast.h"
#include "vulkan/device.h"
#include "vulkan/llvmpipe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOCAL = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
    VISIBLE = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT
};

static const uint64_t GIB = UINT64_C(1) << 30;

/* Two heaps: 8 GiB of the device's own, and 32 GiB of the host's. */
static lvk_vulkan two_heaps(lvk_device_type type) {
    lvk_vulkan card = {.adapter = {.info = {.type = type}}};
    card.adapter.memory = (VkPhysicalDeviceMemoryProperties){
        .memoryTypeCount = 3,
        .memoryTypes = {{.propertyFlags = LOCAL, .heapIndex = 0},
                        {.propertyFlags = VISIBLE, .heapIndex = 1},
                        {.propertyFlags = LOCAL | VISIBLE, .heapIndex = 0}},
        .memoryHeapCount = 2,
        .memoryHeaps = {{.size = 8 * GIB, .flags = VK_MEMORY_HEAP_DEVICE_LOCAL_BIT}, {.size = 32 * GIB}}};
    return card;
}

Test(vulkan_adapter, a_card_has_its_own_memory_and_not_the_hosts) {
    uint64_t left = 1;
    lvk_vulkan card = two_heaps(LVK_DEVICE_DISCRETE);
    cr_expect_eq(lvk_allocation_limit(&card, &left), 8 * GIB);
    cr_expect_eq(left, 8 * GIB);
    card = two_heaps(LVK_DEVICE_VIRTUAL);
    cr_expect_eq(lvk_allocation_limit(&card, &left), 8 * GIB);
    card = two_heaps(LVK_DEVICE_INTEGRATED); /* both are the same memory */
    cr_expect_eq(lvk_allocation_limit(&card, &left), 40 * GIB);
    card.adapter.info.type = LVK_DEVICE_OTHER;
    card.adapter.memory.memoryHeaps[0].flags = 0; /* no heap is the device's */
    cr_expect_eq(lvk_allocation_limit(&card, &left), 40 * GIB);
}

/* A window of 256 MiB that the host sees is memory of the card as well. */
Test(vulkan_adapter, all_heaps_of_a_card_count) {
    uint64_t left = 1;
    lvk_vulkan card = two_heaps(LVK_DEVICE_DISCRETE);
    card.adapter.memory.memoryTypes[2].heapIndex = 2;
    card.adapter.memory.memoryHeapCount = 3;
    card.adapter.memory.memoryHeaps[2] =
        (VkMemoryHeap){.size = GIB / 4, .flags = VK_MEMORY_HEAP_DEVICE_LOCAL_BIT};
    cr_expect_eq(lvk_allocation_limit(&card, &left), 8 * GIB + GIB / 4);
}

Test(vulkan_adapter, what_other_programs_leave_of_a_card_is_known) {
    uint64_t left = 1;
    lvk_vulkan card = two_heaps(LVK_DEVICE_DISCRETE);
    card.adapter.budget[0] = 3 * GIB;
    card.adapter.budget[1] = GIB;
    cr_expect_eq(lvk_allocation_limit(&card, &left), 8 * GIB, "kernels are chosen by it");
    cr_expect_eq(left, 3 * GIB);
    card.adapter.budget[0] = 9 * GIB; /* drivers may count what they can move away */
    lvk_allocation_limit(&card, &left);
    cr_expect_eq(left, 8 * GIB);
    lvk_caps caps = {.memory = 8 * GIB, .memory_left = 3 * GIB};
    cr_expect_eq(lvk_caps_room(&caps), 3 * GIB);
    caps.memory_left = 0;
    cr_expect_eq(lvk_caps_room(&caps), 8 * GIB);
}

/* That a device computes on the processor says nothing of what its driver reads out of range. */
Test(vulkan_adapter, fetches_out_of_range_are_trusted_by_driver) {
    cr_expect(lvk_adapter_fetches_zero(VK_DRIVER_ID_MESA_LLVMPIPE));
    cr_expect(lvk_adapter_fetches_zero(VK_DRIVER_ID_GOOGLE_SWIFTSHADER));
    cr_expect_not(lvk_adapter_fetches_zero((VkDriverId)0), "not known");
    cr_expect_not(lvk_adapter_fetches_zero(VK_DRIVER_ID_MESA_VENUS));
    lvk_backend *backend = open_default();
    const lvk_adapter *adapter = &((lvk_vulkan *)backend)->adapter;
    if (adapter->info.software)
        cr_expect_eq(backend->caps.max_texels, adapter->properties.limits.maxTexelBufferElements);
    close_device(backend);
}

/* The name of Mesa's cache: code for vectors of another width would crash. */
Test(vulkan_adapter, each_width_of_vectors_has_a_cache_of_its_own) {
    static const char *const widths[] = {"512", "256", "128"};
    char flags[3][64];
    for (int i = 0; i < 3; ++i) {
        setenv("LP_NATIVE_VECTOR_WIDTH", widths[i], 1);
        unsetenv("GALLIVM_PERF");
        lvk_llvmpipe_prepare();
        const char *set = getenv("GALLIVM_PERF");
        cr_assert_not_null(set, "at %s bits", widths[i]);
        snprintf(flags[i], sizeof flags[i], "%s", set);
        for (int k = 0; k < i; ++k)
            cr_expect_str_neq(flags[i], flags[k], "at %s and %s bits", widths[i], widths[k]);
    }
    setenv("GALLIVM_PERF", "nopt", 1);
    lvk_llvmpipe_prepare();
    cr_expect_str_eq(getenv("GALLIVM_PERF"), "nopt", "the user's own");
}

/* A pipeline's shader shuffles or broadcasts as its driver is faster, and the validation layers accept it. */
Test(vulkan_adapter, shaders_broadcast_where_that_is_faster) {
    lvk_backend *backend = open_default();
    lvk_vulkan *vulkan = (lvk_vulkan *)backend;
    lvk_launch launch = {.groups = {1, 1, 1}};
    char shader[32];
    snprintf(shader, sizeof shader, "dense_grad_input_texel%" PRIu32, backend->caps.subgroup_size);
    launch.shader = shader;
    lvk_launch_input(&launch, LVK_BIND_TEXELS, 0);
    lvk_launch_input(&launch, LVK_BIND_TEXELS, 1);
    lvk_launch_output(&launch, LVK_BIND_STORAGE, 0);
    lvk_launch_parameters(&launch, &(lvk_conv2d_params){0}, sizeof(lvk_conv2d_params));
    VkPhysicalDeviceDriverProperties driver = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
    VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                              .pNext = &driver};
    vkGetPhysicalDeviceProperties2(vulkan->adapter.handle, &properties);
    const bool faster = lvk_broadcast_is_faster(driver.driverID, driver.driverInfo);
    const lvk_pipeline *pipeline;
    cr_assert_eq(lvk_pipeline_get(vulkan, &launch, &pipeline), LVK_OK, "%s", lvk_error_message());
    const uint32_t ways = pipeline->reflection.subgroup_features &
                          (VK_SUBGROUP_FEATURE_SHUFFLE_BIT | VK_SUBGROUP_FEATURE_BALLOT_BIT);
    cr_expect_eq(ways, faster ? VK_SUBGROUP_FEATURE_BALLOT_BIT : VK_SUBGROUP_FEATURE_SHUFFLE_BIT);
    close_device(backend);
}

/* Mesa's driver and Google's say how they round. */
Test(vulkan_adapter, devices_tell_how_they_round) {
    lvk_backend *backend = open_default();
    lvk_device_info info;
    lvk_vulkan_info(backend, &info);
    VkPhysicalDeviceFloatControlsProperties floats = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FLOAT_CONTROLS_PROPERTIES};
    VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                              .pNext = &floats};
    vkGetPhysicalDeviceProperties2(((lvk_vulkan *)backend)->adapter.handle, &properties);
    cr_expect_eq(info.rounds_to_nearest, floats.shaderRoundingModeRTEFloat32 == VK_TRUE);
    close_device(backend);
}

static VkDriverId reported; /* in place of the driver's */
static bool robust;         /* robustBufferAccess2 is there */
static PFN_vkGetPhysicalDeviceProperties2 get_properties;
static PFN_vkGetPhysicalDeviceFeatures2 get_features;
static PFN_vkEnumerateDeviceExtensionProperties list_extensions;

static void *find_structure(void *next, VkStructureType type) {
    VkBaseOutStructure *at = next;
    while (at && at->sType != type)
        at = at->pNext;
    return at;
}

static VKAPI_ATTR void VKAPI_CALL on_properties(VkPhysicalDevice device,
                                                VkPhysicalDeviceProperties2 *properties) {
    get_properties(device, properties);
    VkPhysicalDeviceDriverProperties *driver =
        find_structure(properties->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES);
    if (driver)
        driver->driverID = reported;
}

static VKAPI_ATTR void VKAPI_CALL on_features(VkPhysicalDevice device, VkPhysicalDeviceFeatures2 *features) {
    get_features(device, features);
    VkPhysicalDeviceRobustness2FeaturesEXT *robustness =
        find_structure(features->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ROBUSTNESS_2_FEATURES_EXT);
    if (robustness)
        robustness->robustBufferAccess2 = robust;
}

static VKAPI_ATTR VkResult VKAPI_CALL on_extensions(VkPhysicalDevice device, const char *layer,
                                                    uint32_t *count, VkExtensionProperties *extensions) {
    const VkResult result = list_extensions(device, layer, count, extensions);
    uint32_t i = 0; /* in the place of one that the backend does not use */
    while (extensions && i < *count &&
           (strcmp(extensions[i].extensionName, VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME) == 0 ||
            strcmp(extensions[i].extensionName, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME) == 0))
        ++i;
    if (extensions && i < *count)
        snprintf(extensions[i].extensionName, sizeof extensions[i].extensionName,
                 VK_EXT_ROBUSTNESS_2_EXTENSION_NAME);
    return result;
}

static lvk_adapter describe(VkDriverId driver, bool robustness) {
    lvk_instance *instance;
    lvk_adapter *adapters;
    uint32_t count;
    reported = driver;
    robust = robustness;
    cr_assert_eq(lvk_instance_create(false, &instance), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_adapter_list(instance, &adapters, &count), LVK_OK, "%s", lvk_error_message());
    const lvk_adapter first = adapters[0];
    lvk_free(adapters);
    lvk_instance_destroy(&instance);
    return first;
}

/* A software driver that nobody knows is asked for robustness, and reads no texels where it has none. */
Test(vulkan_adapter, unknown_drivers_are_asked_for_robustness) {
    close_device(open_default()); /* loads the functions */
    get_properties = vkGetPhysicalDeviceProperties2, vkGetPhysicalDeviceProperties2 = on_properties;
    get_features = vkGetPhysicalDeviceFeatures2, vkGetPhysicalDeviceFeatures2 = on_features;
    list_extensions = vkEnumerateDeviceExtensionProperties,
    vkEnumerateDeviceExtensionProperties = on_extensions;
    lvk_adapter a = describe(VK_DRIVER_ID_MESA_LLVMPIPE, false);
    cr_expect_gt(a.caps.max_texels, 0);
    cr_expect_not(a.robust_fetches);
    if (!a.info.software)
        cr_skip_test("not a software device");
    a = describe(VK_DRIVER_ID_MESA_VENUS, false);
    cr_expect_eq(a.caps.max_texels, 0, "trusted without a reason");
    cr_expect_not(a.robust_fetches);
    a = describe(VK_DRIVER_ID_MESA_VENUS, true);
    cr_expect_gt(a.caps.max_texels, 0);
    cr_expect(a.robust_fetches);
}

/* ---- choosing one of several ---- */

static char lines[1024];
static void keep_lines(void *user, lvk_log_level level, const char *line) {
    (void)user;
    if (level == LVK_LOG_WARNING && strlen(lines) + strlen(line) < sizeof lines)
        strcat(lines, line);
}

static lvk_adapter made_up(uint32_t index, const char *name, const char *uuid, uint64_t memory) {
    lvk_adapter adapter = {
        .info = {.index = index, .usable = true, .type = LVK_DEVICE_DISCRETE, .memory = memory}};
    snprintf(adapter.info.name, sizeof adapter.info.name, "%s", name);
    snprintf(adapter.info.uuid, sizeof adapter.info.uuid, "%s", uuid);
    return adapter;
}

Test(vulkan_adapter, a_selector_that_means_several_devices_is_told) {
    const char *const a = "11111111-0000-0000-0000-000000000000", *const b =
                                                                      "22222222-0000-0000-0000-000000000000";
    const lvk_adapter adapters[] = {made_up(0, "Card A", a, 1), made_up(1, "Card B", b, 2),
                                    made_up(2, "Card A", a, 1), made_up(3, "Other", b, 1)};
    static const struct {
        const char *selector;
        uint32_t index;
        const char *told;
    } rows[] = {
        {"1", 1, NULL},
        {"3", 3, NULL},
        {"other", 3, NULL},
        {"card", 1, "--device card means several devices: number 1 is taken, Card B; by number also: 0, 2"},
        {"Card A", 0, "number 0 is taken, Card A; by number also: 2"},
        {"11111111-0000-0000-0000-000000000000", 0, "number 0 is taken, Card A; by number also: 2"},
        {"22222222000000000000000000000000", 1, "number 1 is taken, Card B; by number also: 3"}};
    lvk_log_set_sink(keep_lines, NULL, LVK_LOG_WARNING);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const lvk_adapter *found;
        *lines = '\0';
        cr_assert_eq(lvk_adapter_find(adapters, 4, rows[i].selector, &found), LVK_OK, "%s",
                     lvk_error_message());
        cr_expect_eq(found->info.index, rows[i].index, "%s: number %u", rows[i].selector, found->info.index);
        cr_expect(rows[i].told ? strstr(lines, rows[i].told) != NULL : !*lines, "%s: %s", rows[i].selector,
                  lines);
    }
}
