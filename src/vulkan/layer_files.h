/* The manifests of implicit layers, which the Vulkan loader opens for every instance without being asked. */
#ifndef LVK_VULKAN_LAYER_FILES_H
#define LVK_VULKAN_LAYER_FILES_H

#include "core/error.h"

/* Disables each implicit layer whose library is cut off, by the environment's variable that the layer's
 * manifest names for it, and logs a line. The function must not be called on two threads at once. */
LVK_MUST_USE lvk_status lvk_layer_files_disable_cut(void);

#endif
