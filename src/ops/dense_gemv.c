#include "ops/dense_gemv.h"

#include "ops/conv_forward.h"
#include "ops/sum_rows.h"
#include "params/dense_gemv.h"

enum {
    MOST_ROWS = 8,     /* dense_gemv.comp has the same number */
    LEAST_INPUTS = 16, /* vectors of inputs of a split; with fewer, another split costs more than it gains */
    CPU_ITEMS = 2048,  /* invocations that keep a device busy */
    GPU_ITEMS = 32768
};

const char *lvk_dense_gemv_unsupported(const lvk_call *call, const lvk_caps *caps) {
    const lvk_conv_shape s = lvk_conv_forward_of(call).shape;
    if (s.batch > MOST_ROWS)
        return "more than 8 rows";
    if (s.in_c % 4 || s.out_c % 4)
        return "inputs or outputs are not a multiple of 4";
    return lvk_conv_fits(LVK_CONV_BLOCK, caps, lvk_conv_w_count(&s))
               ? NULL
               : "the kernel is too large for one binding";
}

const char *lvk_dense_gemv_texels_unsupported(const lvk_call *call, const lvk_caps *caps) {
    const char *reason = lvk_op_texels_unsupported(call, caps);
    return reason ? reason : lvk_dense_gemv_unsupported(call, caps);
}

static void add_launches(const lvk_call *call, const lvk_caps *caps, lvk_binding_kind reads,
                         lvk_launch_list *list) {
    const lvk_conv_forward forward = lvk_conv_forward_of(call);
    const uint32_t rows = forward.shape.batch, columns = forward.shape.out_c / 4,
                   inputs = forward.shape.in_c / 4;
    const uint32_t splits =
        lvk_conv_splits(columns, caps->is_cpu ? CPU_ITEMS : GPU_ITEMS, inputs, LEAST_INPUTS, inputs);
    lvk_launch *gemv = lvk_launch_add(list, LVK_TEXELS_OR_PLAIN(reads, "dense_gemv"));
    lvk_launch_input(gemv, reads, 0);
    lvk_launch_input(gemv, reads, 1);
    lvk_launch_input(gemv, reads,
                     forward.bias ? 2 : 1); /* every binding needs a buffer, also one that is not read */
    lvk_launch_operand(gemv, LVK_BIND_STORAGE, splits > 1 ? lvk_operand_scratch(0) : forward.y);
    lvk_launch_constant(gemv, forward.bias != NULL);
    lvk_launch_constant(gemv, forward.relu && splits == 1);
    lvk_launch_constant(gemv, rows);
    const lvk_dense_gemv_params params = {.items = splits * columns,
                                          .columns = columns,
                                          .inputs = inputs,
                                          .inputs_per_split = (uint32_t)lvk_divide_up(inputs, splits)};
    lvk_launch_parameters(gemv, &params, sizeof params);
    lvk_launch_groups(list, gemv, lvk_divide_up(splits * columns, LVK_FLAT_GROUP));
    if (splits == 1)
        return;
    const uint64_t count = lvk_conv_y_count(&forward.shape);
    list->scratch_size[0] = splits * count * sizeof(float);
    if (forward.relu)
        lvk_launch_sum_rows_relu(list, LVK_SPACE_SCRATCH, 0, splits, count, 0, 1);
    else
        lvk_launch_sum_rows(list, LVK_SPACE_SCRATCH, 0, splits, count, 0, false, 1);
}

void lvk_dense_gemv_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    add_launches(call, caps, LVK_BIND_STORAGE, list);
}

void lvk_dense_gemv_texels_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    add_launches(call, caps, LVK_BIND_TEXELS, list);
}
