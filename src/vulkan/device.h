/* The open device, which all files of the Vulkan backend share. Only one thread at a time may use it
 * (backend/backend.h). */
#ifndef LVK_VULKAN_DEVICE_H
#define LVK_VULKAN_DEVICE_H

#include "backend/backend.h"
#include "vulkan/adapter.h"
#include "vulkan/pipeline.h"

/* A Vulkan buffer with memory of its own. */
typedef struct lvk_allocation {
    VkBuffer buffer;
    VkDeviceMemory memory;
    uint64_t bytes; /* of device memory; 0 for staging memory, which is the host's */
    void *mapped;   /* where the host sees the memory; NULL: it does not */
} lvk_allocation;

/* A copy that is recorded and not yet submitted. */
typedef struct lvk_upload {
    VkBuffer from, buffer;
    uint64_t offset, size; /* in `buffer` */
} lvk_upload;

enum { LVK_MOST_UPLOADS = 32 };

/* transfer.c */
typedef struct lvk_transfers {
    VkCommandBuffer commands; /* for one copy, which the caller waits for */
    VkCommandBuffer
        ahead; /* for `uploads`, submitted before the next work; in the recording state where count > 0 */
    lvk_upload uploads[LVK_MOST_UPLOADS];
    int count;
    lvk_allocation staging; /* host memory through which other bytes are copied; created at first use */
    uint64_t staged;        /* bytes of `staging` that recorded uploads read */
    struct lvk_host_block *blocks;
    lvk_allocator memory;
} lvk_transfers;

typedef struct lvk_vulkan {
    lvk_backend base; /* the first member, so that a lvk_backend * can be cast to a lvk_vulkan * */
    lvk_instance *instance;
    lvk_adapter adapter;
    VkDevice device;
    VkQueue queue;
    VkCommandPool command_pool;
    VkFence fence;
    lvk_transfers transfers;
    lvk_pipelines pipelines;
    bool lost;       /* a submission has failed, so that nothing is submitted any more */
    bool running;    /* after a failure, the device may still work on a submission (lvk_queue_settle) */
    bool one_by_one; /* LEUKVK_SYNC is set: each step is a submission of its own */
    double submission_seconds; /* seconds that a submission may take (see exec.c); 0: no limit */
    bool no_mapping;           /* use staging memory even where the host sees the device's */
    double rate;               /* cost units (see exec.c) a second that new executables assume at first */
} lvk_vulkan;

struct lvk_buffer {
    lvk_allocation place;
    uint64_t size;
};

/* memory.c */
LVK_MUST_USE lvk_status lvk_allocation_create(lvk_vulkan *vulkan, uint64_t size, bool staging,
                                              lvk_allocation *allocation);
/* The bytes that all buffers together can take. Sets `left` to the bytes that other programs leave of them
 * (0: not known). */
uint64_t lvk_allocation_limit(const lvk_vulkan *vulkan, uint64_t *left);
void lvk_allocation_destroy(lvk_vulkan *vulkan, lvk_allocation *allocation); /* accepts {0} */

/* buffer.c: functions of lvk_backend_functions. */
lvk_status lvk_vulkan_buffer_create(lvk_backend *backend, uint64_t size, lvk_buffer **buffer);
void lvk_vulkan_buffer_destroy(lvk_backend *backend, lvk_buffer *buffer);
lvk_status lvk_vulkan_buffer_write(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset,
                                   const void *data, uint64_t size);
lvk_status lvk_vulkan_buffer_read(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset, void *data,
                                  uint64_t size);

/* transfer.c: copies to and from buffers that the host does not see. */
LVK_MUST_USE lvk_status lvk_transfers_init(lvk_vulkan *vulkan);
void lvk_transfers_finish(lvk_vulkan *vulkan);
LVK_MUST_USE lvk_status lvk_transfer_clear(lvk_vulkan *vulkan, VkBuffer buffer, uint64_t size);
LVK_MUST_USE lvk_status lvk_transfer_upload(lvk_vulkan *vulkan, VkBuffer buffer, uint64_t offset,
                                            const void *data, uint64_t size);
LVK_MUST_USE lvk_status lvk_transfer_download(lvk_vulkan *vulkan, VkBuffer buffer, uint64_t offset,
                                              void *data, uint64_t size);
/* Submits the recorded uploads, of which there must be at least one; `fence` may be VK_NULL_HANDLE. */
LVK_MUST_USE lvk_status lvk_transfer_submit(lvk_vulkan *vulkan, VkFence fence);
/* To be called before `buffer` is destroyed: afterwards no recorded upload uses it. */
void lvk_transfer_forget(lvk_vulkan *vulkan, VkBuffer buffer);

/* exec.c: functions of lvk_backend_functions. */
lvk_status lvk_vulkan_exec_create(lvk_backend *backend, const lvk_program *program,
                                  lvk_buffer *const blocks[LVK_BLOCK_COUNT], lvk_exec **exec);
void lvk_vulkan_exec_destroy(lvk_backend *backend, lvk_exec *exec);
lvk_status lvk_vulkan_exec_run(lvk_backend *backend, lvk_exec *exec);
lvk_status lvk_vulkan_exec_profile(lvk_backend *backend, lvk_exec *exec, lvk_step_time *times);

/* queue.c: submits the recorded uploads, then each command buffer as a submission of its own, in order, and
 * waits for all of them. After a failure the device counts as lost. */
LVK_MUST_USE lvk_status lvk_queue_run(lvk_vulkan *vulkan, const VkCommandBuffer *buffers, int count);
LVK_MUST_USE lvk_status lvk_queue_submit(lvk_vulkan *vulkan, VkCommandBuffer buffer, VkFence fence);
LVK_MUST_USE lvk_status lvk_queue_allocate(lvk_vulkan *vulkan, int count, VkCommandBuffer *buffers);
void lvk_queue_free(lvk_vulkan *vulkan, int count, const VkCommandBuffer *buffers);

/* To be called before anything is destroyed that a submission uses. After a failure it waits until the device
 * is idle. False means that the driver cannot tell; the object must then not be destroyed, since a leak is
 * better than memory that is freed while the device writes to it. */
bool lvk_queue_settle(lvk_vulkan *vulkan);

/* Records one global barrier, which makes the writes of the source stages and accesses visible to the target
 * stages and accesses. */
void lvk_queue_barrier(VkCommandBuffer buffer, VkPipelineStageFlags source_stage, VkAccessFlags source,
                       VkPipelineStageFlags target_stage, VkAccessFlags target);

#endif
