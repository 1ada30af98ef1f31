/* The files that tell the Vulkan loader of drivers ("driver manifests"). */
#ifndef LVK_VULKAN_DRIVER_FILES_H
#define LVK_VULKAN_DRIVER_FILES_H

#include "core/error.h"

#include <stdbool.h>

/* Tells whether the loader makes an instance where a file is the only one; else why not. */
typedef bool (*lvk_driver_try)(void *user, const char **reason);

/* For a loader that fails altogether where one file is damaged: tries each of the files that it would read
 * alone, leaves out those with which `attempt` fails, with a line in the log, and names the others to the
 * loader from now on (the environment's VK_DRIVER_FILES and VK_ICD_FILENAMES). *excluded: how many were left
 * out; the environment is as it was where none is, and after a failure. LVK_ERROR_UNSUPPORTED: none is good. Not to be called on two threads at once. */
LVK_MUST_USE lvk_status lvk_driver_files_exclude(lvk_driver_try attempt, void *user, int *excluded);

#endif
