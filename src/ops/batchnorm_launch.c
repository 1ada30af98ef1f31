/* The launches that the batch norm operators share: see batchnorm.h. */
#include "ops/batchnorm.h"
#include "ops/sum_rows.h"
#include "params/batchnorm.h"

lvk_status lvk_batchnorm_check(const lvk_call *call, int first, int last) {
    const lvk_batchnorm_attributes *attributes = call->attributes;
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 0));
    const lvk_type *x = &call->inputs[0];
    if (x->rank < 2)
        return lvk_op_fail(call, "input 0 has one dimension, expected at least two");
    if (!(attributes->epsilon > 0))
        return lvk_op_fail(call, "epsilon %g: must be above 0", (double)attributes->epsilon);
    for (int i = first; i <= last; ++i) {
        LVK_TRY(lvk_op_expect(call, i, LVK_F32, 1));
        if (call->inputs[i].dim[0] != x->dim[x->rank - 1])
            return lvk_op_fail(call, "input %d has %u values for %u channels", i,
                               (unsigned)call->inputs[i].dim[0], (unsigned)x->dim[x->rank - 1]);
    }
    return LVK_OK;
}

lvk_batchnorm_shape lvk_batchnorm_shape_of(const lvk_call *call) {
    const lvk_batchnorm_attributes *attributes = call->attributes;
    const lvk_type *x = &call->inputs[0];
    const uint64_t count = lvk_type_count(x);
    const uint32_t channels = x->dim[x->rank - 1];
    return (lvk_batchnorm_shape){.count = count,
                                 .channels = channels,
                                 .rows = (uint32_t)(count / channels),
                                 .epsilon = attributes->epsilon};
}

static lvk_batchnorm_params params_of(const lvk_batchnorm_shape *shape) {
    return (lvk_batchnorm_params){.count = (uint32_t)shape->count,
                                  .channels = shape->channels,
                                  .rows = shape->rows,
                                  .splits = 1,
                                  .epsilon = shape->epsilon,
                                  .scale = 1};
}

void lvk_batchnorm_add_sum(lvk_launch_list *list, const lvk_batchnorm_shape *shape, lvk_batchnorm_reads reads,
                           lvk_operand x, const lvk_operand *dy, lvk_operand mean, lvk_operand variance,
                           int output, float scale, int scratch) {
    const bool vectors = shape->channels % 4 == 0;
    const uint64_t lanes = vectors ? shape->channels / 4 : shape->channels;
    const uint32_t splits = lvk_sum_splits(shape->rows, lanes);
    lvk_launch *sum =
        lvk_launch_add(list, reads == LVK_BIND_TEXELS ? "batchnorm_sum_texels" : "batchnorm_sum");
    lvk_launch_operand(sum, reads, x);
    lvk_launch_operand(sum, reads, dy ? *dy : x);
    lvk_launch_operand(sum, LVK_BIND_TEXELS, mean);
    lvk_launch_operand(sum, LVK_BIND_TEXELS, dy ? variance : mean);
    lvk_launch_operand(sum, LVK_BIND_STORAGE,
                       splits > 1 ? lvk_operand_scratch(scratch) : lvk_operand_output(output));
    lvk_launch_constant(sum, vectors);
    lvk_launch_constant(sum, dy != NULL);
    lvk_batchnorm_params params = params_of(shape);
    params.splits = splits;
    params.scale = splits > 1 ? 1 : scale;
    lvk_launch_parameters(sum, &params, sizeof params);
    lvk_launch_groups(list, sum, lvk_divide_up(splits * lanes, LVK_FLAT_GROUP));
    if (splits > 1) {
        list->scratch_size[scratch] = (uint64_t)splits * shape->channels * sizeof(float);
        lvk_launch_scaled_sum_rows(list, LVK_BIND_STORAGE, LVK_SPACE_SCRATCH, scratch, splits,
                                   shape->channels, output, scale, scratch + 1);
    }
}

void lvk_batchnorm_add_coefficients(lvk_launch_list *list, const lvk_batchnorm_shape *shape,
                                    const lvk_batchnorm_vectors *vectors) {
    const uint64_t quads = lvk_divide_up(shape->channels, 4);
    lvk_launch *launch = lvk_launch_add(list, "batchnorm_coefficients");
    lvk_launch_operand(launch, LVK_BIND_TEXELS, vectors->gamma);
    lvk_launch_operand(launch, LVK_BIND_TEXELS, vectors->beta);
    lvk_launch_operand(launch, LVK_BIND_TEXELS, vectors->mean);
    lvk_launch_operand(launch, LVK_BIND_TEXELS, vectors->variance);
    lvk_launch_operand(launch, LVK_BIND_TEXELS,
                       vectors->gamma_gradient ? *vectors->gamma_gradient : vectors->gamma);
    lvk_launch_scratch(launch, LVK_BIND_STORAGE, LVK_BATCHNORM_COEFFICIENTS);
    lvk_launch_constant(launch, vectors->gamma_gradient != NULL);
    const lvk_batchnorm_params params = params_of(shape);
    lvk_launch_parameters(launch, &params, sizeof params);
    lvk_launch_groups(list, launch, lvk_divide_up(quads, LVK_FLAT_GROUP));
    list->scratch_size[LVK_BATCHNORM_COEFFICIENTS] = 4 * quads * 4 * sizeof(float);
}

void lvk_batchnorm_add_apply(lvk_launch_list *list, const lvk_batchnorm_shape *shape,
                             lvk_batchnorm_reads reads, lvk_batchnorm_form form, lvk_operand x,
                             lvk_operand dy) {
    lvk_launch *apply = lvk_launch_flat(
        list, reads == LVK_BIND_TEXELS ? "batchnorm_apply_texels" : "batchnorm_apply", shape->count);
    lvk_launch_operand(apply, reads, x);
    lvk_launch_operand(apply, reads, dy);
    lvk_launch_scratch(apply, reads, LVK_BATCHNORM_COEFFICIENTS);
    lvk_launch_output(apply, LVK_BIND_STORAGE, 0);
    lvk_launch_constant(apply, shape->channels % 4 == 0);
    lvk_launch_constant(apply, form);
    const lvk_batchnorm_params params = params_of(shape);
    lvk_launch_parameters(apply, &params, sizeof params);
}
