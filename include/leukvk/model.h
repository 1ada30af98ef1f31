/* The layers of a model, their shapes and costs. No device is needed. */
#ifndef LEUKVK_MODEL_H
#define LEUKVK_MODEL_H

#include "leukvk/status.h"
#include "leukvk/version.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The name of architecture number `index`, from 0; NULL past the last. Static text. */
LVK_API const char *lvk_architecture_name(size_t index);

typedef struct lvk_layer_summary {
    const char *name;    /* as Keras names the layer: "conv2d_1" */
    const char *kind;    /* what the layer computes: "conv 3×3 valid, ReLU" */
    int rank;            /* of the output for one image, without the dimension of the batch */
    uint32_t shape[4];   /* [rank] of the same: height, width, channels, or the count of features */
    uint64_t parameters; /* count of numbers that training can change */
    double flops;        /* of the forward pass for one image; a multiply-add counts 2 */
} lvk_layer_summary;

typedef struct lvk_model_summary {
    const char *architecture; /* of a joined file, the first member's */
    uint32_t
        members; /* of a joined file (leukvk/join.h), whose layers are named "member.1/conv2d" …; else 1 */
    /* Of a trained model whose file says so: how good it is expected to be, and by which test; else "". */
    char estimate[256];
    uint32_t image_size; /* height and width in pixels of the input, which has three channels */
    size_t layer_count;
    const lvk_layer_summary *layers;
    uint64_t parameters; /* sums over the layers */
    double flops;
} lvk_model_summary;

/* Describes the layers of `architecture` ("cnn"). The caller destroys the summary, which owns its texts.
 * LVK_ERROR_ARGUMENT: no architecture has that name; LVK_ERROR_MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_model_summary_create(const char *architecture,
                                                         lvk_model_summary **summary);

/* The same of a trained model: `path` is a run folder, a model.safetensors or a checkpoint. Errors name the file;
 * LVK_ERROR_IO, LVK_ERROR_FORMAT, LVK_ERROR_MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_model_summary_read(const char *path, lvk_model_summary **summary);

LVK_API void lvk_model_summary_destroy(lvk_model_summary **summary);

#ifdef __cplusplus
}
#endif
#endif
