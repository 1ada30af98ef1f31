/* The backend: blocks of memory, and programs whose steps run one after the other, each by its kernel over all threads. */
#include "backend/host_buffer.h"
#include "core/resource.h"
#include "cpu/cpu.h"
#include "cpu/kernel.h"
#include "cpu/tail.h"
#include "cpu/threads.h"

#include <string.h>

typedef struct cpu_backend {
    lvk_backend base;
    unsigned threads;
} cpu_backend;

typedef struct prepared_step {
    const lvk_cpu_kernel *kernel; /* NULL: a view, nothing to compute */
    bool in_tail;                 /* an earlier step computes it */
    lvk_cpu_task task;
    lvk_cpu_tail tail;
    void *state;
    uint64_t scratch; /* bytes */
} prepared_step;

struct lvk_exec {
    const lvk_program *program;
    lvk_buffer *blocks[LVK_BLOCK_COUNT];
    bool written[LVK_BLOCK_COUNT]; /* by a step of the program */
    prepared_step *steps;
    lvk_buffer *scratch; /* of the steps for which the arena's idle part is too small; NULL: there are none */
};

static void destroy(lvk_backend *backend) {
    lvk_cpu_end_threads();
    lvk_free(backend);
}

/* ---- preparing a program ---- */

/* The kernel that the planner chose. */
static const lvk_cpu_kernel *kernel_of(const lvk_step *step) {
    int count;
    const lvk_cpu_kernel *kernels = lvk_cpu_kernels(step->call.op, &count);
    for (int i = 0; i < count; ++i)
        if (strcmp(kernels[i].candidate.name, step->candidate) == 0)
            return &kernels[i];
    return NULL;
}

static bool holds_parameters(lvk_block_id block) {
    return block == LVK_BLOCK_PARAMETERS || block == LVK_BLOCK_AVERAGE;
}

/* Lets step number `s` compute the elementwise operators behind it. */
static void add_tail(const lvk_exec *exec, int s) {
    prepared_step *prepared = &exec->steps[s];
    prepared->tail = lvk_cpu_find_tail(exec->program, s, prepared->scratch);
    prepared->task.adds = prepared->tail.adds;
    prepared->task.relu = prepared->tail.relu;
    for (int i = 0; i < prepared->tail.count; ++i)
        exec->steps[prepared->tail.steps[i]].in_tail = true;
}

/* Whether input 1, the weights of operators that have any, lies in a block of parameters that the program only reads. */
static bool keeps_parameters(const lvk_exec *exec, const lvk_step *step) {
    const lvk_block_id block = step->inputs[1].block;
    return step->call.input_count > 1 && holds_parameters(block) && !exec->written[block];
}

static lvk_status prepare(const cpu_backend *cpu, const lvk_exec *exec, int s, uint64_t *scratch) {
    const lvk_step *step = &exec->program->steps[s];
    prepared_step *prepared = &exec->steps[s];
    if (prepared->in_tail)
        return LVK_OK;
    prepared->kernel = kernel_of(step);
    prepared->task = (lvk_cpu_task){
        .call = &step->call, .threads = cpu->threads, .keeps_parameters = keeps_parameters(exec, step)};
    if (!prepared->kernel)
        return LVK_OK;
    if (prepared->kernel->create) {
        const lvk_status status =
            prepared->kernel->create(&prepared->task, &prepared->state, &prepared->scratch);
        if (status != LVK_OK)
            return lvk_fail_within(status, "%s", step->label);
    }
    if (prepared->scratch > step->idle.size && prepared->scratch > *scratch)
        *scratch = prepared->scratch;
    if (prepared->kernel->takes_tail)
        add_tail(exec, s);
    return LVK_OK;
}

static void exec_destroy(lvk_backend *backend, lvk_exec *exec) {
    if (!exec)
        return;
    for (int s = 0; exec->steps && s < exec->program->step_count; ++s)
        if (exec->steps[s].state)
            exec->steps[s].kernel->destroy(exec->steps[s].state);
    if (exec->scratch)
        lvk_host_buffer_destroy(backend, exec->scratch);
    lvk_free(exec->steps);
    lvk_free(exec);
}

static lvk_status prepare_all(cpu_backend *cpu, lvk_exec *exec) {
    uint64_t scratch = 0;
    exec->steps = lvk_alloc((size_t)exec->program->step_count, sizeof *exec->steps);
    if (!exec->steps)
        return LVK_ERROR_MEMORY;
    for (int s = 0; s < exec->program->step_count; ++s)
        for (int o = 0; o < exec->program->steps[s].call.output_count; ++o)
            exec->written[exec->program->steps[s].outputs[o].block] = true;
    for (int s = 0; s < exec->program->step_count; ++s)
        LVK_TRY(prepare(cpu, exec, s, &scratch));
    return scratch ? lvk_host_buffer_create(&cpu->base, scratch, &exec->scratch) : LVK_OK;
}

static lvk_status exec_create(lvk_backend *backend, const lvk_program *program,
                              lvk_buffer *const blocks[LVK_BLOCK_COUNT], lvk_exec **exec) {
    lvk_exec *created = lvk_alloc(1, sizeof *created);
    *exec = NULL;
    if (!created)
        return LVK_ERROR_MEMORY;
    created->program = program;
    memcpy(created->blocks, blocks, sizeof created->blocks);
    const unsigned before = lvk_cpu_set_threads(((cpu_backend *)backend)->threads);
    const lvk_status status = prepare_all((cpu_backend *)backend, created);
    lvk_cpu_set_threads(before);
    if (status != LVK_OK) {
        exec_destroy(backend, created);
        return status;
    }
    *exec = created;
    return LVK_OK;
}

/* ---- running ---- */

static uint64_t parameters_version(const lvk_exec *exec) {
    uint64_t version = 0;
    for (int b = 0; b < LVK_BLOCK_COUNT; ++b)
        if (exec->blocks[b] && holds_parameters((lvk_block_id)b))
            version += exec->blocks[b]->version;
    return version;
}

static void *scratch_of(const lvk_exec *exec, const lvk_step *step, const prepared_step *prepared) {
    if (prepared->scratch == 0)
        return NULL;
    return prepared->scratch <= step->idle.size ? exec->blocks[LVK_BLOCK_ARENA]->data + step->idle.offset
                                                : exec->scratch->data;
}

static void *place_of(const lvk_exec *exec, const lvk_region *region) {
    return exec->blocks[region->block]->data + region->offset;
}

static lvk_status run_step(const lvk_exec *exec, int s, uint64_t version) {
    const lvk_step *step = &exec->program->steps[s];
    const prepared_step *prepared = &exec->steps[s];
    if (!prepared->kernel)
        return LVK_OK;
    lvk_cpu_args args = {.scratch = scratch_of(exec, step, prepared), .version = version};
    for (int i = 0; i < step->call.input_count; ++i)
        args.inputs[i] = place_of(exec, &step->inputs[i]);
    for (int o = 0; o < step->call.output_count; ++o)
        args.outputs[o] = place_of(exec, &step->outputs[o]);
    if (prepared->tail.count > 0)
        args.outputs[0] = place_of(exec, &prepared->tail.output);
    if (prepared->tail.adds)
        args.summand = place_of(exec, &prepared->tail.summand);
    const lvk_status status = prepared->kernel->run(&prepared->task, prepared->state, &args);
    return status == LVK_OK ? LVK_OK : lvk_fail_within(status, "%s", step->label);
}

static void mark_written(const lvk_exec *exec) {
    for (int b = 0; b < LVK_BLOCK_COUNT; ++b)
        if (exec->written[b])
            ++exec->blocks[b]->version;
}

static lvk_status exec_run(lvk_backend *backend, lvk_exec *exec) {
    const unsigned before = lvk_cpu_set_threads(((cpu_backend *)backend)->threads);
    const uint64_t version = parameters_version(exec);
    lvk_status status = LVK_OK;
    for (int s = 0; s < exec->program->step_count && status == LVK_OK; ++s)
        status = run_step(exec, s, version);
    mark_written(exec);
    lvk_cpu_set_threads(before);
    return status;
}

static lvk_status exec_profile(lvk_backend *backend, lvk_exec *exec, lvk_step_time *times) {
    const unsigned before = lvk_cpu_set_threads(((cpu_backend *)backend)->threads);
    const double begin = lvk_clock_seconds();
    const uint64_t version = parameters_version(exec);
    lvk_status status = LVK_OK;
    for (int s = 0; s < exec->program->step_count && status == LVK_OK; ++s) {
        const double start = lvk_clock_seconds();
        status = run_step(exec, s, version);
        times[s] = (lvk_step_time){.start = start - begin, .seconds = lvk_clock_seconds() - start};
    }
    mark_written(exec);
    lvk_cpu_set_threads(before);
    return status;
}

/* ---- the backend ---- */

static const lvk_candidate *candidate(int op, int index) {
    int count;
    const lvk_cpu_kernel *kernels = lvk_cpu_kernels(op, &count);
    return index < count ? &kernels[index].candidate : NULL;
}

lvk_status lvk_cpu_create(const lvk_cpu_options *options, lvk_backend **backend) {
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
    cpu_backend *cpu = lvk_alloc(1, sizeof *cpu);
    *backend = NULL;
    if (!cpu)
        return LVK_ERROR_MEMORY;
    cpu->threads = lvk_cpu_thread_count(options->threads);
    cpu->base.functions = &interface;
    cpu->base.host_memory = &lvk_heap;
    cpu->base.caps =
        (lvk_caps){.is_cpu = true, .offset_alignment = LVK_HOST_ALIGNMENT, .own_candidate = candidate};
    memcpy(cpu->base.info.kind, "cpu", sizeof "cpu");
    lvk_cpu_describe(cpu->threads, cpu->base.info.name, cpu->base.info.driver);
    *backend = &cpu->base;
    return LVK_OK;
}
