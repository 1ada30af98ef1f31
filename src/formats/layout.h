/* Parameters in the layout of libraries whose activations are [N, C, H, W] (channels first): kernels of
 * convolutions are OIHW, those of dense layers [out, in]; all others do not change. Where the input of a
 * dense layer is a flattened image [H, W, C], these libraries flatten it in the order C, H, W; the rows of
 * the layer's kernel are put into this order. */
#ifndef LVK_FORMATS_LAYOUT_H
#define LVK_FORMATS_LAYOUT_H

#include "graph/graph.h"

/* The type of parameter `tensor` in this layout. */
lvk_type lvk_layout_channels_first_type(const lvk_graph *graph, int tensor);

/* Copies the elements of parameter `tensor` from `source`, in the graph's layout and not necessarily aligned,
 * to `destination`. */
void lvk_layout_channels_first(const lvk_graph *graph, int tensor, const void *source, float *destination);

#endif
