/* The kernel "gather" of resample. */
#ifndef LVK_CPU_RESAMPLE_H
#define LVK_CPU_RESAMPLE_H

#include "cpu/kernel.h"
#include "ops/resample.h"

const char *lvk_cpu_resample_gather_unsupported(const lvk_call *call, const lvk_caps *caps);

/* Line `line` of an image of `output` by `output` pixels, from its crop. */
void lvk_cpu_resample_gather(const lvk_resampling *row, const uint8_t *crop, uint32_t output, uint32_t taps,
                             uint32_t line, float *to);

#endif
