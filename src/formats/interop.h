/* Writes a model's parameters as a safetensors file for another library, with its names and layouts.
 *
 *   keras        the layer's name in Keras and the weight's: conv2d_1/kernel, res2a_branch2a/kernel (Keras'
 *                first ResNet50) or conv2_block1_1_conv/kernel (since 2019), by the model's variant,
 *                dense/bias. Kernels HWIO and [in, out]
 *   torchvision  layer1.0.conv1.weight, layer1.0.bn1.running_mean, and the head as fc.0.weight
 *                (lvk_naming_head); of other networks conv1.weight, fc1.weight. Kernels OIHW and [out, in],
 *                for images [N, C, H, W] (formats/layout.h) */
#ifndef LVK_FORMATS_INTEROP_H
#define LVK_FORMATS_INTEROP_H

#include "formats/safetensors.h"
#include "models/model.h"

/* What was written. */
typedef struct lvk_interop_count {
    size_t tensors;
    uint64_t numbers;
} lvk_interop_count;

/* Writes the parameters of the model that `builder` built, without folding, by `config`, from `file`, which
 * has them under their own names. A tensor that is missing, of another shape, not finite or a negative
 * variance is named. `path` is written whole or not at all. */
LVK_MUST_USE lvk_status lvk_interop_write(const char *path, bool torchvision, const lvk_model_config *config,
                                          const lvk_builder *builder, const lvk_safetensors *file,
                                          const lvk_string_map *metadata, lvk_interop_count *count);

#endif
