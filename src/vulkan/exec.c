/* Executables: commands recorded once into command buffers and replayed.
 *
 * A program is split into submissions so that none holds the device longer than about a tenth of a second: a
 * desktop on the same card stays usable, and no watchdog resets the device. The time of a step is estimated
 * as its cost divided by a rate. The rate starts at FIRST_RATE and follows the measured times of the
 * submissions (lvk_rate_adapt): it falls at once, and rises after some runs. When it changes, the program is
 * recorded again.
 *
 * A submission consists of whole steps. A single step may take longer than the limit, since the planner
 * slices batches by the size of bindings and not by time. On software devices, which have no watchdog, a
 * program is one submission, and no clock measures it. */
#include "vulkan/commands.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/resource.h"
#include "vulkan/rate.h"

struct lvk_exec {
    const lvk_program *program;
    lvk_commands commands;
    lvk_rate rate;
    VkQueryPool
        clock; /* two timestamps a submission; VK_NULL_HANDLE without timestamps or without a time limit */
    lvk_submission *submissions;
    VkCommandBuffer *buffers; /* one for each submission; empty where its steps have no launches */
    int count;
};

/* The cost of a step: its floating-point operations, or 10 for each byte of memory traffic if that is
 * more. */
static double step_cost(const lvk_step *step) {
    const double traffic = 10 * step->bytes;
    return step->launch_count == 0 ? 0 : step->flops > traffic ? step->flops : traffic;
}

/* Splits the program's steps into submissions, and returns their number. */
static int split(const lvk_vulkan *vulkan, const lvk_program *program, double rate,
                 lvk_submission *submissions) {
    const double most = vulkan->submission_seconds * rate;
    int count = 0;
    for (int step = 0; step < program->step_count; ++step) {
        const double cost = step_cost(&program->steps[step]);
        lvk_submission *last = count ? &submissions[count - 1] : NULL;
        if (!last || vulkan->one_by_one ||
            (vulkan->submission_seconds > 0 && last->cost > 0 && last->cost + cost > most)) {
            submissions[count++] = (lvk_submission){.first = step, .end = step + 1, .cost = cost};
        } else {
            last->end = step + 1;
            last->cost += cost;
        }
    }
    return count;
}

static lvk_status begin(VkCommandBuffer buffer) {
    const VkCommandBufferBeginInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    LVK_TRY(VK_STATUS(vkBeginCommandBuffer(buffer, &info)));
    lvk_queue_barrier(buffer, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
                      VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
                      VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                      VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_UNIFORM_READ_BIT);
    return LVK_OK;
}

static lvk_status end(VkCommandBuffer buffer) {
    lvk_queue_barrier(buffer, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT,
                      VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
    return VK_STATUS(vkEndCommandBuffer(buffer));
}

/* Records the first timestamp of submission number `i`. The clock starts when all earlier work, uploads
 * included, is done. */
static void start_clock(const lvk_exec *exec, int i) {
    if (!exec->clock)
        return;
    vkCmdResetQueryPool(exec->buffers[i], exec->clock, 2 * (uint32_t)i, 2);
    vkCmdWriteTimestamp(exec->buffers[i], VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, exec->clock, 2 * (uint32_t)i);
}

static void stop_clock(const lvk_exec *exec, int i) {
    if (exec->clock)
        vkCmdWriteTimestamp(exec->buffers[i], VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, exec->clock,
                            2 * (uint32_t)i + 1);
}

static lvk_status create_clock(lvk_vulkan *vulkan, lvk_exec *exec) {
    if (vulkan->submission_seconds <= 0 || vulkan->one_by_one || !vulkan->adapter.timestamp_bits ||
        exec->program->step_count == 0)
        return LVK_OK;
    const VkQueryPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                        .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                        .queryCount = 2 * (uint32_t)exec->program->step_count};
    return VK_STATUS(vkCreateQueryPool(vulkan->device, &info, NULL, &exec->clock));
}

static void forget_recording(lvk_vulkan *vulkan, lvk_exec *exec) {
    lvk_queue_free(vulkan, exec->count, exec->buffers);
    lvk_free(exec->buffers);
    lvk_free(exec->submissions);
    exec->buffers = NULL;
    exec->submissions = NULL;
    exec->count = 0;
}

static lvk_status record(lvk_vulkan *vulkan, lvk_exec *exec) {
    forget_recording(vulkan, exec);
    exec->submissions = lvk_alloc((size_t)exec->program->step_count, sizeof *exec->submissions);
    exec->buffers = lvk_alloc((size_t)exec->program->step_count, sizeof(VkCommandBuffer));
    if (!exec->submissions || !exec->buffers)
        return LVK_ERROR_MEMORY;
    const int count = split(vulkan, exec->program, exec->rate.value, exec->submissions);
    if (count == 0)
        return LVK_OK;
    LVK_TRY(lvk_queue_allocate(vulkan, count, exec->buffers));
    exec->count = count;
    for (int i = 0; i < count; ++i) {
        const lvk_submission *submission = &exec->submissions[i];
        LVK_TRY(begin(exec->buffers[i]));
        start_clock(exec, i);
        LVK_TRY(lvk_commands_record(vulkan, exec->program, &exec->commands, submission->first,
                                    submission->end, VK_NULL_HANDLE, exec->buffers[i]));
        stop_clock(exec, i);
        LVK_TRY(end(exec->buffers[i]));
    }
    return LVK_OK;
}

lvk_status lvk_vulkan_exec_create(lvk_backend *backend, const lvk_program *program,
                                  lvk_buffer *const blocks[LVK_BLOCK_COUNT], lvk_exec **exec) {
    lvk_vulkan *vulkan = (lvk_vulkan *)backend;
    *exec = NULL;
    lvk_exec *created = lvk_alloc(1, sizeof *created);
    if (!created)
        return LVK_ERROR_MEMORY;
    created->program = program;
    created->rate.value = vulkan->rate;
    lvk_status status;
    LVK_GO(status, lvk_commands_init(vulkan, program, blocks, &created->commands), failed);
    LVK_GO(status, create_clock(vulkan, created), failed);
    LVK_GO(status, record(vulkan, created), failed);
    *exec = created;
    return LVK_OK;
failed:
    lvk_vulkan_exec_destroy(backend, created);
    return status;
}

void lvk_vulkan_exec_destroy(lvk_backend *backend, lvk_exec *exec) {
    if (!exec)
        return;
    lvk_vulkan *vulkan = (lvk_vulkan *)backend;
    forget_recording(vulkan, exec);
    lvk_commands_finish(vulkan, &exec->commands);
    if (lvk_queue_settle(vulkan))
        vkDestroyQueryPool(vulkan->device, exec->clock, NULL);
    lvk_free(exec);
}

/* ---- running ---- */

/* For LEUKVK_SYNC: waits for each step, so that the step on which the device fails is known. */
static lvk_status run_one_by_one(lvk_vulkan *vulkan, lvk_exec *exec) {
    for (int i = 0; i < exec->count; ++i) {
        const int step = exec->submissions[i].first;
        const lvk_status status = lvk_queue_run(vulkan, &exec->buffers[i], 1);
        if (status != LVK_OK)
            return lvk_fail_within(status, "step %d, %s", step, exec->program->steps[step].label);
    }
    return LVK_OK;
}

static double seconds_between(const lvk_vulkan *vulkan, uint64_t from, uint64_t to) {
    const uint32_t bits = vulkan->adapter.timestamp_bits;
    const uint64_t mask = bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    return 1e-9 * (double)vulkan->adapter.properties.limits.timestampPeriod * (double)((to - from) & mask);
}

/* Reads timestamps 2 i and 2 i + 1, and sets `seconds` to the time between them. */
static lvk_status read_clock(const lvk_vulkan *vulkan, VkQueryPool queries, int i, uint64_t ticks[2],
                             double *seconds) {
    LVK_TRY(
        VK_STATUS(vkGetQueryPoolResults(vulkan->device, queries, 2 * (uint32_t)i, 2, 2 * sizeof *ticks, ticks,
                                        sizeof *ticks, VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT)));
    *seconds = seconds_between(vulkan, ticks[0], ticks[1]);
    return LVK_OK;
}

/* Sets the seconds that each submission took. Without a clock on the device, the `total` seconds that the
 * host measured are divided among the submissions in proportion to their cost. */
static lvk_status measure(const lvk_vulkan *vulkan, lvk_exec *exec, double total) {
    double cost = 0;
    for (int i = 0; i < exec->count; ++i)
        cost += exec->submissions[i].cost;
    for (int i = 0; i < exec->count; ++i) {
        lvk_submission *submission = &exec->submissions[i];
        uint64_t ticks[2];
        if (exec->clock)
            LVK_TRY(read_clock(vulkan, exec->clock, i, ticks, &submission->seconds));
        else
            submission->seconds = cost > 0 ? submission->cost / cost * total : 0;
    }
    return LVK_OK;
}

static lvk_status adapt(lvk_vulkan *vulkan, lvk_exec *exec, double total) {
    LVK_TRY(measure(vulkan, exec, total));
    if (!lvk_rate_adapt(&exec->rate, vulkan->submission_seconds, exec->submissions, exec->count))
        return LVK_OK;
    vulkan->rate = exec->rate.value;
    LVK_TRY(record(vulkan, exec));
    lvk_log(LVK_LOG_DEBUG, "%s: recorded again as %d submissions", vulkan->base.info.name, exec->count);
    return LVK_OK;
}

lvk_status lvk_vulkan_exec_run(lvk_backend *backend, lvk_exec *exec) {
    lvk_vulkan *vulkan = (lvk_vulkan *)backend;
    if (vulkan->one_by_one)
        return run_one_by_one(vulkan, exec);
    if (vulkan->submission_seconds <= 0)
        return lvk_queue_run(vulkan, exec->buffers, exec->count);
    if (!exec->clock) /* else the host's clock would count the uploads */
        LVK_TRY(lvk_queue_run(vulkan, NULL, 0));
    const double start = lvk_clock_seconds();
    LVK_TRY(lvk_queue_run(vulkan, exec->buffers, exec->count));
    return adapt(vulkan, exec, lvk_clock_seconds() - start);
}

/* ---- profiling ---- */

static lvk_status read_times(const lvk_vulkan *vulkan, const lvk_exec *exec, VkQueryPool queries,
                             lvk_step_time *times) {
    uint64_t first = 0;
    for (int i = 0; i < exec->program->step_count; ++i) {
        uint64_t ticks[2];
        LVK_TRY(read_clock(vulkan, queries, i, ticks, &times[i].seconds));
        first = i == 0 ? ticks[0] : first;
        times[i].start = seconds_between(vulkan, first, ticks[0]);
    }
    return LVK_OK;
}

static lvk_status run_with_timestamps(lvk_vulkan *vulkan, const lvk_exec *exec, VkQueryPool queries,
                                      VkCommandBuffer *buffers, lvk_step_time *times) {
    for (int i = 0; i < exec->count; ++i) {
        const lvk_submission *submission = &exec->submissions[i];
        LVK_TRY(begin(buffers[i]));
        vkCmdResetQueryPool(buffers[i], queries, 2 * (uint32_t)submission->first,
                            2 * (uint32_t)(submission->end - submission->first));
        LVK_TRY(lvk_commands_record(vulkan, exec->program, &exec->commands, submission->first,
                                    submission->end, queries, buffers[i]));
        LVK_TRY(end(buffers[i]));
    }
    LVK_TRY(lvk_queue_run(vulkan, buffers, exec->count));
    return read_times(vulkan, exec, queries, times);
}

static lvk_status profile_with_timestamps(lvk_vulkan *vulkan, const lvk_exec *exec, lvk_step_time *times) {
    VkQueryPool queries = VK_NULL_HANDLE;
    VkCommandBuffer *buffers = lvk_alloc((size_t)exec->count, sizeof *buffers);
    if (!buffers)
        return LVK_ERROR_MEMORY;
    const VkQueryPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                        .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                        .queryCount = 2 * (uint32_t)exec->program->step_count};
    lvk_status status;
    LVK_GO(status, VK_STATUS(vkCreateQueryPool(vulkan->device, &info, NULL, &queries)), done);
    LVK_GO(status, lvk_queue_allocate(vulkan, exec->count, buffers), done);
    status = run_with_timestamps(vulkan, exec, queries, buffers, times);
    lvk_queue_free(vulkan, exec->count, buffers);
done:
    if (lvk_queue_settle(vulkan))
        vkDestroyQueryPool(vulkan->device, queries, NULL);
    lvk_free(buffers);
    return status;
}

/* For devices without a clock: runs each step on its own and measures it with the host's clock. */
static lvk_status profile_with_host_clock(lvk_vulkan *vulkan, const lvk_exec *exec, lvk_step_time *times) {
    VkCommandBuffer buffer;
    LVK_TRY(lvk_queue_allocate(vulkan, 1, &buffer));
    lvk_status status = LVK_OK;
    double first = 0;
    for (int step = 0; step < exec->program->step_count && status == LVK_OK; ++step) {
        LVK_GO(status, begin(buffer), done);
        LVK_GO(status,
               lvk_commands_record(vulkan, exec->program, &exec->commands, step, step + 1, VK_NULL_HANDLE,
                                   buffer),
               done);
        LVK_GO(status, end(buffer), done);
        const double start = lvk_clock_seconds();
        status = lvk_queue_run(vulkan, &buffer, 1);
        first = step == 0 ? start : first;
        times[step] = (lvk_step_time){.start = start - first, .seconds = lvk_clock_seconds() - start};
    }
done:
    lvk_queue_free(vulkan, 1, &buffer);
    return status;
}

lvk_status lvk_vulkan_exec_profile(lvk_backend *backend, lvk_exec *exec, lvk_step_time *times) {
    lvk_vulkan *vulkan = (lvk_vulkan *)backend;
    if (exec->program->step_count == 0)
        return LVK_OK;
    return vulkan->adapter.timestamp_bits ? profile_with_timestamps(vulkan, exec, times)
                                          : profile_with_host_clock(vulkan, exec, times);
}
