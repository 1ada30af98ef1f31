/* The reference's functions over threads: rows of the batch are independent, so that each thread computes some of them. What is
 * computed does not depend on how many threads there are. */
#include "cpu/kernel.h"
#include "cpu/vectors.h"
#include "reference/reference.h"

typedef struct rows_work {
    const lvk_cpu_task *task;
    const lvk_cpu_args *args;
    size_t rows;
    unsigned parts;
} rows_work;

static const void *input_row(const lvk_type *type, const void *data, size_t row) {
    return (const unsigned char *)data + row * lvk_type_row_count(type) * lvk_dtype_size(type->dtype);
}

static void *output_row(const lvk_type *type, void *data, size_t row) {
    return (unsigned char *)data + row * lvk_type_row_count(type) * lvk_dtype_size(type->dtype);
}

static void run_part(void *user, unsigned part) {
    const rows_work *work = user;
    const lvk_op *op = lvk_op_get(work->task->call->op);
    size_t begin, end;
    lvk_cpu_range(work->rows, part, work->parts, &begin, &end);
    lvk_call call = *work->task->call;
    lvk_reference_args args = {.call = &call};
    for (int i = 0; i < call.input_count; ++i) {
        args.inputs[i] = work->args->inputs[i];
        if (op->batched_inputs >> i & 1) {
            args.inputs[i] = input_row(&call.inputs[i], args.inputs[i], begin);
            call.inputs[i].dim[0] = (uint32_t)(end - begin);
        }
    }
    for (int o = 0; o < call.output_count; ++o) {
        args.outputs[o] = output_row(&call.outputs[o], work->args->outputs[o], begin);
        call.outputs[o].dim[0] = (uint32_t)(end - begin);
    }
    lvk_reference_run(&args);
}

lvk_status lvk_cpu_run_rows(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)state;
    rows_work work = {.task = task, .args = args, .rows = task->call->outputs[0].dim[0]};
    const unsigned parts = lvk_cpu_parts(task, lvk_type_count(&task->call->outputs[0]));
    work.parts = work.rows < parts ? (unsigned)work.rows : parts;
    lvk_cpu_parallel(task->threads, work.parts, run_part, &work);
    return LVK_OK;
}

lvk_status lvk_cpu_run_reference(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)state;
    lvk_reference_args reference = {.call = task->call};
    for (int i = 0; i < task->call->input_count; ++i)
        reference.inputs[i] = args->inputs[i];
    for (int o = 0; o < task->call->output_count; ++o)
        reference.outputs[o] = args->outputs[o];
    lvk_reference_run(&reference);
    return LVK_OK;
}
