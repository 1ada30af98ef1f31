/* Products of matrices on one thread, for kernels that bring their operands into the layout that is read fastest. */
#ifndef LVK_CPU_GEMM_H
#define LVK_CPU_GEMM_H

#include "cpu/vectors.h"

#include <stdbool.h>

enum { LVK_GEMM_PANEL = 32 /* columns of B that lie together */ };

/* C [rows, columns] = A [rows, steps] B [steps, columns], or C += A B. B lies in panels of LVK_GEMM_PANEL columns, each
 * [steps, LVK_GEMM_PANEL], the last one possibly narrower. The columns are a multiple of 16. Each element of C is summed up in
 * the order of the steps, so that how the work is divided has no influence on the bits. */
typedef struct lvk_gemm {
    size_t rows, columns, steps;
    const float *a; /* element (r, k) at a[r * a_row + k * a_step] */
    size_t a_row, a_step;
    const float *b;
    float *c; /* element (r, j) at c[r * c_row + j] */
    size_t c_row;
    bool add;
} lvk_gemm;

/* Not to be called where lvk_cpu_isa_unsupported() has a reason. */
void lvk_cpu_gemm(lvk_cpu_isa isa, const lvk_gemm *gemm);

#endif
