/* The file that keeps a device's kernel choices: kernels-<vendor>-<device>-<UUID>.json in the user's cache
 * folder. It names what it was measured with, and a digest over all of it tells damage; kernels are only ever
 * looked up by name, so that the worst that a forged file can do is to choose slow ones. */
#ifndef LVK_RUNTIME_KERNEL_TUNING_FILE_H
#define LVK_RUNTIME_KERNEL_TUNING_FILE_H

#include "core/string_map.h"
#include "leukvk/device.h"

enum { LVK_TUNING_MOST = 1024 }; /* choices in a file */

/* The file for this device, its folder created. Freed with lvk_free; NULL where there is no cache folder. */
char *lvk_kernel_tuning_file_path(const lvk_device_info *device);

/* Fills `choices`, which is empty. A file that is damaged (LVK_ERROR_FORMAT), was made with another device,
 * driver, width of subgroups or set of shaders (LVK_ERROR_UNSUPPORTED) or cannot be read leaves it empty, and
 * the error line says why. No file: LVK_OK. */
LVK_MUST_USE lvk_status lvk_kernel_tuning_file_read(const char *path, const lvk_device_info *device,
                                                    lvk_string_map *choices);

LVK_MUST_USE lvk_status lvk_kernel_tuning_file_write(const char *path, const lvk_device_info *device,
                                                     const lvk_string_map *choices);

#endif
