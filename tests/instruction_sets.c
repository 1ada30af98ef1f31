/* The cpu's kernels once more, with a lesser instruction set than most processors have: ONEDNN_MAX_CPU_ISA names it. */
#include "support/kernels.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(instruction_sets, kernels_of_onednn_agree_with_the_reference) {
    /* conv2d, conv2d_relu_pool and dense, each with two gradients; three with ReLU */
    cr_expect_eq(test_kernels("dnnl"), 12);
}

/* Kernels that are made for AVX2 and more: `count` operators have one, and with SSE4.1 none. */
static void expect_kernels(const char *candidate, int count) {
    const char *isa = getenv("ONEDNN_MAX_CPU_ISA");
    cr_assert(isa);
    cr_expect_eq(test_kernels(candidate), strcmp(isa, "SSE41") == 0 ? 0 : count);
}

Test(instruction_sets, sparse_kernels_agree_with_the_reference) {
    expect_kernels("sparse", 2);
}

/* A convolution, with ReLU, with a residual, and its two gradients. */
Test(instruction_sets, winograd_kernels_agree_with_the_reference) {
    expect_kernels("winograd", 5);
}

/* The gradient of a convolution's weights. */
Test(instruction_sets, the_kernel_by_taps_agrees_with_the_reference) {
    expect_kernels("taps", 1);
}

/* The resampling of crops. */
Test(instruction_sets, the_kernel_by_gathering_agrees_with_the_reference) {
    expect_kernels("gather", 1);
}
