/* Writes a model as an ONNX file (onnx.ai; IR version 8, operator set 13): its inference graph with the
 * parameters, for any program that runs such files.
 *
 *   input    image        [N, 3, S, S] float: red, green, blue from 0 to 255, rows from the top, any N
 *            or whole pictures, which the graph crops and resizes (lvk_onnx_input)
 *   output   probability  [N, 1] float: of the positive class; of three and more classes [N, classes]
 *
 * The first node, a 1×1 convolution, normalizes the pixels; the last is a sigmoid, or a softmax, before it, of a
 * calibrated model, a division by the temperature. Activations between them
 * are NCHW (formats/layout.h).
 *
 * Of several models the probability is the mean of theirs; the names of what belongs to one begin with "member_1/", "member_2/" ...
 * If the mean has a temperature, its logits, log(p / (1 - p)) or log p, are divided by it, and become a probability again. */
#ifndef LVK_FORMATS_ONNX_H
#define LVK_FORMATS_ONNX_H

#include "core/string_map.h"
#include "graph/graph.h"

enum { LVK_ONNX_IR_VERSION = 8, LVK_ONNX_OPERATOR_SET = 13 };

/* What the file takes as its input. */
typedef enum lvk_onnx_input {
    LVK_ONNX_CROP, /* crops of the model's size: the input above */
    /* image: whole pictures, uint8 [N, height, width, 3]: red, green, blue, rows from the top; any N, height
     * and width. Where the crop depends on which pixels are black, there is a second input "black", float [1],
     * 0 where it is not given: a pixel is background when no channel exceeds it. */
    LVK_ONNX_IMAGE,
    LVK_ONNX_IMAGE_OF_SIZE /* the same of one height and width only, with operators that every program knows */
} lvk_onnx_input;

/* How a picture becomes the network's input (image/crop.h, core/resample.h). Numbers are pixels. */
typedef struct lvk_onnx_image {
    lvk_onnx_input input;
    uint32_t width, height; /* of LVK_ONNX_IMAGE_OF_SIZE */
    bool bounding_box;      /* the crop is a square about what is not background; not of one size */
    uint32_t side;          /* the crop's side; 0: that of the bounding box or of the picture */
    /* A picture of exactly odd_size x odd_size pixels with black corners loses a frame of so many pixels. 0: does
     * not matter, since the crop lies within the frame. */
    uint32_t odd_size, odd_frame;
} lvk_onnx_image;

/* A network of the model. */
typedef struct lvk_onnx_member {
    const lvk_graph
        *graph;         /* inference, batch norms folded; images [N, S, S, 3] -> logits [N, 1 or classes] */
    int input, logits;  /* tensors of it */
    const float *block; /* its parameter block */

    /* input channel o = sum over c of scale[o][c] image channel c + shift[o] */
    float scale[3][3], shift[3];

    float temperature; /* the logits are divided by it; 1: not */
} lvk_onnx_member;

/* The model to write. All pointers are borrowed. */
typedef struct lvk_onnx_model {
    const lvk_onnx_member *members; /* all take images of one size and give as many logits */
    uint32_t member_count;          /* 1 or more */
    float temperature;              /* of the mean of several; 1: none */

    lvk_onnx_image image;

    const char *name, *producer_version, *positive_class;
    uint32_t class_count; /* three and more; 0: two */
    const char *const *class_names;
    const lvk_string_map *metadata; /* becomes metadata_props */
} lvk_onnx_model;

/* Writes the file, whole or not at all; equal input gives equal bytes. LVK_ERROR_UNSUPPORTED: the graph has
 * an operator that is not translated; LVK_ERROR_LIMIT: more than the 2 GiB that a protobuf message can have.
 */
LVK_MUST_USE lvk_status lvk_onnx_write(const char *path, const lvk_onnx_model *model);

#endif
