/* resample(crops u8[N, L, L, 4], rows[N, 32]) = y[N, S, S, 3]: y[n] is crop n resampled as row n says. A row
 * is an lvk_resampling (core/resample.h, which has the formula). L is the largest side that a crop may have.
 * A smaller crop lies densely at the beginning of its L * L pixels; the pixels after it are not read. Rows
 * are not checked: the side must be at most L, the radius at least 1 (or the whole row zero), and every
 * number finite. */
#include "ops/resample.h"
#include "ops/op.h"
#include "params/resample.h"

enum { GROUP = 64 };

static lvk_status infer(lvk_call *call) {
    const lvk_resample_attributes *attributes = call->attributes;
    const lvk_type *crops = &call->inputs[0], *rows = &call->inputs[1];
    LVK_TRY(lvk_op_expect(call, 0, LVK_U8, 4));
    LVK_TRY(lvk_op_expect(call, 1, LVK_F32, 2));
    if (attributes->taps < 2 || attributes->taps > LVK_RESAMPLE_MOST_TAPS)
        return lvk_op_fail(call, "%u taps, expected 2 to %d", attributes->taps, LVK_RESAMPLE_MOST_TAPS);
    if (attributes->output < 1 || crops->dim[1] != crops->dim[2] || crops->dim[3] != 4 ||
        rows->dim[0] != crops->dim[0] || rows->dim[1] != LVK_RESAMPLING_LENGTH) {
        char text[2][LVK_TYPE_TEXT];
        return lvk_op_fail(call, "crops of %s and rows of %s to %u pixels", lvk_type_text(crops, text[0]),
                           lvk_type_text(rows, text[1]), attributes->output);
    }
    call->outputs[0] = lvk_type_4d(LVK_F32, crops->dim[0], attributes->output, attributes->output, 3);
    return LVK_OK;
}

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    const lvk_resample_attributes *attributes = call->attributes;
    const uint32_t images = call->inputs[0].dim[0], room = call->inputs[0].dim[1] * call->inputs[0].dim[2];
    const uint32_t pixels = attributes->output * attributes->output;
    const uint32_t groups = (uint32_t)lvk_divide_up(pixels, GROUP);
    lvk_launch *launch = lvk_launch_add(list, LVK_TEXELS_OR_PLAIN(reads, "resample"));
    lvk_launch_input(launch, reads == LVK_BIND_TEXELS ? LVK_BIND_BYTES : LVK_BIND_STORAGE, 0);
    lvk_launch_input(launch, reads, 1);
    lvk_launch_output(launch, LVK_BIND_STORAGE, 0);
    lvk_launch_constant(launch, attributes->output);
    lvk_launch_constant(launch, attributes->taps);
    lvk_launch_constant(launch, groups);
    lvk_launch_groups(list, launch, (uint64_t)images * groups);
    const lvk_resample_params params = {.images = images, .room = room};
    lvk_launch_parameters(launch, &params, sizeof params);
}

static const char *unsupported(const lvk_call *call, const lvk_caps *caps) {
    if (lvk_divide_up(lvk_type_count(&call->inputs[0]), 4) > caps->max_texels)
        return "the crops exceed the device's largest texel buffer";
    return lvk_op_texels_unsupported(call, caps);
}

/* Four multiply-adds for each tap, and the two colour maps. */
static double flops(const lvk_call *call) {
    const lvk_resample_attributes *attributes = call->attributes;
    return (double)lvk_type_count(&call->outputs[0]) / 3 * (8.0 * attributes->taps * attributes->taps + 48);
}

LVK_TEXELS_PAIR("pixel", unsupported)

const lvk_op lvk_op_resample = {
    .name = "resample",
    .summary = "y[n] = crop n turned, scaled, coloured and standardized as row n says",
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 1,
    .attribute_size = sizeof(lvk_resample_attributes),
    .batched_inputs = 3,
    .batched_outputs = 1,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 2,
    .flops = flops,
};
