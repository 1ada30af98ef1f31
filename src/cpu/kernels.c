/* The kernels of each operator. A new operator computes by rows until it has a kernel of its own here. */
#include "cpu/kernels.h"

typedef struct table {
    const lvk_cpu_kernel *kernels; /* NULL: none of its own */
    int count;
} table;

#define KERNELS(op, array) [LVK_OP_##op] = {(array), (int)(sizeof(array) / sizeof *(array))}

static const table tables[LVK_OP_COUNT] = {
    KERNELS(conv2d, lvk_cpu_conv2d),
    KERNELS(conv2d_relu, lvk_cpu_conv2d),
    KERNELS(conv2d_add_relu, lvk_cpu_conv2d_add_relu),
    KERNELS(conv2d_grad_input, lvk_cpu_conv2d_grad_input),
    KERNELS(conv2d_grad_weight, lvk_cpu_conv2d_grad_weight),
    KERNELS(conv2d_relu_pool, lvk_cpu_conv2d_relu_pool),
    KERNELS(conv2d_relu_pool_grad_input, lvk_cpu_conv2d_relu_pool_grad_input),
    KERNELS(conv2d_relu_pool_grad_weight, lvk_cpu_conv2d_relu_pool_grad_weight),
    KERNELS(dense, lvk_cpu_dense),
    KERNELS(dense_relu, lvk_cpu_dense),
    KERNELS(dense_grad_input, lvk_cpu_dense_grad_input),
    KERNELS(dense_grad_weight, lvk_cpu_dense_grad_weight),
    KERNELS(batchnorm, lvk_cpu_batchnorm),
    KERNELS(batchnorm_grad, lvk_cpu_batchnorm_grad),
    KERNELS(batchnorm_inference, lvk_cpu_batchnorm_inference),
    KERNELS(batchnorm_inference_grad_input, lvk_cpu_batchnorm_inference_grad_input),
    KERNELS(batchnorm_inference_grad_gamma, lvk_cpu_batchnorm_inference_grad_gamma),
    KERNELS(bias_grad, lvk_cpu_bias_grad),
    KERNELS(global_average_pool, lvk_cpu_global_average_pool),
    KERNELS(global_average_pool_grad, lvk_cpu_global_average_pool_grad),
    KERNELS(maxpool2d, lvk_cpu_maxpool2d),
    KERNELS(maxpool2d_grad, lvk_cpu_maxpool2d_grad),
    KERNELS(relu, lvk_cpu_relu),
    KERNELS(relu_grad, lvk_cpu_relu_grad),
    KERNELS(add, lvk_cpu_add),
    KERNELS(adam, lvk_cpu_adam),
    KERNELS(resample, lvk_cpu_resample),
};

static const lvk_cpu_kernel rows[] = {LVK_CPU_ROWS};
static const lvk_cpu_kernel plain[] = {LVK_CPU_PLAIN};

const lvk_cpu_kernel *lvk_cpu_kernels(int op, int *count) {
    const lvk_op *descriptor = lvk_op_get(op);
    *count = tables[op].count;
    if (tables[op].kernels)
        return tables[op].kernels;
    *count = descriptor->candidate_count > 0; /* 0: a view */
    return descriptor->batched_outputs && !descriptor->summed_outputs ? rows : plain;
}
