/* Benchmarks: a few fixed workloads on drawn images, whose speed can be compared between devices and with
 * other programs. */
#ifndef LEUKVK_BENCH_H
#define LEUKVK_BENCH_H

#include "leukvk/device.h"
#include "leukvk/profile.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lvk_bench_work {
    const char *name;    /* "w1" */
    const char *summary; /* "training step of the CNN, Adam" */
    uint32_t batch;      /* images a step, unless the options give another number */
} lvk_bench_work;

/* Zero means the default. */
typedef struct lvk_bench_options {
    size_t struct_size; /* sizeof this struct; 0: its size in version 0.1 */
    const char *work;   /* the name of the workload */
    uint32_t batch;     /* images a step, 1 to 1024; 0: the number of the workload */
    uint32_t steps;     /* steps to measure; 0: as many as take `seconds`, at least 5 */
    double seconds;     /* 0: 10 */
    bool profile;       /* profile a few steps afterwards, and keep the profile of the fastest */
} lvk_bench_options;

typedef struct lvk_bench_spread {
    double median, least, most;
} lvk_bench_spread;

typedef struct lvk_bench_result {
    lvk_bench_work work;
    uint32_t batch, steps;
    lvk_bench_spread step_seconds;
    lvk_bench_spread images_per_second;
    double
        first_step_seconds;  /* in which drivers compile kernels; the spreads leave out the first two steps */
    double flops_per_second; /* floating-point operations of the direct form, at the median */
    double
        cpu_images_per_second; /* by processor time, as if no other program ran; NaN where the device is not
                                     the processor */
    uint64_t process_memory_peak; /* bytes */
    uint64_t device_memory_peak;  /* bytes */
    lvk_profile *profile;         /* NULL if none was asked for */
} lvk_bench_result;

/* Runs the workload: two steps to warm up, then measured steps. LVK_ERROR_ARGUMENT: there is no such
 * workload, or the batch is out of range. */
LVK_API LVK_MUST_USE lvk_status lvk_bench(lvk_device *device, const lvk_bench_options *options,
                                          lvk_bench_result *result);

/* Releases the memory of `result`; it may be called after a failure too. */
LVK_API void lvk_bench_finish(lvk_bench_result *result);

#ifdef __cplusplus
}
#endif
#endif
