/* Settings of Mesa's software driver (lavapipe on llvmpipe) that leukvk changes. */
#ifndef LVK_VULKAN_LLVMPIPE_H
#define LVK_VULKAN_LLVMPIPE_H

#include "leukvk/device.h"

/* llvmpipe computes with vectors of at most 256 bits unless LP_NATIVE_VECTOR_WIDTH says otherwise. Where the
 * processor has AVX-512 and the user has not set the variable, it is set to 512, which makes training about a
 * quarter faster. The driver reads it when it is loaded: to be called before the first instance is created,
 * by one thread at a time. */
void lvk_llvmpipe_widen(void);

/* Says so in the `note` of a device that it holds for. */
void lvk_llvmpipe_note(lvk_device_info *info);

#endif
