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

#endif
