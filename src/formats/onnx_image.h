/* The input of an ONNX graph: crops of the network's size, or whole pictures and the nodes that crop and
 * resample them as leukvk does (image/crop.h, core/resample.h).
 *
 * Both are products with matrices, since a crop is a square and the tent of the resampling is separable: with
 * the picture X of a colour, the resized crop is R X C, R [S, height], C [width, S]. A large crop is first
 * averaged in blocks, which is a product with matrices of zeros and ones, and a rounding. Of pictures of any
 * size the graph computes the matrices, by comparisons and the tent's formula; of one size they are constants
 * of the file. (The operator Resize is not used: beyond the crop leukvk has black, Resize its last pixel.) */
#ifndef LVK_FORMATS_ONNX_IMAGE_H
#define LVK_FORMATS_ONNX_IMAGE_H

#include "formats/onnx.h"
#include "formats/onnx_construction.h"

/* Declares the graph's input and appends these nodes. Returns the name of the network's input [N, 3, S, S],
 * S = `size`: red, green, blue from 0 to 255. */
const char *lvk_onnx_image_add(lvk_onnx_construction *c, const lvk_onnx_image *image, uint32_t size);

#endif
