#include "reference/reference.h"

#include "backend/host_buffer.h"
#include "core/memory.h"
#include "core/resource.h"

#include <stdio.h>
#include <string.h>

static void (*const functions[])(const lvk_reference_args *) = {
#define LVK_OP(name) lvk_reference_##name,
#include "ops/op_list.h"
#undef LVK_OP
};

void lvk_reference_run(const lvk_reference_args *args) {
    functions[args->call->op](args);
}

struct lvk_exec {
    const lvk_program *program;
    lvk_buffer *blocks[LVK_BLOCK_COUNT];
};

static void destroy(lvk_backend *backend) {
    lvk_free(backend);
}

static lvk_status exec_create(lvk_backend *backend, const lvk_program *program,
                              lvk_buffer *const blocks[LVK_BLOCK_COUNT], lvk_exec **exec) {
    (void)backend;
    *exec = lvk_alloc(1, sizeof **exec);
    if (!*exec)
        return LVK_ERROR_MEMORY;
    (*exec)->program = program;
    memcpy((*exec)->blocks, blocks, sizeof(*exec)->blocks);
    return LVK_OK;
}

static void exec_destroy(lvk_backend *backend, lvk_exec *exec) {
    (void)backend;
    lvk_free(exec);
}

static void run_step(const lvk_exec *exec, const lvk_step *step) {
    lvk_reference_args args = {.call = &step->call};
    for (int i = 0; i < step->call.input_count; ++i)
        args.inputs[i] = exec->blocks[step->inputs[i].block]->data + step->inputs[i].offset;
    for (int i = 0; i < step->call.output_count; ++i)
        args.outputs[i] = exec->blocks[step->outputs[i].block]->data + step->outputs[i].offset;
    lvk_reference_run(&args);
}

static lvk_status exec_run(lvk_backend *backend, lvk_exec *exec) {
    (void)backend;
    for (int s = 0; s < exec->program->step_count; ++s)
        run_step(exec, &exec->program->steps[s]);
    return LVK_OK;
}

static lvk_status exec_profile(lvk_backend *backend, lvk_exec *exec, lvk_step_time *times) {
    (void)backend;
    const double begin = lvk_clock_seconds();
    for (int s = 0; s < exec->program->step_count; ++s) {
        const double start = lvk_clock_seconds();
        run_step(exec, &exec->program->steps[s]);
        times[s] = (lvk_step_time){.start = start - begin, .seconds = lvk_clock_seconds() - start};
    }
    return LVK_OK;
}

lvk_status lvk_reference_create(lvk_backend **backend) {
    static const lvk_backend_functions interface = {
        .destroy = destroy,
        .buffer_create = lvk_host_buffer_create,
        .buffer_destroy = lvk_host_buffer_destroy,
        .buffer_write = lvk_host_buffer_write,
        .buffer_read = lvk_host_buffer_read,
        .exec_create = exec_create,
        .exec_destroy = exec_destroy,
        .exec_run = exec_run,
        .exec_profile = exec_profile,
    };
    *backend = lvk_alloc(1, sizeof **backend);
    if (!*backend)
        return LVK_ERROR_MEMORY;
    (*backend)->functions = &interface;
    (*backend)->host_memory = &lvk_heap;
    snprintf((*backend)->info.kind, sizeof(*backend)->info.kind, "reference");
    snprintf((*backend)->info.name, sizeof(*backend)->info.name, "reference (scalar C, one thread)");
    snprintf((*backend)->info.driver, sizeof(*backend)->info.driver, "leukvk");
    return LVK_OK;
}
