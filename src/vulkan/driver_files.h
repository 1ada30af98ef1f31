/* The driver manifests: the files from which the Vulkan loader learns which drivers there are. */
#ifndef LVK_VULKAN_DRIVER_FILES_H
#define LVK_VULKAN_DRIVER_FILES_H

#include "core/error.h"

/* Returns LVK_OK if the loader can use the driver file `path`, with the environment naming this file alone.
 * After any other status the error line is the reason; LVK_ERROR_MEMORY ends the tries. */
typedef lvk_status (*lvk_driver_try)(void *user, const char *path);

/* For a loader that fails altogether where one file is damaged. The function tries each file that the loader
 * would read on its own. It leaves out the files with which `attempt` fails, logs a line for each, and names
 * the other files in the environment (VK_DRIVER_FILES and VK_ICD_FILENAMES), which the loader reads from then
 * on. `excluded` is set to the number of files left out. If this is 0, or after a failure, the environment is
 * as before. LVK_ERROR_UNSUPPORTED says that no file is good. The function must not be called on two threads
 * at once. */
LVK_MUST_USE lvk_status lvk_driver_files_exclude(lvk_driver_try attempt, void *user, int *excluded);

#endif
