/* Plain C loops over threads, for which the compiler makes vector code. */
#ifndef LVK_CPU_VECTORS_H
#define LVK_CPU_VECTORS_H

#include "cpu/kernel.h"
#include "cpu/threads.h"

/* A function of which there is a version for each instruction set; the loader takes the widest that the processor has. The
 * standard forbids the compiler to reorder or to contract arithmetic, so that all versions compute the same bits. */
#if defined __x86_64__ && defined __GNUC__ && !defined __clang__ && !defined __SANITIZE_ADDRESS__
#define LVK_CPU_VECTORS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define LVK_CPU_VECTORS
#endif

/* Instruction sets of kernels that are written in intrinsics. */
typedef enum lvk_cpu_isa { LVK_ISA_AVX2, LVK_ISA_AVX512 } lvk_cpu_isa;

/* The wider of those that the processor has and that ONEDNN_MAX_CPU_ISA allows, for kernels that need one of them. */
lvk_cpu_isa lvk_cpu_isa_at_hand(void);

/* Why kernels that are written for AVX2 and more cannot run on this processor; NULL: they can. */
const char *lvk_cpu_isa_unsupported(void);

/* The next loop's turns are independent: what it writes may be what it reads at the same place. */
#define LVK_CPU_SIMD _Pragma("omp simd")

/* Channels at a time, so that a few rows of them and of sums stay in the first cache. */
enum { LVK_CPU_CHANNELS = 512 };

/* How many parts to cut `elements` elements into: one a thread, or one for all where threads would not pay. */
unsigned lvk_cpu_parts(const lvk_cpu_task *task, uint64_t elements);

/* ---- sums over rows: columns.c ----
 *
 * A tensor is rows of channels, [R, C]. Each part sums its rows in double; the sums of the parts are added in their order. */

/* sums[c] = sum over r of a[r][c] */
void lvk_cpu_column_sums(const float *a, size_t rows, size_t channels, double *sums);

/* sums[c] = sum over r of a[r][c] - pivot[c]; squares[c] = sum over r of (a[r][c] - pivot[c])². Exact to a few ulps where the pivot
 * is about the mean. Differences and products are floats, and so are the sums of eight rows. */
void lvk_cpu_column_squares(const float *a, const float *pivot, size_t rows, size_t channels, double *sums,
                            double *squares);

/* sums[c] = sum over r of a[r][c]; moments[c] = sum over r of a[r][c] (b[r][c] - mean[c]); floats as above */
void lvk_cpu_column_moments(const float *a, const float *b, const float *mean, size_t rows, size_t channels,
                            double *sums, double *moments);

/* Adds up the vectors of `count` sums that `parts` parts have, one after the other, into the first. */
void lvk_cpu_add_parts(double *sums, size_t count, unsigned parts);

#endif
