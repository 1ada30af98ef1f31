#include "ops/resample.h"

#include "reference/reference.h"

#include <string.h>

/* y[n][j][i] = the value of core/resample.h's formula for crop n and row n */
void lvk_reference_resample(const lvk_reference_args *args) {
    const lvk_resample_attributes *attributes = args->call->attributes;
    const uint8_t *crop = args->inputs[0];
    const lvk_real *numbers = args->inputs[1];
    lvk_real *y = args->outputs[0];
    const uint64_t room = lvk_type_row_count(&args->call->inputs[0]);
    for (uint32_t n = 0; n < args->call->inputs[0].dim[0]; ++n, crop += room) {
        float floats[LVK_RESAMPLING_LENGTH];
        lvk_resampling row;
        for (int k = 0; k < LVK_RESAMPLING_LENGTH; ++k)
            floats[k] = (float)*numbers++;
        memcpy(&row, floats, sizeof row);
        for (uint32_t j = 0; j < attributes->output; ++j) {
            for (uint32_t i = 0; i < attributes->output; ++i) {
                double values[3];
                lvk_resample_pixel(&row, crop, attributes->output, attributes->taps, i, j, values);
                for (int c = 0; c < 3; ++c)
                    *y++ = (lvk_real)values[c];
            }
        }
    }
}
