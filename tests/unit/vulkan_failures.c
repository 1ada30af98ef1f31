/* Calls into Vulkan that fail: the work ends in an error that names the call, whatever the device was doing,
 * and nothing is freed that it still uses. The calls are replaced between volk and the loader. */
#include "vulkan/api.h"

#include "core/memory.h"
#include "params/elementwise.h"
#include "support/vulkan_buffers.h"

#include <string.h>

enum { COUNT = 1 << 21, STEPS = 4 };

/* ---- calls that fail ---- */

typedef enum call { SUBMIT, WAIT, RESET, BEGIN, END, ALLOCATE, IDLE, CALLS } call_id;

static int countdown[CALLS]; /* that call so many from now fails; 0: none. Negative: all do */
static VkResult result;      /* and gives this */

static PFN_vkQueueSubmit submit;
static PFN_vkWaitForFences wait_for_fences;
static PFN_vkResetFences reset_fences;
static PFN_vkBeginCommandBuffer begin_commands;
static PFN_vkEndCommandBuffer end_commands;
static PFN_vkAllocateCommandBuffers allocate_commands;
static PFN_vkQueueWaitIdle wait_idle;
static VkQueue last_queue; /* of a call of vkQueueWaitIdle */

static bool fails(call_id call) {
    return countdown[call] < 0 || (countdown[call] > 0 && --countdown[call] == 0);
}

static VKAPI_ATTR VkResult VKAPI_CALL on_submit(VkQueue queue, uint32_t count, const VkSubmitInfo *infos,
                                                VkFence fence) {
    return fails(SUBMIT) ? result : submit(queue, count, infos, fence);
}
static VKAPI_ATTR VkResult VKAPI_CALL on_wait(VkDevice device, uint32_t count, const VkFence *fences,
                                              VkBool32 all, uint64_t timeout) {
    return fails(WAIT) ? result : wait_for_fences(device, count, fences, all, timeout);
}
static VKAPI_ATTR VkResult VKAPI_CALL on_reset(VkDevice device, uint32_t count, const VkFence *fences) {
    return fails(RESET) ? result : reset_fences(device, count, fences);
}
static VKAPI_ATTR VkResult VKAPI_CALL on_begin(VkCommandBuffer buffer, const VkCommandBufferBeginInfo *info) {
    return fails(BEGIN) ? result : begin_commands(buffer, info);
}
static VKAPI_ATTR VkResult VKAPI_CALL on_end(VkCommandBuffer buffer) {
    return fails(END) ? result : end_commands(buffer);
}
static VKAPI_ATTR VkResult VKAPI_CALL on_allocate(VkDevice device, const VkCommandBufferAllocateInfo *info,
                                                  VkCommandBuffer *buffers) {
    return fails(ALLOCATE) ? result : allocate_commands(device, info, buffers);
}
static VKAPI_ATTR VkResult VKAPI_CALL on_idle(VkQueue queue) {
    last_queue = queue;
    return fails(IDLE) ? result : wait_idle(queue);
}

/* Once a device is open: volk has loaded its functions then. */
static void replace_calls(void) {
    submit = vkQueueSubmit, vkQueueSubmit = on_submit;
    wait_for_fences = vkWaitForFences, vkWaitForFences = on_wait;
    reset_fences = vkResetFences, vkResetFences = on_reset;
    begin_commands = vkBeginCommandBuffer, vkBeginCommandBuffer = on_begin;
    end_commands = vkEndCommandBuffer, vkEndCommandBuffer = on_end;
    allocate_commands = vkAllocateCommandBuffers, vkAllocateCommandBuffers = on_allocate;
    wait_idle = vkQueueWaitIdle, vkQueueWaitIdle = on_idle;
}

/* ---- work ---- */

/* relu over a block again and again: tens of milliseconds on a processor. */
static void make_steps(lvk_launch *launch, lvk_step steps[STEPS]) {
    *launch = (lvk_launch){.shader = "relu", .groups = {COUNT / 256, 1, 1}};
    lvk_launch_input(launch, LVK_BIND_STORAGE, 0);
    lvk_launch_output(launch, LVK_BIND_STORAGE, 0);
    const lvk_elementwise_params params = {.count = COUNT};
    lvk_launch_parameters(launch, &params, sizeof params);
    for (int i = 0; i < STEPS; ++i) {
        steps[i] = (lvk_step){.label = "test/relu",
                              .candidate = "flat",
                              .launches = launch,
                              .launch_count = 1,
                              .flops = 1e12,
                              .bytes = 8.0 * COUNT};
        steps[i].call.input_count = steps[i].call.output_count = 1;
        steps[i].inputs[0] = steps[i].outputs[0] = (lvk_region){LVK_BLOCK_ARENA, 0, 4 * COUNT};
    }
}

typedef struct life {
    lvk_backend *backend;
    lvk_buffer *blocks[LVK_BLOCK_COUNT];
    lvk_exec *exec;
    lvk_step_time times[STEPS];
    float *numbers;
} life;

/* Upload, several submissions, profile, download. */
static lvk_status work(life *l) {
    static lvk_launch launch;
    static lvk_step steps[STEPS];
    const lvk_backend_functions *f = l->backend->functions;
    make_steps(&launch, steps);
    const lvk_program program = {.steps = steps, .step_count = STEPS};
    LVK_TRY(f->buffer_create(l->backend, 4 * COUNT, &l->blocks[LVK_BLOCK_ARENA]));
    LVK_TRY(f->exec_create(l->backend, &program, l->blocks, &l->exec));
    for (int i = 0; i < 2; ++i) {
        LVK_TRY(f->buffer_write(l->backend, l->blocks[LVK_BLOCK_ARENA], 0, l->numbers, 4 * COUNT));
        LVK_TRY(f->exec_run(l->backend, l->exec));
    }
    LVK_TRY(f->exec_profile(l->backend, l->exec, l->times));
    return f->buffer_read(l->backend, l->blocks[LVK_BLOCK_ARENA], 0, l->numbers, 4 * COUNT);
}

static lvk_backend *open_cut(void) {
    return open_with(
        (lvk_vulkan_options){.no_pipeline_cache = true, .no_mapping = true, .submission_seconds = 0.1});
}

/* The whole work, and all of it released whatever became of it. */
static lvk_status live(lvk_backend *backend) {
    life l = {.backend = backend, .numbers = lvk_alloc(COUNT, sizeof(float))};
    cr_assert_not_null(l.numbers);
    const lvk_status status = work(&l);
    backend->functions->exec_destroy(backend, l.exec);
    backend->functions->buffer_destroy(backend, l.blocks[LVK_BLOCK_ARENA]);
    lvk_free(l.numbers);
    return status;
}

static const struct {
    call_id call;
    const char *name;
    VkResult result;
    lvk_status status;
} failures[] = {{SUBMIT, "vkQueueSubmit", VK_ERROR_OUT_OF_HOST_MEMORY, LVK_ERROR_MEMORY},
                {SUBMIT, "vkQueueSubmit", VK_ERROR_DEVICE_LOST, LVK_ERROR_DEVICE_LOST},
                {WAIT, "vkWaitForFences", VK_ERROR_OUT_OF_HOST_MEMORY, LVK_ERROR_MEMORY},
                {WAIT, "vkWaitForFences", VK_ERROR_OUT_OF_DEVICE_MEMORY, LVK_ERROR_MEMORY},
                {WAIT, "vkWaitForFences", VK_TIMEOUT, LVK_ERROR_DEVICE},
                {WAIT, "vkWaitForFences", VK_ERROR_DEVICE_LOST, LVK_ERROR_DEVICE_LOST},
                {RESET, "vkResetFences", VK_ERROR_OUT_OF_DEVICE_MEMORY, LVK_ERROR_MEMORY},
                {BEGIN, "vkBeginCommandBuffer", VK_ERROR_OUT_OF_HOST_MEMORY, LVK_ERROR_MEMORY},
                {END, "vkEndCommandBuffer", VK_ERROR_OUT_OF_DEVICE_MEMORY, LVK_ERROR_MEMORY},
                {ALLOCATE, "vkAllocateCommandBuffers", VK_ERROR_OUT_OF_HOST_MEMORY, LVK_ERROR_MEMORY}};

Test(vulkan_failures, every_call_may_fail,
     .timeout = 300) { /* seconds: a call whose failure is not seen may end in a wait for ever */
    lvk_backend *backend = open_cut();
    replace_calls();
    cr_assert_eq(live(backend), LVK_OK, "%s", lvk_error_message());
    close_device(backend);
    for (size_t i = 0; i < sizeof failures / sizeof *failures; ++i) {
        int n = 1;
        for (lvk_status status = LVK_ERROR_MEMORY; status != LVK_OK; ++n) {
            backend = open_cut();
            result = failures[i].result;
            countdown[failures[i].call] = n;
            status = live(backend);
            if (countdown[failures[i].call] > 0)
                cr_expect_eq(status, LVK_OK, "%s", lvk_error_message());
            else {
                cr_expect_eq(status, failures[i].status, "%s", lvk_error_message());
                cr_expect(strstr(lvk_error_message(), failures[i].name), "%s", lvk_error_message());
            }
            countdown[failures[i].call] = 0;
            close_device(backend);
        }
        cr_expect_gt(n, 2, "%s was never called", failures[i].name);
    }
}

/* A driver that cannot even tell whether the device is idle: what it may still use is left alone. */
Test(vulkan_failures, what_the_device_may_use_is_not_freed) {
    lvk_backend *backend = open_cut();
    replace_calls();
    result = VK_ERROR_OUT_OF_HOST_MEMORY;
    countdown[WAIT] = 3; /* of the run */
    countdown[IDLE] = -1;
    cr_expect_eq(live(backend), LVK_ERROR_MEMORY);
    cr_expect(strstr(lvk_error_message(), "vkWaitForFences"), "%s", lvk_error_message());
    cr_expect_eq(lvk_vulkan_validation_messages(backend), 0, "%s", lvk_vulkan_validation_text(backend));
    backend->functions->destroy(backend);
    cr_expect_eq(lvk_vulkan_validation_total(), 0);
    cr_assert_not_null(last_queue);
    wait_idle(last_queue); /* a driver's threads must not work while the process ends */
}
