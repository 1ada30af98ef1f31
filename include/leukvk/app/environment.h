/* The environment of the process: a library must not change it, a program may.
 *
 * The Vulkan loader and Mesa's driver take some settings from variables of the environment only. While lvk_environment_allow_changes is
 * not called, the library never sets one, since other threads of the process may read them. */
#ifndef LEUKVK_APP_ENVIRONMENT_H
#define LEUKVK_APP_ENVIRONMENT_H

#include "leukvk/api.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Allows the library to set variables of the environment, when the first Vulkan device is listed or opened:
 *  - those that leave out driver files and layers whose libraries are cut off, or which the Vulkan loader
 *    cannot use. Without leave, listing and opening Vulkan devices fail, and the error line names the file;
 *  - LP_NATIVE_VECTOR_WIDTH and GALLIVM_PERF, with which Mesa's software driver is a quarter faster on
 *    processors with AVX-512, and rounds differently.
 * A program calls it at its start, before it has other threads. */
LVK_API void lvk_environment_allow_changes(void);

/* Whether lvk_environment_allow_changes has been called. */
LVK_API bool lvk_environment_changes_allowed(void);

#ifdef __cplusplus
}
#endif
#endif
