/* The Vulkan backend by itself: small programs made by hand from the relu kernel. */
#define _XOPEN_SOURCE 700
#include "vulkan/vulkan.h"
#include "backend/backend.h"
#include "core/memory.h"
#include "leukvk/log.h"
#include "params/elementwise.h"
#include "support/vulkan_buffers.h"
#include "vulkan/api.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COUNT = 1000, BYTES = 4 * COUNT };

static void expect_relu(const float *got, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        const float wanted = ramp(i) > 0 ? ramp(i) : 0;
        cr_assert_eq(got[i], wanted, "element %zu is %g, not %g", i, (double)got[i], (double)wanted);
    }
}

/* One relu from a region of `from` to one of `to`. */
typedef struct relu_step {
    lvk_step step;
    lvk_launch launch;
} relu_step;

static void make_relu(relu_step *relu, lvk_block_id from, uint64_t from_offset, lvk_block_id to,
                      uint64_t to_offset, uint32_t count) {
    memset(relu, 0, sizeof *relu);
    const uint64_t size = (4 * (uint64_t)count + 15) / 16 * 16;
    lvk_launch *launch = &relu->launch;
    launch->shader = "relu";
    lvk_launch_input(launch, LVK_BIND_STORAGE, 0);
    lvk_launch_output(launch, LVK_BIND_STORAGE, 0);
    const lvk_elementwise_params params = {.count = count};
    lvk_launch_parameters(launch, &params, sizeof params);
    launch->groups[0] = (count + 255) / 256;
    launch->groups[1] = launch->groups[2] = 1;
    relu->step = (lvk_step){.label = "test/relu", .candidate = "flat", .launches = launch, .launch_count = 1};
    relu->step.call.input_count = relu->step.call.output_count = 1;
    relu->step.inputs[0] = (lvk_region){from, from_offset, size};
    relu->step.outputs[0] = (lvk_region){to, to_offset, size};
    relu->step.flops = count;
    relu->step.bytes = 8.0 * count;
}

/* Runs `count` steps over an arena and an io block of the given sizes, which the caller has filled. */
static void run_steps(lvk_backend *backend, const lvk_step *steps, int count,
                      lvk_buffer *const blocks[LVK_BLOCK_COUNT], int times) {
    const lvk_program program = {.steps = steps, .step_count = count};
    lvk_exec *exec = NULL;
    cr_assert_eq(backend->functions->exec_create(backend, &program, blocks, &exec), LVK_OK, "%s",
                 lvk_error_message());
    for (int i = 0; i < times; ++i)
        cr_assert_eq(backend->functions->exec_run(backend, exec), LVK_OK, "%s", lvk_error_message());
    backend->functions->exec_destroy(backend, exec);
}

/* relu from the io block to the arena and back. */
static void round_trip(lvk_backend *backend) {
    float data[COUNT], back[COUNT];
    fill(data, COUNT);
    lvk_buffer *blocks[LVK_BLOCK_COUNT] = {
        [LVK_BLOCK_ARENA] = make_buffer(backend, BYTES), [LVK_BLOCK_IO] = make_buffer(backend, 2 * 4096)};
    write_floats(backend, blocks[LVK_BLOCK_IO], 0, data, COUNT);
    relu_step relu[2];
    make_relu(&relu[0], LVK_BLOCK_IO, 0, LVK_BLOCK_ARENA, 0, COUNT);
    make_relu(&relu[1], LVK_BLOCK_ARENA, 0, LVK_BLOCK_IO, 4096, COUNT);
    const lvk_step steps[] = {relu[0].step, relu[1].step};
    run_steps(backend, steps, 2, blocks, 2);
    read_floats(backend, blocks[LVK_BLOCK_IO], 4096, back, COUNT);
    expect_relu(back, COUNT);
    backend->functions->buffer_destroy(backend, blocks[LVK_BLOCK_ARENA]);
    backend->functions->buffer_destroy(backend, blocks[LVK_BLOCK_IO]);
}

Test(vulkan, runs_a_program) {
    lvk_backend *backend = open_default();
    cr_expect_str_eq(backend->info.kind, "vulkan");
    cr_expect(strlen(backend->info.name) > 0 && backend->caps.runs_launches);
    round_trip(backend);
    close_device(backend);
}

Test(vulkan, runs_within_minimum_limits_and_cut) {
    lvk_backend *backend = open_with(
        (lvk_vulkan_options){.no_pipeline_cache = true, .minimum_limits = true, .submission_seconds = 0.1});
    cr_expect_eq(backend->caps.max_storage_range, UINT64_C(1) << 27);
    cr_expect_eq(backend->caps.subgroup_size, 0);
    round_trip(backend);
    close_device(backend);
}

Test(vulkan, runs_one_step_at_a_time) {
    setenv("LEUKVK_SYNC", "1", 1);
    lvk_backend *backend = open_default();
    round_trip(backend);
    close_device(backend);
}

/* A binding in the middle of an operand: what lies before and behind stays as it was. */
Test(vulkan, bindings_have_offset_and_range) {
    lvk_backend *backend = open_default();
    enum { PART = 256 };
    float data[3 * PART], back[3 * PART];
    fill(data, 3 * PART);
    lvk_buffer *buffer = make_buffer(backend, sizeof data);
    lvk_buffer *blocks[LVK_BLOCK_COUNT] = {[LVK_BLOCK_ARENA] = buffer};
    write_floats(backend, buffer, 0, data, 3 * PART);
    relu_step relu;
    make_relu(&relu, LVK_BLOCK_ARENA, 0, LVK_BLOCK_ARENA, 0,
              3 * PART); /* the launch is sized for more than is bound */
    const lvk_elementwise_params params = {.count = PART};
    memcpy(relu.launch.parameters, &params, sizeof params);
    for (int i = 0; i < 2; ++i) {
        relu.launch.bindings[i].offset = 4 * PART;
        relu.launch.bindings[i].size = 4 * PART;
    }
    cr_assert_eq(4 * PART % backend->caps.offset_alignment, 0);
    run_steps(backend, &relu.step, 1, blocks, 1);
    read_floats(backend, buffer, 0, back, 3 * PART);
    for (size_t i = 0; i < 3 * PART; ++i) {
        const bool inside = i >= PART && i < 2 * PART;
        cr_assert_eq(back[i], inside && data[i] < 0 ? 0 : data[i], "element %zu", i);
    }
    backend->functions->buffer_destroy(backend, buffer);
    close_device(backend);
}

/* Steps that read what the one before wrote, every second one in place, over two places that are used in
 * turn: with a barrier missing, synchronization validation speaks up (and the numbers may be wrong). */
Test(vulkan, chains_are_ordered) {
    lvk_backend *backend = open_default();
    enum { STEPS = 42, N = 65536 };
    lvk_buffer *arena = make_buffer(backend, 4 * N * 2);
    lvk_buffer *blocks[LVK_BLOCK_COUNT] = {
        [LVK_BLOCK_ARENA] = arena, [LVK_BLOCK_IO] = arena}; /* one buffer, two blocks */
    float *data = malloc(4 * N);
    fill(data, N);
    write_floats(backend, arena, 0, data, N);
    relu_step relu[STEPS];
    lvk_step steps[STEPS];
    uint64_t place = 0;
    for (int i = 0; i < STEPS; ++i) {
        const uint64_t next = i % 2 ? place : 4 * N - place;
        make_relu(&relu[i], i % 4 ? LVK_BLOCK_ARENA : LVK_BLOCK_IO, place, LVK_BLOCK_ARENA, next, N);
        steps[i] = relu[i].step;
        place = next;
    }
    run_steps(backend, steps, STEPS, blocks, 1);
    read_floats(backend, arena, place, data, N);
    expect_relu(data, N);
    free(data);
    backend->functions->buffer_destroy(backend, arena);
    close_device(backend);
}

Test(vulkan, profile_times_every_step) {
    lvk_backend *backend = open_default();
    enum { N = 1 << 20, STEPS = 3 };
    lvk_buffer *blocks[LVK_BLOCK_COUNT] = {[LVK_BLOCK_ARENA] = make_buffer(backend, 4 * N)};
    relu_step relu[STEPS];
    lvk_step steps[STEPS];
    for (int i = 0; i < STEPS; ++i) {
        make_relu(&relu[i], LVK_BLOCK_ARENA, 0, LVK_BLOCK_ARENA, 0, N);
        steps[i] = relu[i].step;
    }
    steps[1].launch_count = 0; /* a view */
    const lvk_program program = {.steps = steps, .step_count = STEPS};
    lvk_exec *exec = NULL;
    cr_assert_eq(backend->functions->exec_create(backend, &program, blocks, &exec), LVK_OK, "%s",
                 lvk_error_message());
    cr_assert_not_null(backend->functions->exec_profile);
    lvk_step_time times[STEPS];
    for (int i = 0; i < 2; ++i)
        cr_assert_eq(backend->functions->exec_profile(backend, exec, times), LVK_OK, "%s",
                     lvk_error_message());
    cr_expect(times[0].seconds > 0 && times[2].seconds > 0, "%g %g", times[0].seconds, times[2].seconds);
    cr_expect(times[0].seconds < 10 && times[1].seconds >= 0);
    cr_expect(times[0].start == 0 && times[1].start >= times[0].seconds &&
                  times[2].start >= times[1].start + times[1].seconds,
              "starts %g %g %g", times[0].start, times[1].start, times[2].start);
    cr_expect(times[1].seconds < times[0].seconds, "a view took %g s, a kernel %g s", times[1].seconds,
              times[0].seconds);
    backend->functions->exec_destroy(backend, exec);
    backend->functions->buffer_destroy(backend, blocks[LVK_BLOCK_ARENA]);
    close_device(backend);
}

static int recorded_again;
static void count_recordings(void *user, lvk_log_level level, const char *line) {
    (void)user;
    (void)level;
    recorded_again += strstr(line, "recorded again") != NULL;
}

/* Work that takes longer than the rate of the beginning says: the second run is cut finer, and computes
 * the same. Graphics cards do it within a millisecond. */
Test(vulkan, submissions_are_cut_by_time) {
    lvk_log_set_sink(count_recordings, NULL, LVK_LOG_DEBUG);
    lvk_backend *backend = NULL;
    const lvk_vulkan_options options = {.no_pipeline_cache = true, .submission_seconds = 1e-4};
    cr_assert_eq(lvk_vulkan_create(&options, &backend), LVK_OK, "%s", lvk_error_message());
    enum { N = 2 << 20, STEPS = 150 };
    lvk_buffer *blocks[LVK_BLOCK_COUNT] = {[LVK_BLOCK_ARENA] = make_buffer(backend, 4 * N)};
    float *data = malloc(4 * N);
    fill(data, N);
    write_floats(backend, blocks[LVK_BLOCK_ARENA], 0, data, N);
    relu_step relu;
    make_relu(&relu, LVK_BLOCK_ARENA, 0, LVK_BLOCK_ARENA, 0, N);
    relu.step.bytes = relu.step.flops = 1;
    lvk_step steps[STEPS];
    for (int i = 0; i < STEPS; ++i)
        steps[i] = relu.step;
    run_steps(backend, steps, STEPS, blocks, 2);
    cr_expect(recorded_again >= 1);
    read_floats(backend, blocks[LVK_BLOCK_ARENA], 0, data, N);
    expect_relu(data, N);
    free(data);
    backend->functions->buffer_destroy(backend, blocks[LVK_BLOCK_ARENA]);
    backend->functions->destroy(backend);
}

/* The device's clock, made up: two ticks of a nanosecond a submission. */
static uint64_t made_up_seconds;
static VKAPI_ATTR VkResult VKAPI_CALL on_clock(VkDevice device, VkQueryPool pool, uint32_t first,
                                               uint32_t count, size_t size, void *data, VkDeviceSize stride,
                                               VkQueryResultFlags flags) {
    (void)device, (void)pool, (void)size, (void)stride, (void)flags;
    for (uint32_t i = 0; i < count; ++i)
        ((uint64_t *)data)[i] = (first + i) % 2 ? made_up_seconds * 1000000000 : 0;
    return VK_SUCCESS;
}

static int parts_recorded;
static void keep_parts(void *user, lvk_log_level level, const char *line) {
    (void)user;
    (void)level;
    const char *found = strstr(line, "recorded again as ");
    if (found)
        parts_recorded = atoi(found + strlen("recorded again as "));
}

/* One run in which the device was busy with something else makes its submissions short, and not for ever: it
 * is the device's clock that counts, and the rate rises again. */
Test(vulkan, a_hiccup_of_the_device_is_forgotten) {
    enum { STEPS = 8, RUNS = 60 };
    lvk_log_set_sink(keep_parts, NULL, LVK_LOG_DEBUG);
    lvk_backend *backend =
        open_with((lvk_vulkan_options){.no_pipeline_cache = true, .submission_seconds = 1});
    const PFN_vkGetQueryPoolResults clock = vkGetQueryPoolResults;
    vkGetQueryPoolResults = on_clock;
    lvk_buffer *blocks[LVK_BLOCK_COUNT] = {[LVK_BLOCK_ARENA] = make_buffer(backend, BYTES)};
    relu_step relu;
    make_relu(&relu, LVK_BLOCK_ARENA, 0, LVK_BLOCK_ARENA, 0, COUNT);
    lvk_step steps[STEPS];
    for (int i = 0; i < STEPS; ++i)
        steps[i] = relu.step;
    const lvk_program program = {.steps = steps, .step_count = STEPS};
    lvk_exec *exec = NULL;
    cr_assert_eq(backend->functions->exec_create(backend, &program, blocks, &exec), LVK_OK, "%s",
                 lvk_error_message());
    made_up_seconds = 20;
    cr_assert_eq(backend->functions->exec_run(backend, exec), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(parts_recorded, STEPS, "%d submissions after a run of 20 s", parts_recorded);
    made_up_seconds = 0;
    for (int i = 0; i < RUNS; ++i)
        cr_assert_eq(backend->functions->exec_run(backend, exec), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(parts_recorded, 1, "%d submissions after %d short runs", parts_recorded, RUNS);
    vkGetQueryPoolResults = clock;
    backend->functions->exec_destroy(backend, exec);
    backend->functions->buffer_destroy(backend, blocks[LVK_BLOCK_ARENA]);
    close_device(backend);
}

/* ---- failures ---- */

/* The whole life of a device. */
static lvk_status run_all(lvk_backend *backend, const lvk_program *program,
                          lvk_buffer *blocks[LVK_BLOCK_COUNT], lvk_exec **exec) {
    lvk_step_time time;
    LVK_TRY(backend->functions->buffer_create(backend, 4096, &blocks[LVK_BLOCK_ARENA]));
    LVK_TRY(backend->functions->exec_create(backend, program, blocks, exec));
    LVK_TRY(backend->functions->exec_run(backend, *exec));
    return backend->functions->exec_profile(backend, *exec, &time);
}

static lvk_status live(void) {
    lvk_backend *backend = NULL;
    lvk_exec *exec = NULL;
    const lvk_vulkan_options options = {.no_pipeline_cache = true};
    LVK_TRY(lvk_vulkan_create(&options, &backend));
    relu_step relu;
    make_relu(&relu, LVK_BLOCK_ARENA, 0, LVK_BLOCK_ARENA, 0, COUNT);
    const lvk_program program = {.steps = &relu.step, .step_count = 1};
    lvk_buffer *blocks[LVK_BLOCK_COUNT] = {0};
    const lvk_status status = run_all(backend, &program, blocks, &exec);
    backend->functions->exec_destroy(backend, exec);
    backend->functions->buffer_destroy(backend, blocks[LVK_BLOCK_ARENA]);
    backend->functions->destroy(backend);
    return status;
}

/* With a message of its own each time, and nothing left over. Looking for an extension goes on without. */
Test(vulkan, every_allocation_may_fail) {
    const uint64_t before = lvk_alloc_live();
    uint64_t n = 1, without = 0;
    for (;; ++n) {
        (void)lvk_fail(LVK_ERROR_ARGUMENT, "stale");
        (void)lvk_alloc_fail_after(n);
        const lvk_status status = live();
        const uint64_t made = lvk_alloc_fail_after(0);
        cr_assert_eq(lvk_alloc_live(), before, "allocation %d: %d are left", (int)n,
                     (int)(lvk_alloc_live() - before));
        if (made < n) {
            cr_expect_eq(status, LVK_OK, "%s", lvk_error_message());
            break;
        }
        without += status == LVK_OK;
        if (status != LVK_OK) {
            cr_expect_eq(status, LVK_ERROR_MEMORY, "allocation %d: %s", (int)n, lvk_error_message());
            cr_expect(strstr(lvk_error_message(), "out of memory"), "allocation %d: %s", (int)n,
                      lvk_error_message());
        }
        cr_assert(n < 1000);
    }
    cr_expect(n > 10, "only %d allocations", (int)n);
    cr_expect_leq(without, 1, "went on %d times", (int)without);
}

/* ---- refusals ---- */

static void expect_refused(lvk_backend *backend, const relu_step *relu, const char *part) {
    lvk_buffer *blocks[LVK_BLOCK_COUNT] = {[LVK_BLOCK_ARENA] = make_buffer(backend, 65536)};
    lvk_step step = relu->step;
    step.launches = &relu->launch;
    const lvk_program program = {.steps = &step, .step_count = 1, .block_size = {[LVK_BLOCK_ARENA] = 65536}};
    lvk_exec *exec = NULL;
    const lvk_status status = backend->functions->exec_create(backend, &program, blocks, &exec);
    cr_expect_neq(status, LVK_OK, "accepted, where this was expected: %s", part);
    if (status == LVK_OK)
        backend->functions->exec_destroy(backend, exec);
    else
        cr_expect(strstr(lvk_error_message(), part) && strstr(lvk_error_message(), "test/relu") &&
                      strstr(lvk_error_message(), relu->launch.shader),
                  "\"%s\" does not name the step, the shader and \"%s\"", lvk_error_message(), part);
    backend->functions->buffer_destroy(backend, blocks[LVK_BLOCK_ARENA]);
}

Test(vulkan, mismatched_launches_are_refused) {
    lvk_backend *backend = open_default();
    relu_step good, bad;
    make_relu(&good, LVK_BLOCK_ARENA, 0, LVK_BLOCK_ARENA, 0, COUNT);
#define REFUSE(change, part)                                                                                 \
    do {                                                                                                     \
        bad = good;                                                                                          \
        change;                                                                                              \
        expect_refused(backend, &bad, part);                                                                 \
    } while (0)
    for (int round = 0; round < 2; ++round) { /* without and with the pipeline made before */
        REFUSE(bad.launch.shader = "no_such_shader", "no such shader");
        REFUSE(bad.launch.binding_count = 1, "has 2 bindings, the launch 1");
        REFUSE(lvk_launch_input(&bad.launch, LVK_BIND_STORAGE, 0), "has 2 bindings, the launch 3");
        REFUSE(bad.launch.binding_count = 1000, "more than a launch may have");
        REFUSE(bad.launch.bindings[0].kind = LVK_BIND_TEXELS, "binding 0");
        REFUSE(bad.launch.bindings[1].kind = LVK_BIND_UNIFORM, "binding 1");
        REFUSE(bad.launch.parameter_size = 8, "has 4 bytes of parameters, the launch 8");
        REFUSE(bad.launch.parameter_size = 0, "has 4 bytes of parameters, the launch 0");
        REFUSE(lvk_launch_constant(&bad.launch, 1), "specialization constants");
        REFUSE(bad.launch.groups[1] = 0, "groups in dimension 1");
        if (backend->caps.max_groups[2] < UINT32_MAX)
            REFUSE(bad.launch.groups[2] = backend->caps.max_groups[2] + 1, "groups in dimension 2");
        REFUSE(bad.launch.bindings[0].index = 1, "no input 1");
        REFUSE(bad.launch.bindings[1].index = -1, "no output -1");
        REFUSE(bad.launch.bindings[1].space = LVK_SPACE_SCRATCH, "no scratch buffer 0");
        REFUSE(bad.launch.bindings[0].offset = 4, "not a multiple");
        REFUSE(bad.launch.bindings[0].size = BYTES + 16, "past the end of the operand");
        REFUSE(bad.launch.bindings[0].offset = UINT64_MAX - 15, "past the end of the operand");
        REFUSE(bad.step.inputs[0].offset = 65536, "past the end of block");
        REFUSE(bad.step.inputs[0].block = LVK_BLOCK_MOMENT2, "is not there");
        if (round == 0)
            round_trip(backend);
    }
    const lvk_program too_large = {.block_size = {[LVK_BLOCK_IO] = 16}};
    lvk_buffer *none[LVK_BLOCK_COUNT] = {0};
    lvk_exec *exec = NULL;
    cr_expect_eq(backend->functions->exec_create(backend, &too_large, none, &exec), LVK_ERROR_ARGUMENT);
    close_device(backend);
}

static lvk_caps *limit_to_minimum(lvk_backend **backend) {
    *backend = open_with((lvk_vulkan_options){.no_pipeline_cache = true, .minimum_limits = true});
    return &(*backend)->caps;
}

Test(vulkan, limits_are_kept) {
    lvk_backend *backend;
    relu_step relu;
    make_relu(&relu, LVK_BLOCK_ARENA, 0, LVK_BLOCK_ARENA, 0, COUNT);
    limit_to_minimum(&backend)->max_storage_range = 2048;
    expect_refused(backend, &relu, "4000 bytes, the device allows 2048");
    close_device(backend);
    limit_to_minimum(&backend)->max_storage_buffers = 1;
    expect_refused(backend, &relu, "2 storage buffers, the device allows 1");
    close_device(backend);
    limit_to_minimum(&backend)->max_invocations = 63;
    expect_refused(backend, &relu, "64×1×1");
    close_device(backend);
    limit_to_minimum(&backend)->max_groups[0] = 3;
    expect_refused(backend, &relu, "4 groups in dimension 0");
    close_device(backend);
}

Test(vulkan, empty_programs_run) {
    lvk_backend *backend = open_default();
    lvk_buffer *none[LVK_BLOCK_COUNT] = {0};
    run_steps(backend, NULL, 0, none, 1);
    const lvk_step view = {.label = "view", .candidate = ""};
    run_steps(backend, &view, 1, none, 1);
    close_device(backend);
}

/* ---- choosing a device ---- */

Test(vulkan, devices_are_found_by_number_name_and_uuid) {
    lvk_device_info *devices = NULL;
    size_t count = 0;
    cr_assert_eq(lvk_vulkan_list(&devices, &count), LVK_OK, "%s", lvk_error_message());
    cr_assert(count >= 1);
    size_t preferred = 0;
    for (size_t i = 0; i < count; ++i)
        preferred += devices[i].preferred;
    cr_expect_eq(preferred, 1);
    cr_assert(devices[0].usable && devices[0].memory > 0 && strlen(devices[0].uuid) == 36, "%s",
              devices[0].uuid);
    char part[8];
    snprintf(part, sizeof part, "%.5s", devices[0].name);
    const char *const selectors[] = {"0", part, devices[0].uuid, ""};
    for (size_t i = 0; i < sizeof selectors / sizeof *selectors; ++i) {
        lvk_backend *backend =
            open_with((lvk_vulkan_options){.device = selectors[i], .no_pipeline_cache = true});
        lvk_device_info info;
        lvk_vulkan_info(backend, &info);
        if (count == 1)
            cr_expect_str_eq(info.uuid, devices[0].uuid, "%s", selectors[i]);
        close_device(backend);
    }
    lvk_backend *backend = NULL;
    const lvk_vulkan_options unknown = {.device = "no such device"};
    cr_expect_eq(lvk_vulkan_create(&unknown, &backend), LVK_ERROR_ARGUMENT);
    cr_expect_null(backend);
    cr_expect(strstr(lvk_error_message(), "no such device"), "%s", lvk_error_message());
    free(devices);
}

Test(vulkan, a_missing_driver_is_told) {
    setenv("VK_ICD_FILENAMES", "/nonexistent/icd.json", 1);
    setenv("VK_DRIVER_FILES", "/nonexistent/icd.json", 1);
    lvk_backend *backend = NULL;
    cr_expect_eq(lvk_vulkan_create(NULL, &backend), LVK_ERROR_UNSUPPORTED);
    cr_expect(strstr(lvk_error_message(), "driver"), "%s", lvk_error_message());
    cr_expect_null(backend);
}

/* A driver file is there, and the loader cannot load the library that it names. */
Test(vulkan, a_driver_that_cannot_be_loaded_is_named) {
    char drivers[] = "/tmp/leukvk-test-XXXXXX", path[64];
    cr_assert_not_null(mkdtemp(drivers));
    snprintf(path, sizeof path, "%s/card.json", drivers);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs("{\"ICD\": {\"api_version\": \"1.3.0\", \"library_path\": \"/nonexistent/libvulkan_card.so\"}, "
          "\"file_format_version\": \"1.0.0\"}",
          file);
    fclose(file);
    setenv("VK_ICD_FILENAMES", path, 1);
    setenv("VK_DRIVER_FILES", path, 1);
    lvk_backend *backend = NULL;
    cr_expect_eq(lvk_vulkan_create(NULL, &backend), LVK_ERROR_UNSUPPORTED);
    cr_expect(strstr(lvk_error_message(), "/nonexistent/libvulkan_card.so: cannot open shared object file"),
              "%s", lvk_error_message());
    cr_expect_null(backend);
    remove(path);
    remove(drivers);
}

/* ---- the pipeline cache on disk ---- */

static char folder[] = "/tmp/leukvk-test-XXXXXX";

static char *cache_file(void) {
    static char path[1024];
    char inside[256];
    snprintf(inside, sizeof inside, "%s/leukvk", folder);
    DIR *directory = opendir(inside);
    cr_assert_not_null(directory, "no cache folder was made");
    path[0] = '\0';
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory));)
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", inside, entry->d_name);
            ++count;
        }
    closedir(directory);
    cr_assert_eq(count, 1, "%d files in the cache folder, not 1", count);
    return path;
}

static size_t load(const char *path, unsigned char *data, size_t size) {
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    const size_t got = fread(data, 1, size, file);
    fclose(file);
    return got;
}

static void store(const char *path, const unsigned char *data, size_t size) {
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(data, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

static int ignored;
static void count_ignored(void *user, lvk_log_level level, const char *line) {
    (void)user;
    (void)level;
    ignored += strstr(line, "ignored") != NULL;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *place) {
    (void)info;
    (void)type;
    (void)place;
    return remove(path);
}

static void use_cache(void) {
    lvk_backend *backend = open_with((lvk_vulkan_options){0});
    round_trip(backend);
    close_device(backend);
}

Test(vulkan, damaged_pipeline_caches_are_ignored) {
    cr_assert_not_null(mkdtemp(folder));
    setenv("XDG_CACHE_HOME", folder, 1);
    lvk_log_set_sink(count_ignored, NULL, LVK_LOG_DEBUG);
    use_cache();
    use_cache();
    cr_expect_eq(ignored, 0, "a good cache was ignored");
    char *path = cache_file();
    static unsigned char good[1 << 20], bad[1 << 20];
    const size_t size = load(path, good, sizeof good);
    cr_assert(size >= 56 && size < sizeof good, "%zu bytes", size);
    const size_t cuts[] = {0, 7, 23, 24, 40, size - 1}, flips[] = {0, 8, 16, 24, 32, 40, size - 1};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; ++i) {
        store(path, good, cuts[i]);
        use_cache();
        cr_expect_eq(ignored, (int)i + 1, "cut to %zu bytes", cuts[i]);
    }
    ignored = 0;
    for (size_t i = 0; i < sizeof flips / sizeof *flips; ++i) {
        memcpy(bad, good, size);
        bad[flips[i]] ^= 0x10;
        store(path, bad, size);
        use_cache();
        cr_expect_eq(ignored, (int)i + 1, "byte %zu changed", flips[i]);
    }
    path = cache_file(); /* still one file: each run has replaced the damaged one */
    ignored = 0;
    use_cache();
    cr_expect_eq(ignored, 0, "the damaged cache was not replaced");
    setenv("XDG_CACHE_HOME", "/proc/nowhere", 1); /* cannot be written: runs all the same */
    use_cache();
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS); /* drivers and layers keep files there as well */
}
