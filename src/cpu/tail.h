/* Tails: elementwise operators behind a kernel, such as the addition and the ReLU behind a batch norm, which the kernel computes
 * before it writes its output, so that the tensors in between are neither written nor read. Private to src/cpu. */
#ifndef LVK_CPU_TAIL_H
#define LVK_CPU_TAIL_H

#include "backend/program.h"

#include <stdbool.h>

enum { LVK_CPU_TAIL_STEPS = 2 };

/* y = relu(output 0 + summand); without steps it is empty. All of it is that of a program that does not change. */
typedef struct lvk_cpu_tail {
    bool adds, relu;
    lvk_region summand; /* with `adds` */
    lvk_region output;  /* where y lies */
    int steps[LVK_CPU_TAIL_STEPS],
        count; /* the program's steps that are part of it, and need no run of their own */
} lvk_cpu_tail;

/* The tail of step number `step`, of which output 0 is elementwise in input 0, and which keeps `scratch` bytes of the step's idle
 * memory while it writes. The tail gives the same bits as its steps do. */
lvk_cpu_tail lvk_cpu_find_tail(const lvk_program *program, int step, uint64_t scratch);

#endif
