/* Settings of Mesa's software driver (lavapipe on llvmpipe) that leukvk changes. */
#ifndef LVK_VULKAN_LLVMPIPE_H
#define LVK_VULKAN_LLVMPIPE_H

#include "leukvk/device.h"

/* Sets the environment's LP_NATIVE_VECTOR_WIDTH to 512 if the processor has AVX-512 and the user has not set
 * the variable. llvmpipe otherwise computes with vectors of at most 256 bits, and training takes about a
 * quarter longer.
 *
 * Wherever LP_NATIVE_VECTOR_WIDTH is set, GALLIVM_PERF is set as well, unless the user has set it: newer
 * versions of Mesa (seen in 25.0.7) keep compiled texel fetches in a cache on disk without regard to the
 * width, and crash when they run fetches that were compiled for another width.
 *
 * The driver reads both variables when it is loaded, so that the function must be called before the first
 * instance is created, by one thread at a time. */
void lvk_llvmpipe_prepare(void);

/* Says in the `note` of `info` that the vectors of this device were made wider, if they were. */
void lvk_llvmpipe_note(lvk_device_info *info);

#endif
