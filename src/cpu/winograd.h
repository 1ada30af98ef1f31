/* The candidates "winograd" of conv2d, conv2d_relu, conv2d_add_relu and of conv2d's gradients, for the tables in conv2d.c. */
#ifndef LVK_CPU_WINOGRAD_H
#define LVK_CPU_WINOGRAD_H

#include "cpu/conv2d.h"

const char *lvk_cpu_winograd_unsupported(const lvk_call *call, const lvk_caps *caps);
const char *lvk_cpu_winograd_unsuited(const lvk_call *call, const lvk_caps *caps);
lvk_status lvk_cpu_winograd_create(const lvk_cpu_task *task, void **state, uint64_t *scratch);
lvk_status lvk_cpu_winograd_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args);

const char *lvk_cpu_winograd_grad_input_unsupported(const lvk_call *call, const lvk_caps *caps);
const char *lvk_cpu_winograd_grad_input_unsuited(const lvk_call *call, const lvk_caps *caps);
lvk_status lvk_cpu_winograd_grad_input_create(const lvk_cpu_task *task, void **state, uint64_t *scratch);
lvk_status lvk_cpu_winograd_grad_input_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args);

const char *lvk_cpu_winograd_grad_weight_unsupported(const lvk_call *call, const lvk_caps *caps);
const char *lvk_cpu_winograd_grad_weight_unsuited(const lvk_call *call, const lvk_caps *caps);
lvk_status lvk_cpu_winograd_grad_weight_create(const lvk_cpu_task *task, void **state, uint64_t *scratch);
lvk_status lvk_cpu_winograd_grad_weight_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args);

void lvk_cpu_winograd_destroy(void *state); /* of all of them */

#define LVK_CPU_WINOGRAD(stem)                                                                               \
    {.candidate = {.name = "winograd",                                                                       \
                   .unsupported = lvk_cpu_winograd##stem##_unsupported,                                      \
                   .unsuited = lvk_cpu_winograd##stem##_unsuited},                                           \
     .create = lvk_cpu_winograd##stem##_create,                                                              \
     .destroy = lvk_cpu_winograd_destroy,                                                                    \
     .run = lvk_cpu_winograd##stem##_run}

#endif
