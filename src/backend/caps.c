#include "backend/caps.h"

static void lower(uint32_t *limit, uint32_t guaranteed) {
    if (*limit > guaranteed)
        *limit = guaranteed;
}

void lvk_caps_clamp_to_minimum(lvk_caps *caps) {
    if (caps->max_storage_range > UINT64_C(1) << 27)
        caps->max_storage_range = UINT64_C(1) << 27;
    if (caps->max_allocation > UINT64_C(1) << 30)
        caps->max_allocation = UINT64_C(1) << 30;
    if (caps->max_texels > 65536)
        caps->max_texels = 65536;
    lower(&caps->max_uniform_range, 16384);
    lower(&caps->max_storage_buffers, 4);
    lower(&caps->max_parameter_size, 128);
    static const uint32_t group_size[3] = {128, 128, 64};
    for (int i = 0; i < 3; ++i) {
        lower(&caps->max_groups[i], 65535);
        lower(&caps->max_group_size[i], group_size[i]);
    }
    lower(&caps->max_invocations, 128);
    lower(&caps->max_shared_memory, 16384);
    if (caps->offset_alignment < 256)
        caps->offset_alignment = 256;
    caps->subgroup_size = 0;
    caps->subgroup_shuffle = false;
    caps->subgroup_broadcast = false;
}
