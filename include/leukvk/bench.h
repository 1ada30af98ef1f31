/* Measuring speed, on drawn images: a few fixed works, comparable between devices and with other programs. */
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
    uint32_t batch;      /* images a step, unless another number is asked for */
} lvk_bench_work;

/* Zero means the default. */
typedef struct lvk_bench_options {
    const char *work; /* its name */
    uint32_t batch;   /* images a step, 1 to 1024; 0: the work's own */
    uint32_t steps;   /* to measure; 0: as many as fit `seconds`, at least 5 */
    double seconds;   /* 0: 10 */
    bool profile;     /* afterwards, profile a few steps and keep the fastest one's profile */
} lvk_bench_options;

typedef struct lvk_bench_spread {
    double median, least, most;
} lvk_bench_spread;

typedef struct lvk_bench_result {
    lvk_bench_work work;
    uint32_t batch, steps;
    lvk_bench_spread step_seconds;
    lvk_bench_spread images_per_second;
    double first_step_seconds;    /* drivers compile kernels then; not in the spreads, as the next one */
    double flops_per_second;      /* at the median; arithmetic of the direct form */
    double cpu_images_per_second; /* from processor time: what the processor would do if it did nothing
                                     else. NaN where the device is not the processor */
    uint64_t process_memory_peak; /* bytes */
    uint64_t device_memory_peak;  /* bytes */
    lvk_profile *profile;         /* NULL if none was asked for */
} lvk_bench_result;

/* Runs the work: twice to warm up, then step by step on the clock. LVK_ERROR_ARGUMENT: no such work or batch.
 */
LVK_MUST_USE lvk_status lvk_bench(lvk_device *device, const lvk_bench_options *options,
                                  lvk_bench_result *result);

/* Releases what `result` holds; also after a failure. */
void lvk_bench_finish(lvk_bench_result *result);

#ifdef __cplusplus
}
#endif
#endif
