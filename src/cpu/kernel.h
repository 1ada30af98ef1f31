/* Kernels of the processor: the ways in which it computes an operator. Private to src/cpu.
 *
 * A kernel is a candidate as a GPU's are (ops/op.h), without launches: the planner chooses one by name, and the parity suite
 * tests each by name. */
#ifndef LVK_CPU_KERNEL_H
#define LVK_CPU_KERNEL_H

#include "backend/host_buffer.h"
#include "ops/op.h"

/* What a kernel is prepared for. */
typedef struct lvk_cpu_task {
    const lvk_call *call;
    unsigned threads;
    bool
        keeps_parameters; /* the program does not write the call's parameters: lvk_cpu_args.version tells when they change */
    bool adds,
        relu; /* of a kernel with takes_tail: output 0 is relu(what the call computes + args.summand) (tail.h) */
} lvk_cpu_task;

/* The operands of one run. */
typedef struct lvk_cpu_args {
    const void *inputs[LVK_MAX_INPUTS]; /* dense, row-major, 64-byte aligned blocks */
    void *outputs[LVK_MAX_OUTPUTS];
    const float *summand; /* with task.adds: like output 0, in whose place it may lie */
    void *scratch;        /* of the size that the kernel asked for, 64-byte aligned */
    uint64_t
        version; /* with task.keeps_parameters: another number where the parameters have changed since the run before */
} lvk_cpu_args;

/* `bytes` of scratch memory, rounded up so that what follows is aligned as well. */
static inline uint64_t lvk_cpu_align(uint64_t bytes) {
    return lvk_divide_up(bytes, LVK_HOST_ALIGNMENT) * LVK_HOST_ALIGNMENT;
}

typedef struct lvk_cpu_kernel {
    lvk_candidate candidate; /* name, unsupported, unsuited; launch is NULL */
    bool takes_tail;         /* it computes elementwise operators behind it as well: task.adds, task.relu */

    /* Prepares the kernel: *state is what the other functions receive, *scratch the bytes of scratch memory that each run gets.
     * NULL: there is nothing to prepare. */
    lvk_status (*create)(const lvk_cpu_task *task, void **state, uint64_t *scratch);
    void (*destroy)(void *state);

    /* Computes the call. Allocates nothing. */
    lvk_status (*run)(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args);
} lvk_cpu_kernel;

/* The kernels of an operator, best first; *count is at least 1 unless the operator is a view. */
const lvk_cpu_kernel *lvk_cpu_kernels(int op, int *count);

/* Kernels by rows and by the reference: see rows.c. */
lvk_status lvk_cpu_run_rows(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args);
lvk_status lvk_cpu_run_reference(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args);

#define LVK_CPU_ROWS  {.candidate = {.name = "rows"}, .run = lvk_cpu_run_rows}
#define LVK_CPU_PLAIN {.candidate = {.name = "plain"}, .run = lvk_cpu_run_reference}

#endif
