/* The candidate "taps" of conv2d_grad_weight, for the table in conv2d.c. */
#ifndef LVK_CPU_CONV2D_TAPS_H
#define LVK_CPU_CONV2D_TAPS_H

#include "cpu/conv2d.h"

const char *lvk_cpu_taps_unsupported(const lvk_call *call, const lvk_caps *caps);
const char *lvk_cpu_taps_unsuited(const lvk_call *call, const lvk_caps *caps);
lvk_status lvk_cpu_taps_create(const lvk_cpu_task *task, void **state, uint64_t *scratch);
void lvk_cpu_taps_destroy(void *state);
lvk_status lvk_cpu_taps_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args);

#endif
