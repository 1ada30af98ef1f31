/* The Vulkan loader's manifests: JSON files from which the loader learns which drivers and layers there are. */
#ifndef LVK_VULKAN_MANIFEST_LIST_H
#define LVK_VULKAN_MANIFEST_LIST_H

#include "core/error.h"

#include <stddef.h>

typedef struct lvk_manifest_list {
    char **paths;
    size_t count, capacity;
} lvk_manifest_list;

/* The environment's variables that name the drivers' manifests: new loaders read the first, old loaders the
 * second. */
enum { LVK_DRIVER_VARIABLES = 2 };
extern const char *const lvk_driver_variables[LVK_DRIVER_VARIABLES];

/* Add the manifests that the loader will read to an empty list, {0}. The caller finishes the list also after a
 * failure. */
LVK_MUST_USE lvk_status lvk_manifest_list_drivers(lvk_manifest_list *list);
LVK_MUST_USE lvk_status lvk_manifest_list_implicit_layers(lvk_manifest_list *list);
void lvk_manifest_list_finish(lvk_manifest_list *list);

#endif
