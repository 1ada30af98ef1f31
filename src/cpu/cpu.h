/* The processor as a device: the calls of a program (backend/program.h) by oneDNN's kernels and by kernels of its own, over
 * threads. What has no kernel here is computed by the reference's function, a part of the batch a thread. */
#ifndef LVK_CPU_CPU_H
#define LVK_CPU_CPU_H

#include "backend/backend.h"

typedef struct lvk_cpu_options {
    unsigned threads; /* 0: as many as processors that the process may run on */
} lvk_cpu_options;

/* Creates the backend. The same number of threads, instruction set and version of oneDNN give the same bits; all three are in
 * info.driver. LVK_ERROR_UNSUPPORTED when leukvk was built without it. */
LVK_MUST_USE lvk_status lvk_cpu_create(const lvk_cpu_options *options, lvk_backend **backend);

/* "AMD EPYC 9454" and "oneDNN 2.6.3, AVX-512, 2 threads": what info.name and info.driver would be. False without the backend. */
bool lvk_cpu_describe(unsigned threads, char name[256], char driver[256]);

#endif
