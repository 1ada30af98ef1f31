#include "graph/executable.h"

static lvk_status create_blocks(lvk_executable *executable, lvk_buffer *const *shared) {
    lvk_backend *backend = executable->backend;
    for (int b = 0; b < LVK_BLOCK_COUNT; ++b) {
        const uint64_t size = executable->plan->program.block_size[b];
        if (size == 0)
            continue;
        executable->blocks[b] = shared ? shared[b] : NULL;
        if (executable->blocks[b])
            continue;
        executable->owned[b] = true;
        LVK_TRY(backend->functions->buffer_create(backend, size, &executable->blocks[b]));
    }
    return LVK_OK;
}

static lvk_status fill_constant(lvk_executable *executable, int tensor) {
    const lvk_tensor *t = &executable->plan->graph->tensors[tensor];
    const uint64_t count = lvk_type_count(&t->type);
    lvk_real *values = lvk_alloc(count, sizeof *values);
    if (!values)
        return LVK_ERROR_MEMORY;
    for (uint64_t i = 0; i < count; ++i)
        values[i] = (lvk_real)t->constant;
    const lvk_status status = lvk_executable_write(executable, tensor, values);
    lvk_free(values);
    return status;
}

lvk_status lvk_executable_init(lvk_executable *executable, lvk_backend *backend, const lvk_plan *plan,
                               lvk_buffer *const shared[LVK_BLOCK_COUNT]) {
    *executable = (lvk_executable){.backend = backend, .plan = plan};
    lvk_status status;
    LVK_GO(status, create_blocks(executable, shared), failed);
    for (size_t t = 0; t < plan->graph->tensor_count; ++t)
        if (plan->graph->tensors[t].role == LVK_ROLE_CONSTANT && plan->regions[t].size)
            LVK_GO(status, fill_constant(executable, (int)t), failed);
    LVK_GO(status,
           backend->functions->exec_create(backend, &plan->program, executable->blocks, &executable->exec),
           failed);
    return LVK_OK;
failed:
    lvk_executable_finish(executable);
    return status;
}

void lvk_executable_finish(lvk_executable *executable) {
    lvk_backend *backend = executable->backend;
    if (executable->exec)
        backend->functions->exec_destroy(backend, executable->exec);
    for (int b = 0; b < LVK_BLOCK_COUNT; ++b)
        if (executable->owned[b] && executable->blocks[b])
            backend->functions->buffer_destroy(backend, executable->blocks[b]);
    *executable = (lvk_executable){0};
}

static lvk_status check(const lvk_executable *executable, int tensor) {
    const lvk_graph *graph = executable->plan->graph;
    if (tensor < 0 || (size_t)tensor >= graph->tensor_count)
        return lvk_fail(LVK_ERROR_ARGUMENT, "no such tensor: %d", tensor);
    if (executable->plan->regions[tensor].size == 0)
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: the program does not use this tensor",
                        graph->tensors[tensor].name);
    return LVK_OK;
}

lvk_status lvk_executable_write(lvk_executable *executable, int tensor, const void *data) {
    LVK_TRY(check(executable, tensor));
    const lvk_region *region = &executable->plan->regions[tensor];
    return executable->backend->functions->buffer_write(
        executable->backend, executable->blocks[region->block], region->offset, data,
        lvk_type_size(&executable->plan->graph->tensors[tensor].type));
}

lvk_status lvk_executable_read(lvk_executable *executable, int tensor, void *data) {
    LVK_TRY(check(executable, tensor));
    const lvk_region *region = &executable->plan->regions[tensor];
    return executable->backend->functions->buffer_read(
        executable->backend, executable->blocks[region->block], region->offset, data,
        lvk_type_size(&executable->plan->graph->tensors[tensor].type));
}

lvk_status lvk_executable_run(lvk_executable *executable) {
    return executable->backend->functions->exec_run(executable->backend, executable->exec);
}

lvk_status lvk_executable_profile(lvk_executable *executable, lvk_step_time *times) {
    lvk_backend *backend = executable->backend;
    if (!backend->functions->exec_profile)
        return lvk_fail(LVK_ERROR_UNSUPPORTED, "%s: cannot tell how long its steps take", backend->info.name);
    return backend->functions->exec_profile(backend, executable->exec, times);
}
