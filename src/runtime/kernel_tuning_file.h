/* The file that keeps a device's kernel choices: kernels-<vendor>-<device>-<UUID>.json in the user's cache
 * folder. The processor's file is named after the version of oneDNN, the instruction set and the number of
 * threads, such as kernels-cpu-oneDNN-2.6.3-AVX-512-2-threads.json: each of them has its own fastest kernels.
 * The file names the device, driver and shaders of the measurement. A digest of all its contents reveals
 * damage. Kernels are only looked up by name, so that a forged file can do no more than choose slow
 * kernels. */
#ifndef LVK_RUNTIME_KERNEL_TUNING_FILE_H
#define LVK_RUNTIME_KERNEL_TUNING_FILE_H

#include "core/string_map.h"
#include "leukvk/device.h"

enum { LVK_TUNING_MOST = 1024 }; /* the most choices in a file */

/* The path of the file for this device, whose folder is created. The caller frees *path with lvk_free. NULL,
 * with LVK_OK, if the user has no cache folder. */
LVK_MUST_USE lvk_status lvk_kernel_tuning_file_path(const lvk_device_info *device, char **path);

/* Reads the file into `choices`, which must be empty. LVK_ERROR_FORMAT says that the file is damaged;
 * LVK_ERROR_UNSUPPORTED says that it was made with another device, driver, subgroup size or set of shaders.
 * After a failure `choices` is empty. If there is no file, the result is LVK_OK. */
LVK_MUST_USE lvk_status lvk_kernel_tuning_file_read(const char *path, const lvk_device_info *device,
                                                    lvk_string_map *choices);

LVK_MUST_USE lvk_status lvk_kernel_tuning_file_write(const char *path, const lvk_device_info *device,
                                                     const lvk_string_map *choices);

/* The verdict of the self-test that runs once for a device, driver and leukvk: selftest-….json in the same folder, of
 * the same form. It maps the "operator/candidate" of each kernel that was wrong to what was wrong. *found is false if
 * there is no file. A file of another user is not trusted, since it could pass a wrong kernel as right:
 * LVK_ERROR_UNSUPPORTED. */
LVK_MUST_USE lvk_status lvk_selftest_file_path(const lvk_device_info *device, char **path);
LVK_MUST_USE lvk_status lvk_selftest_file_read(const char *path, const lvk_device_info *device,
                                               lvk_string_map *wrong, bool *found);
LVK_MUST_USE lvk_status lvk_selftest_file_write(const char *path, const lvk_device_info *device,
                                                const lvk_string_map *wrong);

#endif
