/* The interface of a backend: memory, and programs that run over this memory. There are three backends:
 * reference, cpu and vulkan. None of them depends on the graph.
 *
 * Ownership: buffers and executables belong to their backend and are destroyed before it. A buffer is
 * destroyed after every executable that uses it. Threads: one thread at a time may use a backend and all that
 * belongs to it. */
#ifndef LVK_BACKEND_BACKEND_H
#define LVK_BACKEND_BACKEND_H

#include "backend/caps.h"
#include "backend/program.h"
#include "core/memory.h"

typedef struct lvk_backend lvk_backend;
typedef struct lvk_buffer lvk_buffer;
typedef struct lvk_exec lvk_exec;

/* When one step of a profiled run began, and how long it took. */
typedef struct lvk_step_time {
    double start;   /* seconds from the beginning of the first step; on the device's clock, if it has one */
    double seconds; /* on the same clock */
} lvk_step_time;

typedef struct lvk_backend_info {
    char kind[16];    /* "reference", "cpu" or "vulkan" */
    char name[256];   /* the device's name */
    char driver[256]; /* name and version of the driver */
} lvk_backend_info;

typedef struct lvk_backend_functions {
    void (*destroy)(lvk_backend *backend);

    /* Creates a buffer of zeros. LVK_ERROR_MEMORY says that the device has no room. */
    lvk_status (*buffer_create)(lvk_backend *backend, uint64_t size, lvk_buffer **buffer);
    void (*buffer_destroy)(lvk_backend *backend, lvk_buffer *buffer);

    /* Copy between host and device. Ranges must lie inside the buffer. When buffer_read returns, the data has
     * arrived. Every later run and read sees what buffer_write has written. The caller may change the data
     * after buffer_write has returned; data in host_memory, only after the next run or read. */
    lvk_status (*buffer_write)(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset, const void *data,
                               uint64_t size);
    lvk_status (*buffer_read)(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset, void *data,
                              uint64_t size);

    /* Prepares `program` over one buffer for each block (NULL where block_size is 0). All work that can be
     * done before a run is done here, such as creating pipelines and recording commands. */
    lvk_status (*exec_create)(lvk_backend *backend, const lvk_program *program,
                              lvk_buffer *const blocks[LVK_BLOCK_COUNT], lvk_exec **exec);
    void (*exec_destroy)(lvk_backend *backend, lvk_exec *exec);

    /* Runs the steps in order and returns when all are done. After LVK_ERROR_DEVICE_LOST every function but
     * those that destroy fails. */
    lvk_status (*exec_run)(lvk_backend *backend, lvk_exec *exec);

    /* Runs the steps once and measures each; `times` has program->step_count entries. Slower than exec_run. A
     * NULL function means that the backend has no clock. */
    lvk_status (*exec_profile)(lvk_backend *backend, lvk_exec *exec, lvk_step_time *times);
} lvk_backend_functions;

struct lvk_backend {
    const lvk_backend_functions *functions;
    lvk_backend_info info;
    lvk_caps caps;
    /* Host memory from which the device copies fastest, for data that is written before every run. The caller
     * frees it before the backend is destroyed. */
    const lvk_allocator *host_memory;
    uint64_t bytes_allocated,
        bytes_peak; /* bytes of device memory in buffers and scratch, now and at the highest point so far */
};

#endif
