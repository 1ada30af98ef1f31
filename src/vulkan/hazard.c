#include "vulkan/hazard.h"

#include "core/memory.h"

bool lvk_hazards_conflict(const lvk_hazards *hazards, const lvk_access *accesses, int count) {
    for (size_t i = 0; i < hazards->count; ++i) {
        const lvk_access *old = &hazards->accesses[i];
        for (int k = 0; k < count; ++k)
            if (old->block == accesses[k].block && (old->writes || accesses[k].writes) &&
                old->begin < accesses[k].end && accesses[k].begin < old->end)
                return true;
    }
    return false;
}

lvk_status lvk_hazards_add(lvk_hazards *hazards, const lvk_access *accesses, int count) {
    for (int k = 0; k < count; ++k) {
        LVK_TRY(LVK_GROW(&hazards->accesses, &hazards->capacity, hazards->count));
        hazards->accesses[hazards->count++] = accesses[k];
    }
    return LVK_OK;
}

void lvk_hazards_clear(lvk_hazards *hazards) {
    hazards->count = 0;
}

void lvk_hazards_finish(lvk_hazards *hazards) {
    lvk_free(hazards->accesses);
    *hazards = (lvk_hazards){0};
}
