/* What a model looks like: its layers, shapes and costs. No device is needed. */
#ifndef LEUKVK_MODEL_H
#define LEUKVK_MODEL_H

#include "leukvk/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library, "0.1.0". Static text. */
const char *lvk_version(void);

/* Names of the architectures that can be built, by number; NULL past the last. Static text. */
const char *lvk_architecture_name(size_t index);

typedef struct lvk_layer_summary {
    const char *name; /* the field's usual name, as Keras gives it: "conv2d_1" */
    const char *kind; /* what it does: "conv 3×3 valid, ReLU" */
    int rank;
    uint32_t shape[4];   /* of the output for one image, without the batch */
    uint64_t parameters; /* numbers that are learnt */
    double flops;        /* for one image, forward; a multiply-add counts 2 */
} lvk_layer_summary;

typedef struct lvk_model_summary {
    const char *architecture;
    uint32_t image_size; /* height and width in pixels of the input, which has three channels */
    size_t layer_count;
    const lvk_layer_summary *layers;
    uint64_t parameters;
    double flops;
} lvk_model_summary;

/* The layers of `architecture` ("cnn"). Destroyed by the caller. LVK_ERROR_ARGUMENT for an unknown name. */
LVK_MUST_USE lvk_status lvk_model_summary_create(const char *architecture, lvk_model_summary **summary);
void lvk_model_summary_destroy(lvk_model_summary **summary);

#ifdef __cplusplus
}
#endif
#endif
