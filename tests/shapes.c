/* Shape rules against the literal output shapes of the case tables, and what the rules must refuse. */
#include "ops/batchnorm.h"
#include "ops/moving_average.h"
#include "selftest/inputs.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* What is easily left from the operator that was copied, or left out. A descriptor without candidates computes
 * nothing, which parity cannot see. */
static void check_descriptor(int op, const char *name) {
    const lvk_op *descriptor = lvk_op_get(op);
    cr_expect_str_eq(descriptor->name, name, "lvk_op_%s has the name '%s'", name, descriptor->name);
    bool view = true;
    for (int o = 0; o < descriptor->output_count; ++o)
        view = view && descriptor->alias[o];
    const int count = descriptor->candidate_count;
    cr_expect(view || count > 0, "%s: candidate_count is 0, which is for views", name);
    for (int i = 0; i < count; ++i) {
        cr_expect(descriptor->candidates[i].launch != NULL, "%s/%s: no launch", name,
                  descriptor->candidates[i].name);
        for (int j = 0; j < i; ++j)
            cr_expect_str_neq(descriptor->candidates[i].name, descriptor->candidates[j].name,
                              "%s: two candidates of one name", name);
    }
}

static void check_cases(int op) {
    const lvk_case_table *table = lvk_case_table_get(op);
    cr_assert_gt(table->count, 0);
    for (int i = 0; i < table->count; ++i) {
        lvk_call call;
        cr_assert_eq(lvk_case_call(op, &table->cases[i], &call), LVK_OK, "%s", lvk_error_message());
        for (int o = 0; o < call.output_count; ++o) {
            char expected[LVK_TYPE_TEXT], got[LVK_TYPE_TEXT];
            cr_expect(lvk_type_equal(&call.outputs[o], &table->cases[i].outputs[o]),
                      "%s, case '%s', output %d: %s, expected %s", lvk_op_get(op)->name, table->cases[i].name,
                      o, lvk_type_text(&call.outputs[o], got),
                      lvk_type_text(&table->cases[i].outputs[o], expected));
        }
    }
}

/* A rule that looks at more than one input must notice when one of them does not fit. */
static void check_refusals(int op) {
    const lvk_case *c = &lvk_case_table_get(op)->cases[0];
    const lvk_op *descriptor = lvk_op_get(op);
    for (int i = 1; i < c->input_count; ++i) {
        lvk_call call = {.op = op,
                         .attributes = c->attributes,
                         .input_count = c->input_count,
                         .output_count = descriptor->output_count};
        memcpy(call.inputs, c->inputs, sizeof call.inputs);
        call.inputs[i].dtype = call.inputs[i].dtype == LVK_U8 ? LVK_F32 : LVK_U8;
        cr_expect_neq(descriptor->infer(&call), LVK_OK, "%s accepts input %d of a wrong element type",
                      descriptor->name, i);
        memcpy(call.inputs, c->inputs, sizeof call.inputs);
        lvk_type *type = &call.inputs[i];
        if (type->rank > 1)
            type->rank -= 1;
        else
            *type = lvk_type_2d(type->dtype, type->dim[0], 1);
        cr_expect_neq(descriptor->infer(&call), LVK_OK, "%s accepts input %d with a wrong rank",
                      descriptor->name, i);
        cr_expect(strstr(lvk_error_message(), descriptor->name) == lvk_error_message(),
                  "the message does not begin with the operator: %s", lvk_error_message());
    }
}

#define LVK_OP(name)                                                                                         \
    Test(shapes, name) {                                                                                     \
        check_descriptor(LVK_OP_##name, #name);                                                              \
        check_cases(LVK_OP_##name);                                                                          \
        check_refusals(LVK_OP_##name);                                                                       \
    }
#include "ops/op_list.h"
#undef LVK_OP

/* What the case tables cannot say: attributes and channels that do not fit. */
Test(shapes, normalization_refuses) {
    static const float wrong[] = {0, -1e-3F, NAN, INFINITY};
    lvk_batchnorm_attributes epsilon = {1e-3F};
    lvk_call call = {
        .op = LVK_OP_batchnorm,
        .attributes = &epsilon,
        .input_count = 3,
        .output_count = 3,
        .inputs = {lvk_type_2d(LVK_F32, 9, 4), lvk_type_1d(LVK_F32, 4), lvk_type_1d(LVK_F32, 4)}};
    cr_expect_eq(lvk_op_get(call.op)->infer(&call), LVK_OK, "%s", lvk_error_message());
    for (int i = 0; i < 4; ++i) {
        epsilon.epsilon = wrong[i];
        cr_expect_neq(lvk_op_get(call.op)->infer(&call), LVK_OK, "epsilon %g", (double)wrong[i]);
    }
    epsilon.epsilon = 1e-3F;
    call.inputs[2].dim[0] = 5;
    cr_expect_neq(lvk_op_get(call.op)->infer(&call), LVK_OK, "five betas for four channels");
}

Test(shapes, moving_average_refuses) {
    static const lvk_moving_average_attributes wrong[] = {{-0.1F, 1}, {1.1F, 1}, {NAN, 1}, {0.5F, INFINITY}};
    for (int i = 0; i < 4; ++i) {
        lvk_call call = {.op = LVK_OP_moving_average,
                         .attributes = &wrong[i],
                         .input_count = 2,
                         .output_count = 1,
                         .inputs = {lvk_type_1d(LVK_F32, 4), lvk_type_1d(LVK_F32, 4)}};
        cr_expect_neq(lvk_op_get(call.op)->infer(&call), LVK_OK, "decay %g, scale %g", (double)wrong[i].decay,
                      (double)wrong[i].scale);
    }
}

/* ---- choices ---- */

/* The free choice for a call on a device: an index; -1 when none can be chosen. */
static int chosen(const lvk_call *call, const lvk_caps *caps) {
    const lvk_op *op = lvk_op_get(call->op);
    for (int i = 0; i < op->candidate_count; ++i) {
        const lvk_candidate *candidate = &op->candidates[i];
        if (!(candidate->unsupported && candidate->unsupported(call, caps)) &&
            !(candidate->unsuited && candidate->unsuited(call, caps)))
            return i;
    }
    return -1;
}

/* What is made for CPUs can run on a GPU that has all that it needs, where tests and the tuner try it by
 * name, and is not what is chosen there; and the other way round. */
Test(shapes, kernels_for_other_devices_can_run_and_are_not_chosen) {
    const lvk_caps plain = {.runs_launches = true,
                            .max_storage_range = 1 << 27,
                            .max_groups = {65535, 65535, 65535},
                            .offset_alignment = 256};
    lvk_caps able = plain, cpu = plain;
    able.max_texels = cpu.max_texels = 1 << 27;
    able.subgroup_size = cpu.subgroup_size = 4;
    able.subgroup_shuffle = able.subgroup_broadcast = cpu.subgroup_shuffle = cpu.subgroup_broadcast = true;
    cpu.is_cpu = true;
    int on_gpu = 0, on_cpu = 0;
    for (int id = 0; id < LVK_OP_COUNT; ++id) {
        const lvk_op *op = lvk_op_get(id);
        const lvk_case_table *table = lvk_case_table_get(id);
        for (int c = 0; c < table->count && op->candidate_count; ++c) {
            lvk_call call;
            cr_assert_eq(lvk_case_call(id, &table->cases[c], &call), LVK_OK, "%s", lvk_error_message());
            const int free_choice = chosen(&call, &plain);
            cr_expect_geq(free_choice, 0, "%s, case '%s': nothing to choose", op->name, table->cases[c].name);
            cr_expect_eq(chosen(&call, &able), free_choice, "%s, case '%s'", op->name, table->cases[c].name);
            cr_expect_geq(chosen(&call, &cpu), 0, "%s, case '%s'", op->name, table->cases[c].name);
            for (int i = 0; i < op->candidate_count; ++i) {
                const lvk_candidate *candidate = &op->candidates[i];
                const bool gpu = !(candidate->unsupported && candidate->unsupported(&call, &able));
                const bool same = gpu == !(candidate->unsupported && candidate->unsupported(&call, &cpu));
                cr_expect(same, "%s/%s, case '%s': the kind of device must not decide what is supported",
                          op->name, candidate->name, table->cases[c].name);
                on_gpu += gpu && candidate->unsuited && candidate->unsuited(&call, &able);
                on_cpu += gpu && candidate->unsuited && candidate->unsuited(&call, &cpu);
            }
        }
    }
    cr_expect_gt(on_gpu, 100, "%d", on_gpu);
    cr_expect_gt(on_cpu, 100, "%d", on_cpu);
}
