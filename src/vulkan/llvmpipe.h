/* Settings of Mesa's software driver (lavapipe on llvmpipe) that leukvk changes. */
#ifndef LVK_VULKAN_LLVMPIPE_H
#define LVK_VULKAN_LLVMPIPE_H

#include "leukvk/device.h"

/* llvmpipe computes with vectors of at most 256 bits unless LP_NATIVE_VECTOR_WIDTH says otherwise. Where the
 * processor has AVX-512 and the user has not set the variable, it is set to 512, which makes training about a
 * quarter faster.
 *
 * Wherever the variable is set, GALLIVM_PERF is set as well, unless the user has set it: newer versions of Mesa
 * (seen in 25.0.7) keep compiled texel fetches in a cache on disk without regard to the width, and crash when
 * they run those of another width.
 *
 * The driver reads both variables when it is loaded: to be called before the first instance is created, by
 * one thread at a time. */
void lvk_llvmpipe_prepare(void);

/* Says in the `note` of a device that its vectors were made wider. */
void lvk_llvmpipe_note(lvk_device_info *info);

#endif
