/* The interface of a backend: memory, and programs that run over it. Three exist: reference, cpu and vulkan.
 * None of them touches the graph.
 *
 * Ownership: buffers and executables belong to their backend and are destroyed before it; a buffer outlives
 * every executable bound to it. Threads: one backend and all that belongs to it may be used by one thread at
 * a time. */
#ifndef LVK_BACKEND_BACKEND_H
#define LVK_BACKEND_BACKEND_H

#include "backend/caps.h"
#include "backend/program.h"
#include "core/memory.h"

typedef struct lvk_backend lvk_backend;
typedef struct lvk_buffer lvk_buffer;
typedef struct lvk_exec lvk_exec;

/* One step of the last profiled run. */
typedef struct lvk_step_time {
    double start;   /* seconds after the first step began */
    double seconds; /* both on the device's clock where it has one */
} lvk_step_time;

typedef struct lvk_backend_info {
    char kind[16];    /* "reference", "cpu" or "vulkan" */
    char name[256];   /* the device's name */
    char driver[256]; /* driver and version */
} lvk_backend_info;

typedef struct lvk_backend_functions {
    void (*destroy)(lvk_backend *backend);

    /* A zeroed buffer. LVK_ERROR_MEMORY when the device has no room. */
    lvk_status (*buffer_create)(lvk_backend *backend, uint64_t size, lvk_buffer **buffer);
    void (*buffer_destroy)(lvk_backend *backend, lvk_buffer *buffer);

    /* Copy between host and device. Ranges must lie inside the buffer. What is read has arrived at the
     * return. What is written is seen by every later run and read; the data may change after the return, or
     * if it lies in host_memory after the next run or read. */
    lvk_status (*buffer_write)(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset, const void *data,
                               uint64_t size);
    lvk_status (*buffer_read)(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset, void *data,
                              uint64_t size);

    /* Readies `program` over one buffer per used block (NULL where block_size is 0). All work that can be
     * done ahead is done here: pipelines, descriptors, recorded commands. */
    lvk_status (*exec_create)(lvk_backend *backend, const lvk_program *program,
                              lvk_buffer *const blocks[LVK_BLOCK_COUNT], lvk_exec **exec);
    void (*exec_destroy)(lvk_backend *backend, lvk_exec *exec);

    /* Runs the steps in order and returns when all are done. After LVK_ERROR_DEVICE_LOST only destroy calls
     * are of use. */
    lvk_status (*exec_run)(lvk_backend *backend, lvk_exec *exec);

    /* Runs once with a clock on every step; times has program->step_count entries. Slower than exec_run.
     * Optional: NULL means that the backend cannot tell. */
    lvk_status (*exec_profile)(lvk_backend *backend, lvk_exec *exec, lvk_step_time *times);
} lvk_backend_functions;

struct lvk_backend {
    const lvk_backend_functions *functions;
    lvk_backend_info info;
    lvk_caps caps;
    const lvk_allocator *host_memory; /* that the device copies from fastest: for what is written in every
                                         run. Freed before the backend is destroyed */
    uint64_t bytes_allocated,
        bytes_peak; /* device memory held by buffers and scratch, now and at most so far */
};

#endif
