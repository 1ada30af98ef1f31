/* What a public lvk_device (leukvk/device.h) holds, for code inside the library. */
#ifndef LVK_RUNTIME_DEVICE_H
#define LVK_RUNTIME_DEVICE_H

#include "backend/backend.h"
#include "core/string_map.h"
#include "leukvk/device.h"

/* The backend of an open device. The device owns it. */
lvk_backend *lvk_device_backend(lvk_device *device);

/* The kernel choices (graph/kernel_choices.h) that were read when the device was opened. The device owns
 * them. */
const lvk_string_map *lvk_device_kernel_choices(const lvk_device *device);

/* Whether the verdict of a self-test is known, from the file or by lvk_device_judge. */
bool lvk_device_is_judged(const lvk_device *device);

/* Sets the kernels in `wrong` (see lvk_selftest_file_read) aside for all networks that are made with the device from now
 * on, and stores the verdict for later. */
LVK_MUST_USE lvk_status lvk_device_judge(lvk_device *device, const lvk_string_map *wrong);

#endif
