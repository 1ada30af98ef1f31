#include "ops/op.h"

#include "params/elementwise.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const lvk_op *const table[LVK_OP_COUNT] = {
#define LVK_OP(name) [LVK_OP_##name] = &lvk_op_##name,
#include "ops/op_list.h"
#undef LVK_OP
};

const lvk_op *lvk_op_get(int op) {
    return table[op];
}

const lvk_candidate *lvk_op_candidate(int op, const lvk_caps *caps, int index) {
    if (caps->own_candidate)
        return caps->own_candidate(op, index);
    return caps->runs_launches && index < table[op]->candidate_count ? &table[op]->candidates[index] : NULL;
}

int lvk_op_find(const char *name) {
    for (int op = 0; op < LVK_OP_COUNT; ++op)
        if (strcmp(table[op]->name, name) == 0)
            return op;
    return LVK_NONE;
}

lvk_status lvk_op_fail(const lvk_call *call, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return lvk_fail(LVK_ERROR_ARGUMENT, "%s: %s", table[call->op]->name, text);
}

lvk_status lvk_op_expect(const lvk_call *call, int input, lvk_dtype dtype, int rank) {
    static const char *const names[] = {[LVK_F32] = "floats", [LVK_U32] = "32-bit words", [LVK_U8] = "bytes"};
    const lvk_type *type = &call->inputs[input];
    char text[LVK_TYPE_TEXT];
    if (type->dtype != dtype)
        return lvk_op_fail(call, "input %d holds %s, expected %s", input, names[type->dtype], names[dtype]);
    if (rank && type->rank != rank)
        return lvk_op_fail(call, "input %d is %s, expected %d dimensions", input, lvk_type_text(type, text),
                           rank);
    return LVK_OK;
}

lvk_status lvk_op_expect_equal(const lvk_call *call, int a, int b) {
    char text_a[LVK_TYPE_TEXT], text_b[LVK_TYPE_TEXT];
    if (!lvk_type_equal(&call->inputs[a], &call->inputs[b]))
        return lvk_op_fail(call, "input %d is %s, unlike input %d, %s", b,
                           lvk_type_text(&call->inputs[b], text_b), a,
                           lvk_type_text(&call->inputs[a], text_a));
    return LVK_OK;
}

lvk_status lvk_op_infer_same(lvk_call *call) {
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 0));
    for (int i = 1; i < call->input_count; ++i)
        LVK_TRY(lvk_op_expect_equal(call, 0, i));
    call->outputs[0] = call->inputs[0];
    return LVK_OK;
}

lvk_launch *lvk_launch_flat(lvk_launch_list *list, const char *shader, uint64_t count) {
    lvk_launch *launch = lvk_launch_add(list, shader);
    lvk_launch_groups(list, launch, lvk_divide_up(count, 4 * LVK_FLAT_GROUP));
    return launch;
}

void lvk_launch_elementwise(const lvk_call *call, lvk_launch_list *list, const char *shader,
                            lvk_binding_kind reads) {
    const uint64_t count = lvk_type_count(&call->outputs[0]);
    lvk_launch *launch = lvk_launch_flat(list, shader, count);
    for (int i = 0; i < call->input_count; ++i)
        lvk_launch_input(launch, reads, i);
    lvk_launch_output(launch, LVK_BIND_STORAGE, 0);
    const lvk_elementwise_params params = {.count = (uint32_t)count};
    lvk_launch_parameters(launch, &params, sizeof params);
}

const char *lvk_op_texels_unsupported(const lvk_call *call, const lvk_caps *caps) {
    if (caps->max_texels == 0)
        return "the driver is not known to read 0 beyond the end of a texel buffer";
    for (int i = 0; i < call->input_count; ++i)
        if (call->inputs[i].dtype == LVK_F32 &&
            lvk_divide_up(lvk_type_count(&call->inputs[i]), 4) > caps->max_texels)
            return "an input exceeds the device's largest texel buffer";
    return NULL;
}

const char *lvk_op_for_cpus(const lvk_call *call, const lvk_caps *caps) {
    (void)call;
    return caps->is_cpu ? NULL : "made for CPU devices";
}

const char *lvk_op_for_gpus(const lvk_call *call, const lvk_caps *caps) {
    (void)call;
    return caps->is_cpu ? "made for GPUs" : NULL;
}
