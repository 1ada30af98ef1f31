/* A trained model as a file for other programs. No device is needed. The forms:
 *
 * "keras": safetensors, the tensors under the names of Keras' layers ("conv2d_1/kernel",
 * "res2a_branch2a/kernel", "bn2a_branch2a/moving_mean", "dense/bias"; of the variant keras-2019
 * "conv2_block1_1_conv/kernel"); kernels of convolutions [height, width, in, out], of dense layers [in, out],
 * for images [N, height, width, channels].
 *
 * "torchvision": safetensors, torchvision's names ("layer1.0.conv1.weight", "layer1.0.bn1.running_mean");
 * kernels [out, in, height, width] and [out, in], for images [N, channels, height, width]. A head takes the
 * place of fc as nn.Sequential of its layers, with a ReLU of its own behind every dense one but the last:
 * "dense:64,dropout:0.25" is fc.0 and fc.3. The cnn's tensors are conv1.weight to conv3.bias, fc1.weight to
 * fc2.bias, the cnn-gap's conv1.weight, bn1.weight to bn4.running_var, fc1.weight, fc1.bias.
 *
 * "onnx": ONNX (IR version 8, operator set 13), the whole of what predicts, batch norms folded into the
 * convolutions. Input "image": [N, 3, S, S] 32-bit floats, red, green, blue from 0 to 255, rows from the top,
 * S pixels as image_size says; the pixels are normalized inside. Output "probability": [N, 1], of the
 * positive class.
 *
 * Where a residual network stands on weights of one of Keras' variants (leukvk/import.h), its "torchvision"
 * file has biases for the convolutions, "conv1.bias", which torchvision's own networks do not have; the
 * variant's epsilon and strides have to be set there too.
 *
 * The metadata of the file (metadata_props of ONNX) says what the network is to be fed and what it gives:
 * architecture, head and topology (the variant, "keras", "torchvision" or "keras-2019") of a residual
 * network, image_size, crop, positive_class, negative_class, and pixel_order, pixel_mean_r to _b,
 * pixel_deviation_r to _b: the network's own input is (byte / 255 - mean) / deviation of each channel, in
 * that order of channels; preprocessing: "caffe", "imagenet" (leukvk/import.h), or "data" where these figures
 * are the data's own. The class is positive where the probability is above 0.5, or above `threshold` where
 * the model has one. A calibrated model (leukvk/calibrate.h) also has its `temperature`, by which the logit
 * is divided: in the ONNX graph it is, in the tensors of the other forms it is not. Images are cropped and
 * resampled before, as src/data does. */
#ifndef LEUKVK_EXPORT_H
#define LEUKVK_EXPORT_H

#include "leukvk/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Names of the forms, by number; NULL past the last. Static text. */
const char *lvk_export_format_name(size_t index);

/* A model that was read and checked. */
typedef struct lvk_export lvk_export;

/* `path`: a model.safetensors, a checkpoint, or a run folder (whose model.safetensors is taken). Closed by
 * the caller. Errors are one line that names the file: LVK_ERROR_IO, _FORMAT, _UNSUPPORTED, _MEMORY. */
LVK_MUST_USE lvk_status lvk_export_open(const char *path, lvk_export **model);
void lvk_export_close(lvk_export **model);

typedef struct lvk_export_info {
    const char *path; /* of the file that was read */
    const char *architecture, *crop, *positive_class, *negative_class;
    const char *head, *topology;   /* of a residual network; else "" */
    double temperature, threshold; /* of a calibrated model; else 1 and LVK_THRESHOLD */
    uint32_t image_size;
    size_t tensors; /* that were written last, without those that normalize pixels */
    uint64_t numbers;
} lvk_export_info;

/* Belongs to the model. */
const lvk_export_info *lvk_export_about(const lvk_export *model);

/* Writes `file`, whole or not at all, in place of what was there; the same model gives the same bytes. Every
 * tensor is checked first: LVK_ERROR_FORMAT or _NUMERIC names the one that is missing, of a wrong shape, not
 * finite, or a negative variance. LVK_ERROR_ARGUMENT: an unknown form, or `file` is the model itself;
 * LVK_ERROR_LIMIT: more than an ONNX file can hold. */
LVK_MUST_USE lvk_status lvk_export_write(lvk_export *model, const char *format, const char *file);

#ifdef __cplusplus
}
#endif
#endif
