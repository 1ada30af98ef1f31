#include "metrics/subject_weights.h"

#include "core/memory.h"

lvk_status lvk_subject_weights(const uint32_t *subjects, const uint32_t *labels, size_t count,
                               size_t subject_count, uint32_t classes, double *weights, uint32_t *known) {
    uint32_t *images = lvk_alloc(subject_count * classes, sizeof *images);
    uint32_t *of_class = lvk_alloc(classes, sizeof *of_class);
    const lvk_status status = images && of_class ? LVK_OK : LVK_ERROR_MEMORY;
    for (size_t i = 0; i < count && status == LVK_OK; ++i)
        of_class[labels[i]] += images[(size_t)subjects[i] * classes + labels[i]]++ == 0;
    for (size_t i = 0; i < count && status == LVK_OK; ++i)
        weights[i] = 1.0 / images[(size_t)subjects[i] * classes + labels[i]] / of_class[labels[i]];
    for (uint32_t c = 0; c < classes && known && status == LVK_OK; ++c)
        known[c] = of_class[c];
    lvk_free(images);
    lvk_free(of_class);
    return status;
}
