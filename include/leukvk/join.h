/* One model file of several models, whose probabilities are averaged. */
#ifndef LEUKVK_JOIN_H
#define LEUKVK_JOIN_H

#include "leukvk/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The most models that are joined. */
enum { LVK_MOST_MEMBERS = 32 };

typedef struct lvk_join_result {
    uint32_t members;
    uint64_t tensors, numbers;
    double threshold; /* of the mean: that of the models where all have the same, else LVK_THRESHOLD */
    int same_threshold;
} lvk_join_result;

/* Writes `file`, whole or not at all: the mean of the probabilities of the models at `paths`, each a run folder or a
 * model.safetensors, which predict, eval, calibrate and summary take as any other model. It gives the same
 * bits as the mean that the models give one by one. The same models give the same bytes. The models, 2 to
 * LVK_MOST_MEMBERS, must have the same classes in the same order, and take the same crop and size of images; each keeps
 * its own normalization of pixels and its own temperature. LVK_ERROR_ARGUMENT names a model that does not fit, is
 * itself joined, or is a checkpoint to go on training from, and `file` where it is one of the models; errors of
 * reading and writing as elsewhere. */
LVK_API LVK_MUST_USE lvk_status lvk_models_join(const char *const *paths, size_t count, const char *file,
                                                lvk_join_result *result);

#ifdef __cplusplus
}
#endif
#endif
