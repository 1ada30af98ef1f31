/* The public table of operators. */
#include "leukvk/operators.h"
#include "ops/op.h"

bool lvk_operator_describe(size_t index, lvk_operator_info *info) {
    if (index >= LVK_OP_COUNT)
        return false;
    const lvk_op *op = lvk_op_get((int)index);
    *info = (lvk_operator_info){.name = op->name, .summary = op->summary, .gradient = op->gradient != NULL};
    const size_t most = sizeof info->candidates / sizeof *info->candidates;
    for (int i = 0; i < op->candidate_count && info->candidate_count < most; ++i)
        info->candidates[info->candidate_count++] = op->candidates[i].name;
    bool view = op->candidate_count == 0;
    for (int o = 0; o < op->output_count; ++o)
        view = view && op->alias[o] != 0;
    info->vulkan = op->candidate_count > 0 || view;
    return true;
}
