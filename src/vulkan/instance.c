#define VOLK_IMPLEMENTATION
#include "vulkan/instance.h"

#include "core/log.h"
#include "core/memory.h"
#include "leukvk/app/environment.h"
#include "vulkan/driver_files.h"
#include "vulkan/layer_files.h"
#include "vulkan/library_file.h"
#include "vulkan/llvmpipe.h"
#include "vulkan/manifest_list.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static const char validation_layer[] = "VK_LAYER_KHRONOS_validation";

static pthread_mutex_t load_mutex = PTHREAD_MUTEX_INITIALIZER;
static bool loader_ready, libraries_checked, functions_ready;
static atomic_uint_fast64_t message_total;

static lvk_status check_driver_library(void *user, const char *path) {
    (void)user;
    return lvk_library_check(path, "ICD");
}

/* For a process whose environment must stay as it is. */
static lvk_status check_libraries(const lvk_manifest_list *list, const char *kind) {
    for (size_t i = 0; i < list->count; ++i)
        LVK_TRY(lvk_library_check(list->paths[i], kind));
    return LVK_OK;
}

static lvk_status refuse_cut_libraries(void) {
    lvk_manifest_list layers = {0}, drivers = {0};
    lvk_status status = lvk_manifest_list_implicit_layers(&layers);
    if (status == LVK_OK)
        status = check_libraries(&layers, "layer");
    if (status == LVK_OK)
        status = lvk_manifest_list_drivers(&drivers);
    if (status == LVK_OK)
        status = check_libraries(&drivers, "ICD");
    lvk_manifest_list_finish(&layers);
    lvk_manifest_list_finish(&drivers);
    return status == LVK_ERROR_FORMAT ? lvk_fail_within(LVK_ERROR_UNSUPPORTED, "Vulkan") : status;
}

static lvk_status leave_out_cut_libraries(void) {
    int excluded;
    LVK_TRY(lvk_layer_files_disable_cut());
    return lvk_driver_files_exclude(check_driver_library, NULL, &excluded);
}

/* Libraries are checked before the first question to the loader, which opens them. */
static lvk_status load_once(void) {
    const bool ours = lvk_environment_changes_allowed();
    if (!loader_ready) {
        if (ours)
            lvk_llvmpipe_prepare();
        loader_ready = volkInitialize() == VK_SUCCESS;
    }
    if (!loader_ready)
        return lvk_fail(LVK_ERROR_UNSUPPORTED, "no Vulkan loader: install libvulkan1");
    if (libraries_checked)
        return LVK_OK;
    LVK_TRY(ours ? leave_out_cut_libraries() : refuse_cut_libraries());
    libraries_checked = true;
    return LVK_OK;
}

static lvk_status load_loader(void) {
    pthread_mutex_lock(&load_mutex);
    const lvk_status status = load_once();
    pthread_mutex_unlock(&load_mutex);
    if (status == LVK_OK && volkGetInstanceVersion() < VK_API_VERSION_1_1)
        return lvk_fail(LVK_ERROR_UNSUPPORTED, "the Vulkan loader is too old: Vulkan 1.1 is needed");
    return status;
}

/* Loads volk's function pointers once. They serve every instance and every device, since they point into the
 * loader, which finds the driver by a call's first argument. */
static void load_functions(VkInstance instance) {
    pthread_mutex_lock(&load_mutex);
    if (!functions_ready)
        volkLoadInstance(instance);
    functions_ready = true;
    pthread_mutex_unlock(&load_mutex);
}

static VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                                 VkDebugUtilsMessageTypeFlagsEXT types,
                                                 const VkDebugUtilsMessengerCallbackDataEXT *data,
                                                 void *user) {
    lvk_instance *instance = user;
    const char *text = data && data->pMessage ? data->pMessage : "(no text)";
    if (!(types & VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT)) {
        lvk_log(LVK_LOG_DEBUG, "Vulkan: %s",
                text); /* messages of the loader about drivers that do not load */
        return VK_FALSE;
    }
    (void)severity; /* the messenger is created for warnings and errors only */
    atomic_fetch_add(&message_total, 1);
    if (atomic_fetch_add(&instance->messages, 1) == 0) {
        strncpy(instance->first_message, text, sizeof instance->first_message - 1);
        instance->first_message[sizeof instance->first_message - 1] = '\0';
    }
    lvk_log(LVK_LOG_WARNING, "Vulkan validation: %s", text);
    return VK_FALSE;
}

static bool has_extension(const char *layer, const char *name) {
    uint32_t count = 0;
    if (vkEnumerateInstanceExtensionProperties(layer, &count, NULL) != VK_SUCCESS || count == 0)
        return false;
    VkExtensionProperties *properties = lvk_alloc(count, sizeof *properties);
    bool found = false;
    if (properties && vkEnumerateInstanceExtensionProperties(layer, &count, properties) >= 0)
        for (uint32_t i = 0; i < count && !found; ++i)
            found = strcmp(properties[i].extensionName, name) == 0;
    lvk_free(properties);
    return found;
}

static bool has_validation_layer(void) {
    uint32_t count = 0;
    if (vkEnumerateInstanceLayerProperties(&count, NULL) != VK_SUCCESS || count == 0)
        return false;
    VkLayerProperties *properties = lvk_alloc(count, sizeof *properties);
    bool found = false;
    if (properties && vkEnumerateInstanceLayerProperties(&count, properties) >= 0)
        for (uint32_t i = 0; i < count && !found; ++i)
            found = strcmp(properties[i].layerName, validation_layer) == 0;
    lvk_free(properties);
    return found;
}

static VkResult call_create(lvk_instance *instance, const VkDebugUtilsMessengerCreateInfoEXT *messenger) {
    const bool validation = messenger != NULL;
    const char *extensions[3];
    uint32_t extension_count = 0;
    VkInstanceCreateFlags flags = 0;
    if (has_extension(NULL, VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME)) {
        extensions[extension_count++] = VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME;
        flags |= VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR;
    }
    if (validation) {
        extensions[extension_count++] = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
        extensions[extension_count++] = VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME;
    }
    static const char *const layers[] = {validation_layer};
    static const VkValidationFeatureEnableEXT enabled[] = {
        VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT};
    const VkValidationFeaturesEXT features = {.sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT,
                                              .pNext = messenger,
                                              .enabledValidationFeatureCount = 1,
                                              .pEnabledValidationFeatures = enabled};
    const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                           .pApplicationName = "leukvk",
                                           .pEngineName = "leukvk",
                                           .apiVersion = VK_API_VERSION_1_1};
    const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                       .pNext = validation ? &features : NULL,
                                       .flags = flags,
                                       .pApplicationInfo = &application,
                                       .enabledLayerCount = validation ? 1 : 0,
                                       .ppEnabledLayerNames = layers,
                                       .enabledExtensionCount = extension_count,
                                       .ppEnabledExtensionNames = extensions};
    return vkCreateInstance(&info, NULL, &instance->handle);
}

/* Destroys an instance by the loader's own function, since volk may not have loaded any yet. */
static void destroy_handle(VkInstance instance) {
    const PFN_vkDestroyInstance destroy =
        (PFN_vkDestroyInstance)vkGetInstanceProcAddr(instance, "vkDestroyInstance");
    destroy(instance, NULL);
}

/* Whether the loader can create an instance with the driver file. A file whose driver finds no device counts
 * as good. */
static lvk_status try_driver_file(void *user, const char *path) {
    (void)user;
    (void)path;
    lvk_instance instance = {.handle = VK_NULL_HANDLE};
    const VkResult result = call_create(&instance, NULL);
    if (result == VK_SUCCESS)
        destroy_handle(instance.handle);
    if (result == VK_SUCCESS || result == VK_ERROR_INCOMPATIBLE_DRIVER)
        return LVK_OK;
    return lvk_fail(LVK_ERROR_UNSUPPORTED, "%s", lvk_vk_result_name(result));
}

/* Leaves out damaged driver files. With a single one, some loaders create no instance at all, and report "out
 * of memory". */
static lvk_status exclude_driver_files(int *excluded) {
    *excluded = 0;
    if (!lvk_environment_changes_allowed())
        return LVK_OK;
    pthread_mutex_lock(&load_mutex);
    const lvk_status status = lvk_driver_files_exclude(try_driver_file, NULL, excluded);
    pthread_mutex_unlock(&load_mutex);
    return status;
}

enum { LOADER_LINE = 400 };

static VKAPI_ATTR VkBool32 VKAPI_CALL keep_first_line(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                                      VkDebugUtilsMessageTypeFlagsEXT types,
                                                      const VkDebugUtilsMessengerCallbackDataEXT *data,
                                                      void *user) {
    char *line = user;
    (void)severity;
    (void)types;
    if (!*line && data && data->pMessage)
        snprintf(line, LOADER_LINE, "%s", data->pMessage);
    return VK_FALSE;
}

/* The loader's first error where it finds no driver: of a library that it cannot load, it tells name and
 * reason. "" where there is no driver file at all, about which it has nothing to tell. */
static void ask_loader(char line[LOADER_LINE]) {
    static const char *const extensions[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
    const VkDebugUtilsMessengerCreateInfoEXT messenger = {
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
        .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
        .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT,
        .pfnUserCallback = keep_first_line,
        .pUserData = line};
    const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                       .pNext = &messenger,
                                       .enabledExtensionCount = 1,
                                       .ppEnabledExtensionNames = extensions};
    VkInstance instance = VK_NULL_HANDLE;
    line[0] = '\0';
    if (vkCreateInstance(&info, NULL, &instance) == VK_SUCCESS) {
        destroy_handle(instance);
        line[0] = '\0';
    }
    if (!strchr(line, '/')) /* "Found no drivers!" */
        line[0] = '\0';
}

static lvk_status fail_without_driver(void) {
    char line[LOADER_LINE];
    ask_loader(line);
    return *line ? lvk_fail(LVK_ERROR_UNSUPPORTED, "no Vulkan driver can be loaded: %s", line)
                 : lvk_fail(LVK_ERROR_UNSUPPORTED,
                            "no Vulkan driver: install the one of your graphics card, or "
                            "mesa-vulkan-drivers");
}

static lvk_status create_handle(lvk_instance *instance, const VkDebugUtilsMessengerCreateInfoEXT *messenger) {
    VkResult result = call_create(instance, messenger);
    if (result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_INITIALIZATION_FAILED) {
        int excluded = 0;
        LVK_TRY(exclude_driver_files(&excluded));
        if (excluded)
            result = call_create(instance, messenger);
    }
    if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
        return fail_without_driver();
    return lvk_vk_status(result, "vkCreateInstance");
}

static PFN_vkVoidFunction load(const lvk_instance *instance, const char *name) {
    return vkGetInstanceProcAddr(instance->handle, name);
}

static lvk_status start_validation(lvk_instance *instance, const VkDebugUtilsMessengerCreateInfoEXT *info) {
    const PFN_vkCreateDebugUtilsMessengerEXT create =
        (PFN_vkCreateDebugUtilsMessengerEXT)load(instance, "vkCreateDebugUtilsMessengerEXT");
    instance->destroy_messenger =
        (PFN_vkDestroyDebugUtilsMessengerEXT)load(instance, "vkDestroyDebugUtilsMessengerEXT");
    instance->set_name = (PFN_vkSetDebugUtilsObjectNameEXT)load(instance, "vkSetDebugUtilsObjectNameEXT");
    instance->begin_label = (PFN_vkCmdBeginDebugUtilsLabelEXT)load(instance, "vkCmdBeginDebugUtilsLabelEXT");
    instance->end_label = (PFN_vkCmdEndDebugUtilsLabelEXT)load(instance, "vkCmdEndDebugUtilsLabelEXT");
    if (!create || !instance->destroy_messenger || !instance->set_name || !instance->begin_label ||
        !instance->end_label)
        return lvk_fail(LVK_ERROR_UNSUPPORTED,
                        "the Vulkan loader has no VK_EXT_debug_utils, which validation needs");
    return VK_STATUS(create(instance->handle, info, NULL, &instance->messenger));
}

lvk_status lvk_instance_create(bool validation, lvk_instance **instance) {
    *instance = NULL;
    LVK_TRY(load_loader());
    if (validation && !has_validation_layer())
        return lvk_fail(LVK_ERROR_UNSUPPORTED,
                        "validation was asked for, and %s is not there: install vulkan-validationlayers",
                        validation_layer);
    lvk_instance *created = lvk_alloc(1, sizeof *created);
    if (!created)
        return LVK_ERROR_MEMORY;
    const VkDebugUtilsMessengerCreateInfoEXT messenger = {
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
        .messageSeverity =
            VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
        .messageType =
            VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
        .pfnUserCallback = on_message,
        .pUserData = created};
    lvk_status status;
    LVK_GO(status, create_handle(created, validation ? &messenger : NULL), failed);
    load_functions(created->handle);
    if (validation)
        LVK_GO(status, start_validation(created, &messenger), failed);
    *instance = created;
    return LVK_OK;
failed:
    lvk_instance_destroy(&created);
    return status;
}

void lvk_instance_destroy(lvk_instance **instance) {
    lvk_instance *gone = *instance;
    *instance = NULL;
    if (!gone)
        return;
    if (gone->messenger)
        gone->destroy_messenger(gone->handle, gone->messenger, NULL);
    if (gone->handle)
        vkDestroyInstance(gone->handle, NULL);
    lvk_free(gone);
}

uint64_t lvk_instance_message_total(void) {
    return atomic_load(&message_total);
}
