/* A trained model as a file for other programs. No device is needed. The formats:
 *
 * "keras": safetensors. Tensors have the names of Keras' layers ("conv2d_1/kernel", "res2a_branch2a/kernel",
 * "bn2a_branch2a/moving_mean", "dense/bias"; of the variant keras-2019 "conv2_block1_1_conv/kernel"). Kernels
 * of convolutions are [height, width, in, out], of dense layers [in, out], for images [N, height, width,
 * channels].
 *
 * "torchvision": safetensors. Tensors have torchvision's names ("layer1.0.conv1.weight",
 * "layer1.0.bn1.running_mean"). Kernels are [out, in, height, width] and [out, in], for images
 * [N, channels, height, width]. A head takes the place of fc as nn.Sequential of the head's layers, with a
 * ReLU module behind every dense layer but the last: "dense:64,dropout:0.25" is fc.0 and fc.3. The tensors of
 * the cnn are conv1.weight to conv3.bias and fc1.weight to fc2.bias; those of the cnn-gap are conv1.weight to
 * conv4.weight, bn1.weight to bn4.running_var, fc1.weight and fc1.bias.
 *
 * "onnx": ONNX (IR version 8, operator set 13). The graph is all that predicts, with batch norms folded into
 * the convolutions. Input "image": [N, 3, S, S] 32-bit floats: red, green and blue from 0 to 255, rows from
 * the top, S = image_size pixels; the graph normalizes the pixels. Output "probability": [N, 1], of the
 * positive class, or of three classes and more [N, classes], of each in the order of the entry "classes". Of joined models
 * (leukvk/join.h) the file has all, and the probability is their mean; the other formats are of one model.
 *
 * Where a residual network began with weights of one of Keras' variants (leukvk/import.h), its "torchvision"
 * file has biases of convolutions ("conv1.bias"), which torchvision's own networks do not have. Whoever loads
 * the file must also set the variant's epsilon and strides there.
 *
 * The metadata of the file (metadata_props of ONNX) says what input the network expects and what its output
 * means:
 *  - of joined models members, their number, and none of architecture, pixel_... and preprocessing, which are each model's own;
 *  - architecture; of a residual network also head and topology (the variant: "keras", "torchvision" or
 *    "keras-2019");
 *  - image_size, crop, positive_class, negative_class; of three and more classes in their place classes, a JSON list;
 *  - pixel_order, pixel_mean_r to _b, pixel_deviation_r to _b: the input is (byte / 255 - mean) / deviation
 *    of each channel, with the channels in that order;
 *  - preprocessing: "caffe" or "imagenet" (leukvk/import.h), or "data" where mean and deviation were measured
 *    on the training images;
 *  - threshold, where the model has one: the class is positive where the probability is greater. Without it,
 *    0.5;
 *  - positive_classes, of a model of three and more classes some of which calibration has joined: a JSON list of
 *    the classes for the sum of whose probabilities the threshold is;
 *  - temperature, of a calibrated model (leukvk/calibrate.h): the logits are divided by it. The ONNX graph
 *    divides; the tensors of the other formats do not contain the temperature.
 * Before that, images must be cropped and resampled as leukvk does it (src/image/crop.h,
 * src/core/resample.h). */
#ifndef LEUKVK_EXPORT_H
#define LEUKVK_EXPORT_H

#include "leukvk/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The name of format number `index`, from 0; NULL past the last. Static text. */
LVK_API const char *lvk_export_format_name(size_t index);

/* A model that was read and checked. For one thread at a time. */
typedef struct lvk_export lvk_export;

/* Reads the model at `path`: a model.safetensors, a checkpoint, or a run folder, of which model.safetensors
 * is read. The caller closes the model. LVK_ERROR_IO, _FORMAT, _UNSUPPORTED or _MEMORY; the error line names
 * the file. */
LVK_API LVK_MUST_USE lvk_status lvk_export_open(const char *path, lvk_export **model);
LVK_API void lvk_export_close(lvk_export **model);

typedef struct lvk_export_info {
    const char *path; /* of the file that was read */
    const char *architecture, *crop;
    const char *positive_class, *negative_class; /* of two classes; else "" */
    uint32_t class_count;                        /* three and more; 0: two */
    const char *const *class_names;              /* of three and more, in the order of outputs; else NULL */
    const char *head, *topology;                 /* of a residual network; else "" */
    double temperature, threshold;               /* of a calibrated model; else 1 and LVK_THRESHOLD */
    bool positive_sum; /* the threshold is for a sum of classes (metadata "positive_classes") */
    uint32_t image_size;
    uint32_t
        members; /* of joined models (leukvk/join.h); 1: it is one, of which architecture to topology are */
    size_t tensors;   /* in the file written last, without those that normalize pixels */
    uint64_t numbers; /* elements of these tensors */
} lvk_export_info;

/* What is known of the model. Valid until the model is closed. */
LVK_API const lvk_export_info *lvk_export_about(const lvk_export *model);

/* Sets what an ONNX file takes as its input, "crop" at first:
 *  - "crop": the input described above;
 *  - "image": whole pictures of any size, which the graph crops and resizes as leukvk does. Input "image": uint8
 *    [N, height, width, 3]: red, green, blue, rows from the top. Where the crop depends on which pixels are
 *    background (bbox; none, and center:N above 450, for pictures of 600 x 600 pixels), there is an input
 *    "black", float [1], that may be left out: a pixel is background when no channel exceeds it. leukvk takes
 *    0, and 16 for JPEG and lossy WebP; the file takes 0.
 *  - "image:WxH": the same for pictures of W x H pixels only, with operators that every program knows, and
 *    without the input "black".
 * The entry "input" of the metadata is then "image". LVK_ERROR_ARGUMENT: `input` is something else. Whether the
 * model's crop can be done so is known when the file is written. If `model` is NULL, `input` is only checked. */
LVK_API LVK_MUST_USE lvk_status lvk_export_set_input(lvk_export *model, const char *input);

/* Writes `file`, whole or not at all, in place of what was there. The same model gives the same bytes. Every
 * tensor is checked first: LVK_ERROR_FORMAT or _NUMERIC names a tensor that is missing, has a wrong shape, a
 * number that is not finite or a negative variance. LVK_ERROR_ARGUMENT: the format is unknown, or `file` is
 * the file that the model was read from, or the input is to be of one size where the crop depends on the
 * pixels; LVK_ERROR_LIMIT: the model is larger than an ONNX file can be;
 * LVK_ERROR_IO; LVK_ERROR_MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_export_write(lvk_export *model, const char *format, const char *file);

#ifdef __cplusplus
}
#endif
#endif
