/* The open device: what all parts of the Vulkan backend share. Single-threaded, as backend/backend.h says. */
#ifndef LVK_VULKAN_DEVICE_H
#define LVK_VULKAN_DEVICE_H

#include "backend/backend.h"
#include "vulkan/adapter.h"
#include "vulkan/pipeline.h"

/* A Vulkan buffer with memory of its own. */
typedef struct lvk_allocation {
    VkBuffer buffer;
    VkDeviceMemory memory;
    uint64_t bytes; /* of device memory; staging memory is the host's */
    void *mapped;   /* NULL: the host cannot see it */
} lvk_allocation;

/* A copy that is recorded and not submitted. */
typedef struct lvk_upload {
    VkBuffer from, buffer;
    uint64_t offset, size; /* in `buffer` */
} lvk_upload;

enum { LVK_MOST_UPLOADS = 32 };

/* transfer.c */
typedef struct lvk_transfers {
    VkCommandBuffer commands; /* of a copy that is waited for */
    VkCommandBuffer
        ahead; /* of `uploads`: submitted ahead of the next work; being recorded where count > 0 */
    lvk_upload uploads[LVK_MOST_UPLOADS];
    int count;
    lvk_allocation staging; /* made when first needed: host memory that bytes from elsewhere go through */
    uint64_t staged;        /* bytes of it that uploads read */
    struct lvk_host_block *blocks;
    lvk_allocator memory;
} lvk_transfers;

typedef struct lvk_vulkan {
    lvk_backend base; /* first: a lvk_backend * of this kind is a lvk_vulkan * */
    lvk_instance *instance;
    lvk_adapter adapter;
    VkDevice device;
    VkQueue queue;
    VkCommandPool command_pool;
    VkFence fence;
    lvk_transfers transfers;
    lvk_pipelines pipelines;
    bool lost;                 /* a submission has failed: nothing is submitted any more */
    bool running;              /* the device may still work on what was submitted (lvk_queue_settle) */
    bool one_by_one;           /* LEUKVK_SYNC: one step a submission */
    double submission_seconds; /* seconds that a submission may take (see exec.c); 0: any number */
    bool no_mapping;           /* use staging memory even where the host sees the device's */
    double rate;               /* cost units (see exec.c) a second, as new executables assume */
} lvk_vulkan;

struct lvk_buffer {
    lvk_allocation place;
    uint64_t size;
};

/* memory.c */
LVK_MUST_USE lvk_status lvk_allocation_create(lvk_vulkan *vulkan, uint64_t size, bool staging,
                                              lvk_allocation *allocation);
/* Bytes that buffers can take in all, and what other programs have left of them (0: not known). */
uint64_t lvk_allocation_limit(const lvk_vulkan *vulkan, uint64_t *left);
void lvk_allocation_destroy(lvk_vulkan *vulkan, lvk_allocation *allocation); /* accepts {0} */

/* buffer.c: the functions of lvk_backend_functions. */
lvk_status lvk_vulkan_buffer_create(lvk_backend *backend, uint64_t size, lvk_buffer **buffer);
void lvk_vulkan_buffer_destroy(lvk_backend *backend, lvk_buffer *buffer);
lvk_status lvk_vulkan_buffer_write(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset,
                                   const void *data, uint64_t size);
lvk_status lvk_vulkan_buffer_read(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset, void *data,
                                  uint64_t size);

/* transfer.c: for buffers that the host does not see. */
LVK_MUST_USE lvk_status lvk_transfers_init(lvk_vulkan *vulkan);
void lvk_transfers_finish(lvk_vulkan *vulkan);
LVK_MUST_USE lvk_status lvk_transfer_clear(lvk_vulkan *vulkan, VkBuffer buffer, uint64_t size);
LVK_MUST_USE lvk_status lvk_transfer_upload(lvk_vulkan *vulkan, VkBuffer buffer, uint64_t offset,
                                            const void *data, uint64_t size);
LVK_MUST_USE lvk_status lvk_transfer_download(lvk_vulkan *vulkan, VkBuffer buffer, uint64_t offset,
                                              void *data, uint64_t size);
/* Submits the uploads that are recorded (there are some); `fence` may be VK_NULL_HANDLE. */
LVK_MUST_USE lvk_status lvk_transfer_submit(lvk_vulkan *vulkan, VkFence fence);
/* Before a buffer is destroyed: no recorded upload needs it any more. */
void lvk_transfer_forget(lvk_vulkan *vulkan, VkBuffer buffer);

/* exec.c: likewise. */
lvk_status lvk_vulkan_exec_create(lvk_backend *backend, const lvk_program *program,
                                  lvk_buffer *const blocks[LVK_BLOCK_COUNT], lvk_exec **exec);
void lvk_vulkan_exec_destroy(lvk_backend *backend, lvk_exec *exec);
lvk_status lvk_vulkan_exec_run(lvk_backend *backend, lvk_exec *exec);
lvk_status lvk_vulkan_exec_profile(lvk_backend *backend, lvk_exec *exec, lvk_step_time *times);

/* queue.c: submits the uploads that are recorded, then each command buffer on its own, in order, and waits
 * for all. After a failure the device counts as lost. */
LVK_MUST_USE lvk_status lvk_queue_run(lvk_vulkan *vulkan, const VkCommandBuffer *buffers, int count);
LVK_MUST_USE lvk_status lvk_queue_submit(lvk_vulkan *vulkan, VkCommandBuffer buffer, VkFence fence);
LVK_MUST_USE lvk_status lvk_queue_allocate(lvk_vulkan *vulkan, int count, VkCommandBuffer *buffers);
void lvk_queue_free(lvk_vulkan *vulkan, int count, const VkCommandBuffer *buffers);

/* Waits, after a failure, until the device works on nothing any more. To be asked before anything is
 * destroyed that a submission uses. False: the driver cannot tell, and the object must be left as it is:
 * leaking it is better than memory that is freed while the device writes to it. */
bool lvk_queue_settle(lvk_vulkan *vulkan);

/* Makes what `source` wrote visible to `target` (pipeline stages and accesses): one global barrier. */
void lvk_queue_barrier(VkCommandBuffer buffer, VkPipelineStageFlags source_stage, VkAccessFlags source,
                       VkPipelineStageFlags target_stage, VkAccessFlags target);

#endif
