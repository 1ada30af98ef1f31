/* The tables of kernels, one an operator's file. */
#ifndef LVK_CPU_KERNELS_H
#define LVK_CPU_KERNELS_H

#include "cpu/kernel.h"

extern const lvk_cpu_kernel lvk_cpu_conv2d[3], lvk_cpu_conv2d_add_relu[3], lvk_cpu_conv2d_grad_input[3],
    lvk_cpu_conv2d_grad_weight[4];
extern const lvk_cpu_kernel lvk_cpu_dense[2], lvk_cpu_dense_grad_input[2], lvk_cpu_dense_grad_weight[2];
extern const lvk_cpu_kernel lvk_cpu_conv2d_relu_pool[2], lvk_cpu_conv2d_relu_pool_grad_input[3],
    lvk_cpu_conv2d_relu_pool_grad_weight[3];
extern const lvk_cpu_kernel lvk_cpu_batchnorm[2], lvk_cpu_batchnorm_grad[2], lvk_cpu_batchnorm_inference[2],
    lvk_cpu_batchnorm_inference_grad_input[2], lvk_cpu_batchnorm_inference_grad_gamma[2];
extern const lvk_cpu_kernel lvk_cpu_bias_grad[2], lvk_cpu_global_average_pool[2],
    lvk_cpu_global_average_pool_grad[2];
extern const lvk_cpu_kernel lvk_cpu_maxpool2d[2], lvk_cpu_maxpool2d_grad[2];
extern const lvk_cpu_kernel lvk_cpu_relu[2], lvk_cpu_relu_grad[2], lvk_cpu_add[2], lvk_cpu_adam[2],
    lvk_cpu_resample[3];

#endif
