/* The kernels of each operator. A new operator computes by rows until it has a kernel of its own here. */
#include "cpu/kernels.h"

static const lvk_cpu_kernel rows[] = {LVK_CPU_ROWS};
static const lvk_cpu_kernel plain[] = {LVK_CPU_PLAIN};

#define KERNELS(op, table)                                                                                   \
    case LVK_OP_##op:                                                                                        \
        *count = (int)(sizeof table / sizeof *table);                                                        \
        return table;

const lvk_cpu_kernel *lvk_cpu_kernels(int op, int *count) {
    const lvk_op *descriptor = lvk_op_get(op);
    switch (op) {
        KERNELS(conv2d, lvk_cpu_conv2d)
        KERNELS(conv2d_relu, lvk_cpu_conv2d)
        KERNELS(conv2d_add_relu, lvk_cpu_conv2d_add_relu)
        KERNELS(conv2d_grad_input, lvk_cpu_conv2d_grad_input)
        KERNELS(conv2d_grad_weight, lvk_cpu_conv2d_grad_weight)
        KERNELS(conv2d_relu_pool, lvk_cpu_conv2d_relu_pool)
        KERNELS(conv2d_relu_pool_grad_input, lvk_cpu_conv2d_relu_pool_grad_input)
        KERNELS(conv2d_relu_pool_grad_weight, lvk_cpu_conv2d_relu_pool_grad_weight)
        KERNELS(dense, lvk_cpu_dense)
        KERNELS(dense_relu, lvk_cpu_dense)
        KERNELS(dense_grad_input, lvk_cpu_dense_grad_input)
        KERNELS(dense_grad_weight, lvk_cpu_dense_grad_weight)
    default:
        break;
    }
    *count = descriptor->candidate_count > 0; /* 0: a view */
    return descriptor->batched_outputs && !descriptor->summed_outputs ? rows : plain;
}
